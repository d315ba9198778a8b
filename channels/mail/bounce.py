"""Delivery reports: RFC 3464 where servers follow it, and what the others write instead."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from channels.mail import charset
from channels.mail.bounce_signs import is_bounce, is_late, is_persons, is_suspect
from channels.mail.bounce_status import bounced, meaning, status_of
from channels.mail.bounce_text import REACH, human_part, informal
from channels.mail.mailboxes import find_addresses
from channels.mail.parse_mime import Part
from helpdesk.border import Bounced

#: recipients of one report that are kept
_MOST = 200

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_GROUPS = re.compile(r"\n(?:[ \t]*\n)+")
_TYPED = re.compile(r"^[ \t]*[\w-]{2,20}[ \t]*;[ \t]*")
_RETURNED_ID = re.compile(
    r"^[ \t>]{0,8}(?:message-id|x-ponte-id)[ \t]*:\s*(<[^<>\s]{1,998}>)",
    re.IGNORECASE | re.MULTILINE,
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
    if is_persons(root) or (not statuses and not is_suspect(root)):
        return _NONE
    found = [each for status in statuses for each in _standard(status)]
    told = human_part(text)
    if not found and not statuses and not is_bounce(root, reports, text, told):
        return _NONE
    if not found and "Final-Recipient" in text[:REACH]:
        found = _standard(text[:REACH])
    late = is_late(root, told)
    if not found:
        found = list(informal(root, reports, text, told, late=late))
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
    return charset.clean(charset.decode(data[:REACH]))


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
        status = status_of(fields.get("status", ""), diagnostic, action)
        found.append(bounced(recipient, action, status, diagnostic))
    return found


def _recipient(fields: dict[str, str]) -> str:
    # The original one is the address we wrote to; the final one may be where somebody forwards it
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "recipient"):
        value = _TYPED.sub("", fields.get(name, "")).strip().strip("<>")
        if "@" in value:
            addresses = find_addresses(value)
            return addresses[0] if addresses else value.split()[0]
    return _TYPED.sub("", fields.get("final-recipient", "")).strip().strip("<>")


def _with_told(report: Bounced, told: str) -> Bounced:
    """A status without detail, made precise by what the server says to people."""
    meant = meaning(report.diagnostic or told, default=report.status)
    if meant[:1] != report.status[:1]:
        return report
    return replace(report, status=meant)


def _returned_ids(reports: Sequence[tuple[str, bytes]], text: str, told: str) -> tuple[str, ...]:
    found: list[str] = []
    for kind, data in reports:
        if kind in {"message/rfc822", "text/rfc822-headers", "message/global"}:
            found.extend(_RETURNED_ID.findall(_text(data)))
    found.extend(_RETURNED_ID.findall(text[len(told) : REACH + len(told)]))
    return tuple(dict.fromkeys(found))
