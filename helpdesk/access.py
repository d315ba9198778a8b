"""Who sees what: the one gate. Every grid, count, search, export, chart and event passes it."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Forbidden, NotVisible
from helpdesk.models import Alert, Attachment, Endpoint, Message, Ticket

#: the registers (cadastros): each is read and written by a right of its own
REGISTERS = (
    "classification",
    "status",
    "sector",
    "profile",
    "agent",
    "provider",
    "calendar",
    "canned",
    "form",
    "parameter",
    "domain",
    "webhook",
    "privacy",
)
#: what somebody has who reads any register: the way in. Held by nobody by itself
REGISTERS_DOOR = "registers"
#: every permission a profile may hold; `*` is all of them
PERMISSIONS = (
    "ticket.read",
    "ticket.open",
    "ticket.claim",
    "ticket.reply",
    "ticket.note",
    "ticket.survey",
    "ticket.pending",
    "ticket.forward",
    "ticket.classify",
    "ticket.close",
    "ticket.reopen",
    "ticket.delete",
    "ticket.export",
    "ticket.merge",
    "ticket.secret",
    "ticket.break_glass",
    "panel",
    "quarantine",
    "outbox",
    "views.share",
    "people.invite",
    *(f"registers.{name}.{verb}" for name in REGISTERS for verb in ("read", "write")),
)


def reads(register: str) -> str:
    """The right to read a register."""
    return f"registers.{register}.read"


def writes(register: str) -> str:
    return f"registers.{register}.write"


def held(permissions: Iterable[str]) -> frozenset[str]:
    """What a profile's permissions come to: whoever writes a register reads it, and whoever reads
    one may enter the registers. Words that are no permission count for nothing."""
    known = {p for p in permissions if p in PERMISSIONS or p == "*"}
    read = {reads(name) for name in REGISTERS if {reads(name), writes(name)} & known}
    return frozenset(known | read | ({REGISTERS_DOOR} if read else set()))


def narrowed(permissions: frozenset[str], to: Collection[str] | None) -> frozenset[str]:
    """What of `permissions` is left to whoever was given only `to`; None is all of it."""
    if to is None:
        return permissions
    given = held(to)
    return given if "*" in permissions else permissions & given


def visible(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `Ticket`: the tickets this actor may know of."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return true()
        case ActorKind.AGENT:
            if not actor.may("ticket.read"):
                return false()
            known = _readable(Ticket.secret_group, Ticket.number, actor)
            return and_(known, _within(actor)) if actor.sectors else known
        case ActorKind.PERSON:
            return _of_person(actor)
        case ActorKind.UNKNOWN:
            return false()


def readable(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `Message`, to be used beside `visible` of its ticket.

    Two axes: what is public is the provider's to read; a secret keeps out agents of other groups.
    """
    if actor.kind is ActorKind.PERSON:
        return Message.audience == "public"
    return _readable(Message.secret_group, Message.number, actor)


