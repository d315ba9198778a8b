"""Keeping a ticket, a message or an attachment from agents outside a group, and opening it with a
reason (DESIGN §4, Two axes of confidentiality).

A message is never less secret than its ticket. The provider keeps seeing what is public and its
own: secrecy is among agents.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import access, alerts, audit, events, merging, text
from helpdesk.audit import Change
from helpdesk.desk import Desk, log
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible, Stale
from helpdesk.models import Agent, Attachment, GlassBreak, Message, Profile, Ticket

#: how long a ticket opened with a reason stays open to that agent
OPEN_FOR = timedelta(hours=1)
SHORTEST_REASON = 10
LONGEST_REASON = 1_000


def groups(session: Session) -> list[str]:
    """Every group some profile reads."""
    return sorted({group for found in session.scalars(select(Profile.groups)) for group in found})


def hide(
    session: Session, desk: Desk, number: int, group: str | None, *, version: int | None = None
) -> Ticket:
    """Tornar sigiloso for a group, or open to all agents again (None), with all that was said and
    with what was merged into it.
    Raises `Invalid` for a group nobody reads, `Conflict`, `Stale` as every verb."""
    access.require(desk.actor, "ticket.secret")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    if version is not None and ticket.version != version:
        raise Stale(ticket.version)
    if ticket.merged_into is not None:
        code = "merged"
        raise Conflict(code, number=ticket.merged_into)
    _check(session, group)
    if ticket.secret_group == group:
        return ticket
    before = ticket.secret_group
    family = [number, *merging.sources(session, number)]
    session.execute(update(Ticket).where(Ticket.number.in_(family)).values(secret_group=group))
    for table in (Message, Attachment):
        # What was more secret than the ticket by itself stays so.
        session.execute(
            update(table)
            .where(table.number.in_(family), table.secret_group.is_not_distinct_from(before))
            .values(secret_group=group)
        )
    _changed(session, desk, ticket, [Change("secret_group", before, group)])
    return ticket


def hide_message(
    session: Session, desk: Desk, number: int, message_id: int, group: str | None
) -> None:
    """The same for one message and its attachments. Raises `Conflict("ticket_secret")` when the
    ticket itself is secret."""
    ticket, message = _message(session, desk, number, message_id)
    if ticket.secret_group is not None:
        code = "ticket_secret"
        raise Conflict(code)
    _check(session, group)
    change = Change("message_secret", message.secret_group, group)
    message.secret_group = group
    session.execute(
        update(Attachment).where(Attachment.message_id == message_id).values(secret_group=group)
    )
    _changed(session, desk, ticket, [change])


def set_audience(session: Session, desk: Desk, public_id: str, audience: str) -> None:
    """Whether the provider sees an attachment: public | internal. An attachment of an internal
    message is never public. Raises `Invalid`, `NotVisible`."""
    access.require(desk.actor, "ticket.secret")
    found = session.execute(
        select(Attachment, Message)
        .join(Message, Message.id == Attachment.message_id)
        .join(Ticket, Ticket.number == Attachment.number)
        .where(
            Attachment.public_id == text.normalise(public_id),
            access.visible(desk.actor),
            access.readable(desk.actor),
            access.downloadable(desk.actor),
        )
    ).first()
    if found is None:
        raise NotVisible("attachment", public_id)
    attachment, message = found
    if audience not in {"public", "internal"} or (
        audience == "public" and message.audience != "public"
    ):
        raise Invalid(FieldError("audience", "invalid"))
    if attachment.audience == audience:
        return
    change = Change("attachment_audience", attachment.audience, audience)
    attachment.audience = audience
    ticket = access.ticket(session, desk.actor, attachment.number, lock=True)
    _changed(session, desk, ticket, [change])


def break_glass(session: Session, desk: Desk, number: int, reason: str) -> Ticket:
    """Open a secret ticket of another group for `OPEN_FOR`: the reason is required, who reads
    the ticket's log sees it, and the group is alerted. Raises `Forbidden`, `NotVisible`,
    `Invalid`."""
    access.require(desk.actor, "ticket.break_glass")
    ticket = session.get(Ticket, number)
    if ticket is None:
        raise NotVisible("ticket", number)
    why = text.normalise(reason).strip()
    if len(why) < SHORTEST_REASON:
        raise Invalid(FieldError("reason", "too_short", (("limit", SHORTEST_REASON),)))
    if len(why) > LONGEST_REASON:
        limits = (("limit", LONGEST_REASON), ("length", len(why)))
        raise Invalid(FieldError("reason", "too_long", limits))
    if ticket.secret_group is None or ticket.secret_group in desk.actor.groups:
        return ticket
    session.add(
        GlassBreak(
            agent_id=desk.actor.id,
            number=number,
            reason=why,
            at=desk.now,
            until=desk.now + OPEN_FOR,
        )
    )
    audit.accessed(session, desk.actor, "break_glass", now=desk.now, number=number, detail=why)
    log(session, desk, ticket, "glass_broken", [], note=why)
    told = readers(session, ticket.secret_group)
    alerts.tell(session, told, alerts.GLASS_BROKEN, number, now=desk.now, detail=desk.actor.name)
    return ticket


def opened(session: Session, agent_id: int, *, now: datetime) -> frozenset[int]:
    """Tickets an agent opened with a reason not long ago."""
    query = select(GlassBreak.number).where(GlassBreak.agent_id == agent_id, GlassBreak.until > now)
    return frozenset(session.scalars(query))


def readers(session: Session, group: str) -> list[int]:
    """Agents who read what is kept for a group: they are told when somebody else opened it."""
    found = session.execute(
        select(Agent.id, Profile.groups)
        .join(Profile, Profile.id == Agent.profile_id)
        .where(Agent.active)
    )
    return [agent_id for agent_id, read in found if group in read]


def _check(session: Session, group: str | None) -> None:
    if group is not None and group not in groups(session):
        raise Invalid(FieldError("group", "unknown"))


def _message(session: Session, desk: Desk, number: int, message_id: int) -> tuple[Ticket, Message]:
    access.require(desk.actor, "ticket.secret")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    message = session.scalar(
        select(Message).where(
            Message.id == message_id, Message.number == number, access.readable(desk.actor)
        )
    )
    if message is None:
        raise NotVisible("message", message_id)
    return ticket, message


def _changed(session: Session, desk: Desk, ticket: Ticket, changes: list[Change]) -> None:
    ticket.version += 1
    log(session, desk, ticket, "secrecy_changed", changes)
    events.emit(session, ticket.number, "changed", now=desk.now, version=ticket.version)
