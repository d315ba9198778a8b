"""The operadora's own calendar: what the register says, and whose days those are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import calendars
from helpdesk.calendars import Place, Rule
from helpdesk.deadlines import Calendar
from helpdesk.models import CalendarDay, Provider
from helpdesk.policy import Policy


@dataclass(frozen=True, slots=True)
class Calendars:
    """Which calendar counts: `place` says where a provider is."""

    policy: Policy
    rules: tuple[Rule, ...]
    place: Callable[[int], Place]

    def of(self, sector_id: int | None, provider_id: int) -> Calendar:
        """That of a ticket of this sector and provider."""
        # Where a provider is matters only when a rule speaks of places.
        placed = any(rule.state for rule in self.rules)
        return self.at(sector_id, self.place(provider_id) if placed else Place())

    def at(self, sector_id: int | None = None, place: Place | None = None) -> Calendar:
        """That of a sector and a place; without either, what everybody has."""
        policy = self.policy
        home = Place(policy.state or "", policy.city or "")
        where = place or Place()
        counted = tuple(r for r in self.rules if r.counts(sector_id, where, home))
        return calendars.of(policy.zone, policy.state, policy.city, counted)


@dataclass(frozen=True, slots=True)
class Day:
    """One day off or of other hours. `own`: of the register; the rest is the law's."""

    day: date
    name: str
    effect: str
    own: bool
    rule: Rule | None = None
    sector: int | None = None


def load(session: Session, policy: Policy) -> Calendars:
    """For one transaction: where providers are is asked when needed."""

    @cache
    def place(provider_id: int) -> Place:
        row = session.execute(
            select(Provider.state, Provider.city).where(Provider.id == provider_id)
        ).first()
        return Place(*row) if row else Place()

    return Calendars(policy, rules(session), place)


def rules(session: Session) -> tuple[Rule, ...]:
    rows = session.scalars(select(CalendarDay).where(CalendarDay.active).order_by(CalendarDay.id))
    return tuple(rule_of(row) for row in rows)


def rule_of(row: CalendarDay) -> Rule:
    return Rule(
        name=row.name,
        rule=row.rule,  # pyright: ignore[reportArgumentType] - the register takes no other
        day=row.day,
        from_easter=row.from_easter,
        effect=row.effect,  # pyright: ignore[reportArgumentType] - likewise
        opens=row.opens,
        closes=row.closes,
        state=row.state,
        city=row.city,
        sector_id=row.sector_id,
    )


def listing(session: Session, policy: Policy, year: int) -> list[Day]:
    """Days of the year in their order: the law's, then what the register says of the same day."""
    home = Place(policy.state or "", policy.city or "")
    legal = calendars.national([year], policy.state, policy.city)
    own = [(day, rule) for rule in rules(session) for day in rule.days([year])]
    decided = {day for day, rule in own if rule.counts(None, home, home)}
    days = [
        Day(day, name, "closed", own=False) for day, name in legal.items() if day not in decided
    ]
    days += [Day(day, r.name, r.effect, own=True, rule=r, sector=r.sector_id) for day, r in own]
    return sorted(days, key=lambda each: (each.day, each.own, each.name))
