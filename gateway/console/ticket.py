"""An open ticket: conversation, provider, log, and the queue beside it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from gateway.console import addresses, commands, fields, frames, shell
from gateway.console.addresses import Asked
from gateway.console.fields import Kept
from gateway.console.grid import Listed, list_rows, time_left
from gateway.console.offers import Offer, offers
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import attachments, audit, catalog, drafts, resending, thread
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.deadlines import CountedDay
from helpdesk.errors import Invalid, NotVisible
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.views import LogView, Thread

TABS = ("prestador", "anteriores", "logs")


@dataclass(frozen=True, slots=True)
class Open:
    """Everything a ticket's page shows, read in one snapshot."""

    near: Around
    asked: Asked
    thread: Thread
    left: timedelta | None
    counted: Sequence[CountedDay]
    log: list[LogView]
    previous: list[Row]
    listed: list[Listed]
    total: int
    registers: Catalog
    offers: dict[int, list[Offer]]
    #: what this agent was writing here
    written: drafts.Kept | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the composer holds: empty, or what was sent and could not be done."""

    text: str = ""
    endpoint: int | None = None
    kept: Sequence[Kept] = ()
    errors: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    saved_at: datetime | None = None
    #: why it was stopped: stale, claimed or "" (see templates/console/guard.html)
    stopped: str = ""
    #: who holds it, or what happened meanwhile
    data: dict[str, Any] = field(default_factory=dict[str, Any])


@get("/{number:int}")
async def ticket_show(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    aba: FromQuery[str] = "",
    retomar: FromQuery[int] = 0,
) -> Response[str]:
    """`retomar`: a message of one's own that was taken back; its text is in the composer again."""
    return await render(console, request, number, Draft(), tab=aba, resumed=retomar)


