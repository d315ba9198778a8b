"""Chats: whose they are, where their conversation stands, what they may see and hear.

A binding belongs to a person, not to a provider; it ends when it is revoked or the person is
deactivated. What a chat sees passes `access`, like every other page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, sessions, text
from helpdesk.border import Actor, ActorKind, Channel
from helpdesk.errors import NotVisible
from helpdesk.models import (
    Attachment,
    Binding,
    BotState,
    ChatLine,
    Message,
    Person,
    Provider,
    Status,
    Ticket,
)
from helpdesk.models.base import EPOCH, upsert
from helpdesk.workflow import Situation

#: messages of a protocol shown in a chat; the portal has the rest
LAST_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person with the active providers it speaks for, as (id, name)."""

    actor: Actor
    providers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One message as its reader may see it; `files` are names."""

    message: Message
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A ticket and its last messages, oldest first; `earlier` counts the ones before."""

    ticket: Ticket
    status: str
    lines: tuple[Line, ...]
    earlier: int


# Where a conversation stands.


def load_state(session: Session, channel: Channel, chat_id: str) -> dict[str, Any] | None:
    """Read the state, locked until the end of the transaction; None for a new chat.

    A new chat gets its row at once: of two first messages the second waits for the first and then
    reads what it left, instead of overwriting it.
    """
    key = (channel, chat_id)
    row = session.get(BotState, key, with_for_update=True)
    if row is None:
        new: dict[str, Any] = {"channel": channel, "chat_id": chat_id, "state": {}}
        blank = upsert(session, BotState).values(version=0, updated_at=EPOCH, **new)
        session.execute(blank.on_conflict_do_nothing())
        row = session.get_one(BotState, key, with_for_update=True, populate_existing=True)
    return row.state if row.version else None


def save_state(
    session: Session, channel: Channel, chat_id: str, state: dict[str, Any], *, now: datetime
) -> None:
    """Write the state of a chat that `load_state` has locked in this transaction."""
    row = session.get_one(BotState, (channel, chat_id))
    row.state, row.updated_at, row.version = state, now, row.version + 1


# Whose a chat is.


def bind(
    session: Session, channel: Channel, chat_id: str, person_id: int, *, now: datetime
) -> None:
    """Give the chat to the person; whoever had it before has it no more."""
    _revoke(session, channel, chat_id, now)
    session.add(Binding(channel=channel, chat_id=chat_id, person_id=person_id, created_at=now))
    _log(session, person_id, "chat_bound", now)


def unbind(session: Session, channel: Channel, chat_id: str, *, now: datetime) -> None:
    for person_id in _revoke(session, channel, chat_id, now):
        _log(session, person_id, "chat_unbound", now)


def bindings(session: Session, person_id: int) -> list[Binding]:
    """List the chats a person is recognised in, oldest first."""
    query = select(Binding).where(Binding.person_id == person_id, Binding.revoked_at.is_(None))
    return list(session.scalars(query.order_by(Binding.id)))


def revoke(session: Session, person_id: int, binding_id: int, *, now: datetime) -> None:
    """End one binding from the portal. Raises `NotVisible` for somebody else's."""
    found = session.scalar(
        select(Binding).where(Binding.id == binding_id, Binding.person_id == person_id)
    )
    if found is None:
        raise NotVisible("binding", binding_id)
    if found.revoked_at is None:
        found.revoked_at = now
        _log(session, person_id, "chat_unbound", now)


def release(session: Session, person_id: int, *, now: datetime) -> None:
    """End all of a person's bindings: deactivating somebody calls this."""
    for binding in bindings(session, person_id):
        revoke(session, person_id, binding.id, now=now)


def bound(session: Session, channel: Channel, chat_id: str) -> int | None:
    """Whose the chat is, by id; deactivated people have none."""
    return session.scalar(
        select(Binding.person_id)
        .join(Person, Person.id == Binding.person_id)
        .where(
            Binding.channel == channel,
            Binding.chat_id == chat_id,
            Binding.revoked_at.is_(None),
            Person.active,
        )
    )


def speaker(session: Session, person_id: int | None) -> Speaker | None:
    """None for nobody, for the deactivated, and for who speaks for no active provider."""
    actor = sessions.person_actor(session, person_id) if person_id is not None else None
    if actor is None:
        return None
    ids = [provider_id for provider_id, _ in actor.providers]
    query = select(Provider.id, Provider.name).where(Provider.id.in_(ids), Provider.active)
    providers = session.execute(query.order_by(Provider.sort_name, Provider.id)).all()
    named = tuple((provider_id, name) for provider_id, name in providers)
    return Speaker(actor, named) if named else None


