"""The door of mail understanding: any bytes in, frozen data out. Never raises, does no I/O."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.mail import automatic, best_text, bodies, bounce, enclosed, headers, quoting
from channels.mail.mailboxes import MOST_MAILBOXES, Mailbox, mailboxes, names_several
from channels.mail.parse_mime import Part, read_tree
from helpdesk.border import Bounced

#: headers beyond these are not shown: a thousand trace lines help nobody
MOST_HEADERS = 1_000
MOST_REFERENCES = 200
_CLAIMS = re.compile(r"(?:.*-)?authentication-results(?:-.*)?|(?:x-.*)?arc-.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file of the message. `inline`: shown inside the text by `cid:` or as an inline image."""

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A message understood. Ids carry their angle brackets; missing things are None or empty."""

    message_id: str | None
    date: datetime | None
    subject: str
    from_: Mailbox | None
    reply_to: Mailbox | None
    sender: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    in_reply_to: str | None
    references: tuple[str, ...]
    #: "" for the null sender of reports (RFC 5321 §4.5.5)
    return_path: str | None
    #: the whole text of the best parts
    text: str
    #: sanitised; None when the message has no HTML
    html: str | None
    #: what the sender wrote now; never empty when `text` is not
    reply_text: str
    #: what was folded away: quotation, signature, disclaimer
    quoted_text: str
    attachments: tuple[ParsedAttachment, ...]
    #: None, auto-reply, out-of-office, bounce, delayed, feedback-report, read-receipt, list, own
    automatic: str | None
    bounces: tuple[Bounced, ...]
    returned_ids: tuple[str, ...]
    #: None, signed-pgp, signed-smime, encrypted-pgp, encrypted-smime
    protection: str | None
    defects: tuple[str, ...]
    #: the topmost Authentication-Results as it stands: its encoded words are not ours to read
    results: str | None
    #: every header in order, decoded; what anybody may claim of a check is left out
    headers: tuple[tuple[str, str], ...]


def parse(raw: bytes, *, own: Callable[[str], bool] | None = None) -> ParsedMail:
    """Understand a message. `own` tells whether a Message-ID (with angle brackets) is one that we
    signed; it is asked about Message-ID and about `X-Ponte-Id`, which every mail of ours repeats
    so that a list or relay that renames messages cannot hide them from us."""
    defects: list[str] = []
    root = read_tree(raw, defects)
    found = bodies.read(root, defects)
    text, page, marked = best_text.joined(found, defects)
    best_text.mark_inline(found, page)
    report = bounce.read(root, found.reports, text)
    kind = automatic.kind(root, found.reports, report, text)
    if not text.strip() and kind is None:
        text, marked = enclosed.text(found), ""
    people = _People(root, defects)
    ids = _Ids(root, defects)
    is_own = own is not None and any(own(each) for each in ids.claimed)
    subject = headers.text(root.get("subject") or b"", people.fallback)
    new, old = quoting.split(text, marked, subject)
    return ParsedMail(
        message_id=ids.message_id,
        date=_date(root, defects),
        subject=subject,
        from_=people.from_,
        reply_to=people.first("reply-to"),
        sender=people.first("sender"),
        to=people.all("to"),
        cc=people.all("cc"),
        in_reply_to=ids.in_reply_to,
        references=ids.references,
        return_path=_return_path(root),
        text=text,
        html=page,
        reply_text=new,
        quoted_text=old,
        attachments=tuple(_attachment(leaf) for leaf in found.attachments),
        automatic="own" if is_own else kind,
        bounces=report.bounces,
        returned_ids=report.returned_ids,
        protection=found.protection,
        defects=tuple(dict.fromkeys(defects)),
        results=_results(root),
        headers=tuple(
            (name, headers.text(value, people.fallback))
            for name, value in root.headers[:MOST_HEADERS]
            if not _CLAIMS.fullmatch(name)
        ),
    )


def content_key(parsed: ParsedMail) -> str:
    """SHA-256 (hex) over what makes two arrivals the same message: Message-ID, From, Date, Subject,
    text and attachments. Trace headers and transfer encodings differ between copies."""
    facts = (
        parsed.message_id or "",
        parsed.from_.address.lower() if parsed.from_ else "",
        parsed.date.astimezone(UTC).isoformat() if parsed.date else "",
        parsed.subject,
        "\n".join(line.rstrip() for line in parsed.text.split("\n")).strip(),
        *(attachment.sha256 for attachment in parsed.attachments),
    )
    digest = hashlib.sha256()
    for fact in facts:
        data = fact.encode()
        # The length keeps ("ab", "c") and ("a", "bc") apart
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


class _People:
    """The address headers of a message, in the charset its raw 8-bit names are written in."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        self.fallback = _charset_of(root)
        self._root = root
        self.from_ = self.first("from")
        if self.from_ is None:
            defects.append("no-from")
        elif not self.from_.address:
            defects.append("from-without-address")
        written = [value for name, value in root.headers if name.lower() == "from"]
        if len(written) > 1 or any(names_several(value, self.fallback) for value in written):
            defects.append("several-from")

    def first(self, name: str) -> Mailbox | None:
        found = self.all(name)
        return next((each for each in found if each.address), found[0] if found else None)

    def all(self, name: str) -> tuple[Mailbox, ...]:
        values = [value for key, value in self._root.headers if key.lower() == name]
        if name in {"from", "reply-to", "sender"}:
            del values[1:]
        found: list[Mailbox] = []
        for value in values:
            found += mailboxes(value, self.fallback)
            if len(found) >= MOST_MAILBOXES:
                break
        return tuple(found[:MOST_MAILBOXES])


class _Ids:
    """The Message-IDs of a message."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        own = root.get("message-id")
        self.message_id = headers.message_id(own) if own else None
        if self.message_id is None:
            defects.append("no-message-id")
        answered = headers.message_ids(root.get("in-reply-to") or b"")
        self.in_reply_to = answered[0] if answered else None
        self.references = headers.message_ids(root.get("references") or b"")[-MOST_REFERENCES:]
        repeated = root.get("x-ponte-id")
        self.claimed = tuple(
            each for each in (self.message_id, headers.message_id(repeated or b"")) if each
        )


def _charset_of(part: Part) -> str | None:
    """The charset raw 8-bit headers are most likely written in: that of the first text."""
    while part.children:
        part = part.children[0]
    return part.content[1].get("charset")


def _date(root: Part, defects: list[str]) -> datetime | None:
    value = root.get("date")
    found = headers.date(value) if value else None
    if found is None:
        defects.append("date-wrong" if value else "no-date")
    return found


def _results(root: Part) -> str | None:
    value = root.get("authentication-results")
    return None if value is None else value.decode("utf-8", "replace")


def _return_path(root: Part) -> str | None:
    value = root.get("return-path")
    if value is None:
        return None
    found = mailboxes(value)
    return found[0].address if found else ""


def _attachment(leaf: bodies.Leaf) -> ParsedAttachment:
    return ParsedAttachment(
        filename=leaf.filename,
        content_type=leaf.content_type,
        size=len(leaf.data),
        sha256=hashlib.sha256(leaf.data).hexdigest(),
        inline=leaf.inline,
        content_id=leaf.content_id,
        data=leaf.data,
    )
