"""How long what was said is kept: months after closing, by classification. Without a number of
months it is kept for ever; a hold keeps it longer."""

import calendar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from helpdesk import access, audit
from helpdesk.audit import Change
from helpdesk.border import SYSTEM, Actor
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Classification, Retention, Ticket
from helpdesk.models.base import upsert
from helpdesk.privacy import erasing, holds
from helpdesk.privacy.places import Words
from helpdesk.privacy.scope import find
from helpdesk.privacy.subject import Subject

#: tickets of one transaction
AT_ONCE = 20
#: a hundred years are for ever
MOST_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class Kept:
    """`over`: closed tickets of the classification that are past their time and not held."""

    code: str
    name: str
    months: int | None
    over: int


def listing(session: Session, *, now: datetime) -> list[Kept]:
    rows = session.execute(
        select(Classification, Retention.months)
        .outerjoin(Retention, Retention.classification_id == Classification.id)
        .order_by(Classification.name, Classification.id)
    )
    return [
        Kept(one.code, one.name, months, _over(session, one.id, months, now) if months else 0)
        for one, months in rows.all()
    ]


def keep(session: Session, actor: Actor, code: str, months: int | None, *, now: datetime) -> None:
    """None keeps for ever. Raises `NotVisible`, `Invalid` for `months`, `Forbidden`."""
    access.require(actor, holds.WRITES)
    owner = session.scalar(select(Classification.id).where(Classification.code == code))
    if owner is None:
        raise NotVisible("classification", code)
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise Invalid(FieldError("months", "range", (("least", 1), ("most", MOST_MONTHS))))
    row = session.get(Retention, owner)
    before = row.months if row else None
    if before == months:
        return
    if months is None and row is not None:
        session.delete(row)
    else:
        values = {"classification_id": owner, "months": months, "changed_at": now}
        session.execute(
            upsert(session, Retention)
            .values(values)
            .on_conflict_do_update(
                index_elements=["classification_id"], set_={"months": months, "changed_at": now}
            )
        )
    change = Change("months", before, months)
    audit.record(session, actor, "retention_changed", now=now, changes=[change], note=code)


def is_due(session: Session, now: datetime) -> bool:
    return bool(_next(session, now, 1))


def end(session: Session, words: Words, *, now: datetime) -> int:
    """Erase what was said in up to `AT_ONCE` tickets whose time is over; returns how many."""
    numbers = _next(session, now, AT_ONCE)
    if numbers:
        subject = Subject(whole=tuple(numbers))
        scope = find(session, subject)
        erasing.note(session, SYSTEM, "retention", subject, scope, "", words, now=now)
    return len(numbers)


def _next(session: Session, now: datetime, limit: int) -> list[int]:
    found: list[int] = []
    for row in session.scalars(select(Retention).order_by(Retention.classification_id)):
        over = _past(row.classification_id, row.months, now)
        query = select(Ticket.number).where(over).limit(limit - len(found))
        found += session.scalars(query).all()
        if len(found) == limit:
            break
    return found


def _over(session: Session, owner: int, months: int, now: datetime) -> int:
    query = select(func.count()).select_from(Ticket).where(_past(owner, months, now))
    return session.scalar(query) or 0


def _past(owner: int, months: int, now: datetime) -> ColumnElement[bool]:
    """A predicate on `Ticket`: its time is over, and nothing holds it."""
    return and_(
        Ticket.classification_id == owner,
        Ticket.closed_at.is_not(None),
        Ticket.closed_at < months_before(now, months),
        Ticket.erased_at.is_(None),
        holds.unheld(),
    )


def months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months earlier, or the last of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
