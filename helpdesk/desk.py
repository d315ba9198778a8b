"""What every verb on a ticket shares: who acts, how a ticket is loaded, moved, said and told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from helpdesk import access, audit, clock, endpoints, measuring, messages, notices, text
from helpdesk.audit import Change
from helpdesk.border import Actor, Channel, File
from helpdesk.catalog import Catalog
from helpdesk.errors import Claimed, Conflict, FieldError, Invalid, Stale
from helpdesk.messages import NewMessage
from helpdesk.models import Agent, Endpoint, Ticket
from helpdesk.policy import Policy
from helpdesk.workflow import Action, Situation, next_situation, waiting_after

MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What every verb needs beside the session: who acts, when, under which rules."""

    actor: Actor
    policy: Policy
    now: datetime


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
    others = is_held(ticket, desk.now) and ticket.claimed_by != desk.actor.id
    if others and action not in UNCLAIMED:
        raise Claimed(agent_name(session, ticket.claimed_by), ticket.claimed_by)
    return ticket


#: the permission each action needs, where it is not the action's own name
PERMISSION = {action: str(action) for action in Action} | {Action.GIVE_UP: "claim"}
#: what may be done while somebody else holds the ticket
UNCLAIMED = frozenset({Action.NOTE, Action.CLAIM, Action.GIVE_UP, Action.SURVEY})


def body_of(body: str, field: str = "text") -> str:
    """Normalised text of 1 to `MOST_TEXT` code points. Raises `Invalid`."""
    said = text.normalise(body).strip()
    if not said:
        raise Invalid(FieldError(field, "required"))
    if len(said) > MOST_TEXT:
        raise Invalid(FieldError(field, "too_long", (("limit", MOST_TEXT), ("length", len(said)))))
    return said


def enter(
    ticket: Ticket, registers: Catalog, action: Action, status: str, now: datetime
) -> list[Change]:
    """Move to the situation the workflow gives and to the named status of that situation; the
    deadline's clock follows the status. Raises `Invalid` for an unknown status or one of another
    situation."""
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
    return changes + clock.follow(ticket, registers, now)


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
    if messages.KINDS[kind] == ("outbound", "public"):
        measuring.answered(session, ticket, desk.policy, desk.now)
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
        reached += [e for e in others if e.channel == Channel.MAIL and e.state in endpoints.USABLE][
            :1
        ]
    queued = [
        notices.to_endpoint(notice, e, message_id=message_id, automatic=False)
        for e in reached
        if e.channel != Channel.WEB
    ]
    notices.post(session, queued, now=desk.now, delay=delay)
    if message_id is not None:
        notices.on_page(
            session, [e for e in reached if e.channel == Channel.WEB], message_id, desk.now
        )


def touch(ticket: Ticket, desk: Desk) -> None:
    ticket.version += 1
    ticket.last_message_at = desk.now


def release(ticket: Ticket) -> None:
    ticket.claimed_by = ticket.claimed_until = None


def is_held(ticket: Ticket, now: datetime) -> bool:
    return (
        ticket.claimed_by is not None
        and ticket.claimed_until is not None
        and ticket.claimed_until >= now
    )


def log(
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


def agent_name(session: Session, agent_id: int | None) -> str:
    found = session.get(Agent, agent_id) if agent_id is not None else None
    return found.name if found else ""


def agent_change(session: Session, field: str, before: int | None, after: int | None) -> Change:
    return Change(field, agent_name(session, before) or None, agent_name(session, after) or None)
