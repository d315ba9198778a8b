"""Joining two tickets about one matter, and undoing it.

Nothing moves: the source is closed and points at the target, whose conversation shows both. What
is written to the source afterwards goes to the target (`intake.facts`), whose answers reach the
people of both: the target is lent the source's endpoints.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, catalog, endpoints, events
from helpdesk.audit import Change
from helpdesk.border import Actor
from helpdesk.desk import Desk, enter, load, log, release
from helpdesk.endpoints import NewEndpoint
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Endpoint, Merge, Ticket
from helpdesk.workflow import Action

#: of a source, as they were before
KEPT = ("status_id", "situation", "late", "waiting_on", "assignee_id", "paused_days")
MOMENTS = ("closed_at", "pending_until", "paused_at", "due_at", "attention_at")
#: sources of sources; more steps than this are a circle, which merging refuses
MOST_STEPS = 8


def merge(
    session: Session, desk: Desk, number: int, *, into: int, version: int | None = None
) -> Ticket:
    """Juntar: close this ticket into another of the same provider and secrecy; returns the source.
    Raises `Invalid` (field `into`) when the other does not fit."""
    access.ticket(session, desk.actor, number)
    _lock(session, desk.actor, number, into)
    ticket = load(session, desk, number, Action.MERGE, version)
    target = _target(session, desk.actor, ticket, into)
    before: dict[str, Any] = {name: getattr(ticket, name) for name in KEPT}
    before |= {name: _plain(getattr(ticket, name)) for name in MOMENTS}
    registers = catalog.load(session, desk.policy)
    changes = enter(ticket, registers, Action.MERGE, catalog.MERGED, desk.now)
    changes.append(Change("merged_into", None, into))
    ticket.merged_into = into
    if ticket.closed_at is None:
        ticket.closed_at, ticket.late = desk.now, desk.now > ticket.due_at
    ticket.pending_until = None
    release(ticket)
    session.add(
        Merge(
            source=number,
            target=into,
            at=desk.now,
            agent_id=desk.actor.id,
            before=before,
            lent=_lend(session, number, into),
        )
    )
    if before["waiting_on"] == "agent":
        target.waiting_on = "agent"
    target.last_message_at = max(target.last_message_at, ticket.last_message_at)
    _settle(session, desk, ticket, target, "merged", changes, Change("merged", None, number))
    return ticket


def unmerge(session: Session, desk: Desk, number: int) -> Ticket:
    """Desfazer: the source is what it was; what was written meanwhile stays with the target."""
    access.require(desk.actor, "ticket.merge")
    found = access.ticket(session, desk.actor, number)
    if found.merged_into is None:
        code = "not_merged"
        raise Conflict(code)
    _lock(session, desk.actor, number, found.merged_into)
    ticket = access.ticket(session, desk.actor, number, lock=True)
    target = access.ticket(session, desk.actor, found.merged_into, lock=True)
    row = session.scalar(
        select(Merge)
        .where(Merge.source == number, Merge.undone_at.is_(None))
        .order_by(Merge.id.desc())
        .limit(1)
    )
    if row is None:
        code = "not_merged"
        raise Conflict(code)
    for name in KEPT:
        setattr(ticket, name, row.before[name])
    for name in MOMENTS:
        setattr(ticket, name, _moment(row.before[name]))
    ticket.merged_into = None
    row.undone_at = desk.now
    # Who has spoken to the target meanwhile is its participant in their own right.
    session.execute(
        update(Endpoint)
        .where(Endpoint.id.in_(row.lent), Endpoint.spoke.is_(False))
        .values(state="removed")
    )
    change = Change("merged_into", target.number, None)
    _settle(session, desk, ticket, target, "unmerged", [change], Change("merged", number, None))
    return ticket


def sources(session: Session, number: int) -> list[int]:
    """Every ticket whose conversation this one's shows beside its own, whatever the steps."""
    return [each for each in family(session, [number]) if each != number]


def family(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """Each of the tickets and of those merged into them, with the one it went on in."""
    found = {number: number for number in numbers}
    wanted = sorted(found)
    for _ in range(MOST_STEPS):
        query = select(Ticket.number, Ticket.merged_into).where(Ticket.merged_into.in_(wanted))
        steps = session.execute(query.order_by(Ticket.number)).all()
        # A list may name both a ticket and what was merged into it.
        fresh = {number: into for number, into in steps if into and number not in found}
        if not fresh:
            break
        wanted = list(fresh)
        found |= {number: found[into] for number, into in fresh.items()}
    return found


def _lock(session: Session, actor: Actor, one: int, other: int) -> None:
    """In the order of their numbers, so that two merges cannot wait for each other."""
    for number in sorted({one, other}):
        try:
            access.ticket(session, actor, number, lock=True)
        except NotVisible as error:
            raise Invalid(FieldError("into", "unknown")) from error


def _target(session: Session, actor: Actor, ticket: Ticket, into: int) -> Ticket:
    target = access.ticket(session, actor, into, lock=True)
    code = None
    if target.number == ticket.number:
        code = "same"
    elif target.deleted_at is not None:
        code = "deleted"
    elif target.merged_into is not None:
        code = "merged"
    elif target.provider_id != ticket.provider_id:
        code = "other_provider"
    elif target.secret_group != ticket.secret_group:
        code = "other_secrecy"
    if code is not None:
        raise Invalid(FieldError("into", code))
    return target


def _lend(session: Session, source: int, target: int) -> list[int]:
    known = {
        (e.channel, e.address)
        for e in session.scalars(select(Endpoint).where(Endpoint.number == target))
    }
    return endpoints.write(
        session,
        [
            NewEndpoint(target, e.channel, e.address, e.name, e.person_id, e.state)
            for e in endpoints.of_ticket(session, source)
            if (e.channel, e.address) not in known
        ],
    )


def _settle(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    target: Ticket,
    action: str,
    changes: Sequence[Change],
    seen_there: Change,
) -> None:
    log(session, desk, ticket, action, changes)
    audit.record(
        session, desk.actor, action, now=desk.now, number=target.number, changes=(seen_there,)
    )
    for one in (ticket, target):
        one.version += 1
        events.emit(session, one.number, "changed", now=desk.now, version=one.version)


def _plain(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
