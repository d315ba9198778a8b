"""An open ticket: conversation, provider, log, and the queue beside it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from gateway.console import addresses, commands, fields, ledger, phrases, shell, tabs
from gateway.console.addresses import Asked
from gateway.console.fields import Kept
from gateway.console.grid import Listed, list_rows, time_left
from gateway.console.offers import Offer, forbidden, offers
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.tabs import TABS, Beside
from gateway.console.ways import Way, ways
from gateway.labels import LABELS
from helpdesk import access, audit, catalog, conversation, drafts, resending, thread
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.conversation import EARLIER, NEWEST, Window
from helpdesk.deadlines import CountedDay
from helpdesk.errors import Invalid
from helpdesk.policy import Policy
from helpdesk.views import Thread

#: of one conversation, on one page
MOST_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Open:
    """Everything a ticket's page shows, read in one snapshot."""

    near: Around
    asked: Asked
    thread: Thread
    left: timedelta | None
    counted: Sequence[CountedDay]
    beside: Beside
    listed: list[Listed]
    total: int
    registers: Catalog
    offers: dict[int, list[Offer]]
    #: where an answer may go
    ways: list[Way]
    #: what this agent was writing here
    written: drafts.Kept | None
    #: what a save of the draft is measured by
    turn: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the composer holds: empty, or what was sent and could not be done."""

    text: str = ""
    #: as the form sent it (`ways.Way.value`)
    endpoint: str = ""
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
    texto: FromQuery[int] = 0,
) -> Response[str]:
    """`retomar`: a message of one's own that was taken back; its text is in the composer again.
    `texto`: a canned text that was chosen without a script."""
    return await render(console, request, number, Draft(), tab=aba, resumed=retomar, text=texto)


@get("/{number:int}/cabeca")
async def ticket_head(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """Title, status, deadline and who works on it."""
    return await part(console, request, number, "head", conversation.NOTHING)


@get("/{number:int}/anteriores")
async def ticket_previous(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """Other tickets of the same provider, once the tab is opened."""
    kit = console.kit
    found = await kit.work.read(
        thread.previous, request.user, number, policy=kit.policy, now=kit.clock()
    )
    return kit.page(request, "console/previous.html", {"previous": found})


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
    text: int = 0,
    status: int = 200,
) -> Response[str]:
    tab = tab if tab in TABS else TABS[0]
    found = await _read(console, request, number, window_of(request), tab)
    if found.thread.row.secret:
        await looked(console, request, "ticket", number)
    if resumed:
        draft = _resumed(found, request.user, resumed)
    elif found.written and draft == Draft():
        kept = tuple(fields.keep(console.kit, file) for file in found.written.files)
        written = found.written.fields.get("text", "")
        draft = Draft(text=written, kept=kept, saved_at=found.written.saved_at)
    if text:
        said = await phrases.put(console, request, found.thread, text)
        draft = replace(draft, text="\n\n".join(part for part in (draft.text, said) if part))
    numbers = [one.row.number for one in found.listed]
    at = numbers.index(number) if number in numbers else None
    context = _context(console, request, found) | {
        "draft": draft,
        "tab": tab,
        "place": at + 1 if at is not None else None,
        "before": numbers[at - 1] if at else None,
        "after": numbers[at + 1] if at is not None and at + 1 < len(numbers) else None,
        "limits": fields.limits_of(console.kit),
        "variables": list(LABELS[phrases.KIND].values()),
    }
    return shell.page(
        console, request, "console/ticket", found.near, context,
        kind=commands.TICKET, row=found.thread.row, query=found.asked.address.query, status=status,
    )  # fmt: skip


def _resumed(found: Open, actor: Actor, message_id: int) -> Draft:
    mine = (
        m.text
        for m in found.thread.messages
        if m.id == message_id and m.author_id == actor.id and m.direction == "internal"
    )
    return Draft(text=next(mine, ""))


def window_of(request: AgentRequest) -> Window:
    """`mensagem`: at least from that one on; `mostrar`: so many of the newest."""
    given = request.query_params
    since, many = (fields.numbers([given.get(name, "")]) for name in ("mensagem", "mostrar"))
    newest = min(max(many[0], NEWEST), MOST_SHOWN) if many else NEWEST
    return Window(newest=newest, since=since[0] if since else None)


async def part(
    console: Console, request: AgentRequest, number: int, name: str, window: Window
) -> Response[str]:
    """One template of the page alone."""
    found = await _read(console, request, number, window, "", beside=False)
    listed = commands.for_page(request.user, commands.TICKET, found.near.login, found.thread.row)
    context: dict[str, object] = {
        "now": console.kit.clock(),
        "may": {c["id"]: not c.get("disabled", False) for c in listed},
    }
    given = context | _context(console, request, found)
    return console.kit.page(request, f"console/{name}.html", given)


async def _read(
    console: Console,
    request: AgentRequest,
    number: int,
    window: Window,
    tab: str,
    *,
    beside: bool = True,
) -> Open:
    items = list(request.query_params.multi_items())
    kit = console.kit
    return await kit.work.read(
        _open, request.user, number, items, window, tab,
        beside=beside, policy=kit.policy, now=kit.clock(),
    )  # fmt: skip


def _context(console: Console, request: AgentRequest, found: Open) -> dict[str, object]:
    row, address = found.thread.row, found.asked.address
    context: dict[str, object] = {
        "open": found,
        "row": row,
        "address": address,
        "here": console.presence.at(row.number, request.user.id, console.kit.clock()),
        "step": EARLIER,
        "last": {m.id: forbidden(m, row.number) for m in found.thread.messages},
    }
    if found.beside.log is not None:
        context |= ledger.context_of(found.beside.log, row.number, address)
    return context


def _open(
    session: Session,
    actor: Actor,
    number: int,
    items: list[tuple[str, str]],
    window: Window,
    tab: str,
    *,
    beside: bool,
    policy: Policy,
    now: datetime,
) -> Open:
    ticket = access.ticket(session, actor, number)
    seen = thread.view(session, actor, number, policy=policy, now=now, window=window)
    registers = catalog.load(session, policy)
    near = shell.around(session, actor, now=now, known=registers.parameters)
    asked = addresses.parse(items, near.login)
    queue = partial(
        list_rows,
        session,
        actor,
        calendar=registers.calendar,
        login=near.login,
        policy=policy,
        now=now,
    )
    total, listed = 0, list[Listed]()
    if beside:
        try:
            page, listed = queue(asked)
        except Invalid:
            asked = addresses.parse([], near.login)
            page, listed = queue(asked)
        total = page.total or 0
    registered = resending.registered(session, ticket)
    written, turn = drafts.opened(session, ("agent", actor.id or 0), drafts.of_ticket(number))
    return Open(
        near=near,
        asked=asked,
        thread=seen,
        left=time_left(seen.row, registers.calendar, now),
        counted=thread.explain_deadline(ticket, registers.calendars),
        beside=tabs.read(session, actor, number, tab, items, policy=policy, now=now),
        listed=listed,
        total=total,
        registers=registers,
        offers=offers(seen, registered),
        ways=ways(seen, registered),
        written=written,
        turn=turn,
    )
