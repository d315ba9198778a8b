"""From raw arrivals to tickets: claim, understand outside any transaction, apply in one.

A batch that raises changed nothing and is given again one by one; only the guilty message is held,
where a person sees it (`internal-error`), and everything else goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import trial
from helpdesk import inbound, intake, quarantine
from helpdesk.border import HoldReason, Inbound, Receipt, Refusal
from helpdesk.errors import Deferred
from helpdesk.intake import holding
from helpdesk.models import Held, InboundRaw
from helpdesk.policy import Policy

log = logging.getLogger("ponte.appliers")

BATCH = 32
#: mail first received longer ago is applied in silence: nobody expects an answer to it now
OLD = timedelta(hours=48)
#: another applier took what waits: let it work
BUSY_SECONDS = 0.05
#: how long applying gives way to accepting, and how often it looks
PATIENCE_SECONDS = 0.5
LOOK_SECONDS = 0.01

#: raw row and its bytes to what it says; bytes of attachments are durable when it returns
Understand = Callable[[InboundRaw, bytes], Inbound]
#: whether these bytes can be read without taking the process down
Survives = Callable[[bytes], Awaitable[bool]]


class Infected(Exception):
    """Named by what was found; whoever decides about the mail, it is not applied."""


async def run(
    kit: Kit,
    understand: Understand,
    wait: Callable[[], Awaitable[object]],
    is_busy: Callable[[], bool] | None = None,
    holder: str | None = None,
) -> None:
    """Apply until cancelled. The queue is looked at by a read: an idle applier writes nothing."""
    while True:
        if is_busy is not None:
            await _give_way(is_busy)
        if not await kit.work.read(inbound.is_waiting, now=kit.clock()):
            await wait()
        elif not await apply_once(kit, understand, holder):
            await asyncio.sleep(BUSY_SECONDS)


async def _give_way(is_busy: Callable[[], bool]) -> None:
    """Accepting goes first: a sender waits for its 250, a ticket may come a moment later. But not
    for ever, so that a day of steady mail is applied as it comes."""
    deadline = monotonic() + PATIENCE_SECONDS
    while is_busy() and monotonic() < deadline:  # noqa: ASYNC110 - being busy has no event
        await asyncio.sleep(LOOK_SECONDS)


async def apply_once(
    kit: Kit,
    understand: Understand,
    holder: str | None = None,
    survives: Survives = trial.survives,
) -> int:
    """Apply one batch in the name of this process; returns how many arrivals it took."""
    rows = await kit.work.write(inbound.claim, now=kit.clock(), limit=BATCH, holder=holder)
    if not rows:
        return 0
    decided = await kit.work.read(quarantine.decision, [row.id for row in rows])
    understood: list[tuple[InboundRaw, Inbound]] = []
    for row in rows:
        if row.attempts > inbound.MOST_ATTEMPTS and not await _is_harmless(kit, row, survives):
            await _hold(kit, row, "reading it ends the process")
            continue
        try:
            read = await asyncio.to_thread(_read, kit, understand, row)
        except Deferred as error:
            # Comes again when its lease is over.
            log.warning("arrival %s waits: %s", row.id, error)
        except Infected as error:
            log.warning("arrival %s holds %s", row.id, error)
            await _hold(kit, row, f"infected: {error}", HoldReason.UNREADABLE)
        except Exception as error:
            log.exception("could not understand arrival %s", row.id)
            await _hold(kit, row, f"{type(error).__name__}: {error}")
        else:
            understood.append((row, _decided(row, read, decided.get(row.id), kit.clock())))
    await _apply(kit, understood)
    return len(rows)


async def _apply(kit: Kit, understood: Sequence[tuple[InboundRaw, Inbound]]) -> None:
    if not understood:
        return
    try:
        await kit.work.write(
            _receive, [read for _, read in understood], kit.policy, now=kit.clock()
        )
    except Exception as error:
        if len(understood) == 1:
            log.exception("could not apply arrival %s", understood[0][0].id)
            await _hold(kit, understood[0][0], f"{type(error).__name__}: {error}")
            return
        why = type(error).__name__
        log.warning("a batch of %s failed (%s), applying one by one", len(understood), why)
        for pair in understood:
            await _apply(kit, [pair])


async def _is_harmless(kit: Kit, row: InboundRaw, survives: Survives) -> bool:
    """Chance alone may have had the process end several times while it was being applied."""
    try:
        return await survives(await asyncio.to_thread(kit.blobs.get, row.sha256))
    except FileNotFoundError:
        return True  # understanding it says so


async def _hold(
    kit: Kit, row: InboundRaw, detail: str, reason: HoldReason = HoldReason.INTERNAL_ERROR
) -> None:
    await kit.work.write(holding.hold, row, reason, detail, now=kit.clock())


def _decided(row: InboundRaw, read: Inbound, held: Held | None, now: datetime) -> Inbound:
    """What an agent decided in quarantine stands above the matching."""
    quiet = read.quiet or now - row.received_at > OLD
    if held is None:
        return replace(read, quiet=quiet)
    return replace(
        read,
        quiet=quiet,
        placed_by=held.placed_by,
        number=held.placed_number,
        provider_id=held.placed_provider_id,
        classification=held.placed_classification or read.classification,
    )


def _read(kit: Kit, understand: Understand, row: InboundRaw) -> Inbound:
    """Raises `Infected`."""
    raw = kit.blobs.get(row.sha256)
    found = kit.scan(raw)
    if found:
        raise Infected(found)
    return understand(row, raw)


def _receive(
    session: Session, messages: list[Inbound], policy: Policy, *, now: datetime
) -> list[Receipt | Refusal]:
    return intake.receive_many(session, messages, policy, now=now)
