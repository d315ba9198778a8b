"""Where a ticket stands against its deadline, as a list asks for it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, true

from helpdesk.models import Ticket

DEADLINES = ("expired", "attention", "within")
#: tickets of these situations are not closed yet: now decides about their deadline
RUNNING = frozenset({"open", "pending"})


def within(
    wanted: str | None, situations: tuple[str, ...] | None, now: datetime
) -> ColumnElement[bool]:
    """A closed ticket is judged by when it was closed, one whose clock stands by when it stopped,
    any other by now."""
    if wanted is None:
        return true()
    closed, paused = Ticket.closed_at, Ticket.paused_at
    due, attention = Ticket.due_at, Ticket.attention_at
    going = {
        "expired": due < now,
        "attention": and_(due >= now, attention <= now),
        "within": and_(due >= now, attention > now),
    }[wanted]
    standing = {
        "expired": due < paused,
        "attention": and_(due >= paused, attention <= paused),
        "within": and_(due >= paused, attention > paused),
    }[wanted]
    running = or_(and_(paused.is_(None), going), and_(paused.is_not(None), standing))
    ended = {
        "expired": closed > due,
        "attention": and_(closed >= attention, closed <= due),
        "within": and_(closed < attention, closed <= due),
    }[wanted]
    if situations is not None and RUNNING.issuperset(situations):
        return running
    if situations == ("closed",):
        return ended
    return or_(and_(closed.is_(None), running), and_(closed.is_not(None), ended))


def near(wanted: str | None, now: datetime) -> ColumnElement[bool]:
    """What an index that holds the deadline says of it: everything wanted, and perhaps more. A
    clock that stood still stopped before now, so that what was expired then is so now."""
    if wanted == "expired":
        return Ticket.due_at < now
    if wanted is None:
        return true()
    return or_(Ticket.due_at >= now, Ticket.paused_at.is_not(None))
