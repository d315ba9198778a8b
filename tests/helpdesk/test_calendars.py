"""Holidays against a computation of Easter that shares nothing with the library."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import calendars

ZONE = ZoneInfo("America/Sao_Paulo")
SATURDAY = 5
YEARS = range(2023, 2036)


def easter(year: int) -> date:
    """Gauss, as completed by Lichtenberg: offset in March."""
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    cycle = year % 19
    seed = (19 * cycle + moon) % 30
    correction = (seed + cycle // 11) // 29
    limit = 21 + seed - correction
    first_sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=limit + 7 - (limit - first_sunday) % 7 - 1)


def expected(year: int) -> set[date]:
    fixed = [(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)]
    if year >= 2024:  # Lei 14.759/2023
        fixed.append((11, 20))
    moving = (-48, -47, -2, 60)  # Carnival Monday and Tuesday, Good Friday, Corpus Christi
    return {date(year, m, d) for m, d in fixed} | {easter(year) + timedelta(n) for n in moving}


@pytest.mark.parametrize("year", YEARS)
def test_national_days_are_the_law_s_and_the_ones_nobody_works(year: int) -> None:
    assert set(calendars.national([year])) == expected(year)


def test_years_join_in_order_and_names_are_portuguese() -> None:
    days = calendars.national(YEARS)
    assert list(days) == sorted(days)
    assert set(days) == {day for year in YEARS for day in expected(year)}
    assert days[date(2026, 11, 20)].endswith("Consciência Negra")
    assert days[date(2026, 2, 16)] == "Carnaval"


def test_state_and_city_only_add() -> None:
    country = calendars.national([2026])
    state = calendars.national([2026], "SP")
    city = calendars.national([2026], "SP", "São Paulo")
    assert set(state) - set(country) == {date(2026, 7, 9)}
    assert set(city) - set(state) == {date(2026, 1, 25)}
    assert calendars.national([2026], "MG", "Belo Horizonte") == calendars.national([2026], "MG")


def test_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        calendars.national([2026], "XX")


def test_operadora_edits_days_and_the_last_edit_wins() -> None:
    base = calendars.national([2026])
    carnival, bridge, saturday = date(2026, 2, 16), date(2026, 11, 23), date(2026, 11, 21)
    edits = [(bridge, "Ponte", False), (carnival, "", True), (saturday, "", True)]
    calendar = calendars.build(ZONE, base, edits)
    assert calendar.is_working(carnival)
    assert calendar.reason(carnival) == ""
    assert not calendar.is_working(bridge)
    assert calendar.reason(bridge) == "Ponte"
    assert calendar.is_working(saturday)
    again = calendars.build(ZONE, base, [*edits, (bridge, "", True), (saturday, "Festa", False)])
    assert again.is_working(bridge)
    assert again.reason(saturday) == "Festa"
    assert carnival in base


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.booleans())
def test_an_edited_day_is_what_the_edit_says(day: date, working: bool) -> None:
    calendar = calendars.build(ZONE, calendars.national([2026, 2027]), [(day, "Dia", working)])
    assert calendar.is_working(day) is working
