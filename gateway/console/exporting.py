"""Gerar arquivo CSV, and the same as a workbook: the filtered list, without a cap."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from gateway import spreadsheets
from gateway.console import addresses
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import looked
from gateway.formats import Clock, promised
from gateway.labels import label
from gateway.listings import Export, pieces
from helpdesk import access, choices
from helpdesk.rows import Row

#: the byte order mark by which Excel knows UTF-8
MARK = "\ufeff"
#: the workbook's only sheet
SHEET = "Atendimentos"
#: what a spreadsheet would take for a formula, or let slip into the cell beside it
FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: the seed's columns in its order; their names are labels of the kind `column`
COLUMNS: dict[str, Callable[[Row, Clock], object]] = {
    "number": lambda row, _: row.number,
    "opened": lambda row, clock: clock.moment(row.opened_at),
    "days": lambda row, _: promised(row.days, row.unit),
    "provider": lambda row, _: row.provider_name,
    "opened_by": lambda row, _: (
        row.opened_name if row.opened_kind == "agent" else label(row.channel, "origin")
    ),
    "title": lambda row, _: row.title,
    "classification": lambda row, _: row.classification,
    "subclassification": lambda row, _: row.subclassification,
    "reason": lambda row, _: row.reason,
    "closed": lambda row, clock: clock.moment(row.closed_at) if row.closed_at else None,
    "in_progress_with": lambda row, _: row.in_progress_with,
    "sector": lambda row, _: row.sector,
    "days_open": lambda row, _: row.days_open,
    "protocol": lambda row, _: row.protocol,
}


@get("/exportar.csv")
async def list_export(request: AgentRequest, console: NamedDependency[Console]) -> Stream:
    """Every ticket of the filter, whatever page the agent is on."""
    asked = await _begin(request, console)
    return _sent(_lines(console, asked), asked, "text/csv; charset=utf-8", "csv")


@get("/exportar.xlsx")
async def list_workbook(request: AgentRequest, console: NamedDependency[Console]) -> Stream:
    """The same rows and columns in a workbook."""
    asked = await _begin(request, console)
    return _sent(_sheets(console, asked), asked, spreadsheets.MEDIA_TYPE, "xlsx")


async def _begin(request: AgentRequest, console: Console) -> Export:
    access.require(request.user, "ticket.export")
    login = await console.kit.work.read(choices.login_of, request.user.id)
    asked = addresses.parse(list(request.query_params.multi_items()), login)
    await looked(console, request, "export", None, asked.address.drop(*addresses.PLACE).query)
    policy = console.kit.policy
    return Export(request.user, asked.filter, asked.order, policy, console.kit.clock())


def _sent(
    content: AsyncGenerator[str | bytes], asked: Export, media_type: str, ending: str
) -> Stream:
    name = f"atendimentos-{asked.policy.day(asked.now).isoformat()}.{ending}"
    return Stream(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def _lines(console: Console, asked: Export) -> AsyncGenerator[str | bytes]:
    clock = Clock(asked.policy.zone)
    yield MARK + written([[label(name, "column") for name in COLUMNS]])
    async with aclosing(pieces(console.kit.work, asked)) as rest:
        async for rows in rest:
            yield written([cells(row, clock) for row in rows])


async def _sheets(console: Console, asked: Export) -> AsyncGenerator[str | bytes]:
    clock = Clock(asked.policy.zone)
    book = spreadsheets.Workbook(SHEET, [label(name, "column") for name in COLUMNS])
    async with aclosing(pieces(console.kit.work, asked)) as rest:
        async for rows in rest:
            lines = [[_cell(read(row, clock)) for read in COLUMNS.values()] for row in rows]
            yield await asyncio.to_thread(book.rows, lines)
    yield book.end()


def _cell(value: object) -> spreadsheets.Cell:
    return value if isinstance(value, int | None) else str(value)


def cells(row: Row, clock: Clock) -> list[str]:
    return [
        as_text(value) if name == "protocol" else safe(value)
        for name, value in ((name, read(row, clock)) for name, read in COLUMNS.items())
    ]


def safe(value: object) -> str:
    """A cell that stays what it says."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_text(value: object) -> str:
    """Digits a spreadsheet must not round: it keeps fifteen of a number's twenty."""
    text = "" if value is None else str(value)
    return f'="{text}"' if text.isascii() and text.isdigit() else safe(text)


def written(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue()
