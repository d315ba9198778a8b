"""Servers as the settings name them."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from channels.mail.resolver import DNS_PORT

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


def dns_server(value: str) -> tuple[str, int]:
    """Read `192.0.2.1`, `192.0.2.1:53` or `[2001:db8::1]:53`. Raises `ValueError`."""
    parts = urlsplit(f"//{value}" if value.count(":") < 2 or "[" in value else f"//[{value}]")
    host = str(ip_address("127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""))
    return host, parts.port or DNS_PORT
