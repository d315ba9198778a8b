"""What the mail channel is told: our addresses, where mail comes in and where it leaves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from helpdesk.tokens import DEFAULT_TEMPLATE, check_reply_length

#: submission (RFC 6409) where a login and TLS are asked for; a relay on this host takes 25
SMTP_PORTS = {"loopback": 25, "starttls": 587, "tls": 465}
IMAP_PORTS = {"imap": 143, "imaps": 993}

Protection = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect. `protection` is never weakened after it was settled here."""

    host: str
    port: int
    protection: Protection
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    #: IMAP only
    folder: str = "INBOX"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parse_server(url: str) -> Server:
    """Read `imap[s]://` or `smtp[s]://` URLs: `user:password@host:port/FOLDER`, percent-encoded.

    Without TLS from the first byte, STARTTLS is required unless the host is a loopback address.
    Raises `ValueError`.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in {"imap", "imaps", "smtp", "smtps"}:
        msg = "should begin with imap://, imaps://, smtp:// or smtps://"
        raise ValueError(msg)
    if not host:
        msg = "has no host"
        raise ValueError(msg)
    return Server(
        host=host,
        port=parts.port or _port(parts, host),
        protection=_protection(parts.scheme, host),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def _protection(scheme: str, host: str) -> Protection:
    if scheme in {"imaps", "smtps"}:
        return "tls"
    return "none" if is_loopback(host) else "starttls"


def _port(parts: SplitResult, host: str) -> int:
    if parts.scheme in IMAP_PORTS:
        return IMAP_PORTS[parts.scheme]
    if parts.scheme == "smtps":
        return SMTP_PORTS["tls"]
    return SMTP_PORTS["loopback" if is_loopback(host) else "starttls"]


def _imap_url(url: str) -> str:
    server = parse_server(url)
    if not url.startswith("imap"):
        msg = "should begin with imap:// or imaps://"
        raise ValueError(msg)
    if server.user is None or server.password is None:
        msg = "has no user and password (imaps://user:password@host/FOLDER)"
        raise ValueError(msg)
    return url


def _relay_url(url: str) -> str:
    parse_server(url)
    if not url.startswith("smtp"):
        msg = "should begin with smtp:// or smtps://"
        raise ValueError(msg)
    return url


def _address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(c.isspace() or c in '<>,;"@' for c in local + domain):
        msg = "should be an address like atendimento@operadora.com.br"
        raise ValueError(msg)
    return address.lower()


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        msg = "should be host:port"
        raise ValueError(msg)
    return value


def _lmtp_listen(value: str) -> str:
    if value.startswith("unix:") and value != "unix:":
        return value
    try:
        return _listen(value)
    except ValueError:
        msg = "should be host:port or unix:PATH"
        raise ValueError(msg) from None


def _from_json(value: object) -> object:
    """In the environment the list is JSON; `[[mail.mailboxes]]` in TOML reads better."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        msg = f"should be a list in JSON ({error}); in TOML it is [[mail.mailboxes]]"
        raise ValueError(msg) from None


MailAddress = Annotated[str, AfterValidator(_address)]
#: `host:port`
Listen = Annotated[str, AfterValidator(_listen)]
ImapUrl = Annotated[str, AfterValidator(_imap_url)]

CLOSED = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Mailbox(BaseModel):
    """One address of ours. `sector` and `classification` are codes given to what arrives there.

    `since`: mail older than this stays unread (default: the first look). `after`: what happens on
    the server to a message that is stored here.
    """

    model_config = CLOSED

    address: MailAddress
    imap_url: ImapUrl | None = Field(default=None, repr=False)
    sector: str | None = None
    classification: str | None = None
    since: AwareDatetime | None = None
    after: Literal["flag", "move", "delete"] = "flag"

    @property
    def imap(self) -> Server | None:
        return None if self.imap_url is None else parse_server(self.imap_url)


def _unverified(data: dict[str, Any]) -> Literal["accept", "hold"]:
    return "hold" if data.get("authserv_id") else "accept"


class MailConfig(BaseModel):
    """The section `mail`: `PONTE_MAIL__…`, `[mail]`, `[[mail.mailboxes]]`."""

    model_config = CLOSED

    address: MailAddress | None = None
    reply_address: str = Field(default=DEFAULT_TEMPLATE, validate_default=True)
    imap_url: ImapUrl | None = Field(default=None, repr=False)
    mailboxes: Annotated[tuple[Mailbox, ...], BeforeValidator(_from_json)] = ()
    smtp_listen: Listen | None = None
    lmtp_listen: Annotated[str, AfterValidator(_lmtp_listen)] | None = None
    relay_url: Annotated[str, AfterValidator(_relay_url)] | None = Field(default=None, repr=False)
    authserv_id: str | None = None
    #: strangers cannot be told from providers without trusted results, so only then are they held
    unverified: Literal["accept", "hold"] = Field(default_factory=_unverified)

    @field_validator("reply_address")
    @classmethod
    def _carries_a_token(cls, template: str, info: ValidationInfo) -> str:
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        if names.count("token") != 1 or not set(names) <= {"local", "token", "domain"}:
            msg = "should hold {token} once, and of others only {local} and {domain}"
            raise ValueError(msg)
        _address(template.format(local="l", token="t", domain="d"))  # noqa: S106
        if info.data.get("address"):
            check_reply_length(info.data["address"], template)
        return template

    @field_validator("imap_url")
    @classmethod
    def _belongs_to_an_address(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and "address" in info.data and info.data["address"] is None:
            msg = "needs PONTE_MAIL__ADDRESS, the address whose mail it fetches"
            raise ValueError(msg)
        return url

    @field_validator("mailboxes")
    @classmethod
    def _are_distinct(
        cls, mailboxes: tuple[Mailbox, ...], info: ValidationInfo
    ) -> tuple[Mailbox, ...]:
        seen = {info.data.get("address")}
        template = info.data.get("reply_address")
        for mailbox in mailboxes:
            if mailbox.address in seen:
                msg = f"{mailbox.address} is there twice"
                raise ValueError(msg)
            seen.add(mailbox.address)
            if template is not None:
                check_reply_length(mailbox.address, template)
        return mailboxes

    @property
    def boxes(self) -> tuple[Mailbox, ...]:
        """Every mailbox; the one of `address` first, which is where unasked mail leaves from."""
        return tuple(self._boxes())

    @property
    def relay(self) -> Server | None:
        return None if self.relay_url is None else parse_server(self.relay_url)

    def _boxes(self) -> Iterator[Mailbox]:
        if self.address is not None:
            yield Mailbox(address=self.address, imap_url=self.imap_url)
        yield from self.mailboxes
