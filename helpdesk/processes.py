"""The processes of one instance: which of them live, and what the dead ones held.

Each renews a row of its own in `lease`; elections and claims name it as their holder. Whoever finds
a row that ran out, or a neighbour that is gone, gives back everything held in its name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from helpdesk import events, inbound, outbox, webhook_queue
from helpdesk.models import Lease
from helpdesk.models.base import upsert

BEAT = timedelta(seconds=15)
#: after so long without a beat a process counts as dead
SILENCE = timedelta(seconds=60)
_PREFIX = "process:"


@dataclass(frozen=True, slots=True)
class Process:
    """`name` is new with each start (at most 32 characters); `seat` tells neighbours where it runs
    (at most 80)."""

    name: str
    seat: str


def beat(session: Session, process: Process, *, now: datetime) -> None:
    """The process lives."""
    row = {"holder": process.seat, "until": now + SILENCE}
    session.execute(
        upsert(session, Lease)
        .values(name=_PREFIX + process.name, **row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )


def others(session: Session, name: str) -> list[tuple[Process, datetime]]:
    """Every other process with when it counts as dead."""
    rows = session.execute(
        select(Lease.name, Lease.holder, Lease.until)
        .where(Lease.name.startswith(_PREFIX), Lease.name != _PREFIX + name)
        .order_by(Lease.name)
    )
    return [(Process(row.name.removeprefix(_PREFIX), row.holder), row.until) for row in rows]


def bury(session: Session, names: Collection[str]) -> int:
    """Give back what these processes held: jobs, arrivals, notices, deliveries to webhooks; returns
    how much of the last three."""
    session.execute(delete(Lease).where(Lease.holder.in_(sorted(names))))
    freed = inbound.release(session, names) + outbox.release(session, names)
    freed += webhook_queue.release(session, names)
    session.execute(delete(Lease).where(Lease.name.in_([_PREFIX + name for name in names])))
    if freed:
        events.ring(session)
    return freed
