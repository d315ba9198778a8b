"""Undoing what one action did to many tickets: each is what it was, if nobody touched it since.

What was decided inside the house, handing on and classifying, is undone at any time. A closing or
a question is also said to the provider: mail and bot hold it back for `GRACE`, and what has left or
was read on the portal's page is not taken back.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from helpdesk import access, catalog, events, pendency, resending
from helpdesk.audit import Change
from helpdesk.catalog import Catalog
from helpdesk.desk import Desk, agent_change, agent_name, is_held, log
from helpdesk.errors import Claimed, Conflict, Stale
from helpdesk.models import Message, Ticket

#: how long the words of one action wait before they leave, counted from its last ticket: time to
#: see in the list what one did
GRACE = timedelta(minutes=5)
_DEADLINE = ("days", "unit", "attention", "terms_source", "counted_sector", "due_at",
             "attention_at", "paused_days", "paused_at")  # fmt: skip
_CLAIM = ("claimed_by", "claimed_until")
_SAID = ("status_id", "situation", "waiting_on", "pending_until", "started", "assignee_id",
         "answered_at", "answer_minutes", "last_answer_id", "last_message_at")  # fmt: skip
#: of a ticket, by the action that changes it
FIELDS: dict[str, tuple[str, ...]] = {
    "forward": ("assignee_id", "sector_id", "status_id", "situation", "waiting_on",
                *_CLAIM, *_DEADLINE),
    "classify": ("classification_id", "subclassification_id", "reason_id", "sector_id", *_DEADLINE),
    "close": (*_SAID, "reason_id", "closed_at", "late", "solve_minutes", *_CLAIM, *_DEADLINE),
    "pending": (*_SAID, *_CLAIM, *_DEADLINE),
}  # fmt: skip
#: actions that speak to the provider
SPEAKING = frozenset(action for action, fields in FIELDS.items() if "last_answer_id" in fields)
#: field of the log, column, register of the names
NAMED = (
    ("classification", "classification_id", "classifications"),
    ("subclassification", "subclassification_id", "subclassifications"),
    ("reason", "reason_id", "reasons"),
    ("sector", "sector_id", "sectors"),
    ("status", "status_id", "statuses"),
)
AGENTS = (("assignee", "assignee_id"), ("in_progress_with", "claimed_by"))
MOMENTS = ("due_at", "closed_at", "pending_until")


def taken(ticket: Ticket, action: str) -> dict[str, Any]:
    """What `put_back` needs."""
    return {name: _plain(getattr(ticket, name)) for name in FIELDS[action]}


def put_back(
    session: Session,
    desk: Desk,
    number: int,
    action: str,
    before: dict[str, Any],
    version: int | None,
) -> Ticket:
    """As it was before, if nothing happened since. What was said stays as a note.

    Raises `Forbidden`, `NotVisible`, `Stale`, `Claimed`, and `Conflict`: `told` once the provider
    knows.
    """
    access.require(desk.actor, f"ticket.{action}")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    if ticket.deleted_at is not None or ticket.merged_into is not None:
        code = "not_allowed"
        raise Conflict(code)
    if ticket.version != version:
        raise Stale(ticket.version)
    # A claim does not change the version. Where the action released it, any claim is a new one.
    others = "claimed_by" in before or ticket.claimed_by != desk.actor.id
    if is_held(ticket, desk.now) and others:
        raise Claimed(agent_name(session, ticket.claimed_by), ticket.claimed_by)
    now = {name: _plain(getattr(ticket, name)) for name in before}
    if now == before:
        return ticket
    if action in SPEAKING and now["last_answer_id"] != before["last_answer_id"]:
        _unsay(session, ticket, desk.now)
    for name, value in before.items():
        setattr(ticket, name, _moment(value) if _is_moment(name) else value)
    ticket.version += 1
    registers = catalog.load(session, desk.policy)
    log(session, desk, ticket, "put_back", _changes(session, registers, now, before))
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def _unsay(session: Session, ticket: Ticket, now: datetime) -> None:
    """Nothing was said since (the version says so): the last answer is the action's."""
    said = session.get_one(Message, ticket.last_answer_id)
    if not resending.unsay(session, said, now=now):
        code = "told"
        raise Conflict(code)
    pendency.unask(session, ticket.number, said.id)


def _changes(
    session: Session, registers: Catalog, old: dict[str, Any], new: dict[str, Any]
) -> list[Change]:
    changes: list[Change] = []
    for field, column, register in NAMED:
        if _differs(column, old, new):
            known = getattr(registers, register)
            changes.append(Change(field, _name(known, old[column]), _name(known, new[column])))
    changes += [
        agent_change(session, field, old[column], new[column])
        for field, column in AGENTS
        if _differs(column, old, new)
    ]
    changes += [
        Change(column, old[column], new[column]) for column in MOMENTS if _differs(column, old, new)
    ]
    return changes


def _differs(column: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    return column in new and old[column] != new[column]


def _name(register: dict[int, Any], key: int | None) -> str | None:
    row = register.get(key or 0)
    return None if row is None else getattr(row, "label", None) or row.name


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _is_moment(name: str) -> bool:
    return name.endswith(("_at", "_until"))


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None
