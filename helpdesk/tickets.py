"""What agents do to a ticket. Each verb: load, check, write, log, notice; then the screens.

`version` is the one the agent was looking at: when given and outdated the verb raises `Stale` and
changes nothing. Every verb raises `NotVisible`, `Forbidden`, `Conflict`; the rest is said beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, catalog, deadlines, endpoints, events, messages, notices, text
from helpdesk.audit import Change
from helpdesk.border import Actor, Channel, File
from helpdesk.catalog import Catalog
from helpdesk.errors import Claimed, Conflict, FieldError, Invalid, NotDeletable, Stale
from helpdesk.messages import NewMessage
from helpdesk.models import Agent, Endpoint, Ticket
from helpdesk.policy import Policy
from helpdesk.workflow import Action, Situation, next_situation, waiting_after

MOST_TEXT = 20_000
#: an answer may be taken back this long (the console's undo)
UNDO = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every verb needs beside the session: who acts, when, under which rules."""

    actor: Actor
    policy: Policy
    now: datetime


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
        raise Claimed(_name(session, ticket.claimed_by), ticket.claimed_by)
    changes = [_change(session, "in_progress_with", ticket.claimed_by, me)]
    if ticket.assignee_id is None:
        changes.append(_change(session, "assignee", None, me))
        ticket.assignee_id = me
    session.flush()  # before the refresh: both look at one row
    session.refresh(ticket)
    _log(session, desk, ticket, "claimed", changes)
    events.emit(session, number, "claim", now=desk.now, version=ticket.version)
    return ticket


def renew(session: Session, desk: Desk, number: int) -> bool:
    """Prolong a claim silently; false when it is no longer ours."""
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
        change = _change(session, "in_progress_with", ticket.claimed_by, None)
        release(ticket)
        _log(session, desk, ticket, "gave_up", [change])
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
    changes = enter(ticket, registers, Action.REPLY, catalog.ANSWERED)
    ticket.started = True
    message_id = say(session, desk, ticket, "reply", said, files, target)
    ticket.last_answer_id = message_id
    touch(ticket, desk)
    _log(session, desk, ticket, "replied", changes)
    tell(session, desk, "replied", target, others, message_id, delay)
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return message_id


def note(
    session: Session, desk: Desk, number: int, body: str, *, files: Sequence[File] = ()
) -> int:
    """Nota interna: never leaves the operadora. Allowed in any situation, claimed or not."""
    ticket = load(session, desk, number, Action.NOTE)
    message_id = say(session, desk, ticket, "note", body_of(body), files, None)
    touch(ticket, desk)
    _log(session, desk, ticket, "noted", [])
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return message_id


