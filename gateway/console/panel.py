"""The panel: figures of a period, each with the list behind it, its table and its CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import commands, panel_charts, panel_tables, shell
from gateway.console.addresses import YEARS, Address
from gateway.console.panel_tables import Lists, Table
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import looked
from gateway.delimited import MARK, written
from gateway.labels import label
from helpdesk import access, catalog, panel, survey_figures
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.deadlines import working_time
from helpdesk.errors import NotVisible
from helpdesk.panel import Figures
from helpdesk.panel_groups import Scope
from helpdesk.policy import Policy
from helpdesk.survey_figures import Surveyed

PATH = "/central/painel"
#: what is grouped by, as the address says it
GROUPS = {"classificacao": "classification", "setor": "sector", "pessoa": "agent"}
KNOWN = ("de", "ate", "classificacao", "setor", "por", "pesquisa")
#: days of the period when the address names none, and the most it may name
USUAL, MOST = 30, 731
#: periods to choose: days until today
PERIODS = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: `text` is None while nothing is chosen, `clear` leads there."""

    text: str | None
    clear: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """`by` is a value of `GROUPS`, `form` the code of a survey form, "" for the first."""

    address: Address
    scope: Scope
    by: str
    form: str
    lists: Lists


@dataclass(frozen=True, slots=True)
class Board:
    """`oldest` is the service time since the oldest deadline was missed, negative."""

    near: Around | None
    asked: Asked
    figures: Figures
    registers: Catalog
    oldest: timedelta | None
    surveyed: Surveyed


@get("/painel")
async def panel_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """Raises `Forbidden`."""
    board = await _board(request, console, framed=True)
    assert board.near is not None  # asked for
    asked, figures = board.asked, board.figures
    made = _tables(board)
    context: dict[str, object] = {
        "board": board,
        "figures": figures,
        "address": asked.address,
        "lists": asked.lists,
        "chips": _chips(asked, board.registers, asked.lists.today),
        "period": panel_tables.period(
            figures.scope.first, figures.scope.last, asked.lists.today.year
        ),
        "tables": made,
        "charts": panel_charts.pictures(figures),
        "bars": panel_charts.bars([group.opened for group in figures.groups]),
        "groups": GROUPS,
        "exports": request.user.may("ticket.export"),
        "surveys": [
            (figure, panel_charts.bars([mark.count for mark in figure.marks]))
            for figure in board.surveyed.figures
        ],
        "duration": panel_tables.duration,
        "service_days": panel_tables.service_days,
    }
    return shell.page(console, request, "console/painel", board.near, context, kind=commands.OTHER)


@get("/painel/{file:str}")
async def panel_export(
    request: AgentRequest, console: NamedDependency[Console], file: FromPath[str]
) -> Response[bytes]:
    """The table behind one chart, `dias.csv`. Raises `Forbidden`, `NotVisible` for what is none."""
    board = await _board(request, console, framed=False)
    made = _tables(board)
    name = file.removesuffix(".csv")
    table = made.get(name) if name != file else None
    if table is None:
        raise NotVisible("panel", file)
    await looked(console, request, "export", None, board.asked.address.url(f"painel/{name}"))
    rows = [list(table.file_head), *([cell.plain for cell in row] for row in table.rows)]
    scope = board.figures.scope
    return Response(
        (MARK + written(rows)).encode(),
        media_type="text/csv",
        headers={
            "Content-Disposition": (
                f'attachment; filename="painel-{name}-{scope.first}-{scope.last}.csv"'
            ),
            "Cache-Control": "no-store",
        },
    )


def _tables(board: Board) -> dict[str, Table]:
    lists = board.asked.lists
    made = panel_tables.tables(board.figures, board.asked.by, lists)
    return made | panel_tables.surveys(board.surveyed, lists)


async def _board(request: AgentRequest, console: Console, *, framed: bool) -> Board:
    kit = console.kit
    items = list(request.query_params.multi_items())
    return await kit.work.read(
        _read, request.user, items, policy=kit.policy, now=kit.clock(), framed=framed
    )


def _read(
    session: Session,
    actor: Actor,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
    framed: bool,
) -> Board:
    access.require(actor, "panel")
    registers = catalog.load(session, policy)
    asked = parse(items, registers, policy.day(now))
    figures = panel.read(session, actor, asked.scope, asked.by, registers, policy=policy, now=now)
    since = figures.running.oldest
    oldest = working_time(now, since, registers.calendar) if since is not None else None
    known = registers.parameters
    near = shell.around(session, actor, now=now, current=PATH, known=known) if framed else None
    surveyed = survey_figures.read(session, actor, asked.scope, asked.form, policy=policy)
    return Board(near, asked, figures, registers, oldest, surveyed)


def parse(items: Sequence[tuple[str, str]], registers: Catalog, today: date) -> Asked:
    """What is wrong or unknown is left out, so that an old bookmark still opens."""
    given = Address(tuple((k, v.strip()) for k, v in items if k in KNOWN and v.strip()))
    begins, ends = _day(given.get("de")), _day(given.get("ate"))
    last = min(ends or today, today)
    first = min(begins or last - timedelta(days=USUAL - 1), last)
    first = max(first, last - timedelta(days=MOST - 1))
    kinds = {c.code: c.id for c in registers.classifications.values()}
    sectors = {s.code: s.id for s in registers.sectors.values()}
    of_kind = [code for code in given.all("classificacao") if code in kinds]
    of_sector = [code for code in given.all("setor") if code in sectors]
    by = given.get("por") if given.get("por") in GROUPS else "classificacao"
    chosen = Address().put("classificacao", *of_kind).put("setor", *of_sector)
    form = given.get("pesquisa")
    address = chosen.put("por", "" if by == "classificacao" else str(by)).put("pesquisa", form)
    if begins or ends:
        address = Address((("de", str(first)), ("ate", str(last)), *address.params))
    return Asked(
        address=address,
        scope=Scope(
            first, last, tuple(kinds[c] for c in of_kind), tuple(sectors[c] for c in of_sector)
        ),
        by=GROUPS[by],
        form=form,
        lists=Lists(chosen, first, last, today),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _chips(asked: Asked, registers: Catalog, today: date) -> dict[str, Chip]:
    address = asked.address
    kinds = sorted(registers.classifications.values(), key=lambda c: (c.position, c.id))
    sectors = sorted(registers.sectors.values(), key=lambda s: s.id)
    periods = tuple(
        Option(
            label(str(days), "panel_period"),
            address.put("de", str(today - timedelta(days=days - 1)))
            .put("ate", str(today))
            .url(PATH),
            asked.scope.last == today and len(asked.scope.days) == days,
        )
        for days in PERIODS
    )
    return {
        "periodo": Chip(None, address.drop("de", "ate").url(PATH), periods),
        "classificacao": _choice(address, "classificacao", kinds),
        "setor": _choice(address, "setor", sectors),
    }


def _choice(address: Address, name: str, rows: Sequence[Any]) -> Chip:
    """One of a register; an address may name several all the same."""
    chosen = address.all(name)
    options = tuple(
        Option(row.name, address.put(name, row.code).url(PATH), row.code in chosen)
        for row in rows
        if row.active or row.code in chosen
    )
    said = ", ".join(row.name for row in rows if row.code in chosen)
    return Chip(said or None, address.drop(name).url(PATH), options)
