"""What the panel's figures are asked of, and how its sums are read."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, func, select, text, union_all
from sqlalchemy.orm import Session

from helpdesk import access, tallies
from helpdesk.border import Actor
from helpdesk.models import Agent, Tally, TallyChange, Ticket
from helpdesk.models.base import Id
from helpdesk.spread import Spread, spread

#: what is grouped by, the column its sums stand under, and the mark of its measures
GROUPED = {
    "classification": ("classification_id", ""),
    "sector": ("sector_id", ""),
    "agent": ("agent_id", "@"),
}
NAMES = frozenset({"measure", "secret_group"})
COUNTED = ("opened", "closed", "answered", "solved")


@dataclass(frozen=True, slots=True)
class Scope:
    """Local days, both included; ids of registers, none means any."""

    first: date
    last: date
    classifications: tuple[int, ...] = ()
    sectors: tuple[int, ...] = ()

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Group:
    """`code` and `name` are "" for what belongs to none. Opened and answered in the period, ended
    (of which `late`) and solved in it."""

    code: str
    name: str
    opened: int
    answer: Spread
    resolution: Spread
    ended: int
    late: int

    @property
    def in_time(self) -> int | None:
        """Percent of what ended, rounded down: 100 means all."""
        return 100 * (self.ended - self.late) // self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Sums:
    """A reader of sums for one actor and scope: every figure passes the gate here."""

    session: Session
    actor: Actor
    scope: Scope
    #: tickets the actor may know of that no sum shows them: counted by themselves
    singly: tuple[int, ...]

    def of(self, measures: tuple[str, ...], days: tuple[int, int] | None, *by: Any) -> list[Any]:
        """Rows of `by` and the sum, from the folded sums, what is not folded yet, and tickets
        counted by themselves. `by` are names of columns, or pairs of a label and a
        function of the source's columns; `days` are inclusive, None is whenever."""
        parts = [
            self._part(table.__table__.c, measures, days, by) for table in (Tally, TallyChange)
        ]
        if self.singly:
            parts.append(self._part(self._of_tickets(), measures, days, by, gate=False))
        told = union_all(*parts).subquery()
        *keys, n = told.c
        query = select(*keys, func.sum(n)).group_by(*keys).having(func.sum(n) != 0)
        return [tuple(row) for row in self.session.execute(query).all()]

    def _part(
        self,
        c: Any,
        measures: tuple[str, ...],
        days: tuple[int, int] | None,
        by: tuple[Any, ...],
        *,
        gate: bool = True,
    ) -> Any:
        named = [
            c[one].label(one) if isinstance(one, str) else one[1](c).label(one[0]) for one in by
        ]
        where: list[ColumnElement[bool]] = [c.measure.in_(measures)]
        if gate:
            where.append(access.tallied(self.actor, c.secret_group, c.sector_id))
        if days is not None:
            where.append(c.at.between(*days))
        if self.scope.classifications:
            where.append(c.classification_id.in_(self.scope.classifications))
        if self.scope.sectors:
            where.append(c.sector_id.in_(self.scope.sectors))
        return select(*named, func.sum(c.n).label("n")).where(and_(*where)).group_by(*named)

    def _of_tickets(self) -> Any:
        dialect = self.session.get_bind().dialect.name
        listed = ", ".join(map(str, self.singly))
        these = f" FROM (SELECT * FROM ticket WHERE number IN ({listed})) t"  # noqa: S608 - integers
        columns = {name: String if name in NAMES else Id for name in (*tallies.KEY, "n")}
        sql = tallies.counted(dialect, "t", these).replace("::", r"\:\:")
        return text(sql).columns(**columns).subquery().c


def sums_of(session: Session, actor: Actor, scope: Scope) -> Sums:
    beyond = access.beyond(actor)
    singly = () if beyond is None else session.scalars(select(Ticket.number).where(beyond))
    return Sums(session, actor, scope, tuple(singly))


def groups(sums: Sums, by: str, names: dict[int, tuple[str, str]]) -> list[Group]:
    """Most opened first. `names`: id to code and name."""
    column, mark = GROUPED[by]
    days = (tallies.day_number(sums.scope.first), tallies.day_number(sums.scope.last))
    rows = sums.of(tuple(mark + one for one in COUNTED), days, column, "measure", "part")
    parts: dict[int, dict[str, dict[int, int]]] = {}
    for key, measure, part, n in rows:
        own = parts.setdefault(key, {one: {} for one in COUNTED})
        own[measure.removeprefix(mark)][part] = int(n)
    found = [
        Group(
            *names.get(key, ("", "")),
            opened=sum(own["opened"].values()),
            answer=spread(own["answered"]),
            resolution=spread(own["solved"]),
            ended=sum(own["closed"].values()),
            late=own["closed"].get(1, 0),
        )
        for key, own in parts.items()
    ]
    return sorted(found, key=lambda g: (-g.opened, -g.ended, g.name, g.code))


def agents(session: Session) -> dict[int, tuple[str, str]]:
    rows = session.execute(select(Agent.id, Agent.login, Agent.name))
    return {id: (login, name) for id, login, name in rows}
