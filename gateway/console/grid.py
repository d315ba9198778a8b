"""The queue: the list of tickets, one row of it, and what the palette finds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import addresses, columns, commands, fields, shell
from gateway.console.addresses import Address, Asked
from gateway.console.chips import Chip, chips
from gateway.console.panel_tables import word
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import agent_settings, bulk, catalog, choices, grid, rows, survey_figures
from helpdesk.agent_settings import Settings
from helpdesk.border import Actor
from helpdesk.choices import ProviderChoice
from helpdesk.deadlines import Calendar, working_time
from helpdesk.errors import Invalid
from helpdesk.filters import Filter
from helpdesk.grid import Page
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row

FOUND_ROWS = 8
#: providers named beside what a search finds
NAMED_PROVIDERS = 3
#: rows beside an open ticket, however far the list was scrolled
BESIDE_ROWS = 200
#: tickets asked about at once, whether the list would show them
MOST_ASKED = 200


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
    #: whose name, code or document is what was searched for: their tickets are a filter away
    named: list[ProviderChoice]


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
    before, after = addresses.pages(queue.asked, queue.page.next, len(queue.listed))
    context: dict[str, object] = {
        "queue": queue,
        "address": queue.asked.address,
        "whole": queue.asked.whole,
        "columns": columns.shown(queue.near.settings),
        "previous": before,
        "next": after,
        "first": queue.asked.offset + 1,
        "last": queue.asked.offset + len(queue.listed),
        "most_rows": addresses.MOST_ROWS,
        "most_at_once": bulk.MOST,
        "orders": addresses.ORDERS,
        "order_word": addresses.word_of(addresses.ORDERS, queue.asked.order.key),
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
    settings = await console.kit.work.read(agent_settings.load, request.user)
    context: dict[str, object] = {
        "one": found,
        "address": addresses.parse(items, "").address,
        "columns": columns.shown(settings),
        "now": now,
    }
    return console.kit.page(request, "console/row.html", context)


@get("/linhas")
async def grid_more(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """The rows after a place, for a list that is scrolled on; and where it goes on from there."""
    items = list(request.query_params.multi_items())
    policy, now = console.kit.policy, console.kit.clock()
    more = await console.kit.work.read(_more, request.user, items, policy=policy, now=now)
    _, after = addresses.pages(more.asked, more.page.next, len(more.listed))
    context: dict[str, object] = {
        "listed": more.listed,
        "address": more.asked.address,
        "columns": columns.shown(more.settings),
        "next": after,
        "now": now,
    }
    return console.kit.page(request, "console/more.html", context)


@get("/combinam")
async def grid_match(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[list[int]]:
    """Of some tickets that something happened to, those this list would show."""
    items = list(request.query_params.multi_items())
    numbers = fields.numbers(v for k, v in items if k == "number")[:MOST_ASKED]
    found = await console.kit.work.read(
        _match, request.user, items, numbers, policy=console.kit.policy, now=console.kit.clock()
    )
    return Response(found, headers={"Cache-Control": "no-store"})


@get("/achar")
async def grid_find(
    request: AgentRequest, console: NamedDependency[Console], q: FromQuery[str] = ""
) -> Response[str]:
    """Options for the palette: tickets that hold the words, and providers of that name."""
    found, named = await console.kit.work.read(
        _found, request.user, q, policy=console.kit.policy, now=console.kit.clock()
    )
    context: dict[str, object] = {"rows": found, "named": named, "q": q}
    return console.kit.page(request, "console/found.html", context)


def list_rows(
    session: Session,
    actor: Actor,
    asked: Asked,
    calendar: Calendar,
    login: str,
    *,
    policy: Policy,
    now: datetime,
    most: int = BESIDE_ROWS,
    counted: bool = True,
) -> tuple[Page, list[Listed]]:
    page = grid.page(
        session, actor, asked.filter, asked.order, policy=policy, now=now,
        limit=min(asked.rows, most), cursor=asked.cursor, counted=counted,
    )  # fmt: skip
    return page, [_listed(row, calendar, login, now) for row in page.rows]


def _listed(row: Row, calendar: Calendar, login: str, now: datetime) -> Listed:
    return Listed(row, time_left(row, calendar, now), commands.impossible(row, login))


def time_left(row: Row, calendar: Calendar, now: datetime) -> timedelta | None:
    """A clock that stands has as much left as when it stopped."""
    return None if row.closed_at else working_time(row.paused_at or now, row.due_at, calendar)


def _queue(
    session: Session,
    actor: Actor,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
    url: str,
) -> Queue:
    login = choices.login_of(session, actor.id)
    asked = addresses.parse(items, login)
    registers = catalog.load(session, policy)
    near = shell.around(
        session, actor, now=now, current=url, query=asked.whole.query, known=registers.parameters
    )
    page, listed = list_rows(
        session, actor, asked, registers.calendar, login,
        policy=policy, now=now, most=addresses.MOST_ROWS,
    )  # fmt: skip
    providers = choices.provider_names(session, asked.address.all("prestador"))
    colleagues = choices.colleagues(session)
    answer = _answer(session, asked)
    found = chips(asked, registers, colleagues, login, providers, answer)
    return Queue(near, asked, page, listed, found, _named(session, asked.filter.q))


def _answer(session: Session, asked: Asked) -> str | None:
    """What a filter by an answer asks for: *Foi resolvido?: Sim*."""
    if asked.filter.answered is None:
        return None
    figure = survey_figures.named(session, asked.filter.answered)
    if figure is None:
        return asked.address.get("resposta")
    return f"{figure.label}: {word(figure, figure.marks[0].word)}"


@dataclass(frozen=True, slots=True)
class More:
    asked: Asked
    page: Page
    listed: list[Listed]
    settings: Settings


def _more(
    session: Session,
    actor: Actor,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
) -> More:
    login = choices.login_of(session, actor.id)
    asked = addresses.parse(items, login)
    page, listed = list_rows(
        session, actor, asked, catalog.calendar(session, policy), login,
        policy=policy, now=now, counted=False,
    )  # fmt: skip
    return More(asked, page, listed, agent_settings.load(session, actor))


def _match(
    session: Session,
    actor: Actor,
    items: list[tuple[str, str]],
    numbers: list[int],
    *,
    policy: Policy,
    now: datetime,
) -> list[int]:
    asked = addresses.parse(items, choices.login_of(session, actor.id))
    return grid.matching(session, actor, asked.filter, numbers, policy=policy, now=now)


def _row(
    session: Session, actor: Actor, number: int, *, policy: Policy, now: datetime
) -> Listed | None:
    found = rows.listing(session, actor, Ticket.number == number, policy, now)
    if not found:
        return None
    login = choices.login_of(session, actor.id)
    return _listed(found[0], catalog.calendar(session, policy), login, now)


def _found(
    session: Session, actor: Actor, q: str, *, policy: Policy, now: datetime
) -> tuple[list[Row], list[ProviderChoice]]:
    if not q.strip():
        return [], []
    words, order = q[: addresses.MOST_WORDS], grid.Order("opened", descending=True)
    page = grid.page(
        session, actor, Filter(q=words), order,
        policy=policy, now=now, limit=FOUND_ROWS, counted=False,
    )  # fmt: skip
    return page.rows, _named(session, words)


def _named(session: Session, words: str) -> list[ProviderChoice]:
    return choices.providers(session, words)[:NAMED_PROVIDERS] if words.strip() else []


def _own_url(request: AgentRequest) -> str:
    """Which view the page is: its address without order and place."""
    items = [
        (k, v)
        for k, v in request.query_params.multi_items()
        if k not in {*addresses.PLACE, "ordem", "sentido"}
    ]
    return Address(tuple(items)).url()
