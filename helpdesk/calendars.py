"""Days off in Brazil: what the law gives, what nobody works anyway, what the operadora edits."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from helpdesk.deadlines import SATURDAY, Calendar

#: facultative days (Lei 9.093/1995 leaves them to each place) that the sector does not work; Ash
#: Wednesday, 24/12 and 31/12 are of the same kind and are worked
FACULTATIVE = frozenset({"Carnaval", "Corpus Christi"})
#: cities whose own holidays the library knows, by state and name
CITIES = {("SP", "São Paulo"): "São Paulo Capital"}


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


def build(
    zone: ZoneInfo, base: Mapping[date, str], overrides: Iterable[tuple[date, str, bool]]
) -> Calendar:
    """Apply the operadora's own days, `(day, name, working)`: a later one wins over an earlier."""
    days_off = dict(base)
    working: set[date] = set()
    for day, name, works in overrides:
        if works:
            days_off.pop(day, None)
            working.add(day)
        else:
            days_off[day] = name
            working.discard(day)
    weekends = frozenset(day for day in working if day.weekday() >= SATURDAY)
    return Calendar(zone=zone, days_off=days_off, working=weekends)


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
