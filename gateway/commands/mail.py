"""Mail from an MTA's pipe and from files: stored like any arrival, understood by `serve`."""

import hashlib
import json
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from channels.mail import archives
from channels.mail.addresses import Addresses
from channels.mail.threads import thread_key
from gateway.blobs import open_blobs
from gateway.cli import TRY_AGAIN
from gateway.commands.instance import NoSchema, fail, opened, reason, say, settings
from gateway.room import room
from gateway.runtime import clock
from gateway.settings import Settings, SettingsError, load
from helpdesk import inbound
from helpdesk.arrivals import Arrival
from helpdesk.inbound import Stored
from helpdesk.models import InboundRaw

#: how long another writer may keep us waiting before the MTA is asked to come again, in seconds
BUSY_SECONDS = 20
#: messages of one commit while importing, and their octets
BATCH = 64
LARGEST_BATCH = 16 * 1024 * 1024


def receive(mailbox: str | None) -> None:
    """Whatever stands against storing is temporary to the MTA: it keeps the message."""
    raw = sys.stdin.buffer.read()
    try:
        chosen = load()
        address = _own(chosen, mailbox)
        key = f"pipe:{hashlib.sha256(raw).hexdigest()}"
        arrival = Arrival(key=key, raw=raw, at=clock(), mailbox=address)
        blobs = open_blobs(chosen.blobs)
        if not room(chosen)(len(raw)):
            fail("The disk is nearly full.", status=TRY_AGAIN)
        sha256 = blobs.put(raw)
        with opened(chosen, busy_seconds=BUSY_SECONDS) as work:
            row = Stored(arrival, sha256, len(raw), _thread(chosen, raw))
            work.write_now(inbound.store, [row], arrival.at)
    except (SettingsError, NoSchema, ValueError) as error:
        fail(str(error), status=TRY_AGAIN)
    except (DBAPIError, OSError) as error:
        fail(reason(error), status=TRY_AGAIN)


def import_paths(paths: Sequence[Path], *, notify: bool) -> None:
    chosen = settings()
    blobs = open_blobs(chosen.blobs)
    found = chain.from_iterable(archives.messages(path) for path in paths)
    try:
        total = sum(archives.size(path) for path in paths)
        with opened(chosen) as work, _progress(total) as advance:
            for batch in _batches(found):
                rows = _rows(
                    chosen, batch, blobs.put_many([raw for _, raw in batch]), notify=notify
                )
                new = work.write_now(_store, rows, clock())
                for (source, raw), row in zip(batch, rows, strict=True):
                    key = row.arrival.key
                    state = "stored" if key in new else "known"
                    new.discard(key)
                    say(json.dumps({"source": source, "state": state, "key": key}))
                    advance(len(raw))
    except NoSchema as error:
        fail(str(error))
    except (DBAPIError, OSError) as error:
        fail(reason(error))


def _store(session: Session, rows: Sequence[Stored], now: datetime) -> set[str]:
    """Store what has not arrived before; returns the keys that were new."""
    keys = {row.arrival.key for row in rows}
    known = set(session.scalars(select(InboundRaw.arrival).where(InboundRaw.arrival.in_(keys))))
    inbound.store(session, list({r.arrival.key: r for r in rows}.values()), now)
    return keys - known


def _rows(
    chosen: Settings, batch: Sequence[tuple[str, bytes]], keys: Sequence[str], *, notify: bool
) -> list[Stored]:
    now = clock()
    return [
        Stored(
            Arrival(key=f"import:{sha256}", raw=raw, at=now, quiet=not notify, imported=True),
            sha256,
            len(raw),
            _thread(chosen, raw),
        )
        for (_, raw), sha256 in zip(batch, keys, strict=True)
    ]


def _batches(found: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    size = 0
    for source, raw in found:
        batch.append((source, raw))
        size += len(raw)
        if len(batch) == BATCH or size >= LARGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _thread(chosen: Settings, raw: bytes) -> str:
    boxes = [box.address for box in chosen.mail.boxes]
    return thread_key(raw, (), Addresses(boxes, chosen.mail.reply_address))


def _own(chosen: Settings, mailbox: str | None) -> str | None:
    """Raises `ValueError` for an address that is none of ours."""
    addresses = [box.address for box in chosen.mail.boxes]
    if mailbox is not None and mailbox.lower() not in addresses:
        msg = f"{mailbox} is no mailbox of ours: {', '.join(addresses) or 'none is configured'}"
        raise ValueError(msg)
    return mailbox.lower() if mailbox is not None else None


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None]]:
    """A bar on standard error when somebody watches."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("importing", total=total)
        yield lambda octets: bar.advance(task, octets)
