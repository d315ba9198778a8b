"""The list of tickets: one filter, seven orders, pages by key, never by offset.

Every row passes `access.visible`. A page reads one row more than it shows, to know whether there is
a next one; its cursor is the last row's sort value and number.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import plans, rows
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid
from helpdesk.filters import Filter, Wanted, read, where
from helpdesk.models import Ticket
from helpdesk.paths import KEYS, Order
from helpdesk.plans import Found, Place
from helpdesk.policy import Policy
from helpdesk.rows import Row

__all__ = ["KEYS", "Order", "Page", "count", "matching", "numbers", "page"]


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is None only when nobody counted; not exact means "at least this many"."""

    rows: list[Row]
    next: str | None
    total: int | None
    total_exact: bool


MOMENTS = frozenset({"opened", "due"})
#: numbers of tickets are 64-bit
LARGEST = 2**63


def page(
    session: Session,
    actor: Actor,
    chosen: Filter,
    order: Order,
    *,
    policy: Policy,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    counted: bool = True,
) -> Page:
    """Raises `Invalid` for an unknown order, situation, deadline or a cursor that is not ours."""
    after = _start(order, cursor)
    wanted = read(session, actor, chosen, policy=policy, now=now)
    found = plans.find(session, wanted, order, after, limit)
    shown = found.places[:limit]
    listed = rows.of_numbers(session, actor, [number for _, number in shown], policy, now)
    following = _write_cursor(order, shown[-1]) if len(found.places) > limit else None
    total, exact = _total(session, wanted, found) if counted else (None, False)
    return Page(listed, following, total, exact)


def numbers(
    session: Session,
    actor: Actor,
    chosen: Filter,
    order: Order,
    *,
    policy: Policy,
    now: datetime,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[int], str | None]:
    """A long stretch of the list without its rows, and where it goes on. Raises as `page` does."""
    after = _start(order, cursor)
    wanted = read(session, actor, chosen, policy=policy, now=now)
    found = plans.find(session, wanted, order, after, limit).places
    following = _write_cursor(order, found[limit - 1]) if len(found) > limit else None
    return [number for _, number in found[:limit]], following


def count(
    session: Session, actor: Actor, chosen: Filter, *, policy: Policy, now: datetime
) -> tuple[int, bool]:
    """How many, exact or "at least this many"."""
    return plans.count(session, read(session, actor, chosen, policy=policy, now=now))


def matching(
    session: Session,
    actor: Actor,
    chosen: Filter,
    among: Sequence[int],
    *,
    policy: Policy,
    now: datetime,
) -> list[int]:
    """Those of some tickets that the list would show, by number."""
    condition = where(session, actor, chosen, policy=policy, now=now)
    query = select(Ticket.number).where(Ticket.number.in_(among), condition)
    return list(session.scalars(query.order_by(Ticket.number)))


def _total(session: Session, wanted: Wanted, found: Found) -> tuple[int, bool]:
    if found.total is None:
        total, exact = plans.count(session, wanted, quickly=True)
        return (total, exact) if exact else (max(total, len(found.places)), False)
    most = plans.MOST_COUNTED
    return min(found.total, most), wanted.complete and found.total <= most


def _start(order: Order, cursor: str | None) -> Place | None:
    if order.key not in KEYS:
        raise Invalid(FieldError("order", "unknown"))
    return None if cursor is None else _read_cursor(cursor, order)


def _write_cursor(order: Order, place: Place) -> str:
    value, number = place
    plain = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([order.key, order.descending, plain, number])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Order) -> tuple[Any, int]:
    """A cursor belongs to the order it was made in."""
    bad = Invalid(FieldError("cursor", "invalid"))
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        read = json.loads(base64.urlsafe_b64decode(padded))
        key, descending, value, number = read
        if (key, descending) != (order.key, order.descending) or not _is_number(number):
            raise bad
        value = _read_value(order, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise bad from error
    if value is None:
        raise bad
    return value, number


def _read_value(order: Order, value: Any) -> Any:
    """What a database would take, or None. Raises `ValueError`, `TypeError`, `OverflowError`."""
    if order.key in MOMENTS:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    if order.key == "number":
        return value if _is_number(value) else None
    if not isinstance(value, str) or "\0" in value:
        return None
    value.encode()  # a lone surrogate is no text
    return value


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST
