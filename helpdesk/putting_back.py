"""Undoing what was decided inside the house: a ticket handed on, or classified, is what it was."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from helpdesk import access, catalog, events
from helpdesk.audit import Change
from helpdesk.catalog import Catalog
from helpdesk.desk import Desk, agent_change, log
from helpdesk.errors import Conflict, Stale
from helpdesk.models import Ticket

_DEADLINE = ("days", "unit", "attention", "terms_source", "counted_sector", "due_at",
             "attention_at", "paused_days", "paused_at")  # fmt: skip
#: of a ticket, by the action that changes it
FIELDS: dict[str, tuple[str, ...]] = {
    "forward": ("assignee_id", "sector_id", "status_id", "situation", "waiting_on", *_DEADLINE),
    "classify": ("classification_id", "subclassification_id", "reason_id", "sector_id", *_DEADLINE),
}
#: field of the log, column, register of the names
NAMED = (
    ("classification", "classification_id", "classifications"),
    ("subclassification", "subclassification_id", "subclassifications"),
    ("reason", "reason_id", "reasons"),
    ("sector", "sector_id", "sectors"),
    ("status", "status_id", "statuses"),
)


def taken(ticket: Ticket, action: str) -> dict[str, Any] | None:
    """What `put_back` needs; None for an action that is not undone."""
    if action not in FIELDS:
        return None
    return {name: _plain(getattr(ticket, name)) for name in FIELDS[action]}


def put_back(
    session: Session,
    desk: Desk,
    number: int,
    action: str,
    before: dict[str, Any],
    version: int | None,
) -> Ticket:
    """As it was before, if nothing happened since: notes stay, and a claim that was released.

    Raises `Forbidden`, `NotVisible`, `Stale`, `Conflict`.
    """
    access.require(desk.actor, f"ticket.{action}")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    if ticket.deleted_at is not None or ticket.merged_into is not None:
        code = "not_allowed"
        raise Conflict(code)
    if ticket.version != version:
        raise Stale(ticket.version)
    now = {name: _plain(getattr(ticket, name)) for name in before}
    if now == before:
        return ticket
    for name, value in before.items():
        moment = name.endswith("_at") and isinstance(value, str)
        setattr(ticket, name, datetime.fromisoformat(value) if moment else value)
    ticket.version += 1
    registers = catalog.load(session, desk.policy)
    log(session, desk, ticket, "put_back", _changes(session, registers, now, before))
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def _changes(
    session: Session, registers: Catalog, old: dict[str, Any], new: dict[str, Any]
) -> list[Change]:
    changes: list[Change] = []
    for field, column, register in NAMED:
        if column in new and old[column] != new[column]:
            known = getattr(registers, register)
            changes.append(Change(field, _name(known, old[column]), _name(known, new[column])))
    if "assignee_id" in new and old["assignee_id"] != new["assignee_id"]:
        changes.append(agent_change(session, "assignee", old["assignee_id"], new["assignee_id"]))
    if old["due_at"] != new["due_at"]:
        changes.append(Change("due_at", old["due_at"], new["due_at"]))
    return changes


def _name(register: dict[int, Any], key: int | None) -> str | None:
    row = register.get(key or 0)
    return None if row is None else getattr(row, "label", None) or row.name


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
