"""How a page of a list is found without reading the list.

Two ways, and the sizes decide, not the database's guess about them. *Few*: a range of a filter's
index that holds little is read whole and sorted. *Walk*: the order's index, or one for each value,
situation or month (`paths`), is walked until the page is full; a filter that lets few pass is *few*
already. What is neither, because the filter avoids the place where the walk begins, is sorted from
the smallest range.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import iterate

from helpdesk import paths, search
from helpdesk.filters import Range, Wanted
from helpdesk.models import Ticket
from helpdesk.models.base import Base
from helpdesk.models.tickets import filter_index
from helpdesk.paths import KEYS, Order, Path

#: rows looked at for one that is shown
LOOKED_AT = 50
MOST_LOOKED_AT = 20_000
#: exact counts stop here; what is more is said to be more
MOST_COUNTED = 10_000
#: tickets read to count those that no index can
MOST_READ = 2_000
#: of what an index holds, one in so many may be hidden, and a count still gets to its end
HIDDEN = 20
#: a walk gives up here: at a page in as many, sorting costs the same. A stretch of thousands, for a
#: file, is worth so many entries for each of its tickets.
LONGEST_WALK, WALKED_FOR_ONE = 20_000, 10

Place = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Found:
    """Sort value and number of the tickets of a page, in order, one more when there is a next page.
    `total` when finding them counted them."""

    places: list[Place]
    total: int | None


def find(session: Session, wanted: Wanted, order: Order, after: Place | None, limit: int) -> Found:
    if wanted.numbers is not None:
        return _of_search(session, wanted, wanted.numbers, order, after, limit)
    few = _few(session, limit)
    for near in wanted.ranges:
        if _size(session, near, few) <= few:
            return _of_range(session, wanted, near, order, after, limit)
    # Both ends of a period may be read besides what is walked: together, half of it.
    for way in paths.ways(session, wanted, order):
        places = _walk(session, wanted, order, after, limit, way, few // 4)
        if places is not None:
            return Found(places, None)
    near = _narrowest(session, wanted, 5 * MOST_LOOKED_AT)
    return _of_range(session, wanted, near, order, after, limit)


def count(session: Session, wanted: Wanted, *, quickly: bool = False) -> tuple[int, bool]:
    """Exact up to `MOST_COUNTED` when looking at a few more shows it, else "at least". `quickly`:
    no more than `MOST_READ` tickets are read for what no index says."""
    if wanted.numbers is not None:
        among = search.among(session, wanted.numbers)
        found = session.scalar(select(func.count()).where(among, wanted.condition)) or 0
        return min(found, MOST_COUNTED), wanted.complete and found <= MOST_COUNTED
    asked = {part.name for part in iterate(wanted.condition) if isinstance(part, Column)}
    near = next((r for r in wanted.ranges if asked <= _held()[r.index]), None)
    read = quickly and wanted.ranges and near is None
    most = MOST_READ if read else MOST_COUNTED + MOST_COUNTED // HIDDEN
    near = near or _narrowest(session, wanted, most)
    shown = case((wanted.condition, 1), else_=0).label("shown")
    looked = _hinted(select(shown), near.index).where(near.condition).limit(most)
    seen = looked.subquery()
    size, found = session.execute(
        select(func.count(), func.coalesce(func.sum(seen.c.shown), 0))
    ).one()
    return min(found, MOST_COUNTED), found <= MOST_COUNTED and size < most


def _few(session: Session, limit: int) -> int:
    """Of a range of so many entries a walk would pass as many until its page is full: one of n
    tickets in n / range shows."""
    newest = session.scalar(select(func.max(Ticket.number))) or 0
    return min(max(LOOKED_AT * limit, math.isqrt(newest * limit)), MOST_LOOKED_AT)


def _of_search(
    session: Session,
    wanted: Wanted,
    numbers: list[int],
    order: Order,
    after: Place | None,
    limit: int,
) -> Found:
    """The hits are found before: an index in this order leads past everything else."""
    among = search.among(session, numbers)
    return _counted(session, _keyed(order).where(among, wanted.condition), order, after, limit)


def _of_range(
    session: Session, wanted: Wanted, near: Range, order: Order, after: Place | None, limit: int
) -> Found:
    within = _hinted(_keyed(order), near.index).where(near.condition, wanted.condition)
    return _counted(session, within, order, after, limit)


def _counted(session: Session, within: Any, order: Order, after: Place | None, limit: int) -> Found:
    """Text is compared by code point on both databases. Since all are found, they are counted."""
    found = within.cte("found").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(found).scalar_subquery().label("total")
    page = select(found.c.key, found.c.number, total)
    keys = (found.c.key, found.c.number)
    page = page.where(or_(*_stretches(order, after, *keys)))
    page = page.order_by(*(key.desc() if order.descending else key for key in keys))
    rows = session.execute(page.limit(limit + 1)).all()
    # Nothing past a place does not tell how much lies before it.
    nothing = 0 if after is None else None
    return Found([(row.key, row.number) for row in rows], rows[0].total if rows else nothing)


def _size(session: Session, near: Range, most: int) -> int:
    """How many entries the range holds, counted no further than one more than `most`."""
    some = _hinted(select(Ticket.number), near.index).where(near.condition).limit(most + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _walk(
    session: Session,
    wanted: Wanted,
    order: Order,
    after: Place | None,
    limit: int,
    way: list[Path],
    few: int,
) -> list[Place] | None:
    """The page from the indexes in its order; None when too much was passed before it was full."""
    places: list[Place] = []
    left = max(LONGEST_WALK, WALKED_FOR_ONE * limit)
    for path in way:
        if path.near is not None and _size(session, path.near, few) <= few:
            places += _of_range(session, wanted, path.near, order, after, limit).places
            continue
        places = sorted(places, reverse=order.descending)[: limit + 1]
        still = _before(order, places[limit]) if len(places) > limit else true()
        within = Path(path.index, path.within & still)
        part, left = _walked(session, wanted, order, after, limit, within, left)
        if left <= 0:
            return None
        places += part
    return sorted(places, reverse=order.descending)[: limit + 1]


def _before(order: Order, place: Place) -> ColumnElement[bool]:
    """What may still stand on a page whose last place this is, until something better is found."""
    key = KEYS[order.key]
    return key >= place[0] if order.descending else key <= place[0]


def _walked(
    session: Session,
    wanted: Wanted,
    order: Order,
    after: Place | None,
    limit: int,
    path: Path,
    left: int,
) -> tuple[list[Place], int]:
    """The page as far as the walk came, and how much of `left` is left: none when it ended there,
    all when it ended with the page."""
    places: list[Place] = []
    rest = left
    for stretch in _stretches(order, after, KEYS[order.key], Ticket.number):
        within = path.within & stretch
        missing = limit + 1 - len(places)
        places += _shown(session, wanted, order, path.index, within, missing, rest)
        if len(places) > limit:
            return places, left
        bare = _hinted(select(Ticket.number), path.index).where(within).limit(rest)
        rest -= session.scalar(select(func.count()).select_from(bare.subquery())) or 0
        if rest <= 0:
            break
    return places, rest


def _stretches(
    order: Order, after: Place | None, key: Any, number: Any
) -> list[ColumnElement[bool]]:
    """What lies past a place: the rest of its own sort value, then the next values. SQLite seeks
    both at once by the first column only, and an agent's column is long."""
    if after is None:
        return [true()]
    value, last = after
    beyond = number < last if order.descending else number > last
    if order.key == "number":
        return [beyond]
    return [(key == value) & beyond, key < value if order.descending else key > value]


