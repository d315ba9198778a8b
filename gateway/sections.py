"""The sections of the settings that belong to no channel."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from channels.mail.config import Listen
from channels.mail.servers import is_loopback
from helpdesk.policy import DEFAULT_TEMPLATE
from helpdesk.protocol import check_template

MIB = 1024 * 1024


def words(value: object) -> object:
    """In the environment a list is words with blanks or commas between them."""
    return re.split(r"[\s,]+", value.strip(" ,\n")) if isinstance(value, str) else value


def _database_url(url: str) -> str:
    if re.match(r"postgres(ql)?(\+psycopg)?://.", url):
        return url
    if not url.startswith("sqlite:///") or not url.removeprefix("sqlite:///").strip("/"):
        msg = "should be sqlite:///FILE or postgresql://user:password@host/name"
        raise ValueError(msg)
    if ":memory:" in url or "?" in url:
        # several connections share the database, which one in memory cannot offer
        msg = "should name a file and nothing else"
        raise ValueError(msg)
    return url


def _blobs_url(url: str) -> str:
    if not re.match(r"file:.|s3://[^/]", url):
        msg = "should be file:DIRECTORY or s3://bucket/prefix"
        raise ValueError(msg)
    return url


def _http_url(url: str) -> str:
    if not re.match(r"https?://[^/?#]+/?$", url):
        msg = "should be http(s)://host without a path"
        raise ValueError(msg)
    return url.rstrip("/")


State = Literal[
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
    "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
]  # fmt: skip


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseConfig(Section):
    url: Annotated[str, AfterValidator(_database_url)] = Field(
        default="sqlite:///data/ponte.db", repr=False
    )

    @property
    def file(self) -> Path | None:
        """The SQLite file; None with PostgreSQL."""
        prefix = "sqlite:///"
        return Path(self.url.removeprefix(prefix)) if self.url.startswith(prefix) else None


class BlobsConfig(Section):
    url: Annotated[str, AfterValidator(_blobs_url)] = "file:data/blobs"
    endpoint: Annotated[str, AfterValidator(_http_url)] | None = None
    region: str = "us-east-1"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None


def _public_url(data: dict[str, Any]) -> str:
    host = data.get("host", "")
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{data.get('port', '')}"


class WebConfig(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_http_url)] = Field(default_factory=_public_url)
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(words)] = ()
    internal_listen: Listen | None = None


class InsurerConfig(Section):
    name: str | None = None
    ans_registration: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    protocol_template: str = DEFAULT_TEMPLATE
    timezone: ZoneInfo = ZoneInfo("America/Sao_Paulo")
    state: State | None = None
    city: str | None = None

    @field_validator("protocol_template")
    @classmethod
    def _gives_distinct_numbers(cls, template: str) -> str:
        check_template(template)
        return template

    @field_validator("city")
    @classmethod
    def _lies_in_a_state(cls, city: str | None, info: ValidationInfo) -> str | None:
        if city and "state" in info.data and info.data["state"] is None:
            msg = "needs PONTE_INSURER__STATE: cities of one name lie in several states"
            raise ValueError(msg)
        return city


def _table(value: object) -> object:
    """In the environment a table is a JSON object."""
    return json.loads(value) if isinstance(value, str) else value


class OidcConfig(Section):
    """The company's directory, by which agents may enter. On once `issuer` is set."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    #: what the button says; empty is our own word
    name: str = ""
    scope: str = "openid profile email"
    #: of the ID token or of what the userinfo endpoint says
    groups_claim: str = "groups"
    login_claim: str = "preferred_username"
    #: group to the code of a profile, the first that fits counts
    profiles: Annotated[dict[str, str], BeforeValidator(_table)] = Field(
        default_factory=dict[str, str]
    )
    link: Literal["email", "login", "off"] = "email"
    create: bool = False

    @field_validator("issuer")
    @classmethod
    def _is_protected(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            msg = "should be https://host/path, as the directory itself writes it"
            raise ValueError(msg)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            msg = "should begin with https://: it says who is who"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.model_fields_set and not (self.issuer and self.client_id and self.client_secret):
            msg = "needs issuer, client_id and client_secret"
            raise ValueError(msg)
        if self.create and not self.profiles:
            msg = "create needs profiles: a new agent gets the profile of its group"
            raise ValueError(msg)
        return self

    def __bool__(self) -> bool:
        return self.issuer is not None


class SmsConfig(Section):
    url: str | None = None

    @field_validator("url")
    @classmethod
    def _has_no_sender(cls, _: str | None) -> None:
        # Taken in silence, notices that somebody counts on would never leave.
        msg = "this version sends no SMS"
        raise ValueError(msg)


class LimitsConfig(Section):
    attachment_size: ByteSize = Field(default=ByteSize(10 * MIB), ge=1)
    attachment_count: int = Field(default=10, ge=1)
    message_size: ByteSize = Field(default=ByteSize(35 * MIB), ge=64 * 1024)
    #: what stays free on the disk of blobs and database: mail is refused for the moment before that
    disk_reserve: ByteSize = Field(default=ByteSize(256 * MIB), ge=0)
    requests_per_minute: int = Field(default=600, ge=1)


class ScannerConfig(Section):
    #: as a listener is named: `host:port` or `unix:PATH`
    clamd: Listen | None = None


class PrivacyConfig(Section):
    ledger: Path | None = None


class WebhooksConfig(Section):
    #: beside the internet, where what users of the API name may lead, also without TLS
    networks: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(words)] = ()


class RecordsConfig(Section):
    source: Literal["tables", "sql"] = "tables"

    @field_validator("source")
    @classmethod
    def _can_be_read(cls, source: str) -> str:
        if source == "sql":
            msg = "this version reads provider records only from its own tables"
            raise ValueError(msg)
        return source
