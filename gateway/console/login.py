"""Agents come and go: login and password, argon2 in a thread, throttled, one answer for all."""

import asyncio
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from gateway.console import fields
from gateway.console.shell import AgentRequest, Console
from gateway.identity import AGENT_COOKIE, cookie
from helpdesk import logins, sessions
from helpdesk.border import ActorKind
from helpdesk.errors import Throttled

HASHER = PasswordHasher()
#: verified when the login is unknown, so that the answer takes as long
NOBODY = HASHER.hash("nobody")
HOME = "/central"


@get("/entrar")
async def login_form(
    request: AgentRequest, console: NamedDependency[Console], voltar: FromQuery[str] = ""
) -> Response[str] | Redirect:
    if request.user.kind is ActorKind.AGENT:
        return Redirect(local(voltar), status_code=303)
    return _form(request, console, "", voltar)


@post("/entrar")
async def login_enter(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[str] | Redirect:
    form = await fields.read(request)
    login, back = form.one("login").strip().lower(), form.one("voltar")
    kit, key = console.kit, f"agent:{login[:180]}"
    try:
        await kit.work.read(logins.check_throttle, key, now=kit.clock())
    except Throttled as error:
        return _form(request, console, login, back, "throttled", 429, error.seconds)
    found = await kit.work.read(logins.agent_credential, login)
    stored = found.password_hash if found and found.password_hash else NOBODY
    if not await asyncio.to_thread(_matches, stored, form.one("password")) or found is None:
        await kit.work.write(logins.count_failure, key, now=kit.clock())
        return _form(request, console, login, back, "wrong", 422)
    await kit.work.write(logins.clear_failures, key)
    token = await kit.work.write(
        sessions.start,
        "agent",
        found.id,
        now=kit.clock(),
        user_agent=request.headers.get("user-agent", ""),
    )
    redirect = Redirect(local(back), status_code=303)
    redirect.headers["Set-Cookie"] = cookie(AGENT_COOKIE, token, secure=console.secure)
    return redirect


@post("/central/sair")
async def login_leave(request: AgentRequest, console: NamedDependency[Console]) -> Redirect:
    token = request.cookies.get(AGENT_COOKIE)
    if token:
        await console.kit.work.write(sessions.end, token, now=console.kit.clock())
    redirect = Redirect("/entrar", status_code=303)
    redirect.headers["Set-Cookie"] = cookie(AGENT_COOKIE, "", secure=console.secure, seconds=0)
    return redirect


def local(back: str) -> str:
    """A path of the console and nothing else: no host, no scheme, no backslash a browser reads as
    a slash."""
    parts = urlsplit(back)
    foreign = parts.scheme or parts.netloc or "\\" in back or back.startswith("//")
    inside = parts.path.startswith(("/central", "/cadastros"))
    return HOME if foreign or not inside or any(c < " " for c in back) else back


def _form(
    request: AgentRequest,
    console: Console,
    login: str,
    back: str,
    problem: str = "",
    status: int = 200,
    seconds: int = 0,
) -> Response[str]:
    context: dict[str, object] = {
        "login": login,
        "back": back,
        "problem": problem,
        "minutes": -(-seconds // 60),
    }
    page = console.kit.page(request, "console/login.html", context, status)
    if seconds:
        page.headers["Retry-After"] = str(seconds)
    return page


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
