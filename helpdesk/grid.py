"""The list of tickets: one filter, seven orders, pages by key, never by offset.

Every row passes `access.visible`. A page reads one row more than it shows, to know whether there is
a next one; its cursor is the last row's sort value and number.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import Session

from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid
from helpdesk.filters import Filter, where
from helpdesk.models import Provider, Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Assignee, Row, columns, row_of

#: exact counts stop here; what is more is said to be more
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """key: provider | agent | opened | number | protocol | title | due."""

    key: str = "due"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is None only when nobody counted; not exact means "at least this many"."""

    rows: list[Row]
    next: str | None
    total: int | None
    total_exact: bool


#: sort key of each order; the number makes it unique
KEYS: dict[str, Any] = {
    "provider": Provider.sort_name,
    "agent": func.coalesce(Assignee.sort_name, ""),
    "opened": Ticket.opened_at,
    "number": Ticket.number,
    "protocol": func.coalesce(Ticket.protocol, ""),
    "title": Ticket.sort_title,
    "due": Ticket.due_at,
}
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
    if order.key not in KEYS:
        raise Invalid(FieldError("order", "unknown"))
    condition = where(session, actor, chosen, policy=policy, now=now)
    key = KEYS[order.key]
    query = columns(actor).where(condition)
    if cursor is not None:
        value, number = _read_cursor(cursor, order)
        after = tuple_(key, Ticket.number)
        here = tuple_(literal(value, key.type), literal(number))
        query = query.where(after < here if order.descending else after > here)
    ordered = (key.desc(), Ticket.number.desc()) if order.descending else (key, Ticket.number)
    found = session.execute(query.add_columns(key).order_by(*ordered).limit(limit + 1)).all()
    rows = [row_of(values, policy, now) for values in found[:limit]]
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = _write_cursor(order, last[-1], rows[-1].number)
    total, exact = count_where(session, condition) if counted else (None, False)
    return Page(rows, following, total, exact)


def count(
    session: Session, actor: Actor, chosen: Filter, *, policy: Policy, now: datetime
) -> tuple[int, bool]:
    return count_where(session, where(session, actor, chosen, policy=policy, now=now))


def count_where(session: Session, condition: ColumnElement[bool]) -> tuple[int, bool]:
    """Count up to `MOST_COUNTED`: exact below, "at least" from there on."""
    some = select(Ticket.number).where(condition).limit(MOST_COUNTED + 1).subquery()
    found = session.scalar(select(func.count()).select_from(some)) or 0
    return min(found, MOST_COUNTED), found <= MOST_COUNTED


def _write_cursor(order: Order, value: Any, number: int) -> str:
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
