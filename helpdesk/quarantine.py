"""What waits for a person: held messages, why, and what an agent decides about them.

A decision re-runs the stored raw message with the agent's word in place of the matching: this
module only notes the decision and queues the message again, the applier does the rest.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import access, audit, events, inbound
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Held, InboundRaw, Provider


def listing(
    session: Session,
    actor: Actor,
    *,
    state: str = "held",
    limit: int = 50,
    before: int | None = None,
) -> Sequence[Held]:
    """Newest first; `before` is the id of the last row of the page before."""
    access.require(actor, "quarantine")
    query = select(Held).where(Held.state == state).order_by(Held.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Held.id < before)
    return session.scalars(query).all()


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Held).where(Held.state == "held")) or 0


def get(session: Session, actor: Actor, public_id: str) -> tuple[Held, InboundRaw | None]:
    """The held message and its raw arrival. Raises `NotVisible`, `Forbidden`."""
    access.require(actor, "quarantine")
    held = session.scalar(select(Held).where(Held.public_id == public_id))
    if held is None:
        raise NotVisible("quarantine", public_id)
    return held, session.get(InboundRaw, held.raw_id) if held.raw_id is not None else None


def retry(session: Session, desk: Desk, public_id: str) -> Held:
    """Judge it again: the sender may have been registered since."""
    return _again(session, desk, public_id, "quarantine_retried")


def attach(session: Session, desk: Desk, public_id: str, number: int) -> Held:
    """Make it a complement of a ticket. Its sender is read there and receives nothing until
    registered, confirmed or ticked."""
    if access.ticket(session, desk.actor, number).deleted_at is not None:
        raise Conflict("deleted")
    held = _again(session, desk, public_id, "quarantine_attached", number=number)
    held.placed_number, held.placed_by = number, desk.actor.id
    return held


def open_for(session: Session, desk: Desk, public_id: str, provider_code: str) -> Held:
    """Open a ticket of this provider with it."""
    provider = session.scalar(
        select(Provider).where(Provider.code == provider_code, Provider.active)
    )
    if provider is None:
        raise NotVisible("provider", provider_code)
    held = _again(session, desk, public_id, "quarantine_opened")
    held.placed_provider_id, held.placed_by = provider.id, desk.actor.id
    return held


def mark_spam(session: Session, desk: Desk, public_id: str) -> Held:
    held = _held(session, desk, public_id)
    held.state, held.settled_at, held.settled_by = "spam", desk.now, desk.actor.id
    audit.record(session, desk.actor, "quarantine_spam", now=desk.now, note=held.public_id)
    events.emit(session, None, "held", now=desk.now)
    return held


def decision(session: Session, raw_ids: Sequence[int]) -> dict[int, Held]:
    """What agents decided about these arrivals, for the applier."""
    found = session.scalars(
        select(Held).where(
            Held.raw_id.in_(raw_ids), Held.state == "held", Held.placed_by.is_not(None)
        )
    )
    return {held.raw_id: held for held in found if held.raw_id is not None}


def _again(
    session: Session, desk: Desk, public_id: str, action: str, *, number: int | None = None
) -> Held:
    held = _held(session, desk, public_id)
    if held.raw_id is None:
        raise Conflict("no_raw")
    inbound.again(session, held.raw_id)
    audit.record(session, desk.actor, action, now=desk.now, number=number, note=held.public_id)
    return held


def _held(session: Session, desk: Desk, public_id: str) -> Held:
    access.require(desk.actor, "quarantine")
    held = session.scalar(select(Held).where(Held.public_id == public_id).with_for_update())
    if held is None:
        raise NotVisible("quarantine", public_id)
    if held.state != "held":
        raise Conflict("settled", state=held.state)
    return held