@get("/{number:int}/conversa")
async def ticket_talk(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """The conversation alone, for a page that is open while something arrives."""
    return await _part(console, request, number, "talk")


@get("/{number:int}/cabeca")
async def ticket_head(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """Title, status, deadline and who works on it."""
    return await _part(console, request, number, "head")


@get("/{number:int}/mensagens/{message:int}/html")
async def message_html(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[str]:
    """The mail as it came, cleaned, for a sandboxed frame."""
    kit = console.kit
    found = await kit.work.read(
        thread.view, request.user, number, policy=kit.policy, now=kit.clock()
    )
    said = next((m for m in found.messages if m.id == message and m.html), None)
    if said is None:
        raise NotVisible("message", message)
    pictures = {
        a.content_id: partial(kit.blobs.get, a.sha256) for a in said.attachments if a.content_id
    }
    return await asyncio.to_thread(frames.framed, said.html or "", pictures)


@get("/{number:int}/mensagens/{message:int}/original")
async def message_raw(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[bytes]:
    """The raw mail, to be saved; that somebody did so is kept."""
    sha256 = await console.kit.work.read(thread.raw, request.user, message)
    await looked(console, request, "raw", number, str(message))
    return await blob(console, sha256, f"{number}-{message}.eml")


@get("/anexos/{public_id:str}")
async def attachment_show(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[bytes]:
    found = await console.kit.work.read(thread.attachment, request.user, public_id)
    if found.secret:
        await looked(console, request, "attachment", None, public_id)
    return await blob(console, found.sha256, found.filename)


async def looked(
    console: Console, request: AgentRequest, what: str, number: int | None, detail: str = ""
) -> None:
    """Note an access that must be answered for (DESIGN §4, Log)."""
    now = console.kit.clock()
    await console.kit.work.write(
        audit.accessed, request.user, what, now=now, number=number, detail=detail
    )


async def blob(console: Console, sha256: str, filename: str) -> Response[bytes]:
    return download(await asyncio.to_thread(console.kit.blobs.get, sha256), filename)


def download(data: bytes, filename: str) -> Response[bytes]:
    """Never a page of ours."""
    return Response(
        data,
        media_type="application/octet-stream",
        headers={
            # RFC 6266 §4.3 with the encoding of RFC 8187: any name, no quoting to get wrong
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


async def render(
    console: Console,
    request: AgentRequest,
    number: int,
    draft: Draft,
    *,
    tab: str = "",
    resumed: int = 0,
    status: int = 200,
) -> Response[str]:
    found = await _read(console, request, number)
    if found.thread.row.secret:
        await looked(console, request, "ticket", number)
    if resumed:
        draft = _resumed(found, request.user, resumed)
    elif found.written and draft == Draft():
        kept = tuple(fields.keep(console.kit, file) for file in found.written.files)
        text = found.written.fields.get("text", "")
        draft = Draft(text=text, kept=kept, saved_at=found.written.saved_at)
    numbers = [one.row.number for one in found.listed]
    at = numbers.index(number) if number in numbers else None
    context = _context(found) | {
        "draft": draft,
        "tab": tab if tab in TABS else TABS[0],
        "place": at + 1 if at is not None else None,
        "before": numbers[at - 1] if at else None,
        "after": numbers[at + 1] if at is not None and at + 1 < len(numbers) else None,
        "limits": limits_of(console),
    }
    return shell.page(
        console, request, "console/ticket", found.near, context,
        kind=commands.TICKET, row=found.thread.row, query=found.asked.address.query, status=status,
    )  # fmt: skip


def limits_of(console: Console) -> dict[str, object]:
    """For the file picker."""
    limits = console.kit.limits
    types = [f".{extension}" for extension in (*attachments.TYPES, "jpeg")]
    return {"count": limits.count, "bytes": limits.size, "types": types}


def _resumed(found: Open, actor: Actor, message_id: int) -> Draft:
    mine = (
        m.text
        for m in found.thread.messages
        if m.id == message_id and m.author_id == actor.id and m.direction == "internal"
    )
    return Draft(text=next(mine, ""))


async def _part(console: Console, request: AgentRequest, number: int, name: str) -> Response[str]:
    found = await _read(console, request, number)
    listed = commands.for_page(request.user, commands.TICKET, found.near.login, found.thread.row)
    context: dict[str, object] = {
        "now": console.kit.clock(),
        "may": {c["id"]: not c.get("disabled", False) for c in listed},
    }
    return console.kit.page(request, f"console/{name}.html", context | _context(found))


async def _read(console: Console, request: AgentRequest, number: int) -> Open:
    items = list(request.query_params.multi_items())
    kit = console.kit
    return await kit.work.read(
        _open, request.user, number, items, policy=kit.policy, now=kit.clock()
    )


def _context(found: Open) -> dict[str, object]:
    return {"open": found, "row": found.thread.row, "address": found.asked.address}


def _open(
    session: Session,
    actor: Actor,
    number: int,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
) -> Open:
    seen = thread.view(session, actor, number, policy=policy, now=now)
    near = shell.around(session, actor, policy=policy, now=now)
    registers = catalog.load(session, policy)
    asked = addresses.parse(items, near.login)
    beside = partial(
        list_rows,
        session,
        actor,
        calendar=registers.calendar,
        login=near.login,
        policy=policy,
        now=now,
    )
    try:
        page, listed = beside(asked)
    except Invalid:
        asked = addresses.parse([], near.login)
        page, listed = beside(asked)
    return Open(
        near=near,
        asked=asked,
        thread=seen,
        left=time_left(seen.row, registers.calendar, now),
        counted=thread.explain_deadline(session, actor, number, policy),
        log=thread.log(session, actor, number),
        previous=thread.previous(session, actor, number, policy=policy, now=now),
        listed=listed,
        total=page.total or 0,
        registers=registers,
        offers=offers(seen, resending.registered(session, actor, number)),
        written=drafts.load(session, ("agent", actor.id or 0), drafts.of_ticket(number)),
    )
