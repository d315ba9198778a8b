"""Days off in Brazil: what the law gives, what nobody works anyway, what the operadora edits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from helpdesk.deadlines import SATURDAY, Calendar
from helpdesk.text import sort_name

#: facultative days (Lei 9.093/1995 leaves them to each place) that the sector does not work; Ash
#: Wednesday, 24/12 and 31/12 are of the same kind and are worked
FACULTATIVE = frozenset({"Carnaval", "Corpus Christi"})
#: cities whose own holidays the library knows, by state and name
CITIES = {("SP", "São Paulo"): "São Paulo Capital"}
#: the calendar is built for these years; a deadline never reaches further
YEARS = range(2020, 2041)

When = Literal["date", "yearly", "easter"]
Effect = Literal["closed", "half", "open"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider, or the operadora, is; "" is unknown."""

    state: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line of the calendar register, see `helpdesk.models.CalendarDay`."""

    name: str
    rule: When = "date"
    day: date | None = None
    from_easter: int | None = None
    effect: Effect = "closed"
    opens: time | None = None
    closes: time | None = None
    state: str = ""
    city: str = ""
    sector_id: int | None = None

    def days(self, years: Iterable[int]) -> Iterator[date]:
        """Every day it names. 29/2 is no day of most years."""
        if self.rule == "date":
            if self.day is not None and self.day.year in years:
                yield self.day
            return
        for year in years:
            if self.rule == "easter":
                yield easter(year) + timedelta(days=self.from_easter or 0)
            elif self.day is not None and not (_is_leap_day(self.day) and not _is_leap(year)):
                yield self.day.replace(year=year)

    def counts(self, sector_id: int | None, place: Place, home: Place) -> bool:
        """For a ticket of this sector, of a provider of this place? What closes the operadora's
        own place closes it for all."""
        if self.sector_id is not None and self.sector_id != sector_id:
            return False
        return not self.state or self._is_at(place) or self._is_at(home)

    @property
    def reach(self) -> int:
        """The narrower, the higher: it wins over what reaches further."""
        return 2 * (self.sector_id is not None) + bool(self.state) + bool(self.city)

    def _is_at(self, place: Place) -> bool:
        same = self.state == place.state.upper()
        return same and (not self.city or sort_name(self.city) == sort_name(place.city))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * el) // 433
    month = (h + el - 7 * m + 90) // 25
    return date(year, month, (h + el - 7 * m + 33 * month + 19) % 32)


def national(
    years: Iterable[int], state: str | None = None, city: str | None = None
) -> dict[date, str]:
    """List national holidays and the facultative days nobody works, with their Portuguese names.

    `state` (two letters) adds its holidays, `city` those of the cities the library knows; the
    others are edited by hand. Raises `ValueError` for an unknown state.
    """
    found: dict[date, str] = {}
    for year in years:
        found.update(_year(year, state, city))
    return found


def build(zone: ZoneInfo, base: Mapping[date, str], rules: Iterable[Rule]) -> Calendar:
    """Apply the operadora's own rules to the law's days: a later one wins over an earlier."""
    days_off = dict(base)
    working: set[date] = set()
    hours: dict[date, tuple[time, time]] = {}
    usual = Calendar(zone)
    for rule in rules:
        for day in rule.days(YEARS):
            hours.pop(day, None)
            if rule.effect == "closed":
                days_off[day] = rule.name
                working.discard(day)
                continue
            days_off.pop(day, None)
            working.add(day)
            if rule.effect == "half":
                hours[day] = (rule.opens or usual.opens, rule.closes or usual.closes)
    weekends = frozenset(day for day in working if day.weekday() >= SATURDAY)
    return Calendar(zone=zone, days_off=days_off, working=weekends, hours=hours)


@lru_cache(maxsize=256)
def of(zone: ZoneInfo, state: str | None, city: str | None, rules: tuple[Rule, ...]) -> Calendar:
    """The law's calendar of the operadora's own place with these rules, the widest first."""
    ordered = sorted(rules, key=lambda rule: rule.reach)
    return build(zone, national(YEARS, state, city), ordered)


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@lru_cache(maxsize=256)
def _year(year: int, state: str | None, city: str | None) -> dict[date, str]:
    # Slow to import, and a command that counts no deadline never needs it.
    from holidays.countries.brazil import Brazil  # noqa: PLC0415

    if state is not None and state not in Brazil.subdivisions_aliases.values():
        msg = f"{state}: not a state of Brazil"
        raise ValueError(msg)
    place = CITIES.get((state or "", city or ""), state)
    legal = Brazil(subdiv=place, years=year, language="pt_BR", categories="public")
    facultative = Brazil(years=year, language="pt_BR", categories="optional")
    days = {day: name for day, name in facultative.items() if name in FACULTATIVE}
    return dict(sorted((days | dict(legal.items())).items()))
