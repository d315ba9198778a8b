"""The filters of a list of tickets, from the query string."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from litestar.params import FromQuery, QueryParameter

from helpdesk.filters import Filter
from helpdesk.grid import Order

MOST_ITEMS = 200
USUAL_ITEMS = 50
#: no ticket was opened before or will be opened after: the ends of the calendar overflow
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)

Codes = tuple[str, ...]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_ITEMS)]
Situation = Literal["all", "open", "closed", "pending_profile", "pending_agent"]
OrderKey = Literal["provider", "agent", "opened", "number", "protocol", "title", "due"]


@dataclass(frozen=True, slots=True)
class Listing:
    filter: Filter
    order: Order


def listing(
    situation: FromQuery[Situation] = "all",
    classification: FromQuery[Codes] = (),
    subclassification: FromQuery[Codes] = (),
    reason: FromQuery[Codes] = (),
    status: FromQuery[Codes] = (),
    sector: FromQuery[Codes] = (),
    provider: FromQuery[Codes] = (),
    assignee: FromQuery[Codes] = (),
    channel: FromQuery[Codes] = (),
    opened_from: FromQuery[date | None] = None,
    opened_to: FromQuery[date | None] = None,
    deadline: FromQuery[Literal["expired", "attention", "within"] | None] = None,
    q: FromQuery[str] = "",
    order: FromQuery[OrderKey] = "due",
    direction: FromQuery[Literal["asc", "desc"]] = "asc",
) -> Listing:
    """Codes may be repeated: any of them. Dates are local days, both included."""
    return Listing(
        Filter(
            situation=situation,
            classification=_codes(classification),
            subclassification=_codes(subclassification),
            reason=_codes(reason),
            status=_codes(status),
            sector=_codes(sector),
            provider=_codes(provider),
            assignee=_codes(assignee),
            channel=_codes(channel),
            opened_from=_day(opened_from),
            opened_to=_day(opened_to),
            deadline=deadline,
            q=q,
        ),
        Order(order, direction == "desc"),
    )


def _codes(given: Codes) -> Codes:
    return tuple(dict.fromkeys(given))


def _day(given: date | None) -> date | None:
    return given and min(max(given, FIRST_DAY), LAST_DAY)
