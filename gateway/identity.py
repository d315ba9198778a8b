"""Who asks: cookie or token to `Actor`, before any handler runs.

Three doors, three proofs: the console's cookie, the portal's cookie, an API token. A cookie of one
door opens no other. A second, random cookie names the browser: forms are bound to it (`csrf`).
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, cast

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from channels.kit import Work
from helpdesk import members, parameters, sessions
from helpdesk.border import Actor, ActorKind
from helpdesk.members import Membered
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
    #: id and name of every provider the person speaks for
    providers: tuple[tuple[int, str], ...] = ()
    provider_id: int | None = None
    manages: bool = False
    #: how the operadora calls the menu *Fale conosco*
    menu: str = ""


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
        known = browser or not _may_introduce(request)
        await next_app(scope, receive, send if known else self._introducing(request, send))

    async def _by_session(self, token: str, scope: Scope) -> None:
        now = self._clock()
        live = await self._work.read(_find, token, now=now)
        if live is None:
            return
        scope["user"], scope["auth"] = live[0].actor, live[0]
        scope["state"]["speaks_for"], scope["state"]["menu"] = live[1:]
        if live[0].stale:
            await self._work.write(sessions.touch, live[0].id, now=now)

    async def _by_token(self, request: Request[Any, Any, Any], scope: Scope) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return
        now = self._clock()
        found = await self._work.read(sessions.token_actor, token.strip(), now=now)
        if found is None:
            return
        scope["auth"], scope["user"] = found.id, found.actor
        if found.stale:
            await self._work.write(sessions.touch_token, found.id, now=now)

    def _introducing(self, request: Request[Any, Any, Any], send: Send) -> Send:
        value = cookie(BROWSER_COOKIE, request.state.browser, secure=self._secure)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).add("set-cookie", value)
            await send(message)

        return send_with_cookie


def _may_introduce(request: Request[Any, Any, Any]) -> bool:
    """Only what becomes a page introduces the browser. A script of a page that was left, answered
    late, would put its name over the one the new page's form is bound to (Fetch Metadata §2.1;
    browsers that send none are introduced by anything)."""
    return request.headers.get("sec-fetch-dest", "document") == "document"


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
    theirs: tuple[Membered, ...] = request.state.get("speaks_for", ())
    live = cast("dict[str, Any]", request.scope).get("auth")
    provider_id = live.provider_id if isinstance(live, Live) else None
    now = next((each for each in theirs if each[0] == provider_id), None)
    return Visitor(
        user.name,
        now[1] if now else "",
        tuple((each[0], each[1]) for each in theirs),
        provider_id,
        manages=now is not None and now[2] == "manager",
        menu=request.state.get("menu", ""),
    )


def same_token(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def remote_of(request: Request[Any, Any, Any]) -> str:
    """The address the request came from, as the proxies named in the settings tell; "" unknown."""
    return request.client.host if request.client is not None else ""


def _find(session: Any, token: str, *, now: Any) -> tuple[Live, tuple[Membered, ...], str] | None:
    live = sessions.find(session, token, now=now)
    if live is None:
        return None
    theirs: Sequence[Membered] = ()
    menu = ""
    if live.actor.kind is ActorKind.PERSON and live.actor.id is not None:
        theirs = members.providers_of(session, live.actor.id)
        menu = parameters.load(session).contact_label
    return live, tuple(theirs), menu
