"""The log: a row for each change, written with it, sealed later (`seals`).

Public facts stand in `log`; names, values and notes in `log_private`. What binds the two is
`private_digest` = SHA-256(salt ‖ canonical JSON of the values), itself inside `digest`, so that a
person's data can be erased while the log still verifies.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from helpdesk.border import Actor
from helpdesk.models import Access, Log, LogPrivate


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to be: who did what to which ticket."""

    number: int | None
    actor: Actor
    action: str
    changes: tuple[Change, ...] = ()
    note: str = ""


def canonical(value: object) -> bytes:
    """One spelling per value: sorted keys, no blanks, UTF-8; datetimes as RFC 3339."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def private_digest(salt: str, values: dict[str, Any]) -> str:
    return hashlib.sha256(salt.encode() + canonical(values)).hexdigest()


def digest(public: dict[str, Any]) -> str:
    """`public` holds number, at, actor_kind, actor_id, action and private_digest."""
    return hashlib.sha256(canonical(public)).hexdigest()


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    number: int | None = None,
    changes: Sequence[Change] = (),
    note: str = "",
) -> None:
    write(session, [Entry(number, actor, action, tuple(changes), note)], now=now)


def write(session: Session, entries: Sequence[Entry], *, now: datetime) -> list[int]:
    """Two statements for any number of entries. Returns their ids, in the same order."""
    if not entries:
        return []
    public: list[dict[str, Any]] = []
    private: list[dict[str, Any]] = []
    for entry in entries:
        values = {
            "actor": entry.actor.name,
            "changes": [
                {"field": c.field, "before": _plain(c.before), "after": _plain(c.after)}
                for c in entry.changes
            ],
            "note": entry.note,
        }
        salt = secrets.token_hex(16)
        row: dict[str, Any] = {
            "number": entry.number,
            "at": now,
            "actor_kind": str(entry.actor.kind),
            "actor_id": entry.actor.id,
            "action": entry.action,
            "private_digest": private_digest(salt, values),
        }
        public.append(row | {"digest": digest(row)})
        private.append({"salt": salt, "values": values})
    ids = session.scalars(insert(Log).returning(Log.id, sort_by_parameter_order=True), public).all()
    rows = [{"log_id": log_id, **values} for log_id, values in zip(ids, private, strict=True)]
    session.execute(insert(LogPrivate), rows)
    return [*ids]


def accessed(
    session: Session,
    actor: Actor,
    what: str,
    *,
    now: datetime,
    number: int | None = None,
    detail: str = "",
) -> None:
    """Somebody looked: panels, secret items, exports, raw messages."""
    row: dict[str, Any] = {
        "at": now,
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "what": what,
        "number": number,
        "detail": detail,
    }
    session.execute(insert(Access), [row | {"digest": digest(row)}])


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        # As the database gives it back: the zone it was told in is not part of it.
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value  # pyright: ignore[reportUnknownVariableType]
    return str(value)