def _shown(
    session: Session,
    wanted: Wanted,
    order: Order,
    index: str | None,
    within: ColumnElement[bool],
    missing: int,
    left: int,
) -> list[Place]:
    """Up to as many as are missing of a stretch, no further than `left` entries."""
    key = KEYS[order.key]
    shown = case((wanted.condition, 1), else_=0).label("shown")
    stretch = _hinted(select(key.label("key"), Ticket.number.label("number"), shown), index)
    walked = _ordered(stretch.where(within), order).limit(left).subquery()
    # The outer query takes rows as the inner one gives them, so that the walk ends with the page.
    query = select(walked.c.key, walked.c.number).where(walked.c.shown == 1).limit(missing)
    return [tuple(row) for row in session.execute(query).all()]


def _narrowest(session: Session, wanted: Wanted, most: int) -> Range:
    """The range that holds fewest, sizes beyond `most` being equal."""
    if not wanted.ranges:
        situations = wanted.situations
        shown = true() if situations is None else Ticket.situation.in_(situations)
        return Range(filter_index("situation"), shown)
    if len(wanted.ranges) == 1:
        return wanted.ranges[0]
    return min(wanted.ranges, key=lambda near: _size(session, near, most))


@cache
def _held() -> dict[str, frozenset[str]]:
    """Columns of each index of tickets."""
    indexes = Base.metadata.tables[Ticket.__tablename__].indexes
    return {str(index.name): frozenset(index.columns.keys()) for index in indexes}


def _keyed(order: Order) -> Any:
    return select(KEYS[order.key].label("key"), Ticket.number.label("number"))


def _ordered(query: Any, order: Order) -> Any:
    keys = list(dict.fromkeys((KEYS[order.key], Ticket.number)))
    return query.order_by(*(key.desc() if order.descending else key for key in keys))


def _hinted(query: Any, index: str | None) -> Any:
    """SQLite keeps no histogram: left alone it takes the situation's index for a rare status."""
    hint = f"INDEXED BY {index}" if index is not None else "NOT INDEXED"
    return query.with_hint(Ticket, hint, "sqlite")
