"""Calendar entries (RFC 5545): lines of a template as a calendar program reads them."""

from datetime import UTC, datetime

MOST_OCTETS = 75


def stamp(at: datetime) -> str:
    """In UTC (§3.3.5)."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def folded(text: str) -> bytes:
    """End lines in CRLF and fold those above 75 octets, never within a letter (§3.1)."""
    return b"".join(_fold(line) for line in text.strip().splitlines())


def _fold(line: str) -> bytes:
    parts: list[bytes] = [b""]
    for letter in line:
        octets = letter.encode()
        if len(parts[-1]) + len(octets) > MOST_OCTETS:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
