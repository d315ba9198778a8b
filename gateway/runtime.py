"""Where the parts are chosen: settings in, a running instance's pieces out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points

from jinja2 import Environment

from channels.kit import Connected, Insurer, Kit
from gateway import templating
from gateway.blobs import open_blobs
from gateway.egress import Egress
from gateway.pages import Pages
from gateway.room import room
from gateway.scanning import scanner
from gateway.settings import Settings, secret_keys
from gateway.work import Work
from helpdesk.attachments import Limits
from helpdesk.policy import Policy
from helpdesk.ports import BlobStore, Sender
from helpdesk.tokens import Keyring

NO_REGISTRATION = "000000"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything `app` and `serve` need. `close` when done."""

    settings: Settings
    work: Work
    blobs: BlobStore
    policy: Policy
    pages: Pages
    kit: Kit
    channels: Mapping[str, Connected]
    egress: Egress

    @property
    def senders(self) -> list[Sender]:
        return [c.sender for c in self.channels.values() if c.sender is not None]

    def close(self) -> None:
        self.egress.close()
        self.work.close()


def clock() -> datetime:
    """The only clock of the process; verbs are told the time."""
    return datetime.now(UTC)


def policy_of(settings: Settings) -> Policy:
    """Raises `OSError` when the secret key can be neither read nor made."""
    insurer, mail = settings.insurer, settings.mail
    return Policy(
        keyring=Keyring(secret_keys(settings)),
        zone=insurer.timezone,
        insurer=insurer.name or "",
        ans_registration=insurer.ans_registration or NO_REGISTRATION,
        protocol_template=insurer.protocol_template,
        state=insurer.state,
        city=insurer.city,
        public_url=settings.web.public_url,
        mail_address=mail.address,
        unverified=mail.unverified,
    )


def build(settings: Settings) -> Runtime:
    policy = policy_of(settings)
    work = Work(settings.database.url)
    blobs = open_blobs(settings.blobs)
    env = templates(settings)
    pages = Pages(env, policy.keyring)
    kit = Kit(
        work=work,
        blobs=blobs,
        keyring=policy.keyring,
        insurer=Insurer(policy.insurer, policy.ans_registration, policy.public_url, policy.zone),
        clock=clock,
        render=partial(templating.render, env),
        page=pages.page,
        policy=policy,
        limits=Limits(
            settings.limits.attachment_count,
            settings.limits.attachment_size,
            settings.limits.attachment_count * settings.limits.attachment_size,
        ),
        message_size=settings.limits.message_size,
        has_room=room(settings),
        scan=scanner(settings.scanner.clamd),
    )
    egress = Egress(settings.webhooks.networks)
    return Runtime(settings, work, blobs, policy, pages, kit, connect(kit, settings), egress)


def templates(settings: Settings) -> Environment:
    return templating.environment(
        templating.manifest(),
        settings.insurer.timezone,
        insurer=settings.insurer.name or "",
        registration=settings.insurer.ans_registration or "",
    )


#: a channel's section of the settings, where it is not called like the channel
SECTIONS = {"bot": "telegram", "web": "limits"}


def connect(kit: Kit, settings: Settings) -> dict[str, Connected]:
    """Every channel declared as an entry point and configured, by name."""
    found: dict[str, Connected] = {}
    for entry in sorted(entry_points(group="ponte.channels"), key=lambda e: e.name):
        module = import_module(entry.value)
        connected = module.connect(kit, getattr(settings, SECTIONS.get(entry.name, entry.name)))
        if connected is not None:
            found[entry.name] = connected
    return found