def downloadable(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `Attachment`, to be used beside `readable` of its message."""
    if actor.kind is ActorKind.PERSON:
        return Attachment.audience == "public"
    return _readable(Attachment.secret_group, Attachment.number, actor)


def unkept(
    actor: Actor, number: ColumnElement[Any], message_id: ColumnElement[Any]
) -> ColumnElement[bool] | None:
    """`visible` and `readable` asked the other way round, of columns that name a ticket and a
    message: neither is one of the secret ones that are kept from an agent. These are few, so that
    thousands of rows pass without their ticket and message being read. None for whoever more is
    kept from (rights limited to sectors, people of providers): there each row has to be joined.
    """
    if actor.kind is not ActorKind.AGENT or actor.sectors or not actor.may("ticket.read"):
        return None
    # The first of each pair says what the second implies, for the partial index.
    tickets = select(Ticket.number).where(
        Ticket.number == number, Ticket.secret_group.is_not(None), not_(visible(actor))
    )
    messages = select(Message.id).where(
        Message.id == message_id, Message.secret_group.is_not(None), not_(readable(actor))
    )
    return and_(tickets.scalar_subquery().is_(None), messages.scalar_subquery().is_(None))


def tallied(
    actor: Actor, group: ColumnElement[Any], sector: ColumnElement[Any]
) -> ColumnElement[bool]:
    """`visible` for sums of tickets, which stand under their secret group ("" for none) and sector
    (0 for none); `beyond` says what it leaves out."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return true()
        case ActorKind.AGENT if actor.may("ticket.read"):
            known = group.in_(["", *sorted(actor.groups)])
            return and_(known, sector.in_(sorted(actor.sectors))) if actor.sectors else known
        case _:
            return false()


def beyond(actor: Actor) -> ColumnElement[bool] | None:
    """A predicate on `Ticket`: what this actor may know of although `tallied` leaves it out, being
    opened with a reason or handed to them from another sector. None when there is no such thing."""
    ways: list[ColumnElement[bool]] = []
    if actor.opened:
        ways.append(Ticket.number.in_(sorted(actor.opened)))
    if actor.kind is ActorKind.AGENT and actor.sectors:
        ways += _handed(actor)
    if not ways:
        return None
    group, sector = func.coalesce(Ticket.secret_group, ""), func.coalesce(Ticket.sector_id, 0)
    return and_(or_(*ways), visible(actor), not_(tallied(actor, group, sector)))


def ticket(session: Session, actor: Actor, number: int, *, lock: bool = False) -> Ticket:
    """Load one visible ticket. Raises `NotVisible`: unknown and foreign look the same."""
    query = select(Ticket).where(Ticket.number == number, visible(actor))
    if lock:
        # Of the two strengths the one that lets others write rows that refer to it: they would wait
        # for it, and it for them.
        query = query.with_for_update(key_share=True)
    found = session.scalar(query)
    if found is None:
        raise NotVisible("ticket", number)
    return found


def visible_numbers(session: Session, actor: Actor, numbers: Collection[int]) -> set[int]:
    """Which of the tickets the actor may know of."""
    if not numbers:
        return set()
    known = select(Ticket.number).where(Ticket.number.in_(sorted(numbers)), visible(actor))
    return set(session.scalars(known))


def require(actor: Actor, permission: str) -> None:
    """Raises `Forbidden` when the actor lacks the permission."""
    if not actor.may(permission):
        raise Forbidden(permission)


def _readable(
    group: InstrumentedAttribute[str | None], number: InstrumentedAttribute[int], actor: Actor
) -> ColumnElement[bool]:
    """Of no group, of one of the actor's, or of a ticket the actor opened with a reason."""
    if actor.kind is ActorKind.SYSTEM:
        return true()
    known = or_(group.is_(None), group.in_(sorted(actor.groups)))
    return or_(known, number.in_(sorted(actor.opened))) if actor.opened else known


def _within(actor: Actor) -> ColumnElement[bool]:
    """Of a sector the agent's rights are limited to, or handed to the agent."""
    return or_(Ticket.sector_id.in_(sorted(actor.sectors)), *_handed(actor))


def _handed(actor: Actor) -> list[ColumnElement[bool]]:
    """Somebody who was given a ticket, holds it or was told of it (consulted, mentioned) can read
    it."""
    told = select(Alert.number).where(Alert.agent_id == actor.id, Alert.number.is_not(None))
    return [
        Ticket.assignee_id == actor.id,
        Ticket.claimed_by == actor.id,
        Ticket.number.in_(told),
    ]


def _of_person(actor: Actor) -> ColumnElement[bool]:
    """A provider's secret tickets stay visible to that provider: the secret is kept from agents
    outside the group and from notices, not from the one who wrote it."""
    whole = [provider for provider, scope in actor.providers if scope == "all"]
    own = [provider for provider, scope in actor.providers if scope == "own"]
    mine = or_(
        and_(Ticket.opened_kind == ActorKind.PERSON, Ticket.opened_id == actor.id),
        Ticket.number.in_(select(Endpoint.number).where(Endpoint.person_id == actor.id)),
    )
    return or_(Ticket.provider_id.in_(whole), and_(Ticket.provider_id.in_(own), mine))
