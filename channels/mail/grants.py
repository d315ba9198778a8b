"""OAuth 2.0 at the token endpoint (RFC 6749): what is configured, asked and answered."""

import json
import re
from typing import Any, Literal, Self
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from channels.mail.servers import is_loopback

ANSWER_SECONDS = 15.0
#: no answer of an issuer is longer
LONGEST_ANSWER = 65_536
#: RFC 6749 §5.1 only recommends to say how long a token holds
DEFAULT_LIFE = 3_600
#: what may stand in an XOAUTH2 response without ending a field of it
_TOKEN = re.compile(r"[!-~]{1,16384}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


class NoToken(Exception):
    """The issuer gave none; the text says why, in a line for people."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        #: RFC 6749 §5.2, "" when there was no such answer
        self.code = code


class OAuthConfig(BaseModel):
    """`PONTE_MAIL__OAUTH__…`, `[mail.oauth]`, `[mail.mailboxes.oauth]`: how mail accounts log in
    that take no password. Either all that the grant needs is set, or nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    scope: str | None = None
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: SecretStr | None = Field(default=None)

    @field_validator("token_url")
    @classmethod
    def _is_protected(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.fragment:
            msg = "should be https://host/path"
            raise ValueError(msg)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            msg = "should begin with https://: secrets are sent there"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = ["token_url", "client_id"]
        needed.append("refresh_token" if self.grant == "refresh_token" else "client_secret")
        missing = [name for name in needed if getattr(self, name) is None]
        if self.model_fields_set and missing:
            msg = f"needs {', '.join(missing)} too"
            raise ValueError(msg)
        return self

    def __bool__(self) -> bool:
        return self.token_url is not None


class Granted(BaseModel):
    """What an issuer answered (RFC 6749 §5.1). `refresh_token`: to be used from now on."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: SecretStr
    expires_in: int = Field(default=DEFAULT_LIFE, ge=1)
    refresh_token: SecretStr | None = None

    @field_validator("access_token")
    @classmethod
    def _fits(cls, token: SecretStr) -> SecretStr:
        if _TOKEN.fullmatch(token.get_secret_value()) is None:
            msg = "is no token"
            raise ValueError(msg)
        return token


class _NoRedirects(HTTPRedirectHandler):
    """Secrets go where the settings say and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def exchange(config: OAuthConfig, refresh_token: str | None) -> Granted:
    """Ask the issuer for an access token; blocks up to `ANSWER_SECONDS`. Raises `NoToken`."""
    assert config.token_url is not None, "asked only where it is set"
    host = urlsplit(config.token_url).hostname
    form = {
        "grant_type": config.grant,
        "client_id": config.client_id,
        "client_secret": config.client_secret and config.client_secret.get_secret_value(),
        "scope": config.scope,
        "refresh_token": refresh_token,
    }
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    request = Request(config.token_url, body, {"Accept": "application/json"})  # noqa: S310 - checked
    try:
        with build_opener(_NoRedirects).open(request, timeout=ANSWER_SECONDS) as answer:
            said = answer.read(LONGEST_ANSWER)
    except HTTPError as error:
        with error:
            raise _refusal(host, error.code, error.read(LONGEST_ANSWER)) from None
    except OSError as error:
        msg = f"{host} gives no access token: {error}"
        raise NoToken(msg) from error
    try:
        return Granted.model_validate_json(said)
    except ValueError as error:
        msg = f"{host} answers with no access token"
        raise NoToken(msg) from error


def _refusal(host: str | None, status: int, body: bytes) -> NoToken:
    """RFC 6749 §5.2: a code and what the issuer says of it."""
    try:
        said: Any = json.loads(body)
        code = _line(said["error"])
        told = _line(said.get("error_description", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return NoToken(f"{host} gives no access token: HTTP {status}")
    return NoToken(f"{host} gives no access token: {code} {told}".rstrip(), code=code)


def _line(value: object) -> str:
    return _CONTROLS.sub(" ", str(value)).strip()[:200]
