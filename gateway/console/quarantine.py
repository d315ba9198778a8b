"""Held messages: why each waits, what it says, how it was judged."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.mail.parse import ParsedMail, parse
from gateway.console import commands, fields, frames, judging, shell
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.sifting import Sifted, sifted
from gateway.console.ticket import blob, download, looked
from gateway.labels import LABELS
from helpdesk import access, catalog, choices, held, rows, text
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.choices import ProviderChoice
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import InboundRaw, Provider, Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row

PAGE_ROWS = 50
#: how a reason is drawn: forged is a danger, broken asks for care, the rest is news
KINDS = {
    "authentication-failed": "exp",
    "forged-token": "exp",
    "unreadable": "att",
    "limit": "att",
    "internal-error": "att",
}
_PROVIDER = re.compile(r"provider ([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Question:
    """What an agent is looking up beside the message: providers by words, a ticket by its number
    or protocol."""

    provider: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """The message on the page; `preview` is the ticket asked for, None when there is none such."""

    found: held.Shown
    raw: InboundRaw | None
    suggestion: Row | None
    preview: Row | None
    providers: list[ProviderChoice]
    names: dict[int, str]
    #: others that wait from the same address
    others: int
    following: str


@dataclass(frozen=True, slots=True)
class Queue:
    near: Around
    listed: list[held.Shown]
    counts: held.Counts
    registers: Catalog
    open: Open | None = field(default=None)


@get("/quarentena")
async def held_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await render(request, console)


@get("/quarentena/{public_id:str}")
async def held_show(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[str]:
    return await render(request, console, public_id)


@get("/quarentena/{public_id:str}/html")
async def held_html(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[str]:
    """The cleaned HTML, for a sandboxed frame."""
    raw = await _raw(request, console, public_id)
    return framed(await understood(console, raw.sha256), public_id)


@get("/quarentena/{public_id:str}/original")
async def held_raw(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[bytes]:
    raw = await _raw(request, console, public_id)
    await looked(console, request, "raw", None, public_id)
    return await blob(console, raw.sha256, f"{public_id}.eml")


@get("/quarentena/{public_id:str}/anexos/{position:int}")
async def held_file(
    request: AgentRequest,
    console: NamedDependency[Console],
    public_id: FromPath[str],
    position: FromPath[int],
) -> Response[bytes]:
    raw = await _raw(request, console, public_id)
    await looked(console, request, "attachment", None, public_id)
    return attached(await understood(console, raw.sha256), position)


async def render(
    request: AgentRequest,
    console: Console,
    public_id: str | None = None,
    *,
    errors: Invalid | None = None,
    refused: Conflict | None = None,
    asked: Question | None = None,
) -> Response[str]:
    """The list and one message. `errors`, `refused`: what became of the form that was sent."""
    kit, where = console.kit, sifted(request)
    given = request.query_params
    question = asked or Question(given.get("prestador", ""), given.get("chamado", ""))
    found = await kit.work.read(
        _read, request.user, public_id, where, question, policy=kit.policy, now=kit.clock()
    )
    shown = found.open
    context: dict[str, object] = {
        "queue": found,
        "open": shown,
        "mail": await understood(console, shown.raw.sha256) if shown and shown.raw else None,
        "steps": judging.steps(shown.found.trace, shown.names) if shown else [],
        "forged": shown is not None and held.is_forged(shown.found.row),
        "kinds": KINDS,
        "where": where,
        "states": LABELS["held_state"],
        "reasons": LABELS["hold_reason"],
        "question": question,
        "classifications": [(c.code, c.name) for c in found.registers.classifications.values()],
        "offered": given.get("confiado", ""),
        "more": found.listed[-1].row.id if len(found.listed) == PAGE_ROWS else None,
        "errors": fields.problems(errors) if errors else {},
        "refused": refused,
    }
    status = 422 if errors else 409 if refused else 200
    return shell.page(
        console, request, "console/quarantine", found.near, context,
        kind=commands.HELD, status=status,
    )  # fmt: skip


def framed(mail: ParsedMail | None, key: object) -> Response[str]:
    """Raises `NotVisible` when the message has no HTML."""
    if mail is None or mail.html is None:
        raise NotVisible("quarantine", key)
    pictures = {a.content_id: partial(bytes, a.data) for a in mail.attachments if a.content_id}
    return frames.framed(mail.html, pictures)


def attached(mail: ParsedMail | None, position: int) -> Response[bytes]:
    """Always a download, never a page of ours. Raises `NotVisible`."""
    if mail is None or not 0 <= position < len(mail.attachments):
        raise NotVisible("attachment", position)
    file = mail.attachments[position]
    return download(file.data, file.filename)


async def understood(console: Console, sha256: str) -> ParsedMail | None:
    """What can be read of it; None when the bytes are gone."""
    try:
        data = await asyncio.to_thread(console.kit.blobs.get, sha256)
    except FileNotFoundError:
        return None
    return await asyncio.to_thread(parse, data, own=console.kit.policy.keyring.wrote)


def _read(
    session: Session,
    actor: Actor,
    public_id: str | None,
    where: Sifted,
    question: Question,
    *,
    policy: Policy,
    now: datetime,
) -> Queue:
    listed = held.listing(session, actor, where.asked, limit=PAGE_ROWS, before=where.before)
    near = shell.around(session, actor, now=now, current="/central/quarentena")
    queue: dict[str, Any] = {
        "near": near,
        "listed": listed,
        "counts": held.counts(session, actor, where.asked.state),
        "registers": catalog.load(session, policy),
    }
    first = public_id or (listed[0].row.public_id if listed else None)
    if first is None:
        return Queue(**queue)
    found, raw = held.get(session, actor, first)
    suggestion = found.suggestion.number if found.suggestion else None
    tickets = rows.listing(
        session, actor, Ticket.number.in_([n for n in (suggestion,) if n]), policy, now
    )
    ids = [each.row.public_id for each in listed]
    at = ids.index(first) if first in ids else len(ids)
    shown = Open(
        found=found,
        raw=raw,
        suggestion=next(iter(tickets), None),
        preview=_ticket(session, actor, question.ticket, policy, now),
        providers=choices.providers(session, question.provider) if question.provider else [],
        names=_names(session, found.trace),
        others=len(held.of_sender(session, actor, found.row.sender)) - (found.row.state == "held"),
        following=next(iter(ids[at + 1 :] or ids[:at]), ""),
    )
    return Queue(**queue, open=shown)


def _ticket(session: Session, actor: Actor, said: str, policy: Policy, now: datetime) -> Row | None:
    """By number or protocol, as somebody types it. Unknown and secret look the same."""
    number = find(session, actor, said)
    found = rows.listing(session, actor, Ticket.number == number, policy, now) if number else []
    return next(iter(found), None)


def find(session: Session, actor: Actor, said: str) -> int | None:
    wanted = re.sub(r"[\s.]+", "", text.normalise(said))
    known = Ticket.protocol == wanted
    numbers = fields.numbers([wanted])
    if numbers:
        known |= Ticket.number == numbers[0]
    query = select(Ticket.number).where(known, access.visible(actor), Ticket.deleted_at.is_(None))
    return session.scalar(query.order_by(Ticket.number.desc()).limit(1)) if wanted else None


def _names(session: Session, trace: tuple[str, ...]) -> dict[int, str]:
    ids = [int(found[1]) for line in trace if (found := _PROVIDER.match(line))]
    query = select(Provider.id, Provider.name).where(Provider.id.in_(ids))
    return dict(session.execute(query).all()) if ids else {}


async def _raw(request: AgentRequest, console: Console, public_id: str) -> InboundRaw:
    _, raw = await console.kit.work.read(held.get, request.user, public_id)
    if raw is None:
        raise NotVisible("quarantine", public_id)
    return raw
