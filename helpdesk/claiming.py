"""Assumir o próximo: the most urgent ticket that waits for somebody, taken in one move.

What is offered, in the order of the deadline, as the list shows it: open, nobody at it, the
operadora's turn, of the agent's sector or of none (an agent without a sector takes from all), and
nobody else's: without a responsible, or theirs, or given up by the one it had. What the agent gave
up is not offered to them again until something new was said in it.
"""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session, aliased

from helpdesk import access, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.models import Agent, Log, Ticket
from helpdesk.models.tickets import filter_index
from helpdesk.workflow import Situation


def claim_next(session: Session, desk: Desk) -> Ticket | None:
    """None when there is nothing to take. Of many at once each gets another ticket: SQLite writes
    one at a time, PostgreSQL passes over what another transaction holds.

    Raises `Forbidden`.
    """
    access.require(desk.actor, "ticket.claim")
    query = (
        select(Ticket.number)
        .where(
            access.visible(desk.actor),
            Ticket.situation == Situation.OPEN,
            Ticket.deleted_at.is_(None),
            Ticket.merged_into.is_(None),
            Ticket.waiting_on == "agent",
            or_(Ticket.claimed_by.is_(None), Ticket.claimed_until < desk.now),
            _of_sector(desk.actor),
            _nobody_elses(desk.actor),
            ~_given_up(desk.actor.id),
        )
        .order_by(Ticket.due_at, Ticket.number)
        .limit(1)
        .with_hint(Ticket, f"INDEXED BY {filter_index('situation')}", "sqlite")
        .with_for_update(of=Ticket, skip_locked=True, key_share=True)
    )
    number = session.scalar(query)
    return None if number is None else tickets.claim(session, desk, number)


def _of_sector(actor: Actor) -> ColumnElement[bool]:
    if actor.sector_id is None:
        return true()
    return or_(Ticket.sector_id.is_(None), Ticket.sector_id == actor.sector_id)


def _nobody_elses(actor: Actor) -> ColumnElement[bool]:
    gone = exists().where(Agent.id == Ticket.assignee_id, Agent.active.is_(False))
    return or_(
        Ticket.assignee_id.is_(None),
        Ticket.assignee_id == actor.id,
        gone,
        _given_up(Ticket.assignee_id),
    )


def _given_up(who: Any) -> ColumnElement[bool]:
    """Whether that agent left the ticket and nothing was said in it since."""
    left = aliased(Log)
    return exists().where(
        left.number == Ticket.number,
        left.action == "gave_up",
        left.actor_kind == "agent",
        left.actor_id == who,
        left.at >= Ticket.last_message_at,
    )
