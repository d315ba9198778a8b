"""Who changed what of a record: rows of the log, found by the record they speak of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from helpdesk import access, audit
from helpdesk.audit import Entry
from helpdesk.desk import Desk
from helpdesk.models import Log, LogPrivate, LogSubject
from helpdesk.registry.shape import Register

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """`changes` as the log keeps them: dicts of field, before, after."""

    at: datetime
    actor: str
    action: str
    changes: list[dict[str, Any]]
    note: str
    digest: str


def write(
    session: Session, register: Register, entries: Sequence[tuple[int, Entry]], *, now: datetime
) -> None:
    """Log what was done to records, by their ids."""
    if not entries:
        return
    ids = audit.write(session, [entry for _, entry in entries], now=now)
    session.execute(
        insert(LogSubject),
        [
            {"log_id": log_id, "register": register.name, "record_id": record_id}
            for log_id, (record_id, _) in zip(ids, entries, strict=True)
        ],
    )


def of_record(
    session: Session, desk: Desk, register: Register, record_id: int, *, limit: int = MOST_SHOWN
) -> list[Line]:
    """Newest first. Raises `Forbidden`."""
    access.require(desk.actor, register.reads)
    query = (
        select(Log.at, Log.action, Log.digest, LogPrivate.values)
        .join(LogSubject, LogSubject.log_id == Log.id)
        .outerjoin(LogPrivate, LogPrivate.log_id == Log.id)
        .where(LogSubject.register == register.name, LogSubject.record_id == record_id)
        .order_by(LogSubject.log_id.desc())
        .limit(limit)
    )
    return [
        Line(
            at,
            (values or {}).get("actor", ""),
            action,
            (values or {}).get("changes", []),
            (values or {}).get("note", ""),
            digest,
        )
        for at, action, digest, values in session.execute(query)
    ]
