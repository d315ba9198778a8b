"""What the quarantine shows: lists, counts and one message, each as the actor may know it.

A suggestion and a step of the trace name tickets. To somebody who may not know of such a ticket the
message looks as if the ticket did not exist: no suggestion, no step, and a stranger who cites it is
simply unknown. What was put into a ticket is that ticket's: who may not see it sees neither.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from helpdesk import access, traces
from helpdesk.border import Actor, HoldReason
from helpdesk.errors import NotVisible
from helpdesk.models import Held, InboundRaw, Provider, Ticket

#: counts look at the newest of a state; a longer queue says so instead of being counted
MOST_COUNTED = 10_000
#: rows read at a time while words are looked for
STRIDE = 5_000
#: of one address: as many as are decided about at once
MOST_OF_ONE = 500
#: accents and the like, once letters are taken apart
MARKS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Asked:
    """`state`: held, attached, opened, spam. `q`: words of sender or subject, marks and case
    aside."""

    state: str = "held"
    reason: str | None = None
    mailbox: str | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    number: int
    protocol: str | None
    title: str
    provider_code: str
    provider: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One held message for one actor; `reason`, `suggestion` and `trace` are what they may know."""

    row: Held
    reason: str
    suggestion: Suggestion | None
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one state, over its newest `MOST_COUNTED`; `exact` is false when there are more."""

    reasons: dict[str, int]
    mailboxes: list[str]
    exact: bool


def listing(
    session: Session, actor: Actor, asked: Asked, *, limit: int = 50, before: int | None = None
) -> list[Shown]:
    """Newest first; `before` is the id of the last row of the page before. Raises `Forbidden`."""
    access.require(actor, "quarantine")
    query = _query(actor, asked)
    wanted = _plain(asked.q).split()
    if wanted:
        query = query.where(Held.id.in_(_named(session, query, wanted, limit, before)))
    elif before is not None:
        query = query.where(Held.id < before)
    rows = session.scalars(query.order_by(Held.id.desc()).limit(limit)).all()
    return shown(session, actor, rows)


def get(session: Session, actor: Actor, public_id: str) -> tuple[Shown, InboundRaw | None]:
    """The held message and its raw arrival. Raises `NotVisible`, `Forbidden`."""
    access.require(actor, "quarantine")
    row = session.scalar(select(Held).where(Held.public_id == public_id, known_to(actor)))
    if row is None:
        raise NotVisible("quarantine", public_id)
    [found] = shown(session, actor, [row])
    return found, session.get(InboundRaw, row.raw_id) if row.raw_id is not None else None


def counts(session: Session, actor: Actor, state: str = "held") -> Counts:
    """How many wait for each reason, and for which mailboxes. Raises `Forbidden`."""
    access.require(actor, "quarantine")
    newest = (
        select(Held.reason, Held.mailbox, _hides(actor).label("hides"))
        .where(Held.state == state, known_to(actor))
        .order_by(Held.id.desc())
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    reasons: dict[str, int] = {}
    mailboxes: set[str] = set()
    grouped = select(newest, func.count()).group_by(newest.c.reason, newest.c.mailbox, newest.c[2])
    for reason, mailbox, hides, count in session.execute(grouped):
        told = _told(reason, hides=bool(hides))
        reasons[told] = reasons.get(told, 0) + count
        mailboxes |= {mailbox} if mailbox else set()
    exact = sum(reasons.values()) <= MOST_COUNTED
    return Counts(reasons, sorted(mailboxes), exact)


def of_sender(session: Session, actor: Actor, address: str) -> list[str]:
    """Public ids of what still waits from this address, oldest first, at most `MOST_OF_ONE`."""
    access.require(actor, "quarantine")
    query = select(Held.public_id).where(Held.sender == address, Held.state == "held")
    return list(session.scalars(query.order_by(Held.id).limit(MOST_OF_ONE)))


def known_to(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `Held`: it waits, or went to a ticket the actor may know of."""
    return or_(Held.number.is_(None), _visible(Held.number, actor))


def shown(session: Session, actor: Actor, rows: Sequence[Held]) -> list[Shown]:
    """The rows as the actor may know them, with one query for the tickets they name."""
    named = {row.suggestion for row in rows if row.suggestion is not None}
    named |= traces.named(line for row in rows for line in row.trace)
    known = {
        suggestion.number: suggestion
        for suggestion in (
            Suggestion(*values)
            for values in session.execute(
                select(Ticket.number, Ticket.protocol, Ticket.title, Provider.code, Provider.name)
                .join(Provider, Provider.id == Ticket.provider_id)
                .where(Ticket.number.in_(sorted(named)), access.visible(actor))
            )
        )
    }
    return [_shown(row, known) for row in rows]


def is_forged(row: Held) -> bool:
    """Its domain says that it did not send this: no trust in the address may come of it."""
    return row.reason == HoldReason.AUTHENTICATION_FAILED or any(
        str(line).startswith("verdict failed") for line in row.trace
    )


def _shown(row: Held, known: dict[int, Suggestion]) -> Shown:
    suggestion = known.get(row.suggestion or 0)
    hides = row.suggestion is not None and suggestion is None
    told = _told(row.reason, hides=hides)
    return Shown(row, told, suggestion, traces.readable(row.trace, known))


def _told(reason: str, *, hides: bool) -> str:
    cites = reason == HoldReason.NOT_A_PARTICIPANT
    return str(HoldReason.UNKNOWN_SENDER) if hides and cites else reason


def _query(actor: Actor, asked: Asked) -> Select[Held]:
    query = select(Held).where(Held.state == asked.state, known_to(actor))
    if asked.reason is not None:
        query = query.where(_of_reason(asked.reason, actor))
    if asked.mailbox is not None:
        query = query.where(Held.mailbox == asked.mailbox)
    return query


def _named(
    session: Session, query: Select[Held], words: list[str], limit: int, before: int | None
) -> list[int]:
    """Ids of the newest whose sender and subject have every word. Compared here, a stride at a
    time: the two databases fold letters differently."""
    found: list[int] = []
    columns = query.with_only_columns(Held.id, Held.sender, Held.subject)
    while True:
        page = columns if before is None else columns.where(Held.id < before)
        rows = session.execute(page.order_by(Held.id.desc()).limit(STRIDE)).all()
        for held_id, sender, subject in rows:
            plain = _plain(f"{sender} {subject}")
            if all(word in plain for word in words):
                found.append(held_id)
                if len(found) == limit:
                    return found
        if len(rows) < STRIDE:
            return found
        before = rows[-1][0]


def _plain(text: str) -> str:
    """Without case and marks; a queue of 100,000 is compared in a second."""
    folded = text if text.isascii() else MARKS.sub("", unicodedata.normalize("NFKD", text))
    return folded.casefold()


def _of_reason(reason: str, actor: Actor) -> ColumnElement[bool]:
    cites = Held.reason == HoldReason.NOT_A_PARTICIPANT
    if reason == HoldReason.UNKNOWN_SENDER:
        return or_(Held.reason == reason, and_(cites, _hides(actor)))
    if reason == HoldReason.NOT_A_PARTICIPANT:
        return and_(cites, not_(_hides(actor)))
    return Held.reason == reason


def _hides(actor: Actor) -> ColumnElement[bool]:
    """Its suggestion is a ticket the actor may not know of."""
    return and_(Held.suggestion.is_not(None), not_(_visible(Held.suggestion, actor)))


def _visible(number: object, actor: Actor) -> ColumnElement[bool]:
    return exists().where(Ticket.number == number, access.visible(actor))
