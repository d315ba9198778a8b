"""What agents do to a ticket. Each verb: load, check, write, log, notice; then the screens.

`version` is the one the agent was looking at: when given and outdated the verb raises `Stale` and
changes nothing. Every verb raises `NotVisible`, `Forbidden`, `Conflict`; the rest is beside it.
Handing on is in `routing`, ending and beginning again in `closing`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from helpdesk import access, catalog, endpoints, events, mentions, pendency
from helpdesk.audit import Change
from helpdesk.border import File
from helpdesk.desk import (
    Desk,
    agent_change,
    agent_name,
    body_of,
    enter,
    is_held,
    load,
    log,
    release,
    say,
    tell,
    touch,
)
from helpdesk.errors import Claimed, FieldError, Invalid, NotDeletable
from helpdesk.models import Ticket
from helpdesk.workflow import Action


def claim(session: Session, desk: Desk, number: int) -> Ticket:
    """Assumir. Atomic: of many at once one wins, the others get `Claimed` with the holder."""
    ticket = load(session, desk, number, Action.CLAIM)
    minutes = catalog.load(session, desk.policy).parameters.claim_minutes
    me = desk.actor.id
    won = session.scalar(
        update(Ticket)
        .where(
            Ticket.number == number,
            or_(
                Ticket.claimed_by.is_(None),
                Ticket.claimed_by == me,
                Ticket.claimed_until < desk.now,
            ),
        )
        .values(claimed_by=me, claimed_until=desk.now + timedelta(minutes=minutes), started=True)
        .returning(Ticket.number)
        .execution_options(synchronize_session=False)
    )
    if won is None:
        raise Claimed(agent_name(session, ticket.claimed_by), ticket.claimed_by)
    changes = [agent_change(session, "in_progress_with", ticket.claimed_by, me)]
    if ticket.assignee_id is None:
        changes.append(agent_change(session, "assignee", None, me))
        ticket.assignee_id = me
    session.flush()  # before the refresh: both look at one row
    session.refresh(ticket)
    log(session, desk, ticket, "claimed", changes)
    events.emit(session, number, "claim", now=desk.now, version=ticket.version)
    return ticket


def renew(session: Session, desk: Desk, number: int) -> bool:
    """Prolong a claim silently; false when it is no longer ours. Raises `Forbidden`."""
    access.require(desk.actor, "ticket.claim")
    minutes = catalog.load(session, desk.policy).parameters.claim_minutes
    held = session.scalar(
        update(Ticket)
        .where(Ticket.number == number, Ticket.claimed_by == desk.actor.id)
        .values(claimed_until=desk.now + timedelta(minutes=minutes))
        .returning(Ticket.number)
        .execution_options(synchronize_session=False)
    )
    return held is not None


def give_up(session: Session, desk: Desk, number: int) -> Ticket:
    """Desistir: release the claim, change nothing else."""
    ticket = load(session, desk, number, Action.GIVE_UP)
    if ticket.claimed_by == desk.actor.id:
        change = agent_change(session, "in_progress_with", ticket.claimed_by, None)
        release(ticket)
        log(session, desk, ticket, "gave_up", [change])
        events.emit(session, number, "claim", now=desk.now, version=ticket.version)
    return ticket


def reply(
    session: Session,
    desk: Desk,
    number: int,
    body: str,
    *,
    files: Sequence[File] = (),
    endpoint_id: int | None = None,
    version: int | None = None,
    delay: timedelta = timedelta(),
) -> int:
    """Responder: goes back by the endpoint of the last inbound message, or the one chosen.
    Returns the message's id. Raises `Invalid` on text or endpoint."""
    ticket = load(session, desk, number, Action.REPLY, version)
    said = body_of(body)
    target, others = endpoints.choose(session, ticket, endpoint_id)
    registers = catalog.load(session, desk.policy)
    changes = enter(ticket, registers, Action.REPLY, catalog.ANSWERED, desk.now)
    ticket.started = True
    message_id = say(session, desk, ticket, "reply", said, files, target)
    ticket.last_answer_id = message_id
    touch(ticket, desk)
    log(session, desk, ticket, "replied", changes)
    tell(session, desk, "replied", target, others, message_id, delay)
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return message_id


def note(
    session: Session, desk: Desk, number: int, body: str, *, files: Sequence[File] = ()
) -> int:
    """Nota interna: never leaves the operadora. Allowed in any situation, claimed or not. Who is
    named in it (`@login`) is told."""
    ticket = load(session, desk, number, Action.NOTE)
    said = body_of(body)
    message_id = say(session, desk, ticket, "note", said, files, None)
    mentions.tell(session, desk, ticket, said, message_id)
    touch(ticket, desk)
    log(session, desk, ticket, "noted", [])
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return message_id


def pending(
    session: Session,
    desk: Desk,
    number: int,
    *,
    body: str = "",
    ask: Sequence[str] = (),
    status: str | None = None,
    until: datetime | None = None,
    version: int | None = None,
    delay: timedelta = timedelta(),
) -> Ticket:
    """Chamado pendente: leave it for later and release the claim. With a text or named items the
    provider is told what is missing, by mail or bot not before `delay` has passed. Raises
    `Invalid`."""
    ticket = load(session, desk, number, Action.PENDING, version)
    registers = catalog.load(session, desk.policy)
    if until is not None and until <= desk.now:
        raise Invalid(FieldError("until", "invalid"))
    labels = pendency.labels_of(ask)
    said = pendency.worded(body, labels)
    code = status or (catalog.WAITING_PROVIDER if said else catalog.WAITING_INTERNAL)
    changes = enter(ticket, registers, Action.PENDING, code, desk.now)
    if ticket.pending_until != until:
        changes.append(Change("pending_until", ticket.pending_until, until))
        ticket.pending_until = until
    ticket.started = True
    ticket.assignee_id = ticket.assignee_id or desk.actor.id
    release(ticket)
    if said:
        target, others = endpoints.choose(session, ticket, None)
        message_id = say(session, desk, ticket, "pending", body_of(said), (), target)
        pendency.ask(session, number, message_id, labels)
        ticket.last_answer_id = message_id
        ticket.waiting_on = "provider"
        tell(session, desk, "pending", target, others, message_id, delay)
    touch(ticket, desk)
    log(session, desk, ticket, "left_pending", changes)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def delete(session: Session, desk: Desk, number: int, *, justification: str) -> Ticket:
    """Excluir: only while not started. The number and the protocol are never given again; the
    provider sees "Cancelado". Raises `NotDeletable`."""
    ticket = load(session, desk, number, Action.DELETE)
    why = body_of(justification, "justification")
    if ticket.started or (ticket.claimed_by is not None and is_held(ticket, desk.now)):
        raise NotDeletable
    registers = catalog.load(session, desk.policy)
    changes = enter(ticket, registers, Action.DELETE, catalog.CANCELLED, desk.now)
    ticket.deleted_at = ticket.closed_at = desk.now
    ticket.late = False
    ticket.version += 1
    log(session, desk, ticket, "deleted", changes, note=why)
    target, others = endpoints.choose(session, ticket, None)
    tell(session, desk, "deleted", target, others, None)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket
