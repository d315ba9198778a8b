"""Delivery reports of servers that write them for people only."""

import re
from collections.abc import Iterable, Sequence

from channels.mail import bounce_phrases as phrases
from channels.mail.bounce_status import LONGEST_DIAGNOSTIC, SURE_STATUS, bounced, meaning
from channels.mail.mailboxes import find_addresses, mailboxes
from channels.mail.parse_mime import Part
from helpdesk.border import Bounced

#: how far into a text a server says what went wrong
REACH = 20_000

TRACE = re.compile(
    r"^[\s>]{0,4}(?:received|return-path|message-id|dkim-signature): ?\S",
    re.IGNORECASE | re.MULTILINE,
)
_AT_START = re.compile(
    r"^[\s>*\-]{0,12}(?:(?:recipient|address|user|mailbox|e-?mail|final-recipient|"
    r"failed recipient|destinat[áa]rio|rcpt to|undeliver\w+ to)(?:\s*:\s*|\s+))?(?:rfc822;\s?)?"
    r"[<\"'(\[]{0,2}(?:mailto:)?([^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+\.[\w-]+|"
    r"[^\s@<>()\[\]\"',;:]+@[\w-]+)[>\"')\]]{0,2}(?=$|[\s:,;.\-(])",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:recipients?|address(?:es)?|to|for|user|mailbox|account|destinat[áa]rio|para|rcpt to)\b"
    r"[^@\n]{0,40}?[<\"'(:\s]([^\s@<>()\[\]\"',;:]+@[\w.-]+\w)",
    re.IGNORECASE,
)
_SENT_FOR = re.compile(r"\bfor <([^\s<>@]+@[^\s<>@]+)>", re.IGNORECASE)
#: the address a message was sent to, behind the one it was forwarded to
_EXPANDED = re.compile(r"(?:expanded|generated) from:?\s+<?([^\s@<>()]+@[\w.-]+\w)", re.IGNORECASE)


def human_part(text: str) -> str:
    """What the server says, without the message it returns."""
    reach = text[:REACH]
    ends = [
        found.start()
        for found in (phrases.COPY.search(reach, 20), TRACE.search(reach, 20))
        if found
    ]
    return reach[: min(ends)] if ends else reach


def informal(
    root: Part, reports: Sequence[tuple[str, bytes]], text: str, told: str, *, late: bool
) -> Iterable[Bounced]:
    action = "delayed" if late else "failed"
    default = "4.0.0" if late else "5.0.0"
    ours = {each.address.lower() for each in mailboxes(root.get("to") or b"")}
    ours |= {each.address.lower() for each in mailboxes(root.get("from") or b"")}
    listed = root.get("x-failed-recipients")
    recipients = [each.address for each in mailboxes(listed)] if listed else []
    lines = told.split("\n")
    starts = _starts(lines, ours) or _starts(lines, set())
    if not recipients:
        recipients = _likeliest(list(starts), _named(told, ours), text[len(told) : REACH])
        recipients = recipients or _returned_to(reports, text)
    recipients.extend(_EXPANDED.findall(told))
    for recipient in dict.fromkeys(recipients):
        at = starts.get(recipient)
        diagnostic = _paragraph(lines, at, starts) if at is not None else ""
        status = meaning(diagnostic, default="") or meaning(told, default=default)
        if late and status.startswith("5"):
            status = f"4{status[1:]}"
        elif not late and status == "4.4.1" and not SURE_STATUS.search(diagnostic):
            # The server gave up: whatever kept it from connecting, this message is lost
            status = "5.4.7"
        yield bounced(recipient, action, status, diagnostic.strip() or _first_lines(told))


def _likeliest(starts: list[str], named: list[str], returned: str) -> list[str]:
    """Lines that begin with an address list recipients, unless the trace of the returned message
    says that it was sent to another one that is named."""
    sent_to = {each.lower() for each in _SENT_FOR.findall(returned)}
    known = [each for each in named if each.lower() in sent_to]
    if known and not any(each.lower() in sent_to for each in starts):
        return list(dict.fromkeys(known))
    return starts or named


def _starts(lines: Sequence[str], ours: set[str]) -> dict[str, int]:
    """Addresses that begin a line, and where."""
    found: dict[str, int] = {}
    for at, line in enumerate(lines):
        if "@" not in line:
            continue
        match = _AT_START.match(line)
        if match and _is_recipient(match[1], ours):
            found.setdefault(match[1].strip(".'"), at)
    return found


def _is_recipient(address: str, ours: set[str]) -> bool:
    local = address.partition("@")[0]
    return address.lower() not in ours and not phrases.MACHINE.match(local)


def _named(told: str, ours: set[str]) -> list[str]:
    named = [address for address in _NAMED.findall(told) if _is_recipient(address, ours)]
    return named or [each for each in find_addresses(told) if _is_recipient(each, ours)]


def _returned_to(reports: Sequence[tuple[str, bytes]], text: str) -> list[str]:
    """Whom the returned message was sent to, when nothing else says who did not get it."""
    for kind, data in reports:
        if kind in {"message/rfc822", "text/rfc822-headers"}:
            found = re.search(
                rb"^to[ \t]*:[ \t]*(.*(?:\r?\n[ \t].*)*)",
                data[:REACH],
                re.IGNORECASE | re.MULTILINE,
            )
            if found:
                return [each.address for each in mailboxes(found[1]) if each.address]
    found = re.search(r"^[ \t>]*to[ \t]*:[ \t]*(.+)$", text[:REACH], re.IGNORECASE | re.MULTILINE)
    return find_addresses(found[1]) if found else []


def _paragraph(lines: Sequence[str], at: int, starts: dict[str, int]) -> str:
    """What is said about the recipient of line `at`: up to the next one."""
    others = set(starts.values())
    out = [lines[at]]
    for position in range(at + 1, min(at + 14, len(lines))):
        if position in others:
            break
        if not lines[position].strip() and len(out) > 2:
            break
        out.append(lines[position])
    return "\n".join(out)


def _first_lines(told: str) -> str:
    return " ".join(told.split())[:LONGEST_DIAGNOSTIC]
