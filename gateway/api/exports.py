"""Tickets as CSV (RFC 4180, UTF-8 without BOM) and as a workbook, under the JSON's names, a dot for
each level."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing
from datetime import datetime
from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from gateway import spreadsheets
from gateway.api import documents
from gateway.api.call import Call
from gateway.api.filters import Listing
from gateway.api.problems import ALWAYS, problems
from gateway.errors import BadQuery
from gateway.listings import Export, pieces
from helpdesk import access
from helpdesk.errors import Invalid
from helpdesk.rows import Row

#: column names, a level of the JSON after the other
COLUMNS = (
    "number", "protocol", "title", "situation", "status.code", "status.label",
    "provider.code", "provider.name", "provider.document",
    "opened_by.kind", "opened_by.id", "opened_by.name",
    "contact.name", "contact.phone", "contact.email",
    "classification.code", "classification.name", "subclassification.code",
    "subclassification.name", "reason.code", "reason.name", "sector.code", "sector.name",
    "assignee.code", "assignee.name", "in_progress_with.code", "in_progress_with.name",
    "channel", "opened_at", "closed_at", "deleted_at", "days_open",
    "deadline.days", "deadline.unit", "deadline.due_at", "deadline.attention_at", "deadline.band",
    "waiting_on", "secret", "merged_into", "version",
)  # fmt: skip


@get("/tickets.csv", media_type="text/csv", responses=problems(*ALWAYS))
async def ticket_export(call: NamedDependency[Call], listing: NamedDependency[Listing]) -> Stream:
    """Export every ticket of the filter as CSV, without a cap."""
    first, rest = await _begin(call, listing)
    return _sent(_lines(call, first, rest), "text/csv", "tickets.csv")


@get("/tickets.xlsx", media_type=spreadsheets.MEDIA_TYPE, responses=problems(*ALWAYS))
async def ticket_workbook(call: NamedDependency[Call], listing: NamedDependency[Listing]) -> Stream:
    """Export every ticket of the filter as a workbook, without a cap."""
    first, rest = await _begin(call, listing)
    return _sent(_sheets(call, first, rest), spreadsheets.MEDIA_TYPE, "tickets.xlsx")


async def _begin(call: Call, listing: Listing) -> tuple[list[Row], AsyncGenerator[list[Row]]]:
    """The first rows, so that what is wrong with the query is said before anything is sent."""
    access.require(call.actor, "ticket.export")
    desk = call.desk()
    asked = Export(call.actor, listing.filter, listing.order, desk.policy, desk.now)
    rest = pieces(call.kit.work, asked)
    nothing: list[Row] = []
    try:
        first = await anext(rest, nothing)
    except Invalid as error:
        raise BadQuery(error) from error
    await call.note_access("export")
    return first, rest


def _sent(content: AsyncGenerator[str | bytes], media_type: str, name: str) -> Stream:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(content, media_type=media_type, headers=headers)


async def _lines(
    call: Call, first: list[Row], rest: AsyncGenerator[list[Row]]
) -> AsyncGenerator[str | bytes]:
    zone = call.kit.policy.zone

    def lines(rows: list[Row]) -> str:
        return _written([list(_cells(documents.summary(row, zone))) for row in rows])

    async with aclosing(rest):
        yield _written([list(COLUMNS)]) + lines(first)
        async for rows in rest:
            yield lines(rows)


async def _sheets(
    call: Call, first: list[Row], rest: AsyncGenerator[list[Row]]
) -> AsyncGenerator[str | bytes]:
    zone = call.kit.policy.zone

    def cells(rows: list[Row]) -> list[list[spreadsheets.Cell]]:
        return [[_cell(c) for c in _cells(documents.summary(row, zone))] for row in rows]

    with closing(spreadsheets.Workbook("tickets", COLUMNS)) as book:
        async with aclosing(rest):
            yield book.rows(cells(first))
            async for rows in rest:
                yield await asyncio.to_thread(book.rows, cells(rows))
        yield book.end()


def _cell(value: object) -> spreadsheets.Cell:
    """Numbers stay numbers; a protocol is text."""
    if isinstance(value, bool) or not isinstance(value, int | None):
        return str(value)
    return value


def _cells(summary: msgspec.Struct) -> Iterator[object]:
    for column in COLUMNS:
        value: Any = summary
        for name in column.split("."):
            value = getattr(value, name, None)
        yield value.isoformat() if isinstance(value, datetime) else value


def _written(rows: list[list[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
