"""Somebody leaves: what they had open ends with it, and so does what let them in. They stay as they
are known, in the registers and in the log.

Who comes back later is a new decision: password, passkeys, app and codes of before may be on
devices and in hands that nobody looked after meanwhile, so that none opens again. An agent gets the
mail of the first log-in, a person an invitation. The company's directory is asked at each log-in
and stays.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit, bots, events, factors, logins, sessions, webhooks
from helpdesk.audit import Change, Entry
from helpdesk.border import Actor
from helpdesk.models import Agent, ApiToken, Membership, Person, Ticket


def agent(session: Session, actor: Actor, agent_id: int, *, now: datetime) -> None:
    """End an agent's ways in, sessions, tokens, webhooks and links, and let go of what is in
    progress with them. Tickets they answer for stay theirs, until somebody forwards them."""
    _shut(session, "agent", agent_id, now)
    session.execute(
        update(Agent).where(Agent.id == agent_id).values(invited_at=None, accepted_at=None)
    )
    session.execute(
        update(ApiToken)
        .where(ApiToken.agent_id == agent_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    webhooks.depart(session, agent_id, now=now)
    name = session.scalar(select(Agent.name).where(Agent.id == agent_id))
    claimed = session.execute(
        select(Ticket.number, Ticket.version).where(Ticket.claimed_by == agent_id)
    ).all()
    session.execute(
        update(Ticket)
        .where(Ticket.claimed_by == agent_id)
        .values(claimed_by=None, claimed_until=None)
    )
    change = Change("in_progress_with", name, None)
    audit.write(
        session, [Entry(number, actor, "gave_up", (change,)) for number, _ in claimed], now=now
    )
    for number, version in claimed:
        events.emit(session, number, "claim", now=now, version=version)


def person(session: Session, person_id: int, *, now: datetime) -> None:
    """End a person's ways in, sessions, links and chats."""
    _shut(session, "person", person_id, now)
    bots.release(session, person_id, now=now)


def member(session: Session, person_id: int, *, now: datetime) -> None:
    """The person no longer speaks for one provider: the end, if there is no other."""
    other = session.scalar(
        select(Membership.id).where(Membership.person_id == person_id, Membership.active).limit(1)
    )
    if other is None:
        gone = session.get_one(Person, person_id)
        gone.active, gone.invited_at = False, None
        person(session, person_id, now=now)


def _shut(session: Session, kind: str, subject_id: int, now: datetime) -> None:
    sessions.end_all(session, kind, subject_id, now=now)
    logins.void(session, kind, subject_id, now=now)
    logins.set_password(session, kind, subject_id, "")
    factors.drop(session, kind, subject_id)
