"""Holidays against a computation of Easter that shares nothing with the library."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import calendars
from helpdesk.calendars import Place, Rule

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
    edits = [
        Rule(name="Ponte", day=bridge),
        Rule(name="", day=carnival, effect="open"),
        Rule(name="", day=saturday, effect="open"),
    ]
    calendar = calendars.build(ZONE, base, edits)
    assert calendar.is_working(carnival)
    assert calendar.reason(carnival) == ""
    assert not calendar.is_working(bridge)
    assert calendar.reason(bridge) == "Ponte"
    assert calendar.is_working(saturday)
    later = [Rule(name="", day=bridge, effect="open"), Rule(name="Festa", day=saturday)]
    again = calendars.build(ZONE, base, [*edits, *later])
    assert again.is_working(bridge)
    assert again.reason(saturday) == "Festa"
    assert carnival in base


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.booleans())
def test_an_edited_day_is_what_the_edit_says(day: date, working: bool) -> None:
    rule = Rule(name="Dia", day=day, effect="open" if working else "closed")
    calendar = calendars.build(ZONE, calendars.national([2026, 2027]), [rule])
    assert calendar.is_working(day) is working


@pytest.mark.parametrize("year", range(1900, 2200))
def test_easter_is_the_same_by_two_ways(year: int) -> None:
    assert calendars.easter(year) == easter(year)


def test_a_rule_names_its_days() -> None:
    once = Rule(name="Mudança", day=date(2026, 3, 2))
    assert list(once.days(YEARS)) == [date(2026, 3, 2)]
    assert list(once.days([2027])) == []
    yearly = Rule(name="Aniversário", rule="yearly", day=date(2020, 12, 12))
    assert list(yearly.days([2026, 2027])) == [date(2026, 12, 12), date(2027, 12, 12)]
    leap = Rule(name="Bissexto", rule="yearly", day=date(2024, 2, 29))
    assert list(leap.days([2027, 2028])) == [date(2028, 2, 29)]
    ashes = Rule(name="Cinzas", rule="easter", from_easter=-46)
    assert list(ashes.days([2026])) == [date(2026, 2, 18)]
    assert list(Rule(name="Nada").days(YEARS)) == []


HOME = Place("MG", "Belo Horizonte")


@pytest.mark.parametrize(
    ("rule", "sector", "place", "counts"),
    [
        (Rule(name="todos"), 1, Place("SP", "Santos"), True),
        (Rule(name="setor", sector_id=1), 1, Place(), True),
        (Rule(name="setor", sector_id=1), 2, Place(), False),
        (Rule(name="setor", sector_id=1), None, Place(), False),
        (Rule(name="estado", state="SP"), None, Place("sp", "Santos"), True),
        (Rule(name="estado", state="SP"), None, Place("RJ"), False),
        (Rule(name="cidade", state="SP", city="São Paulo"), None, Place("SP", "SAO PAULO"), True),
        (Rule(name="cidade", state="SP", city="São Paulo"), None, Place("SP", "Santos"), False),
        (Rule(name="casa", state="MG", city="Belo Horizonte"), None, Place("SP", "Santos"), True),
        (Rule(name="ambos", state="SP", sector_id=1), 1, Place("SP"), True),
        (Rule(name="ambos", state="SP", sector_id=1), 2, Place("SP"), False),
    ],
)
def test_a_rule_counts_for_those_it_reaches(
    rule: Rule, sector: int | None, place: Place, counts: bool
) -> None:
    assert rule.counts(sector, place, HOME) is counts


def test_the_narrower_rule_wins() -> None:
    day = date(2026, 12, 24)
    rules = (
        Rule(name="Plantão do setor", day=day, effect="open", sector_id=1),
        Rule(name="Véspera", day=day),
        Rule(name="Véspera em São Paulo", day=day, effect="half", closes=time(12), state="SP"),
    )
    for counted, working, closes in (
        (rules[1:2], False, time(18)),
        (rules[1:], True, time(12)),
        (rules, True, time(18)),
    ):
        calendar = calendars.of(ZONE, None, None, counted)
        assert (calendar.is_working(day), calendar.closes_on(day)) == (working, closes)


def test_a_half_holiday_has_hours_of_its_own() -> None:
    ashes = Rule(name="Cinzas", rule="easter", from_easter=-46, effect="half", opens=time(13))
    calendar = calendars.of(ZONE, None, None, (ashes,))
    assert calendar.opens_on(date(2026, 2, 18)) == time(13)
    assert calendar.closes_on(date(2026, 2, 18)) == time(18)
    assert calendar.opens_on(date(2026, 2, 19)) == time(8)
