"""OpenID Connect (Core 1.0): the authorization code flow with PKCE, state and nonce.

Where things are is read from the issuer's own document: at the issuer's host they are asked
plainly, since the administrator named it; at another only where `egress` lets anybody go. Keys are
fetched again when a token names one we do not have, once a minute at most: issuers rotate them, and
strangers make up names.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import (
    create_s256_code_challenge,  # pyright: ignore[reportUnknownVariableType] - untyped
)
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.egress import Egress, Refused
from gateway.sections import OidcConfig
from helpdesk.identities import Claims, Rules

ANSWER_SECONDS = 10.0
LONGEST_ANSWER = 1024 * 1024
DOCUMENT_LIFE = timedelta(hours=1)
KEYS_REST = timedelta(seconds=60)
LEEWAY_SECONDS = 60
#: signatures by a public key; never one by a secret, never none
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip


class DirectoryFailed(Exception):
    """The directory did not do its part; the text says why, in a line for the log."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What we must remember while somebody is at the directory."""

    state: str
    nonce: str
    verifier: str
    back: str

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Trip":
        return cls(**json.loads(text))


class Directory:
    """One issuer, as configured. Methods raise `DirectoryFailed`."""

    def __init__(
        self,
        config: OidcConfig,
        redirect_uri: str,
        clock: Callable[[], datetime],
        egress: Egress,
    ) -> None:
        assert config.issuer is not None
        assert config.client_id is not None
        assert config.client_secret is not None
        self.name = config.name
        self.rules = Rules(config.profiles, config.link, config.create)
        self._config, self._redirect_uri, self._clock = config, redirect_uri, clock
        self._egress, self._home = egress, urlsplit(config.issuer).hostname
        self._issuer, self._client = config.issuer, config.client_id
        self._secret = config.client_secret
        self._document: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._document_until = self._keys_until = clock()

    async def leave(self, back: str) -> tuple[str, Trip]:
        """Where to send somebody, and what to remember of it."""
        document = await self._read_document()
        trip = Trip(_secret(), _secret(), _secret(), back)
        asked: dict[str, str] = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._redirect_uri,
            "scope": self._config.scope,
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": cast("str", create_s256_code_challenge(trip.verifier)),
            "code_challenge_method": "S256",
        }
        url = document["authorization_endpoint"]
        return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}", trip

    async def arrive(self, code: str, trip: Trip, issuer: str = "") -> Claims:
        """Who came back with `code`. `issuer`: the one the answer names, if any (RFC 9207)."""
        if issuer and issuer != self._issuer:
            msg = "the answer is of another issuer"
            raise DirectoryFailed(msg)
        document = await self._read_document()
        given = await self._exchange(document, code, trip)
        said = await self._read_token(document, given.get("id_token"), trip.nonce)
        return self._claims(said | await self._more(document, given, said))

    async def _exchange(self, document: dict[str, Any], code: str, trip: Trip) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": trip.verifier,
        }
        # Keycloak and Entra take both; some take only the one they name (RFC 6749 §2.3.1).
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        secret = self._secret.get_secret_value()
        if "client_secret_basic" in methods:
            auth = httpx.BasicAuth(self._client, secret)
            return await self._ask("POST", document["token_endpoint"], data=form, auth=auth)
        form |= {"client_id": self._client, "client_secret": secret}
        return await self._ask("POST", document["token_endpoint"], data=form)

    async def _read_token(
        self, document: dict[str, Any], token: object, nonce: str
    ) -> dict[str, Any]:
        """OpenID Connect Core §3.1.3.7."""
        if not isinstance(token, str):
            msg = "no id_token"
            raise DirectoryFailed(msg)
        try:
            claims = jwt.decode(token, await self._keys_for(document, token), ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(self._clock().timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._client},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, KeyError) as error:
            msg = f"the id_token does not hold: {type(error).__name__} {error}"
            raise DirectoryFailed(msg) from error
        if claims.get("azp", self._client) != self._client:
            msg_0 = "the id_token was issued for another client"
            raise DirectoryFailed(msg_0)
        return claims

    async def _keys_for(self, document: dict[str, Any], token: str) -> KeySet:
        """Those of the issuer, fetched anew when the token's is not among them."""
        wanted = _header(token).get("kid")
        known = self._keys is not None and any(key.kid == wanted for key in self._keys.keys)
        if self._keys is None or (not known and self._clock() >= self._keys_until):
            found = await self._ask("GET", document["jwks_uri"])
            self._keys = KeySet.import_key_set(cast("Any", found))
            self._keys_until = self._clock() + KEYS_REST
        return self._keys

    async def _more(
        self, document: dict[str, Any], given: dict[str, Any], said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the userinfo endpoint adds, when the token lacks something we look at."""
        needed = {"email", self._config.login_claim}
        if self._config.profiles:
            needed.add(self._config.groups_claim)
        token = given.get("access_token")
        if needed <= said.keys() or "userinfo_endpoint" not in document or not token:
            return {}
        bearer = {"Authorization": f"Bearer {token}"}
        more = await self._ask("GET", document["userinfo_endpoint"], headers=bearer)
        if more.get("sub") != said["sub"]:
            msg = "userinfo speaks of somebody else"
            raise DirectoryFailed(msg)
        return {name: value for name, value in more.items() if name not in said}

    def _claims(self, said: Mapping[str, Any]) -> Claims:
        groups: Any = said.get(self._config.groups_claim) or []
        listed = cast("list[Any]", groups if isinstance(groups, list) else [groups])
        return Claims(
            issuer=self._issuer,
            subject=str(said["sub"])[:255],
            email=str(said.get("email") or ""),
            email_verified=said.get("email_verified") in (True, "true"),
            login=str(said.get(self._config.login_claim) or ""),
            name=str(said.get("name") or ""),
            # Keycloak writes a group as a path.
            groups=tuple(str(group).removeprefix("/") for group in listed),
        )

    async def _read_document(self) -> dict[str, Any]:
        if not self._document or self._clock() >= self._document_until:
            url = get_well_known_url(self._issuer, external=True)
            document = await self._ask("GET", url)
            if document.get("issuer") != self._issuer:
                msg = f"it calls itself {document.get('issuer')!r}"
                raise DirectoryFailed(msg)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_url(document.get(name), self._issuer):
                    msg = f"its {name} is missing or unprotected"
                    raise DirectoryFailed(msg)
            self._document = document
            self._document_until = self._clock() + DOCUMENT_LIFE
        return self._document

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """One answer in JSON; no redirects: secrets go where the issuer says and nowhere else."""
        host = urlsplit(url).hostname
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._client_for(host) as client,
                client.stream(method, url, **more) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LONGEST_ANSWER:
                        msg = f"{host} says too much"
                        raise DirectoryFailed(msg)
                if not answer.is_success:
                    msg = f"{host} answers {answer.status_code}{_reason(body)}"
                    raise DirectoryFailed(msg)
                found = json.loads(body)
        except Refused as error:
            msg = f"{host} may not be asked: {error.code}"
            raise DirectoryFailed(msg) from error
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            msg = f"{host}: {type(error).__name__}"
            raise DirectoryFailed(msg) from error
        if not isinstance(found, dict):
            msg = f"{host} answers with no object"
            raise DirectoryFailed(msg)
        return cast("dict[str, Any]", found)

    def _client_for(self, host: str | None) -> httpx.AsyncClient:
        if host != self._home:
            return self._egress.client()
        return httpx.AsyncClient(timeout=None, follow_redirects=False)  # noqa: S113 - the caller's


def _header(token: str) -> dict[str, Any]:
    head = token.partition(".")[0]
    found: Any = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _is_url(url: object, issuer: str) -> bool:
    """As protected as the issuer itself."""
    if not isinstance(url, str):
        return False
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and urlsplit(issuer).scheme == "http")


def _reason(body: bytes) -> str:
    """The error code of RFC 6749 §5.2, for the log; never what stands around it."""
    try:
        code = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError):
        return ""
    return f" {code}"[:80] if isinstance(code, str) and code.isprintable() else ""
