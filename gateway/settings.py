"""Everything an instance is told, and the only reader of the environment.

`load` merges `ponte.toml` with `PONTE_*` (the environment wins), reads secrets from files where
`…_FILE` says so, and stops with every problem at once. `docs/settings.md` lists the settings.
"""

import difflib
import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.sources import PydanticBaseSettingsSource

from channels.bot.config import TelegramConfig
from channels.mail.config import MailConfig
from gateway.sections import (
    BlobsConfig,
    DatabaseConfig,
    InsurerConfig,
    LimitsConfig,
    OidcConfig,
    PrivacyConfig,
    RecordsConfig,
    ScannerConfig,
    SmsConfig,
    WebConfig,
    WebhooksConfig,
    words,
)
from helpdesk.tokens import SHORTEST_SECRET

PREFIX = "PONTE_"
#: names a TOML file; not a setting of its own
CONFIG = "PONTE_CONFIG"
DEFAULT_CONFIG = Path("ponte.toml")
FROM_FILE = "_FILE"


class SettingsError(Exception):
    """The start stops. The text has one line a problem: the setting's name, then the reason."""


class Settings(BaseSettings):
    """Frozen. Made by `load`; a test may also build one from keyword arguments."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        enable_decoding=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database: DatabaseConfig = DatabaseConfig()
    blobs: BlobsConfig = BlobsConfig()
    secret_key: SecretStr | None = None
    secret_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(words)] = ()
    web: WebConfig = WebConfig()
    insurer: InsurerConfig = InsurerConfig()
    mail: MailConfig = MailConfig()
    telegram: TelegramConfig = TelegramConfig()
    oidc: OidcConfig = OidcConfig()
    sms: SmsConfig = SmsConfig()
    limits: LimitsConfig = LimitsConfig()
    records: RecordsConfig = RecordsConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    scanner: ScannerConfig = ScannerConfig()
    webhooks: WebhooksConfig = WebhooksConfig()

    @field_validator("secret_key", "secret_keys")
    @classmethod
    def _are_long(cls, value: tuple[SecretStr, ...] | SecretStr | None) -> object:
        keys = value if isinstance(value, tuple) else (value,)
        if any(key and len(key.get_secret_value().encode()) < SHORTEST_SECRET for key in keys):
            msg = f"should have at least {SHORTEST_SECRET} characters"
            raise ValueError(msg)
        return value

    @field_validator("secret_keys")
    @classmethod
    def _are_there(cls, keys: tuple[SecretStr, ...], info: ValidationInfo) -> object:
        if keys and info.data.get("secret_key"):
            msg = "PONTE_SECRET_KEY is set too; put it first in the list or leave it out"
            raise ValueError(msg)
        return keys

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings fixes the names
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `load` reads the sources itself: it knows which names exist and says so.
        return (init_settings,)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read `ponte.toml` and `PONTE_*`. Raises `SettingsError` naming every wrong setting."""
    given = dict(os.environ if environ is None else environ)
    problems: dict[str, str] = {}
    values = _merged(_from_toml(given.get(CONFIG), problems), _from_environment(given, problems))
    settings = None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False, include_input=False):
            if item["type"] != "default_factory_not_called":  # another line says what stopped it
                problems.setdefault(*_problem(item["loc"], item["type"], item["msg"]))
    if settings and settings.database.file is None and not _given_keys(settings):
        problems["PONTE_SECRET_KEY"] = "is missing; it is generated only beside SQLite"  # noqa: S105
    if problems or settings is None:
        raise SettingsError("\n".join(f"{name}: {why}" for name, why in problems.items()))
    return settings


def secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """The keys, the signing one first.

    Beside SQLite a missing key is made once and kept in `secret.key` (0600) next to the database:
    whoever copies the database file alone copies no key. Raises `OSError`.
    """
    given = _given_keys(settings)
    if given:
        return given
    assert settings.database.file is not None, "load refuses PostgreSQL without a key"
    path = settings.database.file.parent / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(48))
    return (path.read_bytes().strip(),)


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all: two processes that start together must agree on one key."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _given_keys(settings: Settings) -> tuple[bytes, ...]:
    single = (settings.secret_key,) if settings.secret_key else ()
    return tuple(key.get_secret_value().encode() for key in single + settings.secret_keys)


def _from_toml(config: str | None, problems: dict[str, str]) -> dict[str, Any]:
    path = Path(config) if config else DEFAULT_CONFIG
    if not config and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems[CONFIG] = f"{path}: {error.strerror}"
    except ValueError as error:
        problems[CONFIG] = f"{path}: {error}"
    return {}


def _from_environment(given: Mapping[str, str], problems: dict[str, str]) -> dict[str, Any]:
    known = set(names())
    texts: dict[str, str | None] = {}
    for name, text in given.items():
        plain = name.removesuffix(FROM_FILE)
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        if name in known:
            texts[name.lower()] = text
        elif plain in known and plain in given:
            problems[name] = f"{plain} is set too; set one of the two"
        elif plain in known:
            texts[plain.lower()] = _read(name, text, problems)
        else:
            problems[name] = _unknown(name)
    source = EnvSettingsSource(Settings)
    # An empty variable is how container files say "not set".
    source.env_vars = {name: text for name, text in texts.items() if text}
    return source()


def _read(name: str, path: str, problems: dict[str, str]) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        problems[name] = f"{path}: {getattr(error, 'strerror', None) or error}"
        return None


def _merged(toml: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    """The environment wins, setting by setting."""
    merged = toml | environment
    for key in toml.keys() & environment.keys():
        if isinstance(toml[key], dict) and isinstance(environment[key], dict):
            merged[key] = _merged(toml[key], environment[key])
    return merged


def names(
    fields: Mapping[str, FieldInfo] = Settings.model_fields, prefix: str = PREFIX
) -> Iterator[str]:
    """Every setting as its environment variable."""
    for key, field in fields.items():
        section = _section(field)
        if section is None:
            yield f"{prefix}{key.upper()}"
        else:
            yield from names(section.model_fields, f"{prefix}{key.upper()}__")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> tuple[str, str]:
    parts = (f"[{part}]" if isinstance(part, int) else f"__{part.upper()}" for part in loc)
    name = PREFIX + "".join(parts).removeprefix("__")
    if kind == "extra_forbidden":
        return name, _unknown(name)
    return name, message.removeprefix("Value error, ").removeprefix("Input ")


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), names(), n=1, cutoff=0.7)
    return f"is no setting; did you mean {near[0]}?" if near else "is no setting"
