"""What a list shows: the seed's filters and the gate, as one predicate."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session

from helpdesk import access, search, text
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import (
    Agent,
    Classification,
    Provider,
    Reason,
    Sector,
    Status,
    Subclassification,
    Ticket,
)
from helpdesk.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Tuples of codes mean any of them; empty means whatever.

    situation: all | open (includes pending) | closed | pending_profile | pending_agent.
    deadline: expired | attention | within. Dates are local days, both included.
    """

    situation: str = "all"
    classification: tuple[str, ...] = ()
    subclassification: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    opened_from: date | None = None
    opened_to: date | None = None
    deadline: str | None = None
    q: str = ""


def where(
    session: Session, actor: Actor, chosen: Filter, *, policy: Policy, now: datetime
) -> ColumnElement[bool]:
    """The filter and the gate as one predicate."""
    parts: list[ColumnElement[bool]] = [access.visible(actor)]
    # A provider was given the number of a deleted ticket and keeps seeing it, as cancelled.
    if actor.kind is not ActorKind.PERSON:
        parts.append(Ticket.deleted_at.is_(None))
    parts.append(_situation(chosen.situation, actor))
    parts += _codes(chosen)
    if chosen.opened_from is not None:
        parts.append(Ticket.opened_at >= _midnight(chosen.opened_from, policy))
    if chosen.opened_to is not None:
        parts.append(Ticket.opened_at < _midnight(chosen.opened_to + timedelta(days=1), policy))
    if chosen.deadline is not None:
        parts.append(_deadline(chosen.deadline, now))
    if chosen.q.strip():
        hits = search.hits(session, actor, chosen.q)
        if hits is not None:
            parts.append(hits)
    return and_(*parts)


def _situation(situation: str, actor: Actor) -> ColumnElement[bool]:
    pending = Ticket.situation == "pending"
    table: dict[str, ColumnElement[bool]] = {
        "all": literal(value=True),
        "open": Ticket.situation.in_(["open", "pending"]),
        "closed": Ticket.situation == "closed",
        "pending_agent": and_(pending, Ticket.assignee_id == actor.id),
        # A profile works in a sector: what is pending there, whoever holds it
        "pending_profile": and_(
            pending,
            Ticket.sector_id == actor.sector_id
            if actor.sector_id is not None
            else literal(value=True),
        ),
    }
    if situation not in table:
        raise Invalid(FieldError("situation", "unknown"))
    return table[situation]


def _deadline(wanted: str, now: datetime) -> ColumnElement[bool]:
    """A closed ticket is judged by when it was closed."""
    at = func.coalesce(Ticket.closed_at, literal(now, Ticket.due_at.type))
    table = {
        "expired": at > Ticket.due_at,
        "attention": and_(at >= Ticket.attention_at, at <= Ticket.due_at),
        "within": and_(at < Ticket.attention_at, at <= Ticket.due_at),
    }
    if wanted not in table:
        raise Invalid(FieldError("deadline", "unknown"))
    return table[wanted]


def _codes(chosen: Filter) -> list[ColumnElement[bool]]:
    """Registers are small: codes become ids in a subquery, so that the ticket's index is walked."""
    registers: tuple[tuple[tuple[str, ...], Any, Any, Any], ...] = (
        (chosen.classification, Ticket.classification_id, Classification.id, Classification.code),
        (
            chosen.subclassification,
            Ticket.subclassification_id,
            Subclassification.id,
            Subclassification.code,
        ),
        (chosen.reason, Ticket.reason_id, Reason.id, Reason.code),
        (chosen.status, Ticket.status_id, Status.id, Status.code),
        (chosen.sector, Ticket.sector_id, Sector.id, Sector.code),
        (chosen.provider, Ticket.provider_id, Provider.id, Provider.code),
        (chosen.assignee, Ticket.assignee_id, Agent.id, Agent.login),
    )
    parts: list[ColumnElement[bool]] = [
        column.in_(select(key).where(code.in_(_clean(codes))))
        for codes, column, key, code in registers
        if codes
    ]
    if chosen.channel:
        parts.append(Ticket.channel.in_(_clean(chosen.channel)))
    return parts


def _clean(codes: tuple[str, ...]) -> list[str]:
    """What no database takes is nobody's code."""
    return [text.normalise(code) for code in codes]


def _midnight(day: date, policy: Policy) -> datetime:
    return datetime.combine(day, time(), policy.zone).astimezone(UTC)
