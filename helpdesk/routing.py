"""Handing a ticket on: to another agent or sector, under another classification."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, alerts, catalog, clock, events, notices, sessions, text
from helpdesk.audit import Change
from helpdesk.border import Channel
from helpdesk.catalog import Catalog
from helpdesk.desk import Desk, agent_change, body_of, enter, load, log, release, say, touch
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Agent, Ticket
from helpdesk.workflow import Action


def forward(
    session: Session,
    desk: Desk,
    number: int,
    *,
    note: str,
    agent: str | None = None,
    sector: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Encaminhar to an agent, a sector or both; the note is required, the deadline stays."""
    ticket = load(session, desk, number, Action.FORWARD, version)
    registers = catalog.load(session, desk.policy)
    said = body_of(note, "note")
    target = _agent(session, agent, ticket)
    to_sector = registers.sector(sector) if sector else None
    if sector and (to_sector is None or not to_sector.active):
        raise Invalid(FieldError("sector", "unknown"))
    if target is None and to_sector is None:
        raise Invalid(FieldError("agent", "required"))
    sector_id = to_sector.id if to_sector else target.sector_id if target else None
    changes = enter(ticket, registers, Action.FORWARD, catalog.FORWARDED, desk.now)
    new_assignee = target.id if target else None
    if ticket.assignee_id != new_assignee:
        changes.append(agent_change(session, "assignee", ticket.assignee_id, new_assignee))
        ticket.assignee_id = new_assignee
    if sector_id is not None and ticket.sector_id != sector_id:
        changes.append(_sector_change(registers, ticket.sector_id, sector_id))
        ticket.sector_id = sector_id
    ticket.started = True
    release(ticket)
    say(session, desk, ticket, "note", said, (), None)
    touch(ticket, desk)
    log(session, desk, ticket, "forwarded", changes, note=said)
    if target is not None:
        alerts.tell(
            session, [target.id], alerts.FORWARDED, number, now=desk.now, detail=desk.actor.name
        )
    if target is not None and target.email:
        told = notices.Notice(
            "agent_forwarded",
            Channel.MAIL,
            target.email,
            number=number,
            to_name=target.name,
            data={
                "link": desk.policy.link(f"/central/{number}"),
                "by": desk.actor.name,
                "agent_id": target.id,
            },
        )
        notices.post(session, [told], now=desk.now)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def consult(session: Session, desk: Desk, number: int, *, sector: str, note: str) -> Ticket:
    """Consultar outro setor: ask its agents in a note and keep the ticket. They are alerted."""
    ticket = load(session, desk, number, Action.NOTE)
    access.require(desk.actor, "ticket.forward")
    said = body_of(note, "note")
    asked = catalog.load(session, desk.policy).sector(sector) if sector else None
    if asked is None or not asked.active:
        raise Invalid(FieldError("sector", "unknown" if sector else "required"))
    message_id = say(session, desk, ticket, "note", said, (), None)
    ticket.waiting_on, ticket.started = "internal", True
    touch(ticket, desk)
    log(session, desk, ticket, "consulted", [Change("sector", None, asked.name)], note=said)
    colleagues = session.scalars(
        select(Agent.id).where(Agent.sector_id == asked.id, Agent.active, Agent.id != desk.actor.id)
    ).all()
    alerts.tell(
        session,
        colleagues,
        alerts.CONSULTED,
        number,
        now=desk.now,
        message_id=message_id,
        detail=desk.actor.name,
    )
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return ticket


def classify(
    session: Session,
    desk: Desk,
    number: int,
    *,
    classification: str,
    subclassification: str | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Classificar: the deadline is counted anew from the start of its cycle."""
    ticket = load(session, desk, number, Action.CLASSIFY, version)
    registers = catalog.load(session, desk.policy)
    chosen = registers.classification(classification)
    if chosen is None or not chosen.active:
        raise Invalid(FieldError("classification", "unknown"))
    sub = registers.subclassification(subclassification) if subclassification else None
    if subclassification and (sub is None or sub.classification_id != chosen.id):
        raise Invalid(FieldError("subclassification", "unknown"))
    why = registers.reason(reason) if reason else None
    if reason and (why is None or sub is None or why.subclassification_id != sub.id):
        raise Invalid(FieldError("reason", "unknown"))
    changes = _classify(ticket, registers, chosen.id, sub.id if sub else None)
    if ticket.reason_id != (why.id if why else None):
        before = registers.reasons.get(ticket.reason_id or 0)
        changes.append(Change("reason", before and before.name, why and why.name))
        ticket.reason_id = why.id if why else None
    if changes:
        ticket.version += 1
        log(session, desk, ticket, "classified", changes)
        events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def _classify(
    ticket: Ticket, registers: Catalog, classification_id: int, subclassification_id: int | None
) -> list[Change]:
    changes: list[Change] = []
    names = registers.classifications
    if ticket.classification_id != classification_id:
        before, after = names[ticket.classification_id], names[classification_id]
        changes.append(Change("classification", before.name, after.name))
    if ticket.subclassification_id != subclassification_id:
        subs = registers.subclassifications
        before_sub = subs.get(ticket.subclassification_id or 0)
        after_sub = subs.get(subclassification_id or 0)
        changes.append(
            Change(
                "subclassification", before_sub and before_sub.name, after_sub and after_sub.name
            )
        )
    sector_id = registers.sector_of(classification_id, subclassification_id)
    if changes and not ticket.started and sector_id and sector_id != ticket.sector_id:
        changes.append(_sector_change(registers, ticket.sector_id, sector_id))
        ticket.sector_id = sector_id
    ticket.classification_id = classification_id
    ticket.subclassification_id = subclassification_id
    ticket.counted_sector = ticket.sector_id
    terms = registers.terms(ticket.provider_id, classification_id, subclassification_id)
    return changes + clock.count(ticket, registers, terms)


def _agent(session: Session, login: str | None, ticket: Ticket) -> Agent | None:
    """Somebody who may know of the ticket; who may not is not told of it by being chosen."""
    if not login:
        return None
    found = session.scalar(select(Agent).where(Agent.login == text.normalise(login), Agent.active))
    actor = sessions.agent_actor(session, found.id) if found else None
    if actor is None or (ticket.secret_group and ticket.secret_group not in actor.groups):
        raise Invalid(FieldError("agent", "unknown"))
    return found


def _sector_change(registers: Catalog, before: int | None, after: int | None) -> Change:
    sectors = registers.sectors
    old, new = sectors.get(before or 0), sectors.get(after or 0)
    return Change("sector", old and old.name, new and new.name)
