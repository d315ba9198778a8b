"""When tickets were opened, closed and open: predicates on `Ticket` over local days."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, or_, true

from helpdesk.models import Ticket
from helpdesk.policy import Policy

#: weekday (0 is Monday) and hour, local
Hour = tuple[int, int]


def midnight(day: date, policy: Policy) -> datetime:
    """Its beginning."""
    return datetime.combine(day, time(), policy.zone).astimezone(UTC)


def closed(first: date | None, last: date | None, policy: Policy) -> ColumnElement[bool]:
    """Both days included."""
    parts: list[ColumnElement[bool]] = []
    if first is not None:
        parts.append(Ticket.closed_at >= midnight(first, policy))
    if last is not None:
        parts.append(Ticket.closed_at < midnight(last + timedelta(days=1), policy))
    return and_(true(), *parts)


def opened_at(hour: Hour, first: date, last: date, policy: Policy) -> ColumnElement[bool]:
    """On the days of the period that are this weekday, in this hour."""
    weekday, of_day = hour
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    parts: list[ColumnElement[bool]] = []
    while day <= last:
        begins = datetime.combine(day, time(of_day), policy.zone).astimezone(UTC)
        parts.append(
            and_(Ticket.opened_at >= begins, Ticket.opened_at < begins + timedelta(hours=1))
        )
        day += timedelta(days=7)
    return or_(*parts) if parts else Ticket.number < 0


def open_on(day: date, band: str | None, policy: Policy) -> ColumnElement[bool]:
    """Open at the end of the day, in a band if one is named, judged by what is known now: who
    reopened a ticket since then did not close it before."""
    end = midnight(day + timedelta(days=1), policy)
    was = and_(Ticket.opened_at < end, still_open(day, policy))
    if band is None:
        return was
    # A clock that stands has stopped what had not come by then.
    goes = or_(Ticket.paused_at.is_(None), Ticket.closed_at.is_not(None))
    warned = and_(Ticket.attention_at < end, or_(goes, Ticket.attention_at <= Ticket.paused_at))
    expired = and_(Ticket.due_at < end, or_(goes, Ticket.due_at < Ticket.paused_at))
    bands = {
        "expired": expired,
        "attention": and_(warned, ~expired),
        "within": and_(~warned, ~expired),
    }
    return and_(was, bands[band])


def still_open(day: date, policy: Policy) -> ColumnElement[bool]:
    """Not closed by the end of the day."""
    end = midnight(day + timedelta(days=1), policy)
    return or_(Ticket.closed_at.is_(None), Ticket.closed_at >= end)
