"""The list's columns: the seed's fourteen and a few more, as each agent wants them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import fields, lists, shell
from gateway.console.fields import Fields
from gateway.console.list_words import LIST
from gateway.console.shell import AgentRequest, Console
from gateway.formats import Clock, promised
from gateway.labels import label
from helpdesk import agent_settings
from helpdesk.agent_settings import NARROWEST, WIDEST, Settings
from helpdesk.agent_settings import Column as Chosen
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.rows import Row


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in px as delivered; `order` the address's word when the list sorts by it; `read` what
    a file says of it."""

    id: str
    width: int
    read: Callable[[Row, Clock], object]
    order: str = ""
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """`width` is None where the agent left it as delivered; `first` stays in sight."""

    id: str
    #: what its head says; the whole name is the label `column`
    head: str
    order: str
    default: int
    width: int | None
    first: bool


def _opened_by(row: Row, _: Clock) -> str:
    return row.opened_name if row.opened_kind == "agent" else label(row.channel, "origin")


COLUMNS: dict[str, Column] = {
    column.id: column
    for column in (
        Column("number", 72, lambda row, _: row.number, "chamado"),
        Column("opened", 92, lambda row, clock: clock.moment(row.opened_at), "abertura"),
        Column("days", 180, lambda row, _: promised(row.days, row.unit), "prazo"),
        Column("provider", 184, lambda row, _: row.provider_name, "cliente"),
        Column("opened_by", 108, _opened_by),
        Column("title", 248, lambda row, _: row.title, "titulo"),
        Column("classification", 148, lambda row, _: row.classification),
        Column("subclassification", 136, lambda row, _: row.subclassification),
        Column("reason", 128, lambda row, _: row.reason),
        Column(
            "closed", 72,
            lambda row, clock: clock.moment(row.closed_at) if row.closed_at else None,
        ),
        Column("in_progress_with", 136, lambda row, _: row.in_progress_with, "operador"),
        Column("sector", 60, lambda row, _: row.sector),
        Column("days_open", 56, lambda row, _: row.days_open),
        Column("protocol", 184, lambda row, _: row.protocol, "protocolo"),
        Column("status", 148, lambda row, _: row.status_label, delivered=False),
        Column("assignee", 136, lambda row, _: row.assignee, delivered=False),
        Column(
            "last_message", 108, lambda row, clock: clock.moment(row.last_message_at),
            delivered=False,
        ),
    )
}  # fmt: skip
#: without them a row has no name and opens nothing
ALWAYS = ("number", "title")


def shown(settings: Settings) -> list[Shown]:
    """What the agent sees, in order; a column this version no longer has is left out."""
    chosen = [c for c in settings.columns if c.id in COLUMNS]
    chosen = chosen or [Chosen(c.id) for c in COLUMNS.values() if c.delivered]
    return [
        Shown(
            c.id, LIST["column_head"].get(c.id) or label(c.id, "column"),
            COLUMNS[c.id].order, COLUMNS[c.id].width, c.width, first=n == 0,
        )
        for n, c in enumerate(chosen)
    ]  # fmt: skip


@get("/colunas")
async def columns_form(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    settings = await console.kit.work.read(agent_settings.load, request.user)
    seen = shown(settings)
    rest = [Chosen(id) for id in COLUMNS if id not in {c.id for c in seen}]
    order = [Chosen(c.id, c.width) for c in seen] + rest
    return await _form(request, console, order, {c.id for c in seen})


@post("/colunas")
async def columns_save(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """`do`: save | reset; `move`: `up.title` changes places and asks again, without a script."""
    form = await fields.read(request)
    order, visible = _typed(form)
    if form.one("move"):
        return await _form(request, console, lists.moved(order, form.one("move")), visible)
    kept = [] if form.one("do") == "reset" else [c for c in order if c.id in visible]
    await console.kit.work.write(_set, console.desk(request), kept)
    return shell.go(console, lists.address_of(request).url(), "columns-set")


@post("/colunas/{column:str}/largura", status_code=204)
async def column_resize(
    request: AgentRequest, console: NamedDependency[Console], column: FromPath[str]
) -> None:
    """Only this one's width; the others stay as the agent has them. Raises `NotVisible`."""
    form = await fields.read(request)
    if column not in COLUMNS:
        what = "column"
        raise NotVisible(what, column)
    width = min(max(form.number("width") or COLUMNS[column].width, NARROWEST), WIDEST)
    await console.kit.work.write(_resize, console.desk(request), column, width)


def _set(session: Session, desk: Desk, columns: Sequence[Chosen]) -> None:
    agent_settings.set_columns(session, desk, columns, tuple(COLUMNS))


def _resize(session: Session, desk: Desk, column: str, width: int) -> None:
    seen = shown(agent_settings.load(session, desk.actor))
    _set(session, desk, [Chosen(c.id, width if c.id == column else c.width) for c in seen])


def _typed(form: Fields) -> tuple[list[Chosen], set[str]]:
    """Columns in the order sent, those it left out behind them."""
    named = [id for id in dict.fromkeys(form.many("column")) if id in COLUMNS]
    order = [Chosen(id, _width(form, id)) for id in (*named, *(set(COLUMNS) - set(named)))]
    return order, {*form.many("show"), *ALWAYS} & set(COLUMNS)


def _width(form: Fields, id: str) -> int | None:
    width = form.number(f"width-{id}")
    if width is None or width == COLUMNS[id].width:
        return None
    return min(max(width, NARROWEST), WIDEST)


async def _form(
    request: AgentRequest, console: Console, order: Sequence[Chosen], visible: set[str]
) -> Response[str]:
    context: dict[str, object] = {
        "columns": [
            {
                "id": c.id,
                "width": c.width or COLUMNS[c.id].width,
                "shown": c.id in visible,
                "always": c.id in ALWAYS,
            }
            for c in order
        ],
        "narrowest": NARROWEST,
        "widest": WIDEST,
    }
    return await lists.show(request, console, "columns", context)
