"""Whether a machine wrote a message, and which kind of machine (RFC 3834 and what came before)."""

from channels.mail.bounce import Report
from channels.mail.parse_mime import Part


def kind(root: Part, reports: list[tuple[str, bytes]], report: Report, text: str) -> str | None:
    return None
