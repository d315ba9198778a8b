"""Pages: a template, what every page needs beside it, and the headers that protect it."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from litestar import MediaType, Request, Response

from gateway import templating
from gateway.identity import visitor_of
from helpdesk.tokens import Keyring

#: the theme a visitor chose; empty means what the system says
THEME_COOKIE = "ponte_theme"
THEMES = frozenset({"light", "dark"})

#: everything from our own origin, nothing inline; mail HTML is shown in its own sandboxed frame
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: two years; only where the public address says https, because it binds the name
STRICT = "max-age=63072000"


def headers(*, secure: bool) -> dict[str, str]:
    """Of every answer; `secure` when the public address is https (RFC 6797)."""
    return HEADERS | ({"Strict-Transport-Security": STRICT} if secure else {})


@dataclass(frozen=True, slots=True)
class Pages:
    environment: Environment
    keyring: Keyring

    def page(
        self,
        request: Request[Any, Any, Any],
        name: str,
        context: dict[str, object],
        status: int = 200,
    ) -> Response[str]:
        """Render for this request; `Cache-Control: no-store`, since every page is somebody's."""
        theme = request.cookies.get(THEME_COOKIE, "")
        given: dict[str, object] = {
            "theme": theme if theme in THEMES else "",
            "csrf": csrf_token(request, self.keyring),
            "visitor": visitor_of(request),
        }
        body = templating.render(self.environment, name, given | context)
        return Response(
            body,
            status_code=status,
            media_type=MediaType.HTML,
            headers={"Cache-Control": "no-store"},
        )


def csrf_token(request: Request[Any, Any, Any], keyring: Keyring) -> str:
    """Bound to the browser's own random cookie, which the identity middleware makes sure of."""
    return keyring.csrf_token(str(request.state.get("browser", "")))