def may_hear(session: Session, actor: Actor, number: int | None) -> bool:
    """Whether a notice about the ticket may still be told to this person."""
    if number is None:
        return True
    query = select(Ticket.number).where(Ticket.number == number, access.visible(actor))
    return session.scalar(query) is not None


def _revoke(session: Session, channel: Channel, chat_id: str, now: datetime) -> list[int]:
    return list(
        session.scalars(
            update(Binding)
            .where(
                Binding.channel == channel,
                Binding.chat_id == chat_id,
                Binding.revoked_at.is_(None),
            )
            .values(revoked_at=now)
            .returning(Binding.person_id)
            .execution_options(synchronize_session=False)
        )
    )


def _log(session: Session, person_id: int, action: str, now: datetime) -> None:
    name = session.scalar(select(Person.name).where(Person.id == person_id)) or ""
    audit.record(session, Actor(ActorKind.PERSON, person_id, name), action, now=now)


# What a chat sees.


def open_tickets(session: Session, actor: Actor, *, before: int | None, limit: int) -> list[Ticket]:
    """List open and pending ones numbered below `before`, newest first."""
    query = select(Ticket).where(
        access.visible(actor),
        Ticket.situation != Situation.CLOSED,
        Ticket.deleted_at.is_(None),
        Ticket.merged_into.is_(None),
    )
    if before is not None:
        query = query.where(Ticket.number < before)
    return list(session.scalars(query.order_by(Ticket.number.desc()).limit(limit)))


def conversation(session: Session, actor: Actor, reference: str) -> Conversation:
    """Find by protocol or number. Raises `NotVisible`."""
    query = select(Ticket.number).where(access.visible(actor), _named(reference))
    number = session.scalar(query.order_by(Ticket.number).limit(1))
    if number is None:
        raise NotVisible("ticket", reference)
    ticket = access.ticket(session, actor, number)
    if ticket.merged_into is not None:
        ticket = access.ticket(session, actor, ticket.merged_into)
    readable = (Message.number == ticket.number, access.readable(actor))
    newest = list(
        session.scalars(
            select(Message).where(*readable).order_by(Message.id.desc()).limit(LAST_MESSAGES)
        )
    )
    count = session.scalar(select(func.count()).select_from(Message).where(*readable)) or 0
    files = _filenames(session, actor, [message.id for message in newest])
    status = session.get(Status, ticket.status_id)
    return Conversation(
        ticket=ticket,
        status=(status.provider_label or status.label) if status else "",
        lines=tuple(Line(m, tuple(files.get(m.id, ()))) for m in reversed(newest)),
        earlier=count - len(newest),
    )


def _named(reference: str) -> Any:
    """A short run of digits may be the number, a longer one only the protocol."""
    by_protocol = Ticket.protocol == text.normalise(reference)
    largest = 18
    if not reference.isdecimal() or len(reference) > largest:
        return by_protocol
    return or_(by_protocol, Ticket.number == int(reference))


def _filenames(session: Session, actor: Actor, message_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = select(Attachment.message_id, Attachment.filename).where(
        Attachment.message_id.in_(message_ids), access.downloadable(actor)
    )
    for message_id, filename in session.execute(query.order_by(Attachment.id)):
        found.setdefault(message_id, []).append(filename)
    return found


# The portal's chat keeps its own lines: there is no other side that would.


def add_lines(session: Session, lines: Sequence[dict[str, Any]]) -> None:
    """`lines`, at least one: chat_id, at, side, text, buttons, files of each."""
    session.execute(insert(ChatLine), lines)


def lines(
    session: Session,
    chat_id: str,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[ChatLine]:
    """List the last ones, oldest first: of all, older than `before` or newer than `after`."""
    query = select(ChatLine).where(ChatLine.chat_id == chat_id)
    if after is not None:
        return list(
            session.scalars(query.where(ChatLine.id > after).order_by(ChatLine.id).limit(limit))
        )
    if before is not None:
        query = query.where(ChatLine.id < before)
    newest = list(session.scalars(query.order_by(ChatLine.id.desc()).limit(limit)))
    return newest[::-1]


def line(session: Session, chat_id: str, line_id: int) -> ChatLine:
    """Raises `NotVisible` for a line of another chat."""
    found = session.scalar(
        select(ChatLine).where(ChatLine.chat_id == chat_id, ChatLine.id == line_id)
    )
    if found is None:
        raise NotVisible("line", line_id)
    return found
