"""A register as a file: out as CSV, in with a look at every line before anything is written."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.admin import cells, frame, records, screens, tables
from gateway.admin.screens import Screen
from gateway.console import fields, shell
from gateway.console.fields import Fields, Kept
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import looked
from gateway.delimited import MARK, written
from helpdesk import access
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid
from helpdesk.registry import importing, listing
from helpdesk.registry.importing import Planned
from helpdesk.registry.listing import Asked
from helpdesk.registry.shape import Register

AT_ONCE = 500
#: most lines of each kind that the page shows; it counts them all
MOST_SHOWN = 300
FILE = "arquivo"


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the plan for people: `differences` are (field, before, after), `problems` are
    (field, code, data)."""

    line: int
    what: str
    key: str
    differences: list[tuple[str, str, str]]
    problems: list[tuple[str, str, dict[str, object]]]


@get("/{slug:str}/exportar.csv")
async def record_export(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    q: FromQuery[str] = "",
    situacao: FromQuery[str] = "",
    de: FromQuery[str] = "",
) -> Stream:
    """The list as it is filtered, whole. Raises `Forbidden`."""
    screen, desk = screens.screen_of(slug), console.desk(request)
    access.require(request.user, screen.register.reads)
    active = records.SHOWN[situacao if situacao in records.SHOWN else records.USUAL]
    asked = Asked(said=q, active=active, parent=de, limit=AT_ONCE)
    await looked(console, request, "export", None, f"{screen.url}?{request.url.query}")
    name = f"{slug}-{desk.policy.day(desk.now).isoformat()}.csv"
    return Stream(
        _lines(console, desk, screen.register, asked),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@get("/{slug:str}/importar")
async def import_form(
    request: AgentRequest, console: NamedDependency[Console], slug: FromPath[str]
) -> Response[str]:
    screen = screens.screen_of(slug)
    access.require(request.user, screen.register.writes)
    return await _page(request, console, screen, {})


@post("/{slug:str}/importar")
async def import_plan(
    request: AgentRequest, console: NamedDependency[Console], slug: FromPath[str]
) -> Response[str]:
    """What each line would change; nothing does."""
    screen = screens.screen_of(slug)
    access.require(request.user, screen.register.writes)
    form = await fields.read(request)
    return await _shown(request, console, screen, form)


@post("/{slug:str}/importar/confirmar")
async def import_apply(
    request: AgentRequest, console: NamedDependency[Console], slug: FromPath[str]
) -> Response[Any]:
    """All of it, or the page again when it is no longer what was shown."""
    screen = screens.screen_of(slug)
    access.require(request.user, screen.register.writes)
    form = await fields.read(request)
    try:
        _, lines = await _lines_of(console, screen.register, form)
        plan = await console.kit.work.write(
            importing.apply, console.desk(request), screen.register, lines, form.one("seal")
        )
    except (Invalid, tables.Unreadable):
        return await _shown(request, console, screen, form)
    except Conflict:
        return await _shown(request, console, screen, form, again=True)
    done = plan.count("added") + plan.count("changed")
    return shell.go(console, screen.url, "records-imported", done)


async def _shown(
    request: AgentRequest, console: Console, screen: Screen, form: Fields, *, again: bool = False
) -> Response[str]:
    register = screen.register
    try:
        kept, lines = await _lines_of(console, register, form)
    except tables.Unreadable as error:
        return await _page(request, console, screen, {"unreadable": error.problems}, 422)
    except Invalid as error:
        return await _page(request, console, screen, {"problems": fields.problems(error)}, 422)
    plan = await console.kit.work.read(importing.plan, console.desk(request), register, lines)
    shown = [_told(register, each) for each in plan.lines if each.what != "same"]
    context: dict[str, object] = {
        "plan": plan,
        "counts": {what: plan.count(what) for what in ("added", "changed", "same", "wrong")},
        "lines": sorted(shown, key=lambda one: (one.what != "wrong", one.line))[:MOST_SHOWN],
        "more": max(0, len(shown) - MOST_SHOWN),
        "kept": kept,
        "again": again,
    }
    status = 409 if again else 200 if plan.fits or not plan.count("wrong") else 422
    return await _page(request, console, screen, context, status)


async def _lines_of(
    console: Console, register: Register, form: Fields
) -> tuple[Kept, list[importing.Line]]:
    """The file, durable, and its lines. Raises `Invalid`, `Unreadable`."""
    kept, errors = await fields.store(console.kit, form)
    if errors:
        raise Invalid(*(FieldError(FILE, each.code, each.data) for each in errors))
    if len(kept) != 1:
        raise Invalid(FieldError(FILE, "required"))
    data = await asyncio.to_thread(console.kit.blobs.get, kept[0].file.sha256)
    return kept[0], await asyncio.to_thread(tables.read, register, data)


async def _page(
    request: AgentRequest,
    console: Console,
    screen: Screen,
    context: dict[str, object],
    status: int = 200,
) -> Response[str]:
    near = await console.kit.work.read(_near, console.desk(request))
    given: dict[str, object] = {
        "screen": screen,
        "register": screen.register,
        "columns": tables.columns(screen.register),
        "plan": None,
        "problems": {},
        "unreadable": (),
        "most": importing.MOST_LINES,
    }
    return frame.page(
        console, request, "admin/import", near, screen.path, given | context, status=status
    )


def _near(session: Session, desk: Desk) -> Around:
    now: datetime = desk.now
    return shell.around(session, desk.actor, now=now)


def _told(register: Register, planned: Planned) -> Told:
    known = {each.name: each for each in tables.read_fields(register)}

    def said(name: str, text: str) -> str:
        if name == register.switch:
            return cells.YES_WORD if text == "1" else cells.NO_WORD
        return cells.shown(known[name], text)

    return Told(
        planned.line,
        planned.what,
        planned.key,
        [
            (f"{register.name}.{d.field}", said(d.field, d.before), said(d.field, d.after))
            for d in planned.differences
        ],
        [(f"{register.name}.{e.field}", e.code, dict(e.data)) for e in planned.errors],
    )


async def _lines(
    console: Console, desk: Desk, register: Register, asked: Asked
) -> AsyncGenerator[str | bytes]:
    yield MARK + written([tables.header(register)])
    while True:
        page = await console.kit.work.read(listing.page, desk, register, asked)
        if page.rows:
            yield written([tables.line(register, record) for record in page.rows])
        if not page.next:
            return
        asked = Asked(
            said=asked.said,
            active=asked.active,
            parent=asked.parent,
            after=page.next,
            limit=asked.limit,
        )
