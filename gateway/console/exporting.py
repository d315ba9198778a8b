"""Gerar arquivo CSV: the filtered list for a Brazilian spreadsheet, without a cap."""

import csv
import io
from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.console import addresses
from gateway.console.addresses import Asked
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import looked
from gateway.formats import Clock, promised
from gateway.labels import label
from helpdesk import access, choices, grid
from helpdesk.border import Actor
from helpdesk.grid import Page
from helpdesk.policy import Policy
from helpdesk.rows import Row

#: rows read in one query: the whole list is never in memory
AT_ONCE = 500
#: the byte order mark by which Excel knows UTF-8
MARK = "\ufeff"
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
    access.require(request.user, "ticket.export")
    login = await console.kit.work.read(choices.login_of, request.user.id)
    asked = addresses.parse(list(request.query_params.multi_items()), login)
    await looked(console, request, "export", None, asked.address.drop(*addresses.PLACE).query)
    name = f"atendimentos-{console.kit.policy.day(console.kit.clock()).isoformat()}.csv"
    return Stream(
        _lines(console, request.user, asked),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def _lines(console: Console, actor: Actor, asked: Asked) -> AsyncGenerator[str]:
    kit = console.kit
    clock, now = Clock(kit.policy.zone), kit.clock()
    yield MARK + written([[label(name, "column") for name in COLUMNS]])
    cursor: str | None = None
    while True:
        page = await kit.work.read(_page, actor, asked, cursor, policy=kit.policy, now=now)
        yield written([cells(row, clock) for row in page.rows])
        if page.next is None:
            return
        cursor = page.next


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


def _page(
    session: Session,
    actor: Actor,
    asked: Asked,
    cursor: str | None,
    *,
    policy: Policy,
    now: datetime,
) -> Page:
    return grid.page(
        session,
        actor,
        asked.filter,
        asked.order,
        policy=policy,
        now=now,
        limit=AT_ONCE,
        cursor=cursor,
        counted=False,
    )
