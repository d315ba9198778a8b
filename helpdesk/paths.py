"""Which indexes lead to a list in its order, and which part of each holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from helpdesk.bands import RUNNING
from helpdesk.filters import COLUMNS, Range, Wanted
from helpdesk.models import Ticket
from helpdesk.models.spans import begin_of, in_span, span_of
from helpdesk.models.tickets import LATE_INDEX, filter_index, order_index, span_index

#: sort key of each order; the number makes it unique
KEYS: dict[str, Any] = {
    "provider": Ticket.sort_provider,
    "agent": Ticket.sort_agent,
    "opened": Ticket.opened_at,
    "number": Ticket.number,
    "protocol": Ticket.sort_protocol,
    "title": Ticket.sort_title,
    "due": Ticket.due_at,
}
#: orders with an index for each situation: what is open lies at one end of all that is closed
WITH_SITUATION = frozenset({"due", "opened", "number", "protocol"})
#: filter, order, whether a single situation is needed, index: lists of few values, each with an
#: index in their order
OWN = (
    ("provider", "number", True, ""),
    ("reason", "due", False, ""),
    ("subclassification", "due", False, ""),
    ("channel", "opened", False, "_by_opened_at"),
)
#: the same, of much of what there is. Agents work for a sector and sectors own classifications, so
#: that these lie together in the agents' order.
TOGETHER = (
    ("classification", "agent", False, "_by_sort_agent"),
    ("sector", "agent", False, "_by_sort_agent"),
)
#: more values than these are walked past the others
MOST_VALUES = 4
#: a period of more is most of the order's own index: a year and what it begins and ends in
FEW_SPANS = 14
#: each span is asked for by itself
MOST_SPANS = 60


@dataclass(frozen=True, slots=True)
class Order:
    """key: provider | agent | opened | number | protocol | title | due."""

    key: str = "due"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """An index in the order of the list. The part of it that is `within` holds some of the list;
    all paths of a list hold it once. `near` holds the same of the list in another index, when that
    may be so little of what is `within` that no walk would find it."""

    index: str | None
    within: ColumnElement[bool]
    near: Range | None = None


def ways(session: Session, wanted: Wanted, order: Order) -> list[list[Path]]:
    """What to walk, and what to walk if that was too long."""
    spans, straight = _by_span(session, wanted, order), _straight(wanted, order)
    if not spans:
        return [straight]
    return [spans] if len(spans) <= FEW_SPANS else [straight, spans]


def _straight(wanted: Wanted, order: Order) -> list[Path]:
    """Those that need no look at what is stored."""
    within = wanted.fixed.get(order.key, true())
    column = KEYS[order.key].key
    situations = wanted.situations or ()
    own = _own(wanted, order, OWN) or _own(wanted, order, TOGETHER)
    if own:
        return own
    if wanted.late and order.key == "due":
        return [Path(LATE_INDEX, and_(Ticket.closed_at > Ticket.due_at, within))]
    if situations and order.key in WITH_SITUATION:
        index = filter_index("situation") + ("" if order.key == "due" else f"_by_{column}")
        return [Path(index, and_(Ticket.situation == each, within)) for each in situations]
    return [Path(None if order.key == "number" else order_index(column), within)]


def _by_span(session: Session, wanted: Wanted, order: Order) -> list[Path]:
    """A path for each span of a period of openings; [] when others are shorter."""
    opened = wanted.fixed.get("opened")
    running = wanted.situations is not None and RUNNING.issuperset(wanted.situations)
    if opened is None or order.key == "opened" or running or _own(wanted, order, OWN):
        return []
    by_opening = order_index("opened_at")
    hint = f"INDEXED BY {by_opening}"
    first, last = (
        session.scalar(
            select(end(Ticket.opened_at)).where(opened).with_hint(Ticket, hint, "sqlite")
        )
        for end in (func.min, func.max)
    )
    if first is None or last is None or span_of(last) - span_of(first) >= MOST_SPANS:
        return []
    index, fixed = span_index(KEYS[order.key].key), wanted.fixed.get(order.key, true())
    ends = (span_of(first), span_of(last))
    spans = range(ends[0], ends[1] + 1)
    found: list[Path] = []
    # Numbers, protocols and deadlines follow the opening: what comes first is found first.
    for span in reversed(spans) if order.descending else spans:
        begin, end = begin_of(span), begin_of(span + 1)
        opening = and_(opened, Ticket.opened_at >= begin, Ticket.opened_at < end)
        # Of the first and the last a period may hold an hour.
        near = Range(by_opening, opening) if span in ends and len(spans) > 1 else None
        found.append(Path(index, and_(in_span(Ticket.opened_at, span), fixed), near))
    return found


def _own(wanted: Wanted, order: Order, table: Sequence[tuple[str, str, bool, str]]) -> list[Path]:
    only = wanted.situations if wanted.situations and len(wanted.situations) == 1 else ()
    within = wanted.fixed.get(order.key, true())
    for name, key, needs_situation, tail in table:
        values = wanted.chosen.get(name, [])
        if key != order.key or not 1 <= len(values) <= MOST_VALUES:
            continue
        if needs_situation and not only:
            continue
        column, index = COLUMNS[name], filter_index(COLUMNS[name].key) + tail
        if needs_situation:
            within &= Ticket.situation.in_(only)
        return [Path(index, and_(column == value, within)) for value in values]
    return []
