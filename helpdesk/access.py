"""Who sees what: the one gate. Every grid, count, search, export, chart and event passes it."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Forbidden, NotVisible
from helpdesk.models import Attachment, Endpoint, Message, Ticket

#: every permission a profile may hold; `*` is all of them
PERMISSIONS = (
    "ticket.read",
    "ticket.open",
    "ticket.claim",
    "ticket.reply",
    "ticket.note",
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
    "registers.read",
    "registers.write",
    "people.invite",
)


def visible(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `Ticket`: the tickets this actor may know of."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return true()
        case ActorKind.AGENT:
            if not actor.may("ticket.read"):
                return false()
            return _readable(Ticket.secret_group, Ticket.number, actor)
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


def ticket(session: Session, actor: Actor, number: int, *, lock: bool = False) -> Ticket:
    """Load one visible ticket. Raises `NotVisible`: unknown and foreign look the same."""
    query = select(Ticket).where(Ticket.number == number, visible(actor))
    if lock:
        query = query.with_for_update()
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
