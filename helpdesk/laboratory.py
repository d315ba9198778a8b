"""Raw arrivals as a laboratory: what came in, what became of it, and the same again after a fix.

An arrival that went to a ticket is as secret as that ticket: who may not see the one sees no trace
of the other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from helpdesk import access, audit, inbound, quarantine, rereading
from helpdesk.border import Actor, Inbound
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.intake.facts import content_key
from helpdesk.models import Content, Endpoint, Held, InboundRaw, Message, Ticket

#: how far back the list looks: what came before is found by its ticket
MOST_ARRIVALS = 10_000
STATES = ("waiting", "applied", "duplicate", "ignored", "held")


@dataclass(frozen=True, slots=True)
class Asked:
    """`q`: part of the sender's address; `start`, `end`: when it was received, end excluded."""

    state: str | None = None
    mailbox: str | None = None
    q: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`sender` is "" while nobody has understood it and its server named none."""

    raw: InboundRaw
    sender: str
    number: int | None
    message_id: int | None
    held_id: str | None


def listing(
    session: Session, actor: Actor, asked: Asked, *, limit: int = 50, before: int | None = None
) -> list[Entry]:
    """Newest first among the last `MOST_ARRIVALS`; `before` is the id of the last row of the page
    before. Raises `Forbidden`."""
    access.require(actor, "quarantine")
    last = session.scalar(select(func.max(InboundRaw.id))) or 0
    query = select(InboundRaw).where(
        InboundRaw.id > last - MOST_ARRIVALS, _known_to(actor), *_wanted(asked)
    )
    if before is not None:
        query = query.where(InboundRaw.id < before)
    rows = session.scalars(query.order_by(InboundRaw.id.desc()).limit(limit)).all()
    return _entries(session, rows)


def get(session: Session, actor: Actor, raw_id: int) -> Entry:
    """Raises `NotVisible`, `Forbidden`."""
    access.require(actor, "quarantine")
    row = session.scalar(select(InboundRaw).where(InboundRaw.id == raw_id, _known_to(actor)))
    if row is None:
        raise NotVisible("arrival", raw_id)
    return _entries(session, [row])[0]


def replay(session: Session, desk: Desk, raw_id: int, read: Inbound) -> str:
    """Process an arrival again, `read` being what is understood of its bytes now.

    Returns what was done: `reread` (its message was brought up to date), `unchanged`, or `queued`
    (it is judged again). Nobody outside the console is told, whatever comes of it, and nothing is
    applied twice: raises `Conflict` (`waiting`, `duplicate`) where that could happen.
    """
    entry = get(session, desk.actor, raw_id)
    if entry.message_id is not None:
        return rereading.reread(session, desk, entry.message_id, read)
    if entry.raw.state == "waiting":
        raise Conflict("waiting")
    if entry.raw.state == "held" and entry.held_id is not None:
        quarantine.retry(session, desk, entry.held_id, quiet=True)
        return "queued"
    if _is_known(session, read):
        raise Conflict("duplicate")
    inbound.again(session, raw_id, quiet=True)
    audit.record(session, desk.actor, "arrival_replayed", now=desk.now, note=entry.raw.arrival)
    return "queued"


def _is_known(session: Session, read: Inbound) -> bool:
    """It was applied by another arrival: under the content key of now, or of an earlier parser,
    which the Message-ID tells."""
    if session.get(Content, content_key(read)) is not None:
        return True
    mail_id = read.mail.message_id if read.mail else None
    same = select(Message.id).where(Message.mail_id == mail_id).limit(1)
    return mail_id is not None and session.scalar(same) is not None


def _wanted(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.state is not None:
        found.append(InboundRaw.state == asked.state)
    if asked.mailbox is not None:
        found.append(InboundRaw.mailbox == asked.mailbox)
    if asked.q.strip():
        part = asked.q.strip().lower()
        said = exists().where(
            Held.raw_id == InboundRaw.id, Held.sender.contains(part, autoescape=True)
        )
        from_there = (
            func.lower(column).contains(part, autoescape=True)
            for column in (InboundRaw.envelope_from, InboundRaw.thread_key)
        )
        found.append(or_(*from_there, said))
    if asked.start is not None:
        found.append(InboundRaw.received_at >= asked.start)
    if asked.end is not None:
        found.append(InboundRaw.received_at < asked.end)
    return found


def _known_to(actor: Actor) -> ColumnElement[bool]:
    seen = exists().where(Ticket.number == InboundRaw.number, access.visible(actor))
    hidden = (
        select(Message.id)
        .join(Ticket, Ticket.number == Message.number)
        .where(
            Message.raw_id == InboundRaw.id,
            not_(and_(access.visible(actor), access.readable(actor))),
        )
        .exists()
    )
    return and_(or_(InboundRaw.number.is_(None), seen), not_(hidden))


def _entries(session: Session, rows: Sequence[InboundRaw]) -> list[Entry]:
    ids = [row.id for row in rows]
    held = {
        raw_id: (public_id, sender)
        for raw_id, public_id, sender in session.execute(
            select(Held.raw_id, Held.public_id, Held.sender)
            .where(Held.raw_id.in_(ids))
            .order_by(Held.id)
        )
    }
    placed = _messages(session, ids)
    found: list[Entry] = []
    for row in rows:
        public_id, sender = held.get(row.id, (None, ""))
        message_id, number, address = placed.get(row.id, (None, row.number, ""))
        said = address or sender or row.envelope_from or ""
        found.append(Entry(row, said, number, message_id, public_id))
    return found


def _messages(session: Session, raw_ids: Collection[int]) -> dict[int, tuple[int, int, str]]:
    """By raw id: message, ticket, the address it came from."""
    query = (
        select(Message.raw_id, Message.id, Message.number, Endpoint.address)
        .outerjoin(Endpoint, Endpoint.id == Message.endpoint_id)
        .where(Message.raw_id.in_(raw_ids))
        .order_by(Message.id.desc())
    )
    return {
        raw_id: (message_id, number, address or "")
        for raw_id, message_id, number, address in session.execute(query)
        if raw_id is not None
    }
