"""What a diagnosis means: enhanced status codes (RFC 3463), written or understood."""

import re

from channels.mail import bounce_phrases as phrases
from helpdesk.border import Bounced

LONGEST_DIAGNOSTIC = 500

_ADDRESS = re.compile(r"[^\s<>()@]{1,64}@[\w.-]{1,255}")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\.\d|\d)")
SURE_STATUS = re.compile(
    r"(?:(?<![\d.])[245]\d\d[ -]+#?|#|\bstatus[: =]+|\bdsn=|\(|: )"
    r"([245]\.\d\.\d{1,3})(?![\d.]*\.\d|\d)",
    re.IGNORECASE,
)
REPLY = re.compile(r"(?<!\d:)(?<![\d./\[-])([45][0-7]\d)(?=[ \-:#;,)]|$)", re.MULTILINE)


def status_of(written: str, diagnostic: str, action: str) -> str:
    found = _STATUS.search(written)
    status = found[1] if found else ""
    if status.endswith(".0.0") or not status:
        better = SURE_STATUS.search(diagnostic)
        if better and (not status or better[1][0] == status[0]):
            return better[1]
    if status:
        return status
    understood = meaning(diagnostic, default="4.0.0" if action == "delayed" else "5.0.0")
    if action == "failed" and understood[0] == "4" and not SURE_STATUS.search(diagnostic):
        # Nobody will try again: whatever kept it from being taken, it is lost (RFC 3464 §2.3.3)
        return f"5{understood[1:]}"
    return understood


def meaning(diagnostic: str, default: str) -> str:
    """The status a diagnosis means: written, by its SMTP reply, by its words, else `default`."""
    sure = SURE_STATUS.search(diagnostic) or _STATUS.search(diagnostic)
    if sure and sure[1][0] != "2":
        return sure[1]
    reply = next((code for code in REPLY.findall(diagnostic) if code in phrases.REPLIES), "")
    by_reply = phrases.REPLIES.get(reply, "")
    words = _ADDRESS.sub("@", diagnostic)
    for pattern, status in phrases.MEANINGS:
        if pattern.search(words):
            return f"{by_reply[0]}{status[1:]}" if by_reply else status
    return by_reply or default


def bounced(recipient: str, action: str, status: str, diagnostic: str) -> Bounced:
    return Bounced(
        recipient=recipient[:320],
        action=action,
        status=status,
        permanent=action == "failed" and status.startswith("5"),
        diagnostic=" ".join(diagnostic.split())[:LONGEST_DIAGNOSTIC],
    )
