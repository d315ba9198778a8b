"""When an answer is due, how close that is, and how the day was counted.

The opening day never counts and the due day does (Código Civil art. 132). A deadline ends with the
service hours of its day, in the insurer's time zone; instants go in aware and come out in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SATURDAY = 5


class Unit(StrEnum):
    BUSINESS = "business"
    CALENDAR = "calendar"


class Band(StrEnum):
    WITHIN = "within"
    ATTENTION = "attention"
    EXPIRED = "expired"


Source = Literal["contract", "subclassification", "classification", "triage"]
Kind = Literal["opening", "weekend", "holiday", "counted", "due", "rolled"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the operadora serves: Monday to Friday, `opens` to `closes`, but for `days_off`.

    `days_off` maps a day to its name. A Saturday or Sunday in `working` is served all the same.
    `hours` are those of the days that have their own, as half holidays do.
    """

    zone: ZoneInfo
    days_off: Mapping[date, str] = field(default_factory=dict[date, str])
    opens: time = time(8)
    closes: time = time(18)
    working: frozenset[date] = frozenset()
    hours: Mapping[date, tuple[time, time]] = field(default_factory=dict[date, tuple[time, time]])

    def is_working(self, day: date) -> bool:
        return day in self.working or (day.weekday() < SATURDAY and day not in self.days_off)

    def worked(self, after: date, before: date) -> int:
        """Count the working days between two days, neither included.

        By arithmetic, not day by day: a list shows fifty tickets that may be years late.
        """
        if before <= after:
            return 0
        weekdays = _weekdays(before.toordinal() - 1) - _weekdays(after.toordinal())
        closed = sum(
            after < day < before and day.weekday() < SATURDAY and day not in self.working
            for day in self.days_off
        )
        added = sum(after < day < before and day.weekday() >= SATURDAY for day in self.working)
        return weekdays - closed + added

    def opens_on(self, day: date) -> time:
        return self.hours[day][0] if day in self.hours else self.opens

    def closes_on(self, day: date) -> time:
        return self.hours[day][1] if day in self.hours else self.closes

    def reason(self, day: date) -> str:
        """Name the day off; "" for a working day and for a nameless weekend."""
        return "" if self.is_working(day) else self.days_off.get(day, "")

    def local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """`days` and `attention` in `unit`; `source` says where they come from."""

    days: int
    unit: Unit
    attention: int
    source: Source


