"""Gerar arquivo CSV, and the same as a workbook: the filtered list, without a cap."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from gateway import spreadsheets
from gateway.console import addresses
from gateway.console.columns import COLUMNS, shown
from gateway.console.progress import Sent
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import looked
from gateway.delimited import MARK, as_text, safe, written
from gateway.formats import Clock
from gateway.labels import label
from gateway.listings import Export, pieces
from helpdesk import access, agent_settings, choices, grid
from helpdesk.rows import Row

#: the workbook's only sheet
SHEET = "Atendimentos"
#: the parameter by which a page follows its file
FOLLOWED = "acompanhar"


@dataclass(frozen=True, slots=True)
class File:
    """The list as the agent sees it: its columns by id, and how far it came."""

    asked: Export
    columns: tuple[str, ...]
    sent: Sent


@get("/exportar.csv")
async def list_export(request: AgentRequest, console: NamedDependency[Console]) -> Stream:
    """Every ticket of the filter, whatever page the agent is on."""
    file = await _begin(request, console, "csv")
    return _sent(_lines(console, file), file, "text/csv")


@get("/exportar.xlsx")
async def list_workbook(request: AgentRequest, console: NamedDependency[Console]) -> Stream:
    """The same rows and columns in a workbook."""
    file = await _begin(request, console, "xlsx")
    return _sent(_sheets(console, file), file, spreadsheets.MEDIA_TYPE)


async def _begin(request: AgentRequest, console: Console, kind: str) -> File:
    access.require(request.user, "ticket.export")
    work, policy, now = console.kit.work, console.kit.policy, console.kit.clock()
    login = await work.read(choices.login_of, request.user.id)
    settings = await work.read(agent_settings.load, request.user)
    asked = addresses.parse(list(request.query_params.multi_items()), login)
    await looked(console, request, "export", None, asked.whole.query)
    key = request.query_params.get(FOLLOWED, "")
    total, exact = (
        await work.read(grid.count, request.user, asked.filter, policy=policy, now=now)
        if key else (0, False)
    )  # fmt: skip
    sent = console.exports.begin(key, Sent(request.user.id, kind, total, exact))
    export = Export(request.user, asked.filter, asked.order, policy, now)
    return File(export, tuple(c.id for c in shown(settings)), sent)


def _sent(content: AsyncGenerator[str | bytes], file: File, media_type: str) -> Stream:
    day = file.asked.policy.day(file.asked.now).isoformat()
    return Stream(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="atendimentos-{day}.{file.sent.kind}"',
            "Cache-Control": "no-store",
        },
    )


async def _lines(console: Console, file: File) -> AsyncGenerator[str | bytes]:
    clock = Clock(file.asked.policy.zone)
    yield MARK + written([[label(name, "column") for name in file.columns]])
    async with aclosing(_rows(console, file)) as rest:
        async for rows in rest:
            yield written([cells(row, clock, file.columns) for row in rows])
    if file.sent.state == "cancelled":
        yield written([[label("cut", "export")]])


async def _sheets(console: Console, file: File) -> AsyncGenerator[str | bytes]:
    clock = Clock(file.asked.policy.zone)
    with closing(
        spreadsheets.Workbook(SHEET, [label(name, "column") for name in file.columns])
    ) as book:
        async with aclosing(_rows(console, file)) as rest:
            async for rows in rest:
                lines = [[_cell(COLUMNS[n].read(row, clock)) for n in file.columns] for row in rows]
                yield await asyncio.to_thread(book.rows, lines)
        if file.sent.state == "cancelled":
            yield book.rows([[label("cut", "export")]])
        yield book.end()


async def _rows(console: Console, file: File) -> AsyncGenerator[list[Row]]:
    """Counts what was read by whoever receives the file; when nobody reads any more, it breaks."""
    try:
        async with aclosing(pieces(console.kit.work, file.asked)) as rest:
            async for rows in rest:
                if not file.sent.add(len(rows)):
                    return
                yield rows
        file.sent.end("done")
    finally:
        file.sent.end("broken")


def _cell(value: object) -> spreadsheets.Cell:
    return value if isinstance(value, int | None) else str(value)


def cells(row: Row, clock: Clock, columns: Sequence[str]) -> list[str]:
    values = ((name, COLUMNS[name].read(row, clock)) for name in columns)
    return [as_text(value) if name == "protocol" else safe(value) for name, value in values]
