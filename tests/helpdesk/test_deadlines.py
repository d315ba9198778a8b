"""The two worked examples of the rules, and what must hold for every calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import calendars
from helpdesk.deadlines import (
    Band,
    Calendar,
    Terms,
    Unit,
    band,
    days_open,
    deadline,
    differences,
    explain,
    working_time,
)

ZONE = ZoneInfo("America/Sao_Paulo")
BRAZIL = calendars.build(ZONE, calendars.national(range(2023, 2029)), [])
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)

instants = st.datetimes(
    FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)
)
days_off = st.dictionaries(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.just("Feriado"))
calendar_of = st.builds(Calendar, zone=st.just(ZONE), days_off=days_off)
weekends = st.frozensets(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
opened_of = st.builds(Calendar, zone=st.just(ZONE), days_off=days_off, working=weekends)
terms_of = st.builds(
    Terms,
    days=st.integers(0, 40),
    unit=st.sampled_from(Unit),
    attention=st.integers(0, 10),
    source=st.just("classification"),
)


def local(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def business(days: int, attention: int = 1) -> Terms:
    return Terms(days, Unit.BUSINESS, attention, "classification")


def calendar_days(days: int, attention: int = 1) -> Terms:
    return Terms(days, Unit.CALENDAR, attention, "classification")


@pytest.mark.parametrize(
    ("opened", "terms", "due"),
    [
        (local(2026, 11, 18), business(5), local(2026, 11, 26, 18)),
        (local(2026, 2, 13), business(1), local(2026, 2, 18, 18)),
        (local(2026, 11, 19), business(1), local(2026, 11, 23, 18)),
        (local(2026, 11, 21), business(1), local(2026, 11, 23, 18)),
        (local(2026, 11, 18, 0, 1), business(1), local(2026, 11, 19, 18)),
        (local(2026, 11, 18, 23, 59), business(1), local(2026, 11, 19, 18)),
        # Ash Wednesday, 24/12 and 31/12 are worked
        (local(2026, 12, 23), business(1), local(2026, 12, 24, 18)),
        (local(2026, 12, 24), business(1), local(2026, 12, 28, 18)),
        (local(2026, 12, 30), business(2), local(2027, 1, 4, 18)),
        # 18/11 + 3 is a Saturday, + 2 the holiday of 20/11
        (local(2026, 11, 18), calendar_days(3), local(2026, 11, 23, 18)),
        (local(2026, 11, 18), calendar_days(2), local(2026, 11, 23, 18)),
        (local(2026, 11, 18), calendar_days(6), local(2026, 11, 24, 18)),
    ],
)
def test_due_at(opened: datetime, terms: Terms, due: datetime) -> None:
    counted = deadline(opened, terms, BRAZIL)
    assert counted.due_at == due
    assert counted.due_at.tzinfo is UTC
    assert (counted.days, counted.unit, counted.attention) == (
        terms.days,
        terms.unit,
        terms.attention,
    )


def test_attention_begins_with_the_service_of_its_day_in_the_same_unit() -> None:
    opened = local(2026, 11, 18)
    assert deadline(opened, business(5, 2), BRAZIL).attention_at == local(2026, 11, 24, 8)
    assert deadline(opened, business(5, 4), BRAZIL).attention_at == local(2026, 11, 19, 8)
    assert deadline(opened, calendar_days(6, 2), BRAZIL).attention_at == local(2026, 11, 22, 8)


def test_summer_time_of_the_past_moves_the_instant_not_the_hour() -> None:
    december = deadline(local(2018, 12, 3), business(1), Calendar(ZONE)).due_at
    assert december == datetime(2018, 12, 4, 20, tzinfo=UTC)


def test_bands_meet_without_gap_or_overlap() -> None:
    attention_at, due_at = local(2026, 11, 25, 8), local(2026, 11, 26, 18)
    tick = timedelta(microseconds=1)
    assert band(attention_at - tick, due_at, attention_at) is Band.WITHIN
    assert band(attention_at, due_at, attention_at) is Band.ATTENTION
    assert band(due_at, due_at, attention_at) is Band.ATTENTION
    assert band(due_at + tick, due_at, attention_at) is Band.EXPIRED


def test_days_open_are_calendar_days_of_the_zone() -> None:
    # 02:30 UTC is still the day before in São Paulo
    assert days_open(local(2026, 11, 18, 23), datetime(2026, 11, 19, 2, 30, tzinfo=UTC), ZONE) == 0
    assert days_open(local(2026, 11, 18, 23), local(2026, 11, 19, 0, 5), ZONE) == 1
    assert days_open(local(2026, 11, 18), local(2026, 11, 28), ZONE) == 10


def test_explain_says_why_business_days_took_so_long() -> None:
    told = explain(local(2026, 11, 18), business(5), BRAZIL)
    assert [(c.day.day, c.kind, c.count) for c in told] == [
        (18, "opening", 0),
        (19, "counted", 1),
        (20, "holiday", 1),
        (21, "weekend", 1),
        (22, "weekend", 1),
        (23, "counted", 2),
        (24, "counted", 3),
        (25, "counted", 4),
        (26, "due", 5),
    ]
    assert "Consciência Negra" in told[2].name


def test_explain_says_why_calendar_days_rolled() -> None:
    told = explain(local(2026, 11, 18), calendar_days(2), BRAZIL)
    assert [(c.day.day, c.kind, c.count) for c in told] == [
        (18, "opening", 0),
        (19, "counted", 1),
        (20, "rolled", 2),
        (21, "rolled", 2),
        (22, "rolled", 2),
        (23, "due", 2),
    ]


def test_working_time_counts_service_hours_only() -> None:
    thursday, monday = local(2026, 11, 19, 17), local(2026, 11, 23, 9, 30)
    assert working_time(thursday, monday, BRAZIL) == timedelta(hours=2, minutes=30)
    assert working_time(monday, thursday, BRAZIL) == -timedelta(hours=2, minutes=30)
    assert working_time(local(2026, 11, 18, 19), local(2026, 11, 19, 7), BRAZIL) == timedelta()
    assert working_time(local(2026, 11, 18, 7), local(2026, 11, 18, 20), BRAZIL) == timedelta(
        hours=10
    )


def test_saturday_can_be_worked() -> None:
    saturday = date(2026, 11, 21)
    calendar = Calendar(ZONE, working=frozenset({saturday}))
    assert calendar.is_working(saturday)
    assert calendar.reason(saturday) == ""
    assert deadline(local(2026, 11, 20), business(1), calendar).due_at == local(2026, 11, 21, 18)


@given(instants, terms_of, calendar_of)
def test_due_day_is_worked_and_ends_with_its_service(
    opened: datetime, terms: Terms, calendar: Calendar
) -> None:
    due = deadline(opened, terms, calendar).due_at.astimezone(ZONE)
    assert calendar.is_working(due.date())
    assert due.time() == time(18)


@given(instants, terms_of, calendar_of)
def test_opening_day_never_counts(opened: datetime, terms: Terms, calendar: Calendar) -> None:
    """Nothing depends on the hour of the opening, and n business days lie behind it."""
    start = datetime.combine(opened.astimezone(ZONE).date(), time(), ZONE)
    counted = deadline(opened, terms, calendar)
    assert counted == deadline(start, terms, calendar)
    day, last = start.date(), counted.due_at.astimezone(ZONE).date()
    worked = sum(
        calendar.is_working(day + timedelta(days=n)) for n in range(1, (last - day).days + 1)
    )
    if terms.unit is Unit.BUSINESS and terms.days:
        assert worked == terms.days
    if terms.unit is Unit.CALENDAR:
        rolled = range(terms.days, (last - day).days)
        assert not any(calendar.is_working(day + timedelta(days=n)) for n in rolled)


@given(instants, st.integers(1, 39), st.sampled_from(Unit), calendar_of)
def test_longer_terms_are_never_due_earlier(
    opened: datetime, days: int, unit: Unit, calendar: Calendar
) -> None:
    short = deadline(opened, Terms(days, unit, 1, "contract"), calendar)
    longer = deadline(opened, Terms(days + 1, unit, 1, "contract"), calendar)
    assert short.due_at <= longer.due_at
    assert short.attention_at < short.due_at


@given(instants, terms_of, calendar_of)
def test_explanation_runs_from_the_opening_to_the_due_day(
    opened: datetime, terms: Terms, calendar: Calendar
) -> None:
    told = explain(opened, terms, calendar)
    due = deadline(opened, terms, calendar).due_at.astimezone(ZONE).date()
    days = [counted.day for counted in told]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert (days[0], days[-1]) == (opened.astimezone(ZONE).date(), due)
    assert told[0].kind == "opening"
    assert [c.kind for c in told].count("due") == (len(told) > 1)
    if len(told) > 1:
        assert (told[-1].kind, told[-1].count) == ("due", terms.days)
    assert all(c.count == p.count for p, c in pairwise(told) if c.kind in {"weekend", "holiday"})


@given(instants, instants, instants, calendar_of)
def test_working_time_adds_up(
    one: datetime, two: datetime, three: datetime, calendar: Calendar
) -> None:
    assert working_time(one, two, calendar) + working_time(two, three, calendar) == working_time(
        one, three, calendar
    )
    assert working_time(one, two, calendar) == -working_time(two, one, calendar)


hours_of = st.dictionaries(
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.tuples(st.times(time(6), time(11)), st.times(time(12), time(20))),
    max_size=40,
)
served = st.builds(Calendar, zone=st.just(ZONE), days_off=days_off, hours=hours_of)


@given(instants, terms_of, served)
def test_a_deadline_ends_with_the_service_of_its_own_day(
    opened: datetime, terms: Terms, calendar: Calendar
):
    counted = deadline(opened, terms, calendar)
    day = calendar.local_day(counted.due_at)
    assert calendar.is_working(day)
    assert counted.due_at == calendar.at(day, calendar.closes_on(day))


@given(instants, instants, served)
def test_working_time_adds_up_over_any_cut(start: datetime, end: datetime, calendar: Calendar):
    start, end = sorted((start, end))
    end = min(end, start + timedelta(days=60))
    cut = start + (end - start) / 3
    whole = working_time(start, end, calendar)
    assert whole == working_time(start, cut, calendar) + working_time(cut, end, calendar)
    days = (calendar.local_day(start) + timedelta(days=n) for n in range(70))
    longest = sum(
        (
            datetime.combine(day, calendar.closes_on(day))
            - datetime.combine(day, calendar.opens_on(day))
            for day in days
            if calendar.is_working(day)
        ),
        timedelta(),
    )
    assert timedelta() <= whole <= longest


@given(st.dates(date(2023, 1, 1), date(2028, 1, 1)), st.integers(-5, 900), opened_of)
def test_working_days_are_counted_as_one_by_one(after: date, days: int, calendar: Calendar):
    between = [after + timedelta(days=n) for n in range(1, days)]
    assert calendar.worked(after, after + timedelta(days=days)) == sum(
        map(calendar.is_working, between)
    )


@given(instants, terms_of, served, served)
def test_only_days_after_the_opening_until_the_due_day_move_a_deadline(
    opened: datetime, terms: Terms, before: Calendar, after: Calendar
):
    counted = deadline(opened, terms, before)
    opening, due = before.local_day(opened), before.local_day(counted.due_at)
    moved = deadline(opened, terms, after).due_at != counted.due_at
    changed = differences(before, after, opening + timedelta(days=1), due)
    if not changed:
        assert not moved


@given(instants, terms_of, served)
def test_one_more_day_off_never_shortens_a_deadline(
    opened: datetime, terms: Terms, calendar: Calendar
):
    counted = deadline(opened, terms, calendar)
    due = calendar.local_day(counted.due_at)
    closed = replace(calendar, days_off={**calendar.days_off, due: "Folga"})
    assert deadline(opened, terms, closed).due_at > counted.due_at
