"""The queue: the list of tickets, one row of it, and what the palette finds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import addresses, commands, shell
from gateway.console.addresses import Address, Asked
from gateway.console.chips import Chip, chips
from gateway.console.shell import AgentRequest, Around, Console
from gateway.labels import label
from helpdesk import catalog, choices, grid, rows
from helpdesk.border import Actor, Channel
from helpdesk.catalog import Catalog
from helpdesk.choices import Colleague
from helpdesk.deadlines import Calendar, working_time
from helpdesk.errors import Invalid
from helpdesk.filters import Filter
from helpdesk.grid import Page
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row

PAGE_ROWS = 50
FOUND_ROWS = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """A row, the service time left to its deadline (negative when past; None once closed), and the
    commands its state forbids."""

    row: Row
    left: timedelta | None
    cannot: str


@dataclass(frozen=True, slots=True)
class Queue:
    near: Around
    asked: Asked
    page: Page
    listed: list[Listed]
    chips: dict[str, Chip]
    registers: Catalog
    colleagues: list[Colleague]


@get("/")
async def grid_show(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[str] | Redirect:
    items = list(request.query_params.multi_items())
    policy, now = console.kit.policy, console.kit.clock()
    try:
        queue = await console.kit.work.read(
            _queue, request.user, items, policy=policy, now=now, url=_own_url(request)
        )
    except Invalid:
        # A cursor of another order or another time: the list begins anew.
        return Redirect(Address(tuple(items)).drop(*addresses.PLACE).url(), status_code=303)
    before, after = addresses.pages(queue.asked, queue.page.next)
    first = len(queue.asked.before) * PAGE_ROWS + (PAGE_ROWS if queue.asked.cursor else 0) + 1
    context: dict[str, object] = {
        "queue": queue,
        "address": queue.asked.address,
        "previous": before,
        "next": after,
        "first": first,
        "last": first + len(queue.listed) - 1,
        "orders": addresses.ORDERS,
        "order_word": addresses.word_of(addresses.ORDERS, queue.asked.order.key),
        "sectors": [(s.code, s.name) for s in queue.registers.sectors.values() if s.active],
        "channels": [(str(c), label(c, "origin")) for c in Channel],
        "subs": [(s.code, s.name) for s in queue.registers.subclassifications.values()],
    }
    return shell.page(
        console, request, "console/grid", queue.near, context,
        kind=commands.LIST, query=queue.asked.address.query, search=queue.asked.filter.q,
    )  # fmt: skip


@get("/linha/{number:int}")
async def grid_row(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """One row again, where it stands: nothing moves, even when it no longer fits the filter."""
    items = list(request.query_params.multi_items())
    now = console.kit.clock()
    found = await console.kit.work.read(
        _row, request.user, number, policy=console.kit.policy, now=now
    )
    if found is None:
        return Response("", media_type=MediaType.HTML)
    context: dict[str, object] = {
        "one": found,
        "address": addresses.parse(items, "").address,
        "now": now,
    }
    return console.kit.page(request, "console/row.html", context)


@get("/achar")
async def grid_find(
    request: AgentRequest, console: NamedDependency[Console], q: FromQuery[str] = ""
) -> Response[str]:
    """Options for the palette: tickets that hold the words."""
    found = await console.kit.work.read(
        _found, request.user, q, policy=console.kit.policy, now=console.kit.clock()
    )
    return console.kit.page(request, "console/found.html", {"rows": found, "q": q})


def list_rows(
    session: Session,
    actor: Actor,
    asked: Asked,
    calendar: Calendar,
    login: str,
    *,
    policy: Policy,
    now: datetime,
) -> tuple[Page, list[Listed]]:
    page = grid.page(
        session, actor, asked.filter, asked.order,
        policy=policy, now=now, limit=PAGE_ROWS, cursor=asked.cursor,
    )  # fmt: skip
    return page, [_listed(row, calendar, login, now) for row in page.rows]


def _listed(row: Row, calendar: Calendar, login: str, now: datetime) -> Listed:
    return Listed(row, time_left(row, calendar, now), commands.impossible(row, login))


def time_left(row: Row, calendar: Calendar, now: datetime) -> timedelta | None:
    return None if row.closed_at else working_time(now, row.due_at, calendar)


def _queue(
    session: Session,
    actor: Actor,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
    url: str,
) -> Queue:
    near = shell.around(session, actor, policy=policy, now=now, current=url)
    asked = addresses.parse(items, near.login)
    registers = catalog.load(session, policy)
    page, listed = list_rows(
        session, actor, asked, registers.calendar, near.login, policy=policy, now=now
    )
    colleagues = choices.colleagues(session)
    return Queue(
        near, asked, page, listed, chips(asked, registers, colleagues, near.login),
        registers, colleagues,
    )  # fmt: skip


def _row(
    session: Session, actor: Actor, number: int, *, policy: Policy, now: datetime
) -> Listed | None:
    found = rows.listing(session, actor, Ticket.number == number, policy, now)
    if not found:
        return None
    login = choices.login_of(session, actor.id)
    return _listed(found[0], catalog.calendar(session, policy), login, now)


def _found(session: Session, actor: Actor, q: str, *, policy: Policy, now: datetime) -> list[Row]:
    if not q.strip():
        return []
    order = grid.Order("opened", descending=True)
    return grid.page(
        session, actor, Filter(q=q[: addresses.MOST_WORDS]), order,
        policy=policy, now=now, limit=FOUND_ROWS, counted=False,
    ).rows  # fmt: skip


def _own_url(request: AgentRequest) -> str:
    """Which view the page is: its address without order and place."""
    items = [
        (k, v)
        for k, v in request.query_params.multi_items()
        if k not in {*addresses.PLACE, "ordem", "sentido"}
    ]
    return Address(tuple(items)).url()
