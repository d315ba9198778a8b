"""Who asks: cookie or token to `Actor`, before any handler runs.

Three doors, three proofs: the console's cookie, the portal's cookie, an API token. A cookie of one
door opens no other. A second, random cookie names the browser: forms are bound to it (`csrf`).
"""

import hmac
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, cast

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from channels import Work
from helpdesk import sessions
from helpdesk.border import Actor, ActorKind
from helpdesk.models import Provider
from helpdesk.sessions import Live

AGENT_COOKIE = "ponte_agent"
PERSON_COOKIE = "ponte_person"
BROWSER_COOKIE = "ponte_browser"
AGENT_PATHS = ("/central", "/cadastros", "/entrar")
API = "/api/"
NOBODY = Actor(ActorKind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Names for the portal's head."""

    person: str
    provider: str


def _is_nobodys(scope: Scope) -> bool:
    """Files and health checks: no look-up, no cookie."""
    return scope["path"].startswith(("/static/", "/health/"))


class Identify(ASGIMiddleware):
    """Sets `request.user` (an `Actor`), `request.auth` (`Live`, token id or None) and
    `request.state.browser`."""

    scopes = (ScopeType.HTTP,)
    should_bypass_for_scope = staticmethod(_is_nobodys)

    def __init__(self, work: Work, clock: Any, *, secure: bool) -> None:
        self._work, self._clock, self._secure = work, clock, secure

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: Request[Any, Any, Any] = Request(scope)
        scope["user"], scope["auth"] = NOBODY, None
        path = scope["path"]
        if path.startswith(API):
            await self._by_token(request, scope)
            await next_app(scope, receive, send)
            return
        browser = request.cookies.get(BROWSER_COOKIE)
        request.state.browser = browser or secrets.token_urlsafe(24)
        cookie = AGENT_COOKIE if path.startswith(AGENT_PATHS) else PERSON_COOKIE
        token = request.cookies.get(cookie)
        if token:
            await self._by_session(token, scope)
        await next_app(scope, receive, send if browser else self._introducing(request, send))

    async def _by_session(self, token: str, scope: Scope) -> None:
        now = self._clock()
        live = await self._work.read(_find, token, now=now)
        if live is None:
            return
        scope["user"], scope["auth"] = live[0].actor, live[0]
        scope["state"]["provider_name"] = live[1]
        if live[0].stale:
            await self._work.write(sessions.touch, live[0].id, now=now)

    async def _by_token(self, request: Request[Any, Any, Any], scope: Scope) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return
        found = await self._work.read(sessions.token_actor, token.strip())
        if found is not None:
            scope["auth"], scope["user"] = found

    def _introducing(self, request: Request[Any, Any, Any], send: Send) -> Send:
        value = cookie(BROWSER_COOKIE, request.state.browser, secure=self._secure)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).add("set-cookie", value)
            await send(message)

        return send_with_cookie


def cookie(name: str, value: str, *, secure: bool, seconds: int | None = None) -> str:
    """HttpOnly, SameSite=Lax, Path=/; of the session unless `seconds` are given."""
    made: SimpleCookie = SimpleCookie()
    made[name] = value
    made[name]["path"] = "/"
    made[name]["httponly"] = True
    made[name]["samesite"] = "Lax"
    if secure:
        made[name]["secure"] = True
    if seconds is not None:
        made[name]["max-age"] = seconds
    return made[name].OutputString()


def visitor_of(request: Request[Any, Any, Any]) -> Visitor | None:
    user = cast("dict[str, Any]", request.scope).get("user")
    if not isinstance(user, Actor) or user.kind is not ActorKind.PERSON:
        return None
    return Visitor(user.name, request.state.get("provider_name", ""))


def same_token(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _find(session: Any, token: str, *, now: Any) -> tuple[Live, str] | None:
    live = sessions.find(session, token, now=now)
    if live is None:
        return None
    provider = session.get(Provider, live.provider_id) if live.provider_id else None
    return live, provider.name if provider else ""
