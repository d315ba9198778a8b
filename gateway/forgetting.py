"""What is forgotten by the clock: what retention ends, erasures into the ledger, files that
stopped on the way, loose bytes."""

import asyncio
import logging
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import ledger
from gateway.labels import ERASED
from helpdesk import pieces
from helpdesk.privacy import collecting, retention

log = logging.getLogger("ponte.forgetting")

SECONDS = 60.0


async def run(kit: Kit, path: Path) -> None:
    """Until cancelled, in one process."""
    while True:
        await once(kit, path)
        await asyncio.sleep(SECONDS)


async def once(kit: Kit, path: Path) -> None:
    """One round: everything that is due now. Raises `OSError` when the ledger takes nothing."""
    while await kit.work.read(retention.is_due, kit.clock()):
        await kit.work.write(_end, kit.clock())
    await ledger.keep(kit, path)
    if await kit.work.read(pieces.is_due, kit.clock()):
        await kit.work.write(_forget, kit.clock())
    while await kit.work.read(collecting.is_due, kit.clock()):
        gone = await kit.work.write(_collect, kit.clock())
        if not gone:
            break  # what is left is in somebody's draft
        await _remove(kit, gone)


def _end(session: Session, now: datetime) -> int:
    return retention.end(session, ERASED, now=now)


def _forget(session: Session, now: datetime) -> None:
    pieces.forget(session, now=now)


def _collect(session: Session, now: datetime) -> list[str]:
    return collecting.collect(session, now=now)


async def _remove(kit: Kit, gone: list[str]) -> None:
    for sha256 in await kit.work.read(collecting.unnamed, gone):
        await asyncio.to_thread(kit.blobs.delete, sha256)
    log.info("collected %d blobs", len(gone))
