"""A directory on loopback that speaks OpenID Connect: discovery, authorize, token, keys, userinfo.

It checks what a careful one checks: redirect address, client secret, PKCE, codes that are good once.
"""

import base64
import contextlib
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "ponte-web", "segredo da empresa"
ANA = {
    "sub": "00u-ana",
    "email": "ana@op.example",
    "email_verified": True,
    "preferred_username": "ana",
    "name": "Ana Souza",
}


@dataclass
class Directory:
    """`who` logs in next. `spoils` changes the claims of the next tokens; `extra` is what only
    userinfo says; `denies` is the error the next visitor comes back with."""

    who: dict[str, Any] = field(default_factory=lambda: dict(ANA))
    spoils: dict[str, Any] = field(default_factory=dict[str, Any])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
    denies: str = ""
    redirects: str = ""
    #: how the client proves itself; Ponte reads it from the document
    methods: list[str] = field(default_factory=lambda: ["client_secret_basic"])
    announces: str = ""
    #: another name of this machine, where its keys are said to be
    keys_at: str = ""
    #: seconds its clock is ahead, to go with an instance whose clock is turned
    skew: float = 0
    port: int = 0
    keys: list[RSAKey] = field(default_factory=list[RSAKey])
    #: what was fetched, in order
    asked: list[str] = field(default_factory=list[str])
    authorized: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    codes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    _serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/op"

    def settings(self, **more: str) -> dict[str, str]:
        return {
            "PONTE_OIDC__ISSUER": self.issuer,
            "PONTE_OIDC__CLIENT_ID": CLIENT,
            "PONTE_OIDC__CLIENT_SECRET": SECRET,
            **{f"PONTE_OIDC__{name.upper()}": value for name, value in more.items()},
        }

    def rotate(self) -> None:
        """From now on another key signs, and the one before is gone."""
        key = RSAKey.generate_key(2048, {"kid": f"k{next(self._serial)}", "use": "sig"})
        self.keys = [key]

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.announces or self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/certs".replace("127.0.0.1", self.keys_at or "127.0.0.1"),
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": self.methods,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the visitor goes next: who they are is not asked, `who` says it."""
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"].endswith("/entrar/empresa/retorno")
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"]
        self.authorized.append(asked)
        back: dict[str, str] = {"state": asked["state"], "iss": self.issuer}
        if self.denies:
            back["error"] = self.denies
        else:
            code = f"code-{next(self._serial)}"
            self.codes[code] = {"asked": asked, "who": dict(self.who)}
            back["code"] = code
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if not self._proved(form, authorization):
            return 401, {"error": "invalid_client"}
        kept = self.codes.pop(form.get("code", ""), None)
        if kept is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != kept["asked"]["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        at = int(time.time() + self.skew)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": kept["asked"]["nonce"],
            **kept["who"],
            **self.spoils,
        }
        key = self.keys[0]
        signed = jwt.encode({"alg": "RS256", "kid": key.kid or ""}, claims, key)
        return 200, {"access_token": "acesso", "token_type": "Bearer", "id_token": signed}

    def _proved(self, form: dict[str, str], authorization: str) -> bool:
        if "client_secret_basic" in self.methods:
            given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            return authorization == f"Basic {given}"
        return form.get("client_id") == CLIENT and form.get("client_secret") == SECRET


@contextlib.contextmanager
def directory(kept: Directory) -> Iterator[Directory]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            kept.asked.append(parts.path.rpartition("/")[2])
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            base = urlsplit(kept.issuer).path
            if parts.path == f"{base}/auth":
                self.send_response(302)
                self.send_header("Location", kept.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == f"{base}/.well-known/openid-configuration":
                self.say(200, kept.document())
            elif parts.path == f"{base}/certs":
                self.say(200, {"keys": [key.as_dict(private=False) for key in kept.keys]})
            elif parts.path == f"{base}/userinfo":
                self.say(200, {"sub": kept.who["sub"], **kept.extra})
            else:
                self.say(404, {})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = parse_qs(self.rfile.read(length).decode())
            form = {name: values[0] for name, values in body.items()}
            self.say(*kept.token(form, self.headers.get("Authorization", "")))

        def say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(302 if kept.redirects else status)
            if kept.redirects:
                self.send_header("Location", kept.redirects)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    kept.rotate()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
