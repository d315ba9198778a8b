"""What happens by the clock: sealing the log, digests of held notices, going on with what a process
that died left half done, forgetting what is over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from channels.kit import Kit
from helpdesk import (
    bulk,
    events,
    idempotency,
    logins,
    notices,
    seals,
    tallies,
    throttles,
    webhook_queue,
)
from helpdesk.policy import Policy


@dataclass(frozen=True, slots=True)
class Timer:
    """`tick` runs in one transaction every `seconds`; true asks for another at once."""

    name: str
    seconds: float
    due: Callable[[Session], bool]
    tick: Callable[[Session, Policy, datetime], bool]


async def run(kit: Kit, timer: Timer) -> None:
    """Until cancelled. What is due is looked up by a read: an idle timer writes nothing."""
    while True:
        more = True
        while more and await kit.work.read(timer.due):
            more = await kit.work.write(timer.tick, kit.policy, kit.clock())
        await asyncio.sleep(timer.seconds)


def _seal(session: Session, policy: Policy, now: datetime) -> bool:
    return seals.seal(session, policy.keyring, now=now) >= seals.ROWS_A_SEAL


def _digest(session: Session, _: Policy, now: datetime) -> bool:
    notices.digest_held(session, now=now)
    return False


def _fold(session: Session, _: Policy, __: datetime) -> bool:
    return tallies.fold(session)


def _forget(session: Session, _: Policy, now: datetime) -> bool:
    events.purge(session, now=now)
    idempotency.forget(session, now=now)
    logins.forget(session, now=now)
    throttles.forget(session, now=now)
    webhook_queue.forget(session, now=now)
    return False


TIMERS = (
    Timer("seal", 1.0, seals.is_due, _seal),
    Timer("bulk", 15.0, bulk.is_under_way, bulk.take_up),
    Timer("tally", 30.0, tallies.is_unfolded, _fold),
    Timer("digest", 60.0, notices.is_held, _digest),
    Timer("forget", 3_600.0, lambda _: True, _forget),
)
