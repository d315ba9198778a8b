"""An agent who forgot the password: asks for a link, and by the link chooses a new one."""

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import fields
from gateway.console.entrance import AGENT, Door, Entrance, come_in, show
from gateway.console.shell import AgentRequest
from helpdesk import factors, passwords, resets
from helpdesk.errors import Throttled
from helpdesk.resets import Owner


@get("/entrar/esqueci")
async def reset_form(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[str]:
    return _form(request, entrance, {})


@post("/entrar/esqueci")
async def reset_ask(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[str]:
    """The same answer whether or not there is such an agent."""
    kit, login = entrance.kit, (await fields.read(request)).one("login").strip()
    if not login:
        return _form(request, entrance, {"problem": "required"}, 422)
    link = kit.policy.link("/entrar/nova-senha/")
    try:
        await kit.work.write(resets.ask, AGENT, login, kit.keyring, link, now=kit.clock())
    except Throttled as error:
        page = _form(request, entrance, {"login": login, "problem": "throttled"}, 429)
        page.headers["Retry-After"] = str(error.seconds)
        return page
    return _form(request, entrance, {"login": login, "sent": True})


@get("/entrar/nova-senha/{token:str}")
async def password_form(
    request: AgentRequest, entrance: NamedDependency[Entrance], token: FromPath[str]
) -> Response[str]:
    return await _choose(request, entrance, token)


@post("/entrar/nova-senha/{token:str}")
async def password_renew(
    request: AgentRequest, entrance: NamedDependency[Entrance], token: FromPath[str]
) -> Response[Any]:
    kit = entrance.kit
    password = (await fields.read(request)).one("password")
    owner = await kit.work.read(resets.look, AGENT, token, kit.keyring, now=kit.clock())
    if owner is None:
        return await _choose(request, entrance, token)
    least = await kit.work.read(least_of, owner.id)
    words = words_of(owner, kit.policy.insurer)
    problem = await asyncio.to_thread(passwords.problem, password, words=words, least=least)
    if problem:
        return await _choose(request, entrance, token, problem)
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    used = await kit.work.write(resets.use, AGENT, token, hashed, kit.keyring, now=kit.clock())
    if used is None:
        return await _choose(request, entrance, token)
    if (await kit.work.read(factors.of, AGENT, used.id)).any:
        # The mailbox stands for the password, never for the second factor.
        return show(request, entrance, Door(login=used.login, problem="renewed"))
    return await come_in(request, kit, used.id, "reset", "")


def least_of(session: Session, agent_id: int) -> int:
    """How long a password has to be."""
    strong = factors.of(session, AGENT, agent_id).any
    return passwords.LEAST_WITH_FACTOR if strong else passwords.LEAST


def words_of(owner: Owner, insurer: str) -> tuple[str, ...]:
    """What whoever knows the account would try first."""
    return (owner.login, owner.name, owner.email, insurer)


async def _choose(
    request: AgentRequest, entrance: Entrance, token: str, problem: str = ""
) -> Response[str]:
    """410 for a link that was used, expired or never sent."""
    kit = entrance.kit
    owner = await kit.work.read(resets.look, AGENT, token, kit.keyring, now=kit.clock())
    context: dict[str, object] = {"owner": owner, "token": token, "problem": problem}
    if owner is None:
        return kit.page(request, "console/new_password.html", context | {"least": 0}, 410)
    context["least"] = await kit.work.read(least_of, owner.id)
    return kit.page(request, "console/new_password.html", context, 422 if problem else 200)


def _form(
    request: AgentRequest, entrance: Entrance, given: dict[str, object], status: int = 200
) -> Response[str]:
    context: dict[str, object] = {"login": "", "problem": "", "sent": False}
    return entrance.kit.page(request, "console/forgotten.html", context | given, status)
