"""Held messages: why each waits, what it says, and where an agent puts it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.mail.parse import ParsedMail, parse
from gateway.console import commands, fields, shell
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import FRAME_POLICY, blob
from gateway.labels import LABELS, label
from helpdesk import choices, quarantine, rows
from helpdesk.border import Actor
from helpdesk.choices import ProviderChoice
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Held, Ticket
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
_STEP = re.compile(r"(?P<step>[a-z-]+) (?P<what>[^:]+)(: (?P<found>.+))?$")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of how it was judged, in words. kind: ok | exp | no."""

    title: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Shown:
    held: Held
    sha256: str | None
    suggestion: Row | None
    providers: list[ProviderChoice]


@dataclass(frozen=True, slots=True)
class Queue:
    near: Around
    listed: Sequence[Held]
    shown: Shown | None


@get("/quarentena")
async def held_list(
    request: AgentRequest,
    console: NamedDependency[Console],
    estado: FromQuery[str] = "held",
    antes: FromQuery[str] = "",
) -> Response[str]:
    return await _page(
        request, console, None, estado, before=next(iter(fields.numbers([antes])), None)
    )


@get("/quarentena/{public_id:str}")
async def held_show(
    request: AgentRequest,
    console: NamedDependency[Console],
    public_id: FromPath[str],
    q: FromQuery[str] = "",
) -> Response[str]:
    return await _page(request, console, public_id, words=q)


@get("/quarentena/{public_id:str}/html")
async def held_html(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[str]:
    """The cleaned HTML, for a sandboxed frame."""
    mail = await _mail(console, await _sha256(request, console, public_id))
    if mail is None or mail.html is None:
        raise NotVisible("quarantine", public_id)
    return Response(
        mail.html,
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": FRAME_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Cache-Control": "no-store",
        },
    )


@get("/quarentena/{public_id:str}/original")
async def held_raw(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[bytes]:
    sha256 = await _sha256(request, console, public_id)
    if sha256 is None:
        raise NotVisible("quarantine", public_id)
    return await blob(console, sha256, f"{public_id}.eml")


@post("/quarentena/{public_id:str}/anexar")
async def held_attach(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    number = form.number("number") or 0
    try:
        await console.kit.work.write(quarantine.attach, console.desk(request), public_id, number)
    except NotVisible as error:
        if error.what != "ticket":
            raise
        return await _page(
            request, console, public_id, errors=Invalid(FieldError("number", "unknown"))
        )
    return shell.go(console, "/central/quarentena", "held-attached", number)


@post("/quarentena/{public_id:str}/abrir")
async def held_open(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    try:
        await console.kit.work.write(
            quarantine.open_for, console.desk(request), public_id, form.one("provider")
        )
    except NotVisible as error:
        if error.what != "provider":
            raise
        return await _page(
            request, console, public_id, errors=Invalid(FieldError("provider", "unknown"))
        )
    return shell.go(console, "/central/quarentena", "held-opened")


@post("/quarentena/{public_id:str}/tentar")
async def held_retry(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Redirect:
    await console.kit.work.write(quarantine.retry, console.desk(request), public_id)
    return shell.go(console, "/central/quarentena", "held-retried")


@post("/quarentena/{public_id:str}/spam")
async def held_spam(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Redirect:
    await console.kit.work.write(quarantine.mark_spam, console.desk(request), public_id)
    return shell.go(console, "/central/quarentena", "held-spam")


def steps(trace: Sequence[object]) -> list[Step]:
    """The trace of the matching (helpdesk/matching.py) for people."""
    return [_step(str(line)) for line in trace]


def _step(line: str) -> Step:
    found = _STEP.match(line)
    if found is None:
        return Step(line, "", "no")
    step, what, standing = found["step"], found["what"], found["found"]
    if step == "verdict":
        kind = {"verified": "ok", "failed": "exp"}.get(what, "no")
        return Step(label("authentication", "trace"), label(what, "verdict"), kind)
    if step in LABELS["layer"]:
        text = label("ticket", "trace").format(number=what)
        stands = standing in LABELS["standing"]
        known = label(standing, "standing") if stands else label("stranger", "trace")
        return Step(label(step, "layer"), f"{text} {known}", "ok" if stands else "exp")
    return Step(label(step, "trace"), what if standing is None else f"{what}: {standing}", "no")


async def _page(
    request: AgentRequest,
    console: Console,
    public_id: str | None,
    state: str = "held",
    *,
    words: str = "",
    before: int | None = None,
    errors: Invalid | None = None,
) -> Response[str]:
    kit = console.kit
    chosen = state if state in LABELS["held_state"] else "held"
    found = await kit.work.read(
        _read,
        request.user,
        public_id,
        chosen,
        words,
        before,
        policy=kit.policy,
        now=kit.clock(),
    )
    shown = found.shown
    context: dict[str, object] = {
        "queue": found,
        "shown": shown,
        "mail": await _mail(console, shown.sha256) if shown else None,
        "steps": steps(shown.held.trace) if shown else [],
        "kinds": KINDS,
        "state": chosen,
        "states": LABELS["held_state"],
        "more": found.listed[-1].id if len(found.listed) == PAGE_ROWS else None,
        "q": words,
        "errors": fields.problems(errors) if errors else {},
    }
    return shell.page(
        console, request, "console/quarantine", found.near, context,
        kind=commands.HELD, status=422 if errors else 200,
    )  # fmt: skip


def _read(
    session: Session,
    actor: Actor,
    public_id: str | None,
    state: str,
    words: str,
    before: int | None,
    *,
    policy: Policy,
    now: datetime,
) -> Queue:
    listed = quarantine.listing(session, actor, state=state, limit=PAGE_ROWS, before=before)
    near = shell.around(session, actor, policy=policy, now=now, current="/central/quarentena")
    first = public_id or (listed[0].public_id if listed else None)
    if first is None:
        return Queue(near, listed, None)
    held, raw = quarantine.get(session, actor, first)
    suggested = (
        rows.listing(session, actor, Ticket.number == held.suggestion, policy, now)
        if held.suggestion
        else []
    )
    shown = Shown(
        held,
        raw.sha256 if raw else None,
        suggested[0] if suggested else None,
        choices.providers(session, words) if words else [],
    )
    return Queue(near, listed, shown)


async def _sha256(request: AgentRequest, console: Console, public_id: str) -> str | None:
    _, raw = await console.kit.work.read(quarantine.get, request.user, public_id)
    return raw.sha256 if raw else None


async def _mail(console: Console, sha256: str | None) -> ParsedMail | None:
    """What can be read of it; None when the bytes are gone."""
    if sha256 is None:
        return None
    try:
        data = await asyncio.to_thread(console.kit.blobs.get, sha256)
    except FileNotFoundError:
        return None
    return await asyncio.to_thread(parse, data)
