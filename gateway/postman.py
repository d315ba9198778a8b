"""From outbox to channels: claim, send with no transaction open, settle. Until cancelled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from channels.kit import Kit
from helpdesk import outbox
from helpdesk.border import Outbound
from helpdesk.errors import Deferred, Undeliverable
from helpdesk.ports import Sender

log = logging.getLogger("ponte.postman")

#: lanes served at once by one sender
BATCH = 20
#: nobody holds a connection longer than this for one notice
SEND_SECONDS = 120
BLOCKED_SECONDS = 0.5


async def run(
    kit: Kit,
    sender: Sender,
    wait: Callable[[], Awaitable[object]],
    holder: str | None = None,
) -> None:
    """The queue is looked at by a read: an idle sender writes nothing."""
    while True:
        due = await kit.work.read(outbox.is_waiting, sender.channels, now=kit.clock())
        if not due:
            await wait()
        elif not await deliver_once(kit, sender, holder):
            # What is due stands behind an earlier one of its lane that waits.
            await asyncio.sleep(BLOCKED_SECONDS)


async def deliver_once(kit: Kit, sender: Sender, holder: str | None = None) -> int:
    """Send what is due, at most one notice a lane; returns how many were claimed."""
    claimed = await kit.work.write(
        outbox.claim, sender.channels, kit.policy, now=kit.clock(), limit=BATCH, holder=holder
    )
    await asyncio.gather(*(_deliver(kit, sender, outbound) for outbound in claimed))
    return len(claimed)


async def _deliver(kit: Kit, sender: Sender, outbound: Outbound) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await sender.send(outbound)
    except Undeliverable as error:
        await kit.work.write(
            outbox.failed, outbound.id, error.detail, now=kit.clock(), status=error.status
        )
    except Deferred as error:
        await kit.work.write(
            outbox.deferred,
            outbound.id,
            error.detail,
            now=kit.clock(),
            seconds=error.seconds,
            whole_domain=error.whole_domain,
            cause=error.cause,
        )
    except Exception as error:
        # Not the recipient's fault: keep it, say so, try again later.
        log.exception("could not send outbox %s", outbound.id)
        detail = f"{type(error).__name__}: {error}"
        await kit.work.write(outbox.deferred, outbound.id, detail, now=kit.clock())
    else:
        await kit.work.write(outbox.sent, outbound.id, now=kit.clock())
