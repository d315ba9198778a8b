"""What one action does to each of many tickets, from what was typed once for all of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from helpdesk import closing, putting_back, routing, tickets
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Ticket
from helpdesk.policy import Policy

#: what was typed: field to values, as a form has it
Given = Mapping[str, Sequence[str]]


def _one(given: Given, name: str) -> str:
    values = given.get(name, ())
    return values[-1] if values else ""


def _forward(session: Session, desk: Desk, number: int, given: Given, version: int) -> Ticket:
    return routing.forward(
        session, desk, number, note=_one(given, "note"), agent=_one(given, "agent") or None,
        sector=_one(given, "sector") or None, version=version,
    )  # fmt: skip


def _close(session: Session, desk: Desk, number: int, given: Given, version: int) -> Ticket:
    return closing.close(
        session, desk, number, status=_one(given, "status"), body=_one(given, "text"),
        reason=_one(given, "reason") or None, version=version, delay=putting_back.GRACE,
    )  # fmt: skip


def _classify(session: Session, desk: Desk, number: int, given: Given, version: int) -> Ticket:
    return routing.classify(
        session, desk, number, classification=_one(given, "classification"),
        subclassification=_one(given, "subclassification") or None,
        reason=_one(given, "reason") or None, version=version,
    )  # fmt: skip


def _pending(session: Session, desk: Desk, number: int, given: Given, version: int) -> Ticket:
    return tickets.pending(
        session, desk, number, body=_one(given, "text"), ask=_one(given, "ask").splitlines(),
        status=_one(given, "status") or None, until=_until(_one(given, "until"), desk.policy),
        version=version, delay=putting_back.GRACE,
    )  # fmt: skip


def _until(day: str, policy: Policy) -> datetime | None:
    """Until the start of service of a local day; empty for no date."""
    if not day:
        return None
    try:
        read = date.fromisoformat(day)
    except ValueError as error:
        raise Invalid(FieldError("until", "invalid")) from error
    return datetime.combine(read, time(8), policy.zone).astimezone(UTC)


Verb = Callable[[Session, Desk, int, Any, int], Ticket]
VERBS: dict[str, Verb] = {
    "forward": _forward,
    "close": _close,
    "classify": _classify,
    "pending": _pending,
}