def pending(
    session: Session,
    desk: Desk,
    number: int,
    *,
    body: str = "",
    status: str | None = None,
    until: datetime | None = None,
    version: int | None = None,
) -> Ticket:
    """Chamado pendente: leave it for later and release the claim. With a text the provider is told
    what is missing."""
    ticket = load(session, desk, number, Action.PENDING, version)
    registers = catalog.load(session, desk.policy)
    if until is not None and until <= desk.now:
        raise Invalid(FieldError("until", "invalid"))
    code = status or (catalog.WAITING_PROVIDER if body.strip() else catalog.WAITING_INTERNAL)
    changes = enter(ticket, registers, Action.PENDING, code)
    if ticket.pending_until != until:
        changes.append(Change("pending_until", ticket.pending_until, until))
        ticket.pending_until = until
    ticket.started = True
    ticket.assignee_id = ticket.assignee_id or desk.actor.id
    release(ticket)
    if body.strip():
        target, others = endpoints.choose(session, ticket, None)
        message_id = say(session, desk, ticket, "pending", body_of(body), (), target)
        ticket.last_answer_id = message_id
        ticket.waiting_on = "provider"
        tell(session, desk, "pending", target, others, message_id)
    touch(ticket, desk)
    _log(session, desk, ticket, "left_pending", changes)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


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
    target = _agent(session, agent)
    to_sector = registers.sector(sector) if sector else None
    if sector and to_sector is None:
        raise Invalid(FieldError("sector", "unknown"))
    if target is None and to_sector is None:
        raise Invalid(FieldError("agent", "required"))
    sector_id = to_sector.id if to_sector else target.sector_id if target else None
    changes = enter(ticket, registers, Action.FORWARD, catalog.FORWARDED)
    new_assignee = target.id if target else None
    if ticket.assignee_id != new_assignee:
        changes.append(_change(session, "assignee", ticket.assignee_id, new_assignee))
        ticket.assignee_id = new_assignee
    if sector_id is not None and ticket.sector_id != sector_id:
        changes.append(_sector_change(registers, ticket.sector_id, sector_id))
        ticket.sector_id = sector_id
    ticket.started = True
    release(ticket)
    say(session, desk, ticket, "note", said, (), None)
    touch(ticket, desk)
    _log(session, desk, ticket, "forwarded", changes, note=said)
    if target is not None and target.email:
        told = notices.Notice(
            "agent_forwarded",
            Channel.MAIL,
            target.email,
            number=number,
            to_name=target.name,
            data={"link": desk.policy.link(f"/central/{number}"), "by": desk.actor.name},
        )
        notices.post(session, [told], now=desk.now)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
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
        touch(ticket, desk)
        _log(session, desk, ticket, "classified", changes)
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
        if not ticket.started and after.sector_id and after.sector_id != ticket.sector_id:
            changes.append(_sector_change(registers, ticket.sector_id, after.sector_id))
            ticket.sector_id = after.sector_id
    if ticket.subclassification_id != subclassification_id:
        subs = registers.subclassifications
        before_sub = subs.get(ticket.subclassification_id or 0)
        after_sub = subs.get(subclassification_id or 0)
        changes.append(
            Change("subclassification", before_sub and before_sub.name, after_sub and after_sub.name)
        )
    ticket.classification_id = classification_id
    ticket.subclassification_id = subclassification_id
    changes.extend(recount(ticket, registers))
    return changes


def recount(ticket: Ticket, registers: Catalog) -> list[Change]:
    """The deadline from the start of the running cycle, under the ticket's present terms."""
    terms = registers.terms(
        ticket.provider_id, ticket.classification_id, ticket.subclassification_id
    )
    counted = deadlines.deadline(ticket.cycle_at, terms, registers.calendar)
    ticket.days, ticket.unit, ticket.attention = terms.days, terms.unit, terms.attention
    ticket.terms_source = terms.source
    ticket.attention_at = counted.attention_at
    if ticket.due_at == counted.due_at:
        return []
    change = Change("due_at", ticket.due_at, counted.due_at)
    ticket.due_at = counted.due_at
    return [change]


def delete(session: Session, desk: Desk, number: int, *, justification: str) -> Ticket:
    """Excluir: only while not started. The number and the protocol are never given again; the
    provider sees "Cancelado". Raises `NotDeletable`."""
    ticket = load(session, desk, number, Action.DELETE)
    why = body_of(justification, "justification")
    if ticket.started or (ticket.claimed_by is not None and _live(ticket, desk.now)):
        raise NotDeletable
    registers = catalog.load(session, desk.policy)
    changes = enter(ticket, registers, Action.DELETE, catalog.CANCELLED)
    ticket.deleted_at = ticket.closed_at = desk.now
    ticket.late = False
    touch(ticket, desk)
    _log(session, desk, ticket, "deleted", changes, note=why)
    target, others = endpoints.choose(session, ticket, None)
    tell(session, desk, "deleted", target, others, None)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


# Pieces the verbs share; `closing` uses them too.


def load(
    session: Session, desk: Desk, number: int, action: Action, version: int | None = None
) -> Ticket:
    """The visible ticket, the permission checked, the version compared, the claim respected."""
    access.require(desk.actor, f"ticket.{PERMISSION[action]}")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    if ticket.deleted_at is not None:
        raise Conflict("deleted")
    if ticket.merged_into is not None:
        raise Conflict("merged", number=ticket.merged_into)
    if version is not None and ticket.version != version:
        raise Stale(ticket.version)
    next_situation(Situation(ticket.situation), action)
    others = _live(ticket, desk.now) and ticket.claimed_by != desk.actor.id
    if others and action not in UNCLAIMED:
        raise Claimed(_name(session, ticket.claimed_by), ticket.claimed_by)
    return ticket


