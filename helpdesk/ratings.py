"""How was it? Asked with the closing, answered by a link without a log-in, or in the portal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit, events, text
from helpdesk.audit import Change
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Message, Rating, Ticket
from helpdesk.models.base import upsert
from helpdesk.policy import Policy

PURPOSE = "rate"
LIFE = timedelta(days=30)
SCORES = range(1, 6)
MOST_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A closing to be rated; `given` is what was said of it before."""

    number: int
    protocol: str | None
    message_id: int
    given: Rating | None


def link(policy: Policy, message_id: int, issued_at: datetime) -> str:
    """The page with the question; the link ends `LIFE` after the closing was told."""
    token = policy.keyring.link_token(PURPOSE, str(message_id), issued_at + LIFE)
    return policy.link(f"/avaliar/{token}")


def by_link(session: Session, token: str, policy: Policy, *, now: datetime) -> Asked | None:
    """None when the link is forged or over, or the contact was reopened since."""
    subject = policy.keyring.read_link_token(PURPOSE, token, now)
    return _asked(session, int(subject)) if subject else None


def of_ticket(session: Session, actor: Actor, number: int) -> Asked | None:
    """The closing that stands, for who may see the ticket; None while it is open."""
    access.ticket(session, actor, number)
    last = session.scalar(
        select(Message.id)
        .where(Message.number == number, Message.kind == "closing")
        .order_by(Message.id.desc())
        .limit(1)
    )
    return _asked(session, last) if last is not None else None


def given(session: Session, closings: Sequence[int]) -> dict[int, Rating]:
    """What was said of each closing, by message id."""
    if not closings:
        return {}
    rows = session.scalars(select(Rating).where(Rating.message_id.in_(closings)))
    return {row.message_id: row for row in rows}


def rate(
    session: Session, asked: Asked, score: int | None, comment: str, author: Actor, *, now: datetime
) -> None:
    """A link is good for one answer. Raises `Invalid` for `score` or `comment`, `NotVisible` when
    it was answered before."""
    said = text.normalise(comment).strip()
    errors: list[FieldError] = []
    if score not in SCORES:
        errors.append(FieldError("score", "required" if score is None else "unknown"))
    if len(said) > MOST_COMMENT:
        limits = (("limit", MOST_COMMENT), ("length", len(said)))
        errors.append(FieldError("comment", "too_long", limits))
    if errors:
        raise Invalid(*errors)
    ticket = session.get_one(Ticket, asked.number, with_for_update={"key_share": True})
    values = {
        "number": ticket.number,
        "message_id": asked.message_id,
        "score": score,
        "comment": said,
        "author": author.name,
        "at": now,
    }
    made = session.execute(
        upsert(session, Rating).values(values).on_conflict_do_nothing().returning(Rating.id)
    )
    if made.first() is None:
        raise NotVisible("rating", asked.message_id)
    ticket.version += 1
    change = Change("score", None, score)
    audit.record(session, author, "rated", now=now, number=ticket.number, changes=(change,))
    events.emit(session, ticket.number, "changed", now=now, version=ticket.version)


def somebody(session: Session, asked: Asked) -> Actor:
    """Whoever has the link: the contact of the ticket, as far as anybody knows."""
    name = session.scalar(select(Ticket.contact_name).where(Ticket.number == asked.number))
    return Actor(ActorKind.UNKNOWN, name=name or "")


def _asked(session: Session, message_id: int) -> Asked | None:
    found = session.execute(
        select(Ticket, Rating)
        .join(Message, Message.number == Ticket.number)
        .outerjoin(Rating, Rating.message_id == Message.id)
        .where(
            Message.id == message_id,
            Message.kind == "closing",
            Ticket.situation == "closed",
            Ticket.deleted_at.is_(None),
        )
    ).first()
    if found is None:
        return None
    ticket, given = found
    return Asked(ticket.number, ticket.protocol, message_id, given)
