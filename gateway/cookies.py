"""Cookies under https carry the prefix `__Host-`: the browser takes such a name only from this very
host, over https, for all of it (RFC 6265bis §4.1.3.2), so that no other host of the operadora's
domain can plant one. Inside, and over plain http, they have their bare names."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = b"__Host-"
OWN = b"ponte_"
#: read and written by the page's own script, which knows one name
OF_SCRIPTS = b"ponte_theme="


class HostOnly(ASGIMiddleware):
    """Around whatever reads or sets a cookie."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["headers"] = [
            (name, _bare(value) if name == b"cookie" else value) for name, value in scope["headers"]
        ]

        async def send_prefixed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (
                        name,
                        PREFIX + value
                        if name.lower() == b"set-cookie" and _is_ours(value)
                        else value,
                    )
                    for name, value in message["headers"]
                ]
            await send(message)

        await next_app(scope, receive, send_prefixed)


def _bare(sent: bytes) -> bytes:
    """Ours without the prefix; one of ours that comes without it was planted."""
    pairs = [pair.strip() for pair in sent.split(b";")]
    return b"; ".join(pair.removeprefix(PREFIX) for pair in pairs if not _is_ours(pair))


def _is_ours(pair: bytes) -> bool:
    return pair.startswith(OWN) and not pair.startswith(OF_SCRIPTS)