#: the permission each action needs, where it is not the action's own name
PERMISSION = {action: str(action) for action in Action} | {Action.GIVE_UP: "claim"}
#: what may be done while somebody else holds the ticket
UNCLAIMED = frozenset({Action.NOTE, Action.CLAIM, Action.GIVE_UP})


def body_of(body: str, field: str = "text") -> str:
    """Normalised text of 1 to `MOST_TEXT` code points. Raises `Invalid`."""
    said = text.normalise(body).strip()
    if not said:
        raise Invalid(FieldError(field, "required"))
    if len(said) > MOST_TEXT:
        raise Invalid(FieldError(field, "too_long", (("limit", MOST_TEXT), ("length", len(said)))))
    return said


def enter(ticket: Ticket, registers: Catalog, action: Action, status: str) -> list[Change]:
    """Move to the situation the workflow gives and to the named status of that situation.
    Raises `Invalid` for an unknown status or one of another situation."""
    situation = next_situation(Situation(ticket.situation), action)
    chosen = registers.status(status)
    if chosen is None or not chosen.active or chosen.situation != situation:
        raise Invalid(FieldError("status", "unknown"))
    changes: list[Change] = []
    if ticket.status_id != chosen.id:
        before = registers.statuses[ticket.status_id]
        changes.append(Change("status", before.label, chosen.label))
    ticket.status_id, ticket.situation = chosen.id, chosen.situation
    ticket.waiting_on = waiting_after(action) or ticket.waiting_on
    return changes


def say(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    kind: str,
    body: str,
    files: Sequence[File],
    endpoint: Endpoint | None,
) -> int:
    message = NewMessage(
        number=ticket.number,
        kind=kind,
        channel=endpoint.channel if endpoint else Channel.WEB,
        author=desk.actor,
        text=body,
        at=desk.now,
        files=tuple(files),
        endpoint_id=endpoint.id if endpoint else None,
        secret_group=ticket.secret_group,
    )
    return messages.write(session, [message], now=desk.now)[0]


def tell(
    session: Session,
    desk: Desk,
    notice: str,
    target: Endpoint | None,
    others: Sequence[Endpoint],
    message_id: int | None,
    delay: timedelta = timedelta(),
) -> None:
    """The answer to its endpoint. One on the portal's page has arrived once it is written; the
    requester also hears of it by mail."""
    reached = [target] if target is not None else []
    if target is not None and target.channel == Channel.WEB:
        reached += [
            e for e in others if e.channel == Channel.MAIL and e.state in endpoints.USABLE
        ][:1]
    queued = [
        notices.to_endpoint(notice, e, message_id=message_id, automatic=False)
        for e in reached
        if e.channel != Channel.WEB
    ]
    notices.post(session, queued, now=desk.now, delay=delay)
    if message_id is not None:
        notices.on_page(session, [e for e in reached if e.channel == Channel.WEB], message_id, desk.now)


def touch(ticket: Ticket, desk: Desk) -> None:
    ticket.version += 1
    ticket.last_message_at = desk.now


def release(ticket: Ticket) -> None:
    ticket.claimed_by = ticket.claimed_until = None


def _live(ticket: Ticket, now: datetime) -> bool:
    return (
        ticket.claimed_by is not None
        and ticket.claimed_until is not None
        and ticket.claimed_until >= now
    )


def _log(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    action: str,
    changes: Sequence[Change],
    note: str = "",
) -> None:
    audit.record(
        session,
        desk.actor,
        action,
        now=desk.now,
        number=ticket.number,
        changes=changes,
        note=note,
    )


def _agent(session: Session, login: str | None) -> Agent | None:
    if not login:
        return None
    found = session.query(Agent).filter(Agent.login == login, Agent.active).one_or_none()
    if found is None:
        raise Invalid(FieldError("agent", "unknown"))
    return found


def _name(session: Session, agent_id: int | None) -> str:
    found = session.get(Agent, agent_id) if agent_id is not None else None
    return found.name if found else ""


def _change(session: Session, field: str, before: int | None, after: int | None) -> Change:
    return Change(field, _name(session, before) or None, _name(session, after) or None)


def _sector_change(registers: Catalog, before: int | None, after: int | None) -> Change:
    sectors = registers.sectors
    old, new = sectors.get(before or 0), sectors.get(after or 0)
    return Change("sector", old and old.name, new and new.name)
