"""Delivery reports: RFC 3464 where servers follow it, and what the others write instead."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from channels.mail import bounce_phrases as phrases
from channels.mail import charset, headers
from channels.mail.mailboxes import Mailbox, find_addresses, mailboxes
from channels.mail.parse_mime import Part
from helpdesk.border import Bounced

#: recipients of one report that are kept
_MOST = 200
_LONGEST_DIAGNOSTIC = 500
#: how far into a text a server says what went wrong
_REACH = 20_000

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_GROUPS = re.compile(r"\n(?:[ \t]*\n)+")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\.\d|\d)")
_SURE_STATUS = re.compile(
    r"(?:(?<![\d.])[245]\d\d[ -]+#?|#|\bstatus[: =]+|\bdsn=|\(|: )([245]\.\d\.\d{1,3})(?![\d.]*\.\d|\d)",
    re.IGNORECASE,
)
_REPLY = re.compile(r"(?<!\d:)(?<![\d./\[-])([45][0-7]\d)(?=[ \-:#;,)]|$)", re.MULTILINE)
_FORWARDED = re.compile(r"\s*(?:fwd?|enc|res|tr)\s*:", re.IGNORECASE)
_OTHER_REPORTS = frozenset({"message/feedback-report", "message/disposition-notification"})
_TYPED = re.compile(r"^[ \t]*[\w-]{2,20}[ \t]*;[ \t]*")
_TRACE = re.compile(r"^[\s>]{0,4}(?:received|return-path|message-id|dkim-signature): ?\S", re.I | re.M)
_RETURNED_ID = re.compile(
    r"^[ \t>]{0,8}(?:message-id|x-ponte-id)[ \t]*:\s*(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE
)
_AT_START = re.compile(
    r"^[\s>*\-]{0,12}(?:(?:recipient|address|user|mailbox|e-?mail|final-recipient|"
    r"failed recipient|destinat[áa]rio|rcpt to|undeliver\w+ to)(?:\s*:\s*|\s+))?(?:rfc822;\s?)?"
    r"[<\"'(\[]{0,2}(?:mailto:)?([^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+\.[\w-]+|"
    r"[^\s@<>()\[\]\"',;:]+@[\w-]+)[>\"')\]]{0,2}(?=$|[\s:,;.\-(])",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:recipients?|address(?:es)?|to|for|user|mailbox|account|destinat[áa]rio|para|rcpt to)\b[^@\n]{0,40}?"
    r"[<\"'(:\s]([^\s@<>()\[\]\"',;:]+@[\w.-]+\w)",
    re.IGNORECASE,
)
#: the address a message was sent to, behind the one it was forwarded to
_EXPANDED = re.compile(
    r"(?:expanded|generated) from:?\s+<?([^\s@<>()]+@[\w.-]+\w)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Report:
    """`kind`: None (no report), `bounce`, `delayed`, or `delivered` (a success notice)."""

    kind: str | None = None
    bounces: tuple[Bounced, ...] = ()
    returned_ids: tuple[str, ...] = ()


_NONE = Report()


def read(root: Part, reports: Sequence[tuple[str, bytes]], text: str) -> Report:
    """What a delivery report says; `Report()` for any other message."""
    statuses = [_text(data) for kind, data in reports if kind.endswith("delivery-status")]
    if not statuses and not _suspect(root):
        return _NONE
    found = [each for status in statuses for each in _standard(status)]
    told = _human_part(text)
    if not found and not statuses and not _is_bounce(root, reports, text, told):
        return _NONE
    if not found and "Final-Recipient" in text[:_REACH]:
        found = _standard(text[:_REACH])
    late = _is_late(root, told)
    if not found:
        found = list(_informal(root, reports, text, told, late=late))
    found = [_with_told(each, told) if each.status[2:] in {"0.0", ""} else each for each in found]
    return Report(
        kind=_kind(found, late=late),
        bounces=tuple(dict.fromkeys(found))[:_MOST],
        returned_ids=_returned_ids(reports, text, told),
    )


def _kind(found: Iterable[Bounced], *, late: bool) -> str:
    actions = {each.action for each in found}
    if "failed" in actions or not actions:
        return "delayed" if late and not actions else "bounce"
    if "delayed" in actions:
        return "delayed"
    return "delivered"


def _text(data: bytes) -> str:
    return charset.clean(charset.decode(data[:_REACH]))


def _standard(status: str) -> list[Bounced]:
    """The recipients of a delivery-status part (RFC 3464 §2.3)."""
    found: list[Bounced] = []
    for group in _GROUPS.split(status):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(group):
            fields.setdefault(name.lower(), " ".join(value.split()))
        recipient = _recipient(fields)
        if not recipient and "action" not in fields:
            continue
        if "status" not in fields and "action" not in fields:
            continue
        diagnostic = _TYPED.sub("", fields.get("diagnostic-code", ""))
        action = (fields.get("action", "failed").split() or ["failed"])[0].lower().strip(".;,()")
        if action.startswith(("fail", "undeliver", "error", "expired", "reject")):
            action = "failed"
        elif action.startswith(("delay", "deferr")):
            action = "delayed"
        found.append(
            _bounced(recipient, action, _status(fields.get("status", ""), diagnostic, action), diagnostic)
        )
    return found


def _recipient(fields: dict[str, str]) -> str:
    # The original one is the address we wrote to; the final one may be where somebody forwards it
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "recipient"):
        value = _TYPED.sub("", fields.get(name, "")).strip().strip("<>")
        if "@" in value:
            addresses = find_addresses(value)
            return addresses[0] if addresses else value.split()[0]
    return _TYPED.sub("", fields.get("final-recipient", "")).strip().strip("<>")


def _status(written: str, diagnostic: str, action: str) -> str:
    found = _STATUS.search(written)
    status = found[1] if found else ""
    if status.endswith(".0.0") or not status:
        better = _SURE_STATUS.search(diagnostic)
        if better and (not status or better[1][0] == status[0]):
            return better[1]
    if status:
        return status
    return _meaning(diagnostic, default="4.0.0" if action == "delayed" else "5.0.0")


def _meaning(diagnostic: str, default: str) -> str:
    """The status a diagnosis means: written, by its SMTP reply, by its words, else `default`."""
    sure = _SURE_STATUS.search(diagnostic) or _STATUS.search(diagnostic)
    if sure and sure[1][0] != "2":
        return sure[1]
    reply = next((code for code in _REPLY.findall(diagnostic) if code in phrases.REPLIES), "")
    by_reply = phrases.REPLIES.get(reply, "")
    for pattern, status in phrases.MEANINGS:
        if pattern.search(diagnostic):
            return f"{by_reply[0]}{status[1:]}" if by_reply else status
    return by_reply or default


def _bounced(recipient: str, action: str, status: str, diagnostic: str) -> Bounced:
    return Bounced(
        recipient=recipient[:320],
        action=action,
        status=status,
        permanent=action == "failed" and status.startswith("5"),
        diagnostic=" ".join(diagnostic.split())[:_LONGEST_DIAGNOSTIC],
    )


def _with_told(bounced: Bounced, told: str) -> Bounced:
    """A status without detail, made precise by what the server says to people."""
    meant = _meaning(bounced.diagnostic or told, default=bounced.status)
    if meant[:1] != bounced.status[:1]:
        return bounced
    return replace(bounced, status=meant)


def _human_part(text: str) -> str:
    """What the server says, without the message it returns."""
    reach = text[:_REACH]
    ends = [
        found.start()
        for found in (phrases.COPY.search(reach, 20), _TRACE.search(reach, 20))
        if found
    ]
    return reach[: min(ends)] if ends else reach


def _suspect(root: Part) -> bool:
    """Whether it is worth reading the text for a failure: most mail is not."""
    return (
        root.get("x-failed-recipients") is not None
        or _null_path(root)
        or _machine(root)
        or bool(phrases.SUBJECT.search(_subject(root)))
    )


def _subject(root: Part) -> str:
    return headers.text(root.get("subject") or b"")[:500]


def _null_path(root: Part) -> bool:
    path = root.get("return-path")
    return path is not None and path.strip() in {b"<>", b""}


def _is_bounce(
    root: Part, reports: Sequence[tuple[str, bytes]], text: str, told: str
) -> bool:
    if root.get("x-failed-recipients") is not None:
        return True
    kinds = {kind for kind, _ in reports}
    subject = _subject(root)
    if kinds & _OTHER_REPORTS or _FORWARDED.match(subject):
        return False
    machine, null_path = _machine(root), _null_path(root)
    titled = bool(phrases.SUBJECT.search(subject))
    says = bool(phrases.TEXT.search(told))
    coded = bool(_SURE_STATUS.search(told) or set(_REPLY.findall(told)) & phrases.REPLIES.keys())
    returned = bool(kinds & {"message/rfc822", "text/rfc822-headers"}) or len(told) < len(
        text[:_REACH]
    )
    return (
        (titled and (machine or null_path) and (says or coded or returned))
        or (titled and says and returned)
        or (machine and says and (null_path or returned or coded))
        or (null_path and says and (returned or coded))
        or (machine and null_path and returned)
    )


def _machine(root: Part) -> bool:
    senders = mailboxes(root.get("from") or b"")
    if not senders:
        return root.get("from") is None or not (root.get("from") or b"").strip(b" <>")
    return any(_is_machine(each) for each in senders)


def _is_machine(mailbox: Mailbox) -> bool:
    local = mailbox.address.partition("@")[0] or mailbox.name
    return bool(phrases.MACHINE.match(local) or phrases.MACHINE_NAME.search(mailbox.name))


def _is_late(root: Part, told: str) -> bool:
    if phrases.DELAYED_SUBJECT.search(_subject(root)):
        return True
    return bool(phrases.DELAYED_TEXT.search(told)) and not phrases.GIVEN_UP.search(told)


def _informal(
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
        recipients = list(starts) or _named(told, ours) or _returned_to(reports, text)
    recipients.extend(_EXPANDED.findall(told))
    for recipient in dict.fromkeys(recipients):
        at = starts.get(recipient)
        diagnostic = _paragraph(lines, at, starts) if at is not None else ""
        status = _meaning(diagnostic, default="") or _meaning(told, default=default)
        if late and status.startswith("5"):
            status = f"4{status[1:]}"
        elif not late and status == "4.4.1" and not _SURE_STATUS.search(diagnostic):
            # The server gave up: whatever kept it from connecting, this message is lost
            status = "5.4.7"
        yield _bounced(recipient, action, status, diagnostic.strip() or _first_lines(told))


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
            found = re.search(rb"^to[ \t]*:[ \t]*(.*(?:\r?\n[ \t].*)*)", data[:_REACH], re.I | re.M)
            if found:
                return [each.address for each in mailboxes(found[1]) if each.address]
    found = re.search(r"^[ \t>]*to[ \t]*:[ \t]*(.+)$", text[:_REACH], re.I | re.M)
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
    return " ".join(told.split())[:_LONGEST_DIAGNOSTIC]


def _returned_ids(
    reports: Sequence[tuple[str, bytes]], text: str, told: str
) -> tuple[str, ...]:
    found: list[str] = []
    for kind, data in reports:
        if kind in {"message/rfc822", "text/rfc822-headers", "message/global"}:
            found.extend(_RETURNED_ID.findall(_text(data)))
    found.extend(_RETURNED_ID.findall(text[len(told) : _REACH + len(told)]))
    return tuple(dict.fromkeys(found))
