"""The agent's own account: password, open sessions, what happened to it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import commands, fields, shell
from gateway.console.entrance import AGENT, Entrance, confirm, is_fresh
from gateway.console.forgotten import words_of
from gateway.console.shell import AgentRequest, Around
from gateway.errors import NotLoggedIn
from helpdesk import accounts, factors, passwords, throttles
from helpdesk.accounts import Event, Open
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Throttled
from helpdesk.factors import Factors
from helpdesk.models import Agent
from helpdesk.resets import Owner

PAGE = "/central/conta"
#: what may be refused on it
PLACES = ("factor", "passkey", "current", "password")


@dataclass(frozen=True, slots=True)
class Account:
    near: Around | None
    owner: Owner
    #: whether there is a password to ask for
    password_hash: str
    factors: Factors
    sessions: list[Open]
    events: list[Event]


async def require_agent(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """The account is open to who still owes a second factor: here it is set up."""
    if connection.user.kind is not ActorKind.AGENT:
        raise NotLoggedIn(PAGE)


@get("/")
async def account_show(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[str]:
    return await show_account(request, entrance)


@post("/senha")
async def password_change(
    request: AgentRequest, entrance: NamedDependency[Entrance]
) -> Response[Any]:
    """With the present password; who enters by other ways proves that anew instead."""
    form, kit = await fields.read(request), entrance.kit
    found = await _load(request, entrance)
    if not found.password_hash and not is_fresh(request, kit):
        return confirm(PAGE)
    problem = await _wrong(entrance, found, form.one("current"), form.one("password"))
    if problem:
        return await show_account(request, entrance, problem=problem, status=422)
    hashed = await asyncio.to_thread(passwords.hash_password, form.one("password"))
    await kit.work.write(
        accounts.change_password, request.user, hashed, now=kit.clock(), keep=request.auth.id
    )
    return shell.go(entrance.console, PAGE, "password-changed")


@post("/sessoes/{session_id:int}/encerrar")
async def session_end(
    request: AgentRequest, entrance: NamedDependency[Entrance], session_id: FromPath[int]
) -> Redirect:
    """Right after a log-in: a stolen session puts nobody else out."""
    kit = entrance.kit
    if not is_fresh(request, kit):
        return confirm(PAGE)
    await kit.work.write(accounts.end_session, request.user, session_id, now=kit.clock())
    return shell.go(entrance.console, PAGE, "session-ended")


@post("/sessoes/encerrar")
async def sessions_end(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Redirect:
    """All but this one, right after a log-in."""
    kit = entrance.kit
    if not is_fresh(request, kit):
        return confirm(PAGE)
    await kit.work.write(accounts.end_others, request.user, request.auth.id, now=kit.clock())
    return shell.go(entrance.console, PAGE, "sessions-ended")


async def show_account(
    request: AgentRequest,
    entrance: Entrance,
    *,
    problem: dict[str, str] | None = None,
    codes: tuple[str, ...] = (),
    status: int = 200,
) -> Response[str]:
    """`codes`: recovery codes just made, shown this once."""
    found = await _load(request, entrance)
    context: dict[str, object] = {
        "account": found,
        "least": _least(found),
        "problem": dict.fromkeys(PLACES, "") | (problem or {}),
        "codes": codes,
        "current": request.auth.id,
        "passkeys": entrance.party is not None,
        "owes": request.auth.owes,
        "now": entrance.kit.clock(),
    }
    if found.near is None:
        flash = shell.said_of(request)
        return entrance.kit.page(
            request, "console/account_owed.html", context | {"flash": flash}, status
        )
    return shell.page(
        entrance.console, request, "console/account", found.near, context,
        kind=commands.OTHER, status=status,
    )  # fmt: skip


async def _load(request: AgentRequest, entrance: Entrance) -> Account:
    kit = entrance.kit
    return await kit.work.read(_read, request.user, now=kit.clock(), whole=not request.auth.owes)


def _read(session: Session, actor: Actor, *, now: datetime, whole: bool) -> Account:
    """Without what stands around a page for who may not see the console yet."""
    assert actor.id is not None
    agent = session.get_one(Agent, actor.id)
    return Account(
        shell.around(session, actor, now=now) if whole else None,
        Owner(AGENT, agent.id, agent.name, agent.login, agent.email),
        agent.password_hash,
        factors.of(session, AGENT, agent.id),
        accounts.open_sessions(session, AGENT, agent.id, now=now),
        accounts.events(session, AGENT, agent.id),
    )


async def _wrong(entrance: Entrance, found: Account, current: str, password: str) -> dict[str, str]:
    kit = entrance.kit
    if found.password_hash:
        gates = throttles.gates(f"change:{AGENT}:{found.owner.id}")
        try:
            await kit.work.read(throttles.check, gates, now=kit.clock())
        except Throttled:
            return {"current": "throttled"}
        if not await asyncio.to_thread(passwords.verify, found.password_hash, current):
            await kit.work.write(throttles.count, gates, now=kit.clock())
            return {"current": "wrong" if current else "required"}
        await kit.work.write(throttles.clear, gates)
    words = words_of(found.owner, kit.policy.insurer)
    problem = await asyncio.to_thread(passwords.problem, password, words=words, least=_least(found))
    return {"password": problem} if problem else {}


def _least(found: Account) -> int:
    return passwords.LEAST_WITH_FACTOR if found.factors.any else passwords.LEAST
