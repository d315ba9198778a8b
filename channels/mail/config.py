"""What the mail channel is told: our addresses, where mail comes in and where it leaves."""

import json
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from channels.mail.grants import OAuthConfig
from channels.mail.resolver import Resolver
from channels.mail.servers import Server, dns_server, parse_server
from channels.mail.signing import Signer, load_signer
from helpdesk.reply_addresses import DEFAULT_TEMPLATE, check_reply_length


def _imap_url(url: str) -> str:
    server = parse_server(url)
    if not url.startswith("imap"):
        msg = "should begin with imap:// or imaps://"
        raise ValueError(msg)
    if server.user is None:
        msg = "has no user (imaps://user:password@host/FOLDER)"
        raise ValueError(msg)
    return url


def _log_in_with(url: str | None, oauth: OAuthConfig | None) -> None:
    """A user without a password logs in by OAuth. Raises `ValueError` when that is not set."""
    server = parse_server(url) if url is not None else None
    if server is not None and server.user is not None and server.password is None and not oauth:
        msg = f"{server.host}: {server.user} has no password, and PONTE_MAIL__OAUTH__… is not set"
        raise ValueError(msg)


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


def _resolver(value: str) -> str:
    """`system`, or the address of a DNS server: a name would need one to be found."""
    if value == "system":
        return value
    try:
        dns_server(value)
    except ValueError:
        msg = "should be system or ADDRESS:PORT"
        raise ValueError(msg) from None
    return value


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
    #: how its account logs in when the URL has no password
    oauth: OAuthConfig = OAuthConfig()

    @property
    def imap(self) -> Server | None:
        return None if self.imap_url is None else parse_server(self.imap_url)


def _unverified(data: dict[str, Any]) -> Literal["accept", "hold"]:
    return "hold" if data.get("authserv_id") else "accept"


def _signer(key: SecretStr, data: Mapping[str, Any]) -> Signer:
    """Raises `ValueError` when the key is none, or when it is not said where its record stands."""
    selector = data.get("dkim_selector")
    domain = data.get("dkim_domain") or (data.get("address") or "").rpartition("@")[2]
    if not selector or not domain:
        msg = "needs PONTE_MAIL__DKIM_SELECTOR, and DKIM_DOMAIN or ADDRESS"
        raise ValueError(msg)
    return load_signer(key.get_secret_value(), selector, domain)


class MailConfig(BaseModel):
    """The section `mail`: `PONTE_MAIL__…`, `[mail]`, `[[mail.mailboxes]]`."""

    model_config = CLOSED

    #: how accounts log in whose URL has no password; stands first because the URLs are held to it
    oauth: OAuthConfig = OAuthConfig()
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
    #: our own DKIM check, for mail without trusted results
    resolver: Annotated[str, AfterValidator(_resolver)] | None = None
    dkim_selector: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")] | None
    ) = None
    dkim_domain: str | None = None
    #: PEM
    dkim_key: SecretStr | None = None

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

    @field_validator("imap_url", "relay_url")
    @classmethod
    def _can_log_in(cls, url: str | None, info: ValidationInfo) -> str | None:
        if "oauth" in info.data:
            _log_in_with(url, info.data["oauth"])
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
            _log_in_with(mailbox.imap_url, mailbox.oauth or info.data.get("oauth"))
            if template is not None:
                check_reply_length(mailbox.address, template)
        return mailboxes

    @field_validator("dkim_key")
    @classmethod
    def _signs(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is not None:
            _signer(key, info.data)
        return key

    @property
    def signer(self) -> Signer | None:
        return None if self.dkim_key is None else _signer(self.dkim_key, self.__dict__)

    def open_resolver(self) -> Resolver | None:
        """Raises `OSError` when the system names no DNS server."""
        if self.resolver is None:
            return None
        return Resolver(None) if self.resolver == "system" else Resolver(*dns_server(self.resolver))

    @property
    def boxes(self) -> tuple[Mailbox, ...]:
        """Every mailbox; the one of `address` first, which is where unasked mail leaves from."""
        return tuple(self._boxes())

    @property
    def relay(self) -> Server | None:
        return None if self.relay_url is None else parse_server(self.relay_url)

    def _boxes(self) -> Iterator[Mailbox]:
        if self.address is not None:
            yield Mailbox(address=self.address, imap_url=self.imap_url, oauth=self.oauth)
        for box in self.mailboxes:
            yield box if box.oauth else box.model_copy(update={"oauth": self.oauth})
