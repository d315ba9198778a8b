"""The figures of a period, read from sums (helpdesk/tallies.py): what it costs follows the days
that are asked about, never the tickets there are."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from helpdesk import tallies
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.models.base import EPOCH, MICROSECOND
from helpdesk.panel_groups import Group, Scope, Sums, agents, groups, sums_of
from helpdesk.policy import Policy
from helpdesk.spread import Spread, spread
from helpdesk.tallies import BANDS, day_number

#: the weeks of a period are put together until there are no more than so many stretches
MOST_STRETCHES = 10
WEEK = 7
#: 1970-01-01 was a Thursday
FIRST_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was open at the end of the day, in each band."""

    day: date
    bands: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A week or several: first answers given and tickets ended in it."""

    first: date
    last: date
    answer: Spread
    resolution: Spread


@dataclass(frozen=True, slots=True)
class Running:
    """What is open now; `oldest` is the first missed deadline. `ends` is where it would all end
    with nobody doing anything: expired, but where the clock stands."""

    bands: dict[str, int]
    oldest: datetime | None
    ends: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.bands.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """`hours`: weekday (0 is Monday) and hour to the tickets opened then."""

    scope: Scope
    running: Running
    days: list[Day]
    backlogs: list[Backlog]
    stretches: list[Stretch]
    hours: dict[tuple[int, int], int]
    groups: list[Group]
    answer: Spread
    resolution: Spread
    ended: int
    late: int
    #: the last day is not over yet
    is_running: bool

    @property
    def opened(self) -> int:
        return sum(day.opened for day in self.days)

    @property
    def nothing(self) -> bool:
        """Nothing came, went or stood open on any of these days."""
        return not (self.opened or self.ended or any(sum(b.bands.values()) for b in self.backlogs))

    @property
    def in_time(self) -> int | None:
        """Percent of what ended, rounded down: 100 means all."""
        return 100 * (self.ended - self.late) // self.ended if self.ended else None


def read(
    session: Session,
    actor: Actor,
    scope: Scope,
    by: str,
    registers: Catalog,
    *,
    policy: Policy,
    now: datetime,
) -> Figures:
    """`by`: classification | sector | agent. The last day of the backlog is what is open now when
    the period ends today."""
    sums = sums_of(session, actor, scope)
    running = _running(sums, now)
    period = (day_number(scope.first), day_number(scope.last))
    ends = sums.of(("closed",), period, "at", "part")
    closed: dict[int, int] = {}
    for at, _, n in ends:
        closed[at] = closed.get(at, 0) + int(n)
    hours, opened = _openings(sums, period)
    whole, stretches = _stretches(sums, scope)
    return Figures(
        scope=scope,
        running=running,
        days=[
            Day(day, opened.get(day_number(day), 0), closed.get(day_number(day), 0))
            for day in scope.days
        ],
        backlogs=_backlogs(sums, scope, running, policy.day(now)),
        stretches=stretches,
        hours=hours,
        groups=groups(sums, by, _names(session, by, registers)),
        answer=whole[0],
        resolution=whole[1],
        ended=sum(closed.values()),
        late=sum(int(n) for _, part, n in ends if part),
        is_running=scope.last == policy.day(now),
    )


def _names(session: Session, by: str, registers: Catalog) -> dict[int, tuple[str, str]]:
    if by == "agent":
        return agents(session)
    rows = registers.sectors if by == "sector" else registers.classifications
    return {id: (row.code, row.name) for id, row in rows.items()}


def _running(sums: Sums, now: datetime) -> Running:
    """By the bands as every list has them, see `filters`."""
    moment = (now - EPOCH) // MICROSECOND
    bands = dict.fromkeys(BANDS, 0)
    still = dict.fromkeys(BANDS, 0)
    oldest: int | None = None
    for due, attention, n in sums.of(("running",), None, "at", "part"):
        if due < moment:
            bands["expired"] += int(n)
            oldest = due if oldest is None else min(oldest, due)
        else:
            bands["attention" if attention <= moment else "within"] += int(n)
        if due == tallies.STILL:
            still["within" if attention == tallies.STILL else "attention"] += int(n)
    still["expired"] = sum(bands.values()) - sum(still.values())
    return Running(bands, None if oldest is None else EPOCH + oldest * MICROSECOND, still)


def _openings(
    sums: Sums, period: tuple[int, int]
) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """By weekday and hour, and by day."""
    hours: dict[tuple[int, int], int] = {}
    days: dict[int, int] = {}
    for at, hour, n in sums.of(("opened",), period, "at", "part"):
        weekday = (at + FIRST_WEEKDAY) % WEEK
        hours[weekday, hour] = hours.get((weekday, hour), 0) + int(n)
        days[at] = days.get(at, 0) + int(n)
    return hours, days


def _backlogs(sums: Sums, scope: Scope, running: Running, today: date) -> list[Backlog]:
    """Back from the end of all days: a period of last week need not know what was before it."""
    first = day_number(scope.first)
    moves: dict[int, dict[str, int]] = {}
    for band, at, n in sums.of(BANDS, (first + 1, tallies.NEVER), "measure", "at"):
        moves.setdefault(at, {})[band] = int(n)
    bands = dict(running.ends)
    found: list[Backlog] = []
    last = day_number(scope.last)
    for at in sorted({*moves, *range(first, last + 1)}, reverse=True):
        if first <= at <= last:
            found.append(Backlog(tallies.day_of(at), dict(bands)))
        for band, n in moves.get(at, {}).items():
            bands[band] -= n
    found.reverse()
    if found and scope.last == today:
        found[-1] = Backlog(today, dict(running.bands))
    return found


def _stretches(sums: Sums, scope: Scope) -> tuple[tuple[Spread, Spread], list[Stretch]]:
    """Of the whole period, and of its weeks."""
    monday = scope.first - timedelta(days=scope.first.weekday())
    anchor = day_number(monday)
    weeks = ((scope.last - monday).days // WEEK) + 1
    size = WEEK * -(-weeks // MOST_STRETCHES)
    period = (day_number(scope.first), day_number(scope.last))
    parts: dict[int, dict[str, dict[int, int]]] = {}
    whole: dict[str, dict[int, int]] = {"answered": {}, "solved": {}}

    def stretch(c: Any) -> Any:
        return (c.at - anchor) // size

    by = ("stretch", stretch)
    for n, measure, part, count in sums.of(("answered", "solved"), period, by, "measure", "part"):
        own = parts.setdefault(n, {"answered": {}, "solved": {}})[measure]
        own[part] = own.get(part, 0) + int(count)
        whole[measure][part] = whole[measure].get(part, 0) + int(count)
    found: list[Stretch] = []
    for n in range(-(-weeks * WEEK // size)):
        start = monday + timedelta(days=n * size)
        own = parts.get(n, {"answered": {}, "solved": {}})
        found.append(
            Stretch(
                first=max(start, scope.first),
                last=min(start + timedelta(days=size - 1), scope.last),
                answer=spread(own["answered"]),
                resolution=spread(own["solved"]),
            )
        )
    return (spread(whole["answered"]), spread(whole["solved"])), found
