"""Legal holds: while one stands, nothing of its ticket, person or provider is erased."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from helpdesk import access, audit
from helpdesk.border import Actor
from helpdesk.desk import body_of
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Agent, Hold, Membership, Person, Provider, Ticket
from helpdesk.privacy.among import any_of
from helpdesk.privacy.subject import Subject

READS, WRITES = access.reads("privacy"), access.writes("privacy")
KINDS = ("ticket", "person", "provider")


def place(
    session: Session, actor: Actor, kind: str, key: str, reason: str, *, now: datetime
) -> Hold:
    """`key`: number or protocol, mail address of a person, code of a provider.

    Raises `Invalid` for `key` and `reason`, `Forbidden`.
    """
    access.require(actor, WRITES)
    why = body_of(reason, "reason")
    target = _target(session, kind, key.strip())
    if target is None:
        raise Invalid(FieldError("key", "unknown" if key.strip() else "required"))
    hold = Hold(kind=kind, target=target, reason=why, agent_id=actor.id, at=now)
    session.add(hold)
    session.flush()  # its id is shown
    audit.record(session, actor, "hold_placed", now=now, number=_number(hold), note=why)
    return hold


def release(session: Session, actor: Actor, hold_id: int, *, now: datetime) -> None:
    """Raises `NotVisible`, `Forbidden`, `Conflict` (`released`) when it was before."""
    access.require(actor, WRITES)
    hold = session.get(Hold, hold_id, with_for_update=True)
    if hold is None:
        raise NotVisible("hold", hold_id)
    if hold.released_at is not None:
        raise Conflict("released")
    hold.released_at, hold.released_by = now, actor.id
    audit.record(session, actor, "hold_released", now=now, number=_number(hold))


def standing(session: Session) -> list[tuple[Hold, str, str]]:
    """With the name of what is held and of who holds it, newest first."""
    rows = session.execute(
        select(Hold, Agent.name)
        .outerjoin(Agent, Agent.id == Hold.agent_id)
        .where(Hold.released_at.is_(None))
        .order_by(Hold.id.desc())
    ).all()
    return [(hold, _name(session, hold), agent or "") for hold, agent in rows]


def against(session: Session, subject: Subject, numbers: Sequence[int]) -> list[Hold]:
    """Holds that stand against an erasure of these tickets of the subject."""
    providers = select(Ticket.provider_id).where(any_of(session, Ticket.number, numbers))
    served = select(Membership.provider_id).where(
        any_of(session, Membership.person_id, subject.persons)
    )
    held = or_(
        and_(Hold.kind == "ticket", any_of(session, Hold.target, numbers)),
        and_(Hold.kind == "person", any_of(session, Hold.target, subject.persons)),
        and_(Hold.kind == "provider", or_(Hold.target.in_(providers), Hold.target.in_(served))),
    )
    return list(session.scalars(select(Hold).where(Hold.released_at.is_(None), held)))


def unheld() -> ColumnElement[bool]:
    """A predicate on `Ticket`: nothing holds it."""
    return and_(
        Ticket.number.not_in(_targets("ticket")), Ticket.provider_id.not_in(_targets("provider"))
    )


def _targets(kind: str) -> Select[int]:
    return select(Hold.target).where(Hold.kind == kind, Hold.released_at.is_(None))


def _target(session: Session, kind: str, key: str) -> int | None:
    if kind == "ticket":
        known = Ticket.protocol == key
        if key.isdecimal() and len(key) < 19:  # noqa: PLR2004 - what a 64-bit number can hold
            known |= Ticket.number == int(key)
        return session.scalar(select(Ticket.number).where(known).order_by(Ticket.number).limit(1))
    if kind == "person":
        return session.scalar(select(Person.id).where(Person.email == key.casefold()))
    if kind == "provider":
        return session.scalar(select(Provider.id).where(Provider.code == key))
    raise Invalid(FieldError("kind", "unknown"))


def _number(hold: Hold) -> int | None:
    return hold.target if hold.kind == "ticket" else None


def _name(session: Session, hold: Hold) -> str:
    if hold.kind == "ticket":
        return str(hold.target)
    table = Person if hold.kind == "person" else Provider
    return session.scalar(select(table.name).where(table.id == hold.target)) or ""
