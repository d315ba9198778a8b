"""Agents come and go: login and password, then the second factor of whoever has one.

argon2 runs in a thread, tries are throttled, and there is one answer for known and unknown.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway.console import entrance as doors
from gateway.console import fields
from gateway.console.entrance import AGENT, Door, Entrance, come_in, cookie, local, refuse, show
from gateway.console.shell import AgentRequest
from gateway.identity import AGENT_COOKIE
from helpdesk import factors, logins, passwords, sessions, throttles
from helpdesk.border import ActorKind
from helpdesk.errors import Throttled

ACCOUNT = "/central/conta"
SECOND = "second-factor"
SECOND_LIFE = timedelta(minutes=5)
#: where the list stood and what was chosen in it is the next one's at this browser otherwise
LEAVING = {"Clear-Site-Data": '"storage"'}


@get("/entrar")
async def login_form(
    request: AgentRequest,
    entrance: NamedDependency[Entrance],
    voltar: FromQuery[str] = "",
    confirmar: FromQuery[str] = "",
) -> Response[str] | Redirect:
    back = local(voltar)
    if request.user.kind is not ActorKind.AGENT or request.user.id is None:
        return show(request, entrance, Door(back=back))
    if request.auth.owes and not confirmar:
        return Redirect(ACCOUNT, status_code=303)
    if not confirmar:
        return Redirect(back, status_code=303)
    login = await entrance.kit.work.read(doors.login_of, request.user.id)
    return show(request, entrance, Door("confirm", login, back))


@get("/entrar/aqui")
async def login_dialog(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[str]:
    """A dialog over a page whose session ended: its form stays as it is."""
    return show(
        request, entrance, Door(login=await _last_login(request, entrance.kit), in_place=True)
    )


@post("/entrar")
async def login_enter(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    form = await fields.read(request)
    kit, login = entrance.kit, form.one("login").strip().lower()
    door = Door(
        login=login, back=local(form.one("voltar")), in_place=bool(form.one(doors.IN_PLACE))
    )
    found = await kit.work.read(logins.agent_credential, login)
    gates = doors.gates_of(request, kit, login[:180], found.id if found else None)
    try:
        await kit.work.read(throttles.check, gates, now=kit.clock())
    except Throttled as error:
        return _wait(request, entrance, door, error)
    stored = found.password_hash if found else ""
    right = await asyncio.to_thread(passwords.verify, stored, form.one("password"))
    if not right or found is None:
        await refuse(request, kit, gates, found.id if found else None, "password")
        return show(request, entrance, replace(door, problem="wrong"), 422)
    has = await kit.work.read(doors.factors_of, found.id)
    if not has.any:
        return await come_in(
            request, kit, found.id, "password", door.back, in_place=door.in_place, cleared=gates
        )
    await kit.work.write(throttles.clear, gates)
    passed = kit.keyring.link_token(
        SECOND, f"{request.state.browser} {found.id}", kit.clock() + SECOND_LIFE
    )
    asked = replace(
        door, step="second", passed=passed, app=has.totp_since is not None, keys=bool(has.passkeys)
    )
    return show(request, entrance, asked)


@post("/entrar/segundo")
async def second_check(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    """The code of the app, or a recovery code, after the password."""
    form = await fields.read(request)
    kit = entrance.kit
    door = Door(
        "second", back=local(form.one("voltar")), passed=form.one("passed"),
        in_place=bool(form.one(doors.IN_PLACE)), app=bool(form.one("app")),
        keys=bool(form.one("keys")),
    )  # fmt: skip
    subject = kit.keyring.read_link_token(SECOND, door.passed, kit.clock())
    browser, _, agent = (subject or "").rpartition(" ")
    if subject is None or browser != request.state.browser:
        expired = Door(back=door.back, problem="expired", in_place=door.in_place)
        return show(request, entrance, expired, 422)
    agent_id = int(agent)
    gates = throttles.gates(f"second:{AGENT}:{agent_id}")
    try:
        await kit.work.read(throttles.check, gates, now=kit.clock())
    except Throttled as error:
        return _wait(request, entrance, door, error)
    right = await kit.work.write(
        factors.check, AGENT, agent_id, form.one("code"), kit.keyring, now=kit.clock()
    )
    if not right:
        await refuse(request, kit, gates, agent_id, "code")
        return show(request, entrance, replace(door, problem="code"), 422)
    return await come_in(
        request, kit, agent_id, "password", door.back, in_place=door.in_place, cleared=gates
    )


@post("/central/sair")
async def login_leave(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Redirect:
    token, kit = request.cookies.get(AGENT_COOKIE), entrance.kit
    if token:
        await kit.work.write(sessions.end, token, now=kit.clock())
    gone = [cookie(kit, AGENT_COOKIE, "")]
    return Redirect("/entrar", status_code=303, cookies=gone, headers=LEAVING)


def _wait(request: AgentRequest, entrance: Entrance, door: Door, error: Throttled) -> Response[str]:
    shown = replace(door, problem="throttled", minutes=-(-error.seconds // 60))
    return show(request, entrance, shown, 429, error.seconds)


async def _last_login(request: AgentRequest, kit: Kit) -> str:
    """Of the session that ended in this browser."""
    token = request.cookies.get(AGENT_COOKIE)
    return await kit.work.read(_login_behind, token) if token else ""


def _login_behind(session: Session, token: str) -> str:
    owner = sessions.owner(session, token)
    return doors.login_of(session, owner[1]) if owner is not None and owner[0] == AGENT else ""
