"""What an agent decides about held messages, one or several, and what became of it.

The applier carries a decision out. It takes a moment, so the answer waits for it that long and then
says where the message went; when it takes longer, the page says that it is on its way.
"""

import re
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Concatenate, ParamSpec

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import fields, quarantine, shell
from gateway.console.fields import Fields
from gateway.console.quarantine import Question
from gateway.console.shell import AgentRequest, Console
from gateway.console.sifting import PATH, sifted
from helpdesk import access, held
from helpdesk import quarantine as verbs
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Held

P = ParamSpec("P")
Verb = Callable[Concatenate[Session, Desk, str, P], Held]

#: how long an answer waits for the applier
PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.25
_ID = re.compile(r"[0-9a-f]{32}")


@post("/quarentena/{public_id:str}/anexar")
async def held_attach(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    said = form.one("number")
    number = await console.kit.work.read(quarantine.find, request.user, said)
    if number is None:
        unknown = Invalid(FieldError("number", "unknown"))
        asked = Question(ticket=said)
        return await quarantine.render(request, console, public_id, errors=unknown, asked=asked)
    answers = form.one("answers") == "1"
    return await decide(
        request, console, public_id, form, verbs.attach, number, answers=answers
    )  # fmt: skip


@post("/quarentena/{public_id:str}/abrir")
async def held_open(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    return await decide(
        request, console, public_id, form,
        verbs.open_for, form.one("provider"), form.one("classification"),
    )  # fmt: skip


@post("/quarentena/{public_id:str}/tentar")
async def held_retry(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    return await decide(request, console, public_id, form, verbs.retry)


@post("/quarentena/{public_id:str}/spam")
async def held_spam(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    form = await fields.read(request)
    return await decide(request, console, public_id, form, verbs.mark_spam)


@post("/quarentena/{public_id:str}/devolver")
async def held_return(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    """It was no spam."""
    try:
        row = await console.kit.work.write(verbs.not_spam, console.desk(request), public_id)
    except Conflict as error:
        return await quarantine.render(request, console, public_id, refused=error)
    return shell.go(console, f"{PATH}/{row.public_id}", "held-returned")


@post("/quarentena/desfazer/{held_id:int}")
async def spam_undo(
    request: AgentRequest, console: NamedDependency[Console], held_id: FromPath[int]
) -> Redirect:
    """From the notice that says what was done."""
    row = await console.kit.work.write(_undo, console.desk(request), held_id)
    return shell.go(console, f"{PATH}/{row.public_id}", "held-returned")


@post("/quarentena/spam")
async def several_spam(request: AgentRequest, console: NamedDependency[Console]) -> Redirect:
    done, back = await _several(request, console, verbs.mark_spam)
    return shell.go(console, back, "held-many-spam", len(done.rows), left=done.left)


@post("/quarentena/devolver")
async def several_return(request: AgentRequest, console: NamedDependency[Console]) -> Redirect:
    done, back = await _several(request, console, verbs.not_spam)
    return shell.go(console, back, "held-many-returned", len(done.rows), left=done.left)


@post("/quarentena/tentar")
async def several_retry(request: AgentRequest, console: NamedDependency[Console]) -> Redirect:
    """Those chosen, or all that wait from one address (`sender`)."""
    done, back = await _several(request, console, verbs.retry)
    await settled(console, done.rows)
    placed = await console.kit.work.read(_placed, [row.id for row in done.rows])
    left = len(done.rows) - placed + done.left
    return shell.go(console, back, "held-many-retried", placed, left=left)


async def decide(
    request: AgentRequest,
    console: Console,
    public_id: str,
    form: Fields,
    verb: Verb[P],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response[Any]:
    """Carry out one decision, and go on to the next message of the list. A refusal comes back on
    the page of the message, with what the agent has to know."""
    try:
        row = await console.kit.work.write(verb, console.desk(request), public_id, *args, **kwargs)
    except Invalid as error:
        return await quarantine.render(request, console, public_id, errors=error)
    except Conflict as error:
        return await quarantine.render(request, console, public_id, refused=error)
    except NotVisible as error:
        if error.what not in {"provider", "ticket"}:
            raise
        field = "number" if error.what == "ticket" else "provider"
        unknown = Invalid(FieldError(field, "unknown"))
        return await quarantine.render(request, console, public_id, errors=unknown)
    return await told(request, console, form, row)


async def told(request: AgentRequest, console: Console, form: Fields, row: Held) -> Response[Any]:
    """Where the message went, said on the next page of the list."""
    where, following = sifted(request), form.one("following")
    waits = await settled(console, [row])
    now = await console.kit.work.read(_now, row.id)
    if now.state == "held":
        # It waits, perhaps for another reason than before: the agent sees it.
        code = "held-on-its-way" if waits else "held-still"
        return shell.go(console, where.message(row.public_id), code)
    back = where.message(following) if _ID.fullmatch(following) else where.to()
    if now.state == "spam":
        return shell.go(console, back, "held-spam", message=row.id)
    seen = await console.kit.work.read(access.visible_numbers, request.user, [now.number or 0])
    return shell.go(console, back, f"held-{now.state}", next(iter(seen), None))


async def settled(console: Console, rows: Sequence[Held]) -> bool:
    """Wait a moment for what was queued; true when some of it still waits to be applied."""
    ids = [row.raw_id for row in rows if row.raw_id is not None]
    until = monotonic() + PATIENCE_SECONDS
    while True:
        beat = console.pulse.count
        states = await console.kit.work.read(verbs.raw_states, ids)
        if "waiting" not in states.values():
            return False
        if console.understand is None or monotonic() > until:
            return True
        await console.pulse.wait(beat, LOOK_SECONDS)


Many = Callable[[Session, Desk, str], Held]


async def _several(request: AgentRequest, console: Console, verb: Many) -> tuple[verbs.Done, str]:
    form = await fields.read(request)
    chosen = [each for each in form.many("number") if _ID.fullmatch(each)]
    if form.one("sender"):
        chosen = await console.kit.work.read(held.of_sender, request.user, form.one("sender"))
    done = await console.kit.work.write(verbs.many, console.desk(request), verb, chosen)
    return done, sifted(request).to()


def _undo(session: Session, desk: Desk, held_id: int) -> Held:
    public_id = session.scalar(select(Held.public_id).where(Held.id == held_id))
    return verbs.not_spam(session, desk, public_id or "")


def _now(session: Session, held_id: int) -> Held:
    return session.get_one(Held, held_id)


def _placed(session: Session, ids: Sequence[int]) -> int:
    states = session.scalars(select(Held.state).where(Held.id.in_(ids)))
    return sum(state != "held" for state in states)
