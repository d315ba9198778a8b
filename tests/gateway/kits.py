"""The kit of a running instance over a test's database: real work and blobs, a clock by hand."""

from datetime import datetime, timedelta

from channels.kit import Insurer, Kit
from gateway import templating
from gateway.blobs import FileBlobs
from gateway.pages import Pages
from gateway.work import Work
from helpdesk.attachments import Limits
from helpdesk.policy import Policy


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, step: timedelta) -> None:
        self.now += step


def make_kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    environment = templating.environment({}, policy.zone, insurer="", registration="")
    return Kit(
        work=work,
        blobs=blobs,
        keyring=policy.keyring,
        insurer=Insurer("", "", policy.public_url, policy.zone),
        clock=clock,
        render=lambda name, _: name,
        page=Pages(environment, policy.keyring).page,
        policy=policy,
        limits=Limits(5, 1_000, 5_000),
        message_size=1_000_000,
    )