@dataclass(frozen=True, slots=True)
class Deadline:
    days: int
    unit: Unit
    attention: int
    due_at: datetime
    attention_at: datetime


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of the count. `name` of a holiday; `count` is how many days had counted by then."""

    day: date
    kind: Kind
    name: str
    count: int


def deadline(opened_at: datetime, terms: Terms, calendar: Calendar) -> Deadline:
    """Count from the opening day.

    `due_at` is the end of service of the due day, `attention_at` the start of service of the day
    that is `attention` days before it in the same unit, be that before the opening.
    """
    due = _due_day(calendar.local_day(opened_at), terms, calendar)
    if terms.unit is Unit.BUSINESS:
        warned = _step(due, terms.attention, -DAY, calendar)
    else:
        warned = due - timedelta(days=terms.attention)
    return Deadline(
        days=terms.days,
        unit=terms.unit,
        attention=terms.attention,
        due_at=calendar.at(due, calendar.closes_on(due)),
        attention_at=calendar.at(warned, calendar.opens_on(warned)),
    )


def band(at: datetime, due_at: datetime, attention_at: datetime) -> Band:
    """Compare `at`: now, or the closing of a closed ticket."""
    if at > due_at:
        return Band.EXPIRED
    return Band.ATTENTION if at >= attention_at else Band.WITHIN


def days_open(opened_at: datetime, until: datetime, zone: ZoneInfo) -> int:
    """Count calendar days between the two local dates: 0 on the day of the opening."""
    return (until.astimezone(zone).date() - opened_at.astimezone(zone).date()).days


def explain(opened_at: datetime, terms: Terms, calendar: Calendar) -> tuple[CountedDay, ...]:
    """List every day from the opening to the due one, and what it was to the count.

    A deadline of calendar days counts weekends and holidays; when its last day is not worked, that
    day and those like it that follow are `rolled`, and the next working one is `due`.
    """
    opening = calendar.local_day(opened_at)
    due = _due_day(opening, terms, calendar)
    business = terms.unit is Unit.BUSINESS
    days = [CountedDay(opening, "opening", calendar.reason(opening), 0)]
    count = 0
    while days[-1].day < due:
        day = days[-1].day + DAY
        name = calendar.reason(day)
        kind: Kind
        if business and not calendar.is_working(day):
            kind = "holiday" if name else "weekend"
        else:
            count = min(count + 1, terms.days)
            # Before the due day only days that were not worked can complete the count.
            kind = "due" if day == due else "rolled" if count == terms.days else "counted"
        days.append(CountedDay(day, kind, name, count))
    return tuple(days)


def longer(terms: Terms, days: int) -> Terms:
    """The same terms with `days` more, as after a pause."""
    return replace(terms, days=terms.days + days)


def days_between(start: datetime, end: datetime, unit: Unit, calendar: Calendar) -> int:
    """How many days that a deadline of this unit counts begin after `start` and until `end`."""
    first, last = calendar.local_day(start), calendar.local_day(end)
    if unit is Unit.CALENDAR:
        return max((last - first).days, 0)
    return calendar.worked(first, last + DAY)


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Sum the service hours between two instants, negative when `end` is before `start`."""
    if end < start:
        return -working_time(end, start, calendar)
    # On the wall clock: service hours are as long on the days around a change to summer time.
    first = start.astimezone(calendar.zone).replace(tzinfo=None)
    last = end.astimezone(calendar.zone).replace(tzinfo=None)
    if first.date() == last.date():
        return _served(first, last, calendar)
    worked = calendar.worked(first.date(), last.date())
    midnight = datetime.combine(last, time.min)
    a_day = datetime.combine(last, calendar.closes) - datetime.combine(last, calendar.opens)
    shorter = sum(
        (
            a_day - _served(*_whole(day), calendar)
            for day in calendar.hours
            if first.date() < day < last.date() and calendar.is_working(day)
        ),
        timedelta(),
    )
    return (
        _served(first, datetime.combine(first, time.max), calendar)
        + worked * a_day
        - shorter
        + _served(midnight, last, calendar)
    )


def _weekdays(ordinal: int) -> int:
    """Mondays to Fridays from 1/1/1, a Monday, to the day of this ordinal."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


def _served(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Sum the service hours between two moments of one local day."""
    if not calendar.is_working(start.date()):
        return timedelta()
    opens = datetime.combine(start, calendar.opens_on(start.date()))
    closes = datetime.combine(start, calendar.closes_on(start.date()))
    return max(min(end, closes) - max(start, opens), timedelta())


def _whole(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time.min), datetime.combine(day, time.max)


def differences(before: Calendar, after: Calendar, first: date, last: date) -> list[date]:
    """The days, both ends included, that the two serve differently, in their order."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        day
        for day in days
        if before.is_working(day) != after.is_working(day)
        or (before.opens_on(day), before.closes_on(day))
        != (after.opens_on(day), after.closes_on(day))
    ]


def _due_day(opening: date, terms: Terms, calendar: Calendar) -> date:
    if terms.unit is Unit.BUSINESS:
        day = _step(opening, terms.days, DAY, calendar)
    else:
        day = opening + timedelta(days=terms.days)
    while not calendar.is_working(day):
        day += DAY
    return day


def _step(day: date, days: int, step: timedelta, calendar: Calendar) -> date:
    """Find the `days`-th working day after (or before) `day`."""
    while days > 0:
        day += step
        days -= calendar.is_working(day)
    return day
