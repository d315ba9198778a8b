"""Who is at the door of the portal, and where they are sent when nobody is."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.datastructures import Cookie, State
from litestar.response import Redirect

from channels.kit import Kit
from helpdesk.border import Actor, ActorKind
from helpdesk.sessions import Live

PortalRequest = Request[Actor, Live | None, State]

COOKIE = "ponte_person"
HOME = "/fale-conosco"
#: a path of ours and nothing else: `//host` and `/\host` lead elsewhere
_LOCAL = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]{0,500}")


class NotEntered(Exception):
    """Nobody is logged in. `back` is where to return to afterwards."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class NoProvider(Exception):
    """Somebody is logged in who speaks for no provider any more."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person, the session, and the provider they act for now."""

    actor: Actor
    id: int
    session_id: int
    provider_id: int

    @property
    def owner(self) -> tuple[str, int]:
        """Of drafts."""
        return str(ActorKind.PERSON), self.id


def is_entered(request: PortalRequest) -> bool:
    return request.user.kind is ActorKind.PERSON


def entered(request: PortalRequest) -> Visitor:
    """Raises `NotEntered` and `NoProvider`."""
    actor, live = request.user, request.auth
    if actor.kind is not ActorKind.PERSON or actor.id is None or live is None:
        asked = str(request.url.path)
        if request.url.query:
            asked = f"{asked}?{request.url.query}"
        raise NotEntered(asked if request.method == "GET" else HOME)
    if live.provider_id is None:
        raise NoProvider
    return Visitor(actor, actor.id, live.id, live.provider_id)


def somebody(request: PortalRequest) -> tuple[Actor, Live]:
    """Who is logged in, whether or not they speak for a provider. Raises `NotEntered`."""
    actor, live = request.user, request.auth
    if actor.kind is not ActorKind.PERSON or live is None:
        raise NotEntered(str(request.url.path) if request.method == "GET" else HOME)
    return actor, live


def local_path(wanted: object) -> str:
    """Where to go after the log-in: a path of this site, else the list."""
    text = str(wanted or "")
    return text if _LOCAL.fullmatch(text) else HOME


def door(back: str, **marks: str) -> str:
    """The address of the log-in that leads to `back`."""
    query = [f"voltar={quote(back, safe='/')}"]
    query += [f"{name}={value}" for name, value in marks.items()]
    return f"/?{'&'.join(query)}"


def to_door(_: Request[Any, Any, Any], error: NotEntered) -> Redirect:
    return Redirect(door(error.back), status_code=303)


def session_cookie(kit: Kit, token: str) -> Cookie:
    """Of the browser's session; an empty token takes it away."""
    return Cookie(
        key=COOKIE,
        value=token,
        path="/",
        httponly=True,
        samesite="lax",
        secure=kit.policy.public_url.startswith("https:"),
        max_age=None if token else 0,
    )
