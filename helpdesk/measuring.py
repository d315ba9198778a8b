"""How long tickets took, in service minutes, measured when it happens.

Kept on the ticket as it was measured: a day off that is entered later does not change what was
said of last year. What was imported tells nothing about us and is not measured.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk import clock, holidays
from helpdesk.deadlines import working_time
from helpdesk.models import Ticket
from helpdesk.policy import Policy

MINUTE = 60


def answered(session: Session, ticket: Ticket, policy: Policy, now: datetime) -> None:
    """The first answer, from the opening."""
    if ticket.answered_at is None and not ticket.imported:
        ticket.answered_at = now
        ticket.answer_minutes = _minutes(session, ticket, policy, now)


def unanswered(ticket: Ticket) -> None:
    """Its only answer was taken back."""
    ticket.answered_at = ticket.answer_minutes = None


def solved(session: Session, ticket: Ticket, policy: Policy, now: datetime) -> None:
    """The conclusion, from the opening, whatever was reopened in between."""
    if not ticket.imported:
        ticket.solve_minutes = _minutes(session, ticket, policy, now)


def unsolved(ticket: Ticket) -> None:
    ticket.solve_minutes = None


def _minutes(session: Session, ticket: Ticket, policy: Policy, now: datetime) -> int:
    calendar = clock.calendar_of(ticket, holidays.load(session, policy))
    passed = working_time(ticket.opened_at, now, calendar)
    return max(0, int(passed.total_seconds()) // MINUTE)
