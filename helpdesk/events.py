"""Live events: what to look at again, never what it says. Open screens resume by id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from helpdesk.models import Event, Webhook

KEPT = timedelta(hours=48)
#: how a `Cursor` is written: two 64-bit integers
PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the stream: writing transaction, then id. On SQLite `tx` is always 0."""

    tx: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.tx}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        read = PLACE.fullmatch(text)
        return cls(int(read[1]), int(read[2])) if read else None


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as a reader gets it. `kind`: opened, changed, message, claim, delivery, alert, held
    (one more waits in quarantine), placed (one waits no more), alarm (raised, or over)."""

    cursor: Cursor
    number: int | None
    kind: str
    version: int
    at: datetime


def ring(session: Session) -> None:
    """Mark this transaction as news: who waits for work is woken after its commit."""
    session.info["news"] = True


def emit(
    session: Session, number: int | None, kind: str, *, now: datetime, version: int = 0
) -> None:
    emit_many(session, [(number, kind, version)], now=now)


def emit_many(
    session: Session, events: Sequence[tuple[int | None, str, int]], *, now: datetime
) -> None:
    if not events:
        return
    ring(session)
    rows: list[dict[str, Any]] = [
        {"number": number, "kind": kind, "version": version, "at": now}
        for number, kind, version in events
    ]
    statement = insert(Event)
    if _is_postgres(session):
        statement = statement.values(tx=_current_tx())
    session.execute(statement, rows)


def after(session: Session, cursor: Cursor, *, limit: int = 500) -> list[Seen]:
    """Events past `cursor`, in the order of their transactions.

    On PostgreSQL ids are given before commit, so a lower id may become visible after a higher one;
    reading by transaction, and only below the oldest one still running, skips none.
    """
    query = (
        select(Event.tx, Event.id, Event.number, Event.kind, Event.version, Event.at)
        .where(is_past(session, literal(cursor.tx), literal(cursor.id)))
        .order_by(Event.tx, Event.id)
        .limit(limit)
    )
    return [
        Seen(Cursor(tx, event_id), number, kind, version, at)
        for tx, event_id, number, kind, version, at in session.execute(query)
    ]


def is_past(session: Session, tx: Any, event_id: Any) -> ColumnElement[bool]:
    """A predicate on `Event`: past this place, and of no transaction that an older one may still
    overtake."""
    past = tuple_(Event.tx, Event.id) > tuple_(tx, event_id)
    return and_(past, Event.tx < _running()) if _is_postgres(session) else past


def latest(session: Session) -> Cursor:
    """Where a new reader starts."""
    return _edge(session, newest=True)


def present(session: Session) -> Cursor:
    """Where a reader starts that shall miss nothing from now on: what is being written at this
    moment is still to come."""
    if _is_postgres(session):
        return Cursor(session.scalars(select(_running())).one())
    return latest(session)


def oldest(session: Session) -> Cursor:
    """The first place still kept; a reader that stopped before it must start afresh."""
    return _edge(session, newest=False)


def _edge(session: Session, *, newest: bool) -> Cursor:
    order = (Event.tx.desc(), Event.id.desc()) if newest else (Event.tx, Event.id)
    row = session.execute(select(Event.tx, Event.id).order_by(*order).limit(1)).first()
    return Cursor(*row) if row else Cursor()


def renumber(session: Session) -> None:
    """In a database that was restored: transactions are numbered anew here, so what came along is
    made older than all that follows. A webhook goes on with the first event it was not judged by;
    of those written beside it, it may hear once more."""
    unread = select(func.min(Event.id)).where(
        tuple_(Event.tx, Event.id) > tuple_(Webhook.tx, Webhook.event_id)
    )
    place = func.coalesce(
        unread.scalar_subquery() - 1, select(func.max(Event.id)).scalar_subquery(), 0
    )
    session.execute(update(Webhook).values(event_id=place, tx=0))
    session.execute(update(Event).values(tx=0))


def purge(session: Session, *, now: datetime) -> int:
    """Forget what is older than `KEPT`; the newest row stays, so that `latest` keeps its place, and
    so does what a webhook was not yet judged by, as when no worker ran for days."""
    unread = exists().where(
        Webhook.active, tuple_(Webhook.tx, Webhook.event_id) < tuple_(Event.tx, Event.id)
    )
    gone = session.execute(
        delete(Event)
        .where(Event.at < now - KEPT, Event.id != latest(session).id, ~unread)
        .returning(Event.id)
    )
    return len(gone.all())


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _running() -> ColumnElement[int]:
    """The oldest transaction that has not ended."""
    return literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)


def _current_tx() -> Any:
    return literal_column("pg_current_xact_id()::text::bigint", BigInteger)
