"""Messages of `tests/fixtures/mail`, and small ones made on the spot."""

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"

HEADERS = {
    "Message-ID": "<x1@clinica.example>",
    "Date": "Wed, 18 Nov 2026 10:12:00 -0300",
    "From": "Clinica <contas@clinica.example>",
    "To": "atendimento@planoipe.example",
    "Subject": "Guia",
}


def sample(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes()


def letter(body: str | bytes = "Texto.", **headers: str | None) -> bytes:
    """A message; a header given as None is left out, `_` in names stands for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lower = {name.lower() for name in given}
    kept = {name: value for name, value in HEADERS.items() if name.lower() not in lower}
    lines = [f"{name}: {value}" for name, value in (kept | given).items() if value is not None]
    content = body.encode() if isinstance(body, str) else body
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content.replace(b"\n", b"\r\n")
