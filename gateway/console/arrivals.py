"""The channel laboratory: what came in raw, what became of it, and the same again after a fix."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.mail.parse import parse
from gateway.console import commands, fields, quarantine, shell
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.sifting import PATH
from gateway.console.ticket import blob, looked
from helpdesk import laboratory, rereading
from helpdesk.border import Actor, Inbound
from helpdesk.errors import Conflict
from helpdesk.laboratory import Asked, Entry
from helpdesk.models import InboundRaw

PAGE_ROWS = 50
ARRIVALS = f"{PATH}/entradas"
#: a larger message is not read for a list
LARGEST_SHOWN = 256 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """As the message itself says. `automatic`: why it may have been ignored."""

    sender: str = ""
    subject: str = ""
    automatic: str | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    near: Around
    rows: list[Entry]


@dataclass(frozen=True, slots=True)
class Arrival:
    near: Around
    entry: Entry


@get("/quarentena/entradas")
async def arrival_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    kit, given = console.kit, request.query_params
    asked = _asked(given, kit.policy.zone)
    before = next(iter(fields.numbers([given.get("antes", "")])), None)
    found = await kit.work.read(_read, request.user, asked, before, now=kit.clock())
    heads = await asyncio.gather(*(_head(console, each.raw) for each in found.rows))
    kept = {name: value for name, value in given.items() if value and name != "antes"}
    more = found.rows[-1].raw.id if len(found.rows) == PAGE_ROWS else None
    context: dict[str, object] = {
        "rows": list(zip(found.rows, heads, strict=True)),
        "given": kept,
        "asked": asked,
        "states": laboratory.STATES,
        "most": laboratory.MOST_ARRIVALS,
        "alarms": found.near.alarms,
        "next": f"{ARRIVALS}?{urlencode(kept | {'antes': more})}" if more else None,
    }
    return shell.page(
        console, request, "console/arrivals", found.near, context, kind=commands.OTHER
    )


@get("/quarentena/entradas/{raw_id:int}")
async def arrival_show(
    request: AgentRequest, console: NamedDependency[Console], raw_id: FromPath[int]
) -> Response[str]:
    return await _show(request, console, raw_id)


@get("/quarentena/entradas/{raw_id:int}/html")
async def arrival_html(
    request: AgentRequest, console: NamedDependency[Console], raw_id: FromPath[int]
) -> Response[str]:
    entry = await console.kit.work.read(laboratory.get, request.user, raw_id)
    return quarantine.framed(await quarantine.understood(console, entry.raw.sha256), raw_id)


@get("/quarentena/entradas/{raw_id:int}/original")
async def arrival_raw(
    request: AgentRequest, console: NamedDependency[Console], raw_id: FromPath[int]
) -> Response[bytes]:
    entry = await console.kit.work.read(laboratory.get, request.user, raw_id)
    await looked(console, request, "raw", entry.number, entry.raw.arrival)
    return await blob(console, entry.raw.sha256, f"{raw_id}.eml")


@get("/quarentena/entradas/{raw_id:int}/anexos/{position:int}")
async def arrival_file(
    request: AgentRequest,
    console: NamedDependency[Console],
    raw_id: FromPath[int],
    position: FromPath[int],
) -> Response[bytes]:
    entry = await console.kit.work.read(laboratory.get, request.user, raw_id)
    await looked(console, request, "attachment", entry.number, entry.raw.arrival)
    return quarantine.attached(await quarantine.understood(console, entry.raw.sha256), position)


@post("/quarentena/entradas/{raw_id:int}/processar")
async def arrival_replay(
    request: AgentRequest, console: NamedDependency[Console], raw_id: FromPath[int]
) -> Response[Any]:
    """Understood again by what understands now; never twice, and in silence."""
    entry = await console.kit.work.read(laboratory.get, request.user, raw_id)
    try:
        read = await _understand(console, entry.raw)
        done = await console.kit.work.write(laboratory.replay, console.desk(request), raw_id, read)
    except Conflict as error:
        return await _show(request, console, raw_id, refused=error)
    return shell.go(console, f"{ARRIVALS}/{raw_id}", f"replay-{done}")


@post("/{number:int}/mensagens/{message:int}/processar")
async def message_reread(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Redirect:
    """From the conversation: the message's text and files as the present parser reads them."""
    desk = console.desk(request)
    original = await console.kit.work.read(rereading.original, desk, message)
    read = await _understand(console, original.raw)
    done = await console.kit.work.write(rereading.reread, desk, message, read)
    return shell.go(console, f"/central/{number}#m{message}", f"replay-{done}", number)


async def _show(
    request: AgentRequest, console: Console, raw_id: int, refused: Conflict | None = None
) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(_read_one, request.user, raw_id, now=kit.clock())
    context: dict[str, object] = {
        "entry": found.entry,
        "mail": await quarantine.understood(console, found.entry.raw.sha256),
        "refused": refused,
    }
    return shell.page(
        console, request, "console/arrival", found.near, context,
        kind=commands.OTHER, status=409 if refused else 200,
    )  # fmt: skip


async def _understand(console: Console, raw: InboundRaw) -> Inbound:
    """Raises `Conflict` when nothing here understands mail, or the bytes are gone."""
    if console.understand is None:
        raise Conflict("no_mail")
    try:
        data = await asyncio.to_thread(console.kit.blobs.get, raw.sha256)
    except FileNotFoundError as error:
        raise Conflict("no_raw") from error
    return await asyncio.to_thread(console.understand, raw, data)


async def _head(console: Console, raw: InboundRaw) -> Head:
    if raw.size > LARGEST_SHOWN:
        return Head()
    return await asyncio.to_thread(_read_head, console, raw)


def _read_head(console: Console, raw: InboundRaw) -> Head:
    try:
        data = console.kit.blobs.get(raw.sha256)
    except FileNotFoundError:
        return Head()
    if raw.state != "ignored":
        # Only what sent it is told by more than its header
        ends = (data.find(blank) for blank in (b"\r\n\r\n", b"\n\n"))
        data = data[: min((end for end in ends if end >= 0), default=len(data))] + b"\r\n\r\n"
    parsed = parse(data, own=console.kit.policy.keyring.wrote)
    sender = (parsed.from_.address or parsed.from_.name) if parsed.from_ else ""
    return Head(sender, parsed.subject, parsed.automatic)


def _read(
    session: Session,
    actor: Actor,
    asked: Asked,
    before: int | None,
    *,
    now: datetime,
) -> Arrivals:
    found = laboratory.listing(session, actor, asked, limit=PAGE_ROWS, before=before)
    return Arrivals(shell.around(session, actor, now=now, current=ARRIVALS), found)


def _read_one(session: Session, actor: Actor, raw_id: int, *, now: datetime) -> Arrival:
    entry = laboratory.get(session, actor, raw_id)
    return Arrival(shell.around(session, actor, now=now, current=ARRIVALS), entry)


def _asked(given: Mapping[str, str], zone: ZoneInfo) -> Asked:
    state = given.get("estado")
    start, end = _day(given.get("de", ""), zone), _day(given.get("ate", ""), zone)
    return Asked(
        state=state if state in laboratory.STATES else None,
        mailbox=given.get("caixa") or None,
        q=given.get("busca", "")[:200],
        start=start,
        end=end + timedelta(days=1) if end else None,
    )


def _day(said: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(said), time(), zone)
    except ValueError:
        return None
