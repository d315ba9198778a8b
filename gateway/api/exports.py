"""Tickets as CSV (RFC 4180, UTF-8 without BOM), under the JSON's names, a dot for each level."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.api import documents
from gateway.api.call import Call
from gateway.api.filters import Listing
from gateway.api.problems import ALWAYS, problems
from gateway.errors import BadQuery
from helpdesk import access, grid
from helpdesk.desk import Desk
from helpdesk.errors import Invalid

#: rows read in one query
AT_ONCE = 500

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
    access.require(call.actor, "ticket.export")
    try:
        first = await _page(call, listing, None)
    except Invalid as error:
        raise BadQuery(error) from error
    await call.note_access("export")
    return Stream(
        _lines(call, listing, first),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="tickets.csv"'},
    )


async def _lines(call: Call, listing: Listing, page: grid.Page | None) -> AsyncIterator[str]:
    """A page at a time: the whole is never in memory."""
    yield _written([list(COLUMNS)])
    while page is not None:
        zone = call.kit.policy.zone
        yield _written([list(_cells(documents.summary(row, zone))) for row in page.rows])
        page = await _page(call, listing, page.next) if page.next is not None else None


async def _page(call: Call, listing: Listing, cursor: str | None) -> grid.Page:
    def read(session: Session, desk: Desk) -> grid.Page:
        return grid.page(
            session,
            desk.actor,
            listing.filter,
            listing.order,
            policy=desk.policy,
            now=desk.now,
            limit=AT_ONCE,
            cursor=cursor,
            counted=False,
        )

    return await call.ask(read)


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
