"""One line a request: which route answered what to which kind of visitor, and how long it took.

The route stands there as it is written in the code (`/acesso/{token:str}`): addresses of ours hold
links that open accounts, and what people search for.
"""

import logging
import time
from typing import Any

from gateway import logs
from helpdesk.border import Actor, ActorKind

log = logging.getLogger("ponte.requests")

#: nobody's: files of ours, and who asks every few seconds whether we live
SILENT = ("/static/", "/health/")
UNKNOWN = "none"


def told(app: Any) -> Any:
    """The application, with its requests logged (ASGI)."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(SILENT):
            await app(scope, receive, send)
            return
        status = 0

        async def sending(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = time.perf_counter()
        with logs.of_request():
            try:
                await app(scope, receive, sending)
            finally:
                _tell(scope, status, (time.perf_counter() - begun) * 1000)

    return answer


def route_of(scope: Any) -> str:
    """The template of the address; `none` when no route is at it."""
    return str(scope.get("path_template") or UNKNOWN)


def _tell(scope: Any, status: int, ms: float) -> None:
    """Status 0: whoever asked went before there was an answer."""
    user = scope.get("user")
    fields: dict[str, object] = {
        "method": scope["method"],
        "route": route_of(scope),
        "status": status,
        "ms": round(ms, 1),
        "actor": str(user.kind if isinstance(user, Actor) else ActorKind.UNKNOWN),
    }
    log.info("%(method)s %(route)s %(status)s %(ms)s ms %(actor)s", fields, extra=fields)
