"""An issuer of OAuth tokens on loopback, and a little IMAP and SMTP that take them."""

import base64
import contextlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CLIENT, SECRET, FIRST_REFRESH = "ponte-app", "segredo-do-app", "renovar-0"
_RESPONSE = re.compile("user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1")


@dataclass
class Issuer:
    """`rotates`: each refresh token is good once. `refuses`: the error it answers with. `raw`: an
    answer of its own, status and body. `good`: the access tokens that servers accept."""

    rotates: bool = False
    life: int = 3_600
    refuses: str = ""
    raw: tuple[int, bytes] | None = None
    location: str = ""
    refresh: str = FIRST_REFRESH
    user: str = ""
    good: set[str] = field(default_factory=set[str])
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    port: int = 0
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def introspection(self) -> str:
        return f"http://127.0.0.1:{self.port}/introspect"

    def accepts(self, response: bytes, user: str) -> bool:
        """Whether a SASL XOAUTH2 response (in base64) logs the user in."""
        found = _RESPONSE.fullmatch(base64.b64decode(response).decode())
        return found is not None and found[1] == user and found[2] in self.good

    def settings(self, grant: str = "client_credentials") -> dict[str, str]:
        given = {"token_url": self.url, "client_id": CLIENT, "grant": grant, "scope": "mail"}
        if grant == "refresh_token":
            return given | {"refresh_token": FIRST_REFRESH}
        return given | {"client_secret": SECRET}

    def answer(self, form: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(form)
        if self.raw is not None:
            return self.raw
        error = self.refuses or self._fault(form)
        if error:
            told = {"error": error, "error_description": "AADSTS1: não\r\npode"}
            return 400, json.dumps(told).encode()
        token = f"acesso-{next(self.count)}"
        self.good = {token}
        said: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if self.life:
            said["expires_in"] = self.life
        if form["grant_type"] == "refresh_token" and self.rotates:
            self.refresh = f"renovar-{token}"
            said["refresh_token"] = self.refresh
        return 200, json.dumps(said).encode()

    def introspect(self, form: dict[str, str]) -> tuple[int, bytes]:
        """What a server asks about a token (RFC 7662 §2.2)."""
        said = {"active": form.get("token") in self.good, "username": self.user}
        return 200, json.dumps(said).encode()

    def _fault(self, form: dict[str, str]) -> str:
        if form.get("client_id") != CLIENT:
            return "invalid_client"
        if form["grant_type"] == "refresh_token":
            return "" if form.get("refresh_token") == self.refresh else "invalid_grant"
        return "" if form.get("client_secret") == SECRET else "invalid_client"


@contextlib.contextmanager
def issuing(issuer: Issuer) -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {
                name: values[0]
                for name, values in parse_qs(self.rfile.read(length).decode()).items()
            }
            asked = issuer.answer if self.path == "/token" else issuer.introspect
            status, body = asked(form)
            self.send_response(status)
            if issuer.location:
                self.send_header("Location", issuer.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
