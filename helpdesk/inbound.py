"""Raw arrivals on their way to the applier: stored, leased by thread, settled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from helpdesk import events
from helpdesk.arrivals import Arrival
from helpdesk.models import Blob, InboundRaw, MailboxCursor
from helpdesk.models.base import upsert

LEASE = timedelta(minutes=5)
#: the process ended this often while it was being applied: the applier looks first whether it is to
#: blame
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """An arrival whose bytes are already durable under `sha256`."""

    arrival: Arrival
    sha256: str
    size: int
    thread_key: str


def store(session: Session, rows: Sequence[Stored], now: datetime) -> int:
    """Insert what has not arrived before; returns how many were new."""
    if not rows:
        return 0
    events.ring(session)
    touch_blobs(session, [(row.sha256, row.size) for row in rows], now=now)
    values: list[dict[str, Any]] = [
        {
            "arrival": row.arrival.key,
            "mailbox": row.arrival.mailbox,
            "envelope_from": row.arrival.envelope_from,
            "recipients": list(row.arrival.recipients),
            "sha256": row.sha256,
            "size": row.size,
            "received_at": row.arrival.at,
            "thread_key": row.thread_key[:320],
            "quiet": row.arrival.quiet,
            "imported": row.arrival.imported,
            "state": "waiting",
            "attempts": 0,
        }
        for row in rows
    ]
    new = _insert(session, values)
    known = [value for value in values if value["arrival"] not in new]
    others = _told_apart(session, known) if known else []
    return len(new) + len(_insert(session, others) if others else ())


def _insert(session: Session, values: Sequence[dict[str, Any]]) -> set[str]:
    statement = upsert(session, InboundRaw).on_conflict_do_nothing(index_elements=["arrival"])
    return set(session.scalars(statement.returning(InboundRaw.arrival), values))


def _told_apart(session: Session, values: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of known keys that hold other bytes: a server that was brought back from a backup gave
    a UID out twice, and the second message must not pass for the first."""
    keys = {value["arrival"] for value in values}
    stored = session.execute(
        select(InboundRaw.arrival, InboundRaw.sha256).where(InboundRaw.arrival.in_(keys))
    )
    sha256 = {row.arrival: row.sha256 for row in stored}
    return [
        {**value, "arrival": f"{value['arrival']}#{value['sha256'][:16]}"}
        for value in values
        if sha256[value["arrival"]] != value["sha256"]
    ]


def touch_blobs(session: Session, blobs: Sequence[tuple[str, int]], *, now: datetime) -> None:
    """Name blobs in this transaction, so that the collector leaves them alone."""
    if not blobs:
        return
    # In one order, so that two transactions cannot wait for each other.
    values = [
        {"sha256": sha256, "size": size, "touched_at": now}
        for sha256, size in sorted(dict(blobs).items())
    ]
    statement = upsert(session, Blob)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["sha256"], set_={"touched_at": statement.excluded.touched_at}
        ),
        values,
    )


def claim(
    session: Session, *, now: datetime, limit: int = 32, holder: str | None = None
) -> list[InboundRaw]:
    """Lease the oldest waiting arrival of up to `limit` threads: never two of one thread at once.

    One that was claimed before comes alone: had it been its neighbour that took the applier down,
    it would be counted as guilty too.
    """
    earlier = aliased(InboundRaw)
    head = (
        select(func.min(earlier.id))
        .where(earlier.thread_key == InboundRaw.thread_key, earlier.state == "waiting")
        .scalar_subquery()
    )
    ready = session.execute(
        select(InboundRaw.id, InboundRaw.attempts)
        .where(
            InboundRaw.state == "waiting",
            or_(InboundRaw.lease_until.is_(None), InboundRaw.lease_until < now),
            InboundRaw.id == head,
        )
        .order_by(InboundRaw.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    fresh = [raw_id for raw_id, _ in takewhile(lambda row: row[1] == 0, ready)]
    rows = session.scalars(
        update(InboundRaw)
        .where(InboundRaw.id.in_(fresh or [raw_id for raw_id, _ in ready[:1]]))
        .values(lease_until=now + LEASE, holder=holder, attempts=InboundRaw.attempts + 1)
        .returning(InboundRaw)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted(rows, key=lambda row: row.id)


def release(session: Session, holders: Collection[str] | None = None) -> int:
    """Give back what processes that are gone had leased; returns how much.

    None: whoever they were, as on SQLite, where one process serves.
    """
    given_back = (
        update(InboundRaw)
        .where(InboundRaw.state == "waiting", InboundRaw.lease_until.is_not(None))
        .values(lease_until=None)
        .returning(InboundRaw.id)
    )
    if holders is not None:
        given_back = given_back.where(InboundRaw.holder.in_(sorted(holders)))
    return len(session.execute(given_back).all())


def is_waiting(session: Session, *, now: datetime) -> bool:
    """Whether there is something to claim. A read, so that looking costs no write."""
    ready = (
        select(InboundRaw.id)
        .where(
            InboundRaw.state == "waiting",
            or_(InboundRaw.lease_until.is_(None), InboundRaw.lease_until < now),
        )
        .limit(1)
    )
    return session.scalar(ready) is not None


def settle(session: Session, states: dict[int, str]) -> None:
    """`states`: raw id to applied | duplicate | ignored | held."""
    for state in sorted(set(states.values())):
        ids = [raw_id for raw_id, s in states.items() if s == state]
        session.execute(
            update(InboundRaw).where(InboundRaw.id.in_(ids)).values(state=state, lease_until=None)
        )


def keep_verdicts(session: Session, found: Mapping[int, tuple[str, str]]) -> None:
    """`found`: raw id to the verdict and what it rests on, so that it is not asked for again."""
    for verdict, judged in sorted(set(found.values())):
        ids = [raw_id for raw_id, each in found.items() if each == (verdict, judged)]
        session.execute(
            update(InboundRaw).where(InboundRaw.id.in_(ids)).values(verdict=verdict, judged=judged)
        )


def again(session: Session, raw_id: int, *, quiet: bool = False) -> None:
    """Put an arrival back in the queue, as new; `quiet`: nobody outside the console is told."""
    events.ring(session)
    values: dict[str, Any] = {"state": "waiting", "lease_until": None, "attempts": 0}
    if quiet:
        values["quiet"] = True
    session.execute(update(InboundRaw).where(InboundRaw.id == raw_id).values(values))


def backlog(session: Session) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(InboundRaw).where(InboundRaw.state == "waiting")
        )
        or 0
    )


def cursor(session: Session, account: str) -> MailboxCursor | None:
    return session.get(MailboxCursor, account)


def set_cursor(
    session: Session,
    account: str,
    uidvalidity: int,
    uid: int,
    at: datetime,
    oldest: datetime | None = None,
) -> None:
    session.merge(
        MailboxCursor(account=account, uidvalidity=uidvalidity, uid=uid, at=at, oldest=oldest)
    )
