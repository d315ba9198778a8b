"""The operadora's own days: holidays it adds, and days it works although nobody else does.

A change counts for what is opened, classified or reopened from then on; a promised deadline stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit, calendars
from helpdesk.audit import Change
from helpdesk.catalog import YEARS
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Holiday
from helpdesk.policy import Policy

MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Day:
    """One day off, or one worked all the same. `own`: the operadora's decision, which it may take
    back; the rest is the law's."""

    day: date
    name: str
    working: bool
    own: bool


def listing(session: Session, policy: Policy, year: int) -> list[Day]:
    """Days of the year in their order; the operadora's own wins over the law's."""
    legal = calendars.national([year], policy.state, policy.city)
    days = {day: Day(day, name, working=False, own=False) for day, name in legal.items()}
    for row in _own(session, year):
        days[row.day] = Day(row.day, row.name, row.working, own=True)
    return [days[day] for day in sorted(days)]


def decide(session: Session, desk: Desk, day: date, name: str, *, working: bool) -> None:
    """Add or change one day. Raises `Forbidden`, `Invalid`."""
    access.require(desk.actor, "registers.write")
    said = name.strip()
    errors: list[FieldError] = []
    if not said:
        errors.append(FieldError("name", "required"))
    elif len(said) > MOST_NAME:
        errors.append(FieldError("name", "too_long", (("limit", MOST_NAME),)))
    if day.year not in YEARS:
        errors.append(FieldError("day", "invalid"))
    if errors:
        raise Invalid(*errors)
    row = session.scalar(select(Holiday).where(Holiday.day == day))
    before = _words(row) if row else None
    if row is None:
        row = Holiday(day=day)
        session.add(row)
    row.name, row.working = said, working
    _log(session, desk, day, before, _words(row))


def forget(session: Session, desk: Desk, day: date) -> None:
    """Take a decision back: the law's calendar counts again. Raises `Forbidden`, `NotVisible`."""
    access.require(desk.actor, "registers.write")
    row = session.scalar(select(Holiday).where(Holiday.day == day))
    if row is None:
        raise NotVisible("holiday", day)
    _log(session, desk, day, _words(row), None)
    session.delete(row)


def _own(session: Session, year: int) -> Sequence[Holiday]:
    return session.scalars(
        select(Holiday).where(Holiday.day >= date(year, 1, 1), Holiday.day <= date(year, 12, 31))
    ).all()


def _words(row: Holiday) -> str:
    return f"{'+' if row.working else '-'} {row.name}"


def _log(session: Session, desk: Desk, day: date, before: str | None, after: str | None) -> None:
    now: datetime = desk.now
    change = Change(day.isoformat(), before, after)
    audit.record(session, desk.actor, "calendar_changed", now=now, changes=(change,))
