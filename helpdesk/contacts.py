"""A provider's own list (Fale conosco): what waits for them first, and what they have not read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from helpdesk import access, pendency, periods, rows, text
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Agent, Message, Provider, Reading, Sector, Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row

#: the tabs: open includes what is pending
SITUATIONS: dict[str, ColumnElement[bool]] = {
    "open": Ticket.situation.in_(["open", "pending"]),
    "all": literal(value=True),
    "closed": Ticket.situation == "closed",
}
#: 1 for what waits for the provider; only open tickets wait
RANK = case((and_(SITUATIONS["open"], Ticket.waiting_on == "provider"), 1), else_=0)
CURSOR = re.compile(r"([01])\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """The last thing the operadora said in a ticket."""

    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contacts:
    """`answers` by ticket, and how many asked items each still waits for; `unread` counts the
    open tickets with an answer not read yet."""

    rows: list[Row]
    next: str | None
    answers: dict[int, Answer]
    missing: dict[int, int]
    unread: int


def page(
    session: Session,
    actor: Actor,
    provider_id: int,
    situation: str,
    *,
    policy: Policy,
    now: datetime,
    q: str = "",
    opened: tuple[date | None, date | None] = (None, None),
    limit: int = 20,
    cursor: str | None = None,
) -> Contacts:
    """Those that wait for the provider, then the others, the newest first; `situation`: open, all,
    closed. `q` is a protocol or the number of a ticket, blanks and dots aside;
    `opened`: local days, first and last. Raises `Invalid`.
    """
    if situation not in SITUATIONS:
        raise Invalid(FieldError("situation", "unknown"))
    mine = and_(access.visible(actor), Ticket.provider_id == provider_id)
    query = rows.columns(actor).where(mine, SITUATIONS[situation], _named(q))
    query = query.where(_opened(opened, policy))
    # What is open stands in two parts; elsewhere the newest simply comes first.
    rank = RANK if situation == "open" else literal(0)
    if cursor is not None:
        query = query.where(tuple_(rank, Ticket.number) < tuple_(*_read_cursor(cursor)))
    query = query.add_columns(rank).order_by(rank.desc(), Ticket.number.desc())
    found = session.execute(query.limit(limit + 1)).all()
    shown = [rows.row_of(values, policy, now) for values in found[:limit]]
    following = f"{found[limit - 1][-1]}.{shown[-1].number}" if len(found) > limit else None
    answers = _answers(session, actor, [row.number for row in shown])
    waiting = [row.number for row in shown if row.situation != "closed"]
    missing = pendency.missing(session, waiting)
    return Contacts(shown, following, answers, missing, _unread(session, actor, mine))


def last_read(session: Session, actor: Actor, number: int) -> int:
    """The last answer of the ticket the person has seen, by message id; 0 for none."""
    query = select(Reading.message_id).where(
        Reading.person_id == actor.id, Reading.number == number
    )
    return session.scalar(query) or 0


def sectors(session: Session, agents: Sequence[int]) -> dict[int, str]:
    """Where each agent works, for those who read their answers."""
    query = select(Agent.id, Sector.name).join(Sector, Sector.id == Agent.sector_id)
    return dict(session.execute(query.where(Agent.id.in_(agents))).all())


def providers(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Id and name of the providers the person speaks for."""
    mine = [provider for provider, _ in actor.providers]
    query = select(Provider.id, Provider.name).where(Provider.id.in_(mine))
    return list(session.execute(query.order_by(Provider.sort_name, Provider.id)).all())


def _named(q: str) -> ColumnElement[bool]:
    wanted = re.sub(r"[\s.]+", "", text.normalise(q))
    if not wanted:
        return literal(value=True)
    number = re.fullmatch(r"n?([0-9]{1,18})", wanted, re.ASCII)
    exact = Ticket.protocol == wanted
    return or_(exact, Ticket.number == int(number[1])) if number else exact


def _opened(days: tuple[date | None, date | None], policy: Policy) -> ColumnElement[bool]:
    first, last = days
    parts: list[ColumnElement[bool]] = [literal(value=True)]
    if first is not None:
        parts.append(Ticket.opened_at >= periods.midnight(first, policy))
    if last is not None:
        parts.append(Ticket.opened_at < periods.midnight(last + timedelta(days=1), policy))
    return and_(*parts)


def _answers(session: Session, actor: Actor, numbers: Sequence[int]) -> dict[int, Answer]:
    query = (
        select(Ticket.number, Message.author_name, Message.at)
        .join(Message, Message.id == Ticket.last_answer_id)
        .where(Ticket.number.in_(numbers), access.readable(actor))
    )
    return {number: Answer(name, at) for number, name, at in session.execute(query)}


def _unread(session: Session, actor: Actor, mine: ColumnElement[bool]) -> int:
    query = (
        select(func.count())
        .select_from(Ticket)
        .outerjoin(Reading, and_(Reading.number == Ticket.number, Reading.person_id == actor.id))
        .where(
            mine,
            SITUATIONS["open"],
            Ticket.last_answer_id > func.coalesce(Reading.message_id, 0),
        )
    )
    return session.scalar(query) or 0


def _read_cursor(cursor: str) -> tuple[int, int]:
    read = CURSOR.fullmatch(cursor)
    if read is None:
        raise Invalid(FieldError("cursor", "invalid"))
    return int(read[1]), int(read[2])
