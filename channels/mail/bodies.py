"""What of the MIME tree is read as text and what is an attachment."""

import html as entities
import re
from dataclasses import dataclass, field

from channels.mail import charset, flowed, headers, pgp, smime, transfer, winmail
from channels.mail.filenames import extension, made_up, safe
from channels.mail.parse_mime import Part, read_part, split

#: attached files of one message that are kept apart; more stay in the raw message
MOST_ATTACHMENTS = 1_000
#: text beyond this is cut from what is read and searched; the whole stays in the raw message
LONGEST_TEXT = 2 * 1024 * 1024

_TAG = re.compile(r"<[^<>]{0,200}>")
_FILE = re.compile(r"^\S.*\.[A-Za-z0-9]{2,4}$")
_META = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w:.-]{2,40})", re.IGNORECASE)
_OPEN_ENVELOPES = frozenset({"certs-only", "compressed-data"})
#: alternatives no person reads
_MACHINE_ALTERNATIVES = frozenset({"text/x-amp-html", "text/watch-html"})
_REPORTS = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    }
)


@dataclass(slots=True)
class Leaf:
    """An attachment on its way out of the tree."""

    filename: str
    content_type: str
    data: bytes
    inline: bool = False
    content_id: str | None = None
    #: as declared
    charset: str | None = None


@dataclass(slots=True)
class Segment:
    """A stretch of the body: plain text, HTML, or both as alternatives of each other."""

    plain: list[str] = field(default_factory=list[str])
    html: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Contents:
    segments: list[Segment] = field(default_factory=list[Segment])
    attachments: list[Leaf] = field(default_factory=list[Leaf])
    #: (content type, decoded bytes) of machine-readable report parts and returned messages
    reports: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    #: None, `signed-pgp`, `signed-smime`, `encrypted-pgp`, `encrypted-smime`
    protection: str | None = None

    def protect(self, how: str) -> None:
        """The outermost counts; but what is encrypted inside a signature cannot be read."""
        outer = self.protection
        if outer is None or (outer.startswith("signed") and how.startswith("encrypted")):
            self.protection = how


def read(root: Part, defects: list[str]) -> Contents:
    """Walk the tree in reading order; never recurses."""
    found = Contents()
    stack: list[tuple[Part, Segment | None, str]] = [(root, None, "")]
    while stack:
        part, segment, parent = stack.pop()
        kind = part.kind
        if part.children:
            inner = segment
            if kind == "multipart/alternative" and segment is None:
                inner = Segment()
                found.segments.append(inner)
            _note_protection(part, found)
            stack.extend((child, inner, kind) for child in reversed(part.children))
            continue
        if kind in _MACHINE_ALTERNATIVES and segment is not None:
            continue
        opened = smime.signed_message(part.data) if _is_opaque(part) else None
        if opened is not None:
            inner_part = read_part(opened, 0, defects)
            if inner_part.kind.startswith("multipart/"):
                split(inner_part, defects)
            found.protect("signed-smime")
            stack.append((inner_part, segment, kind))
            continue
        _take(part, segment, parent, found, defects)
    _fall_back(root, found, defects)
    return found


def _is_cms(part: Part) -> bool:
    """An S/MIME envelope by its type or, behind programs that do not know the type, its name
    (RFC 8551 §3.2.1)."""
    return part.kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"} or (
        part.kind == "application/octet-stream" and filename_of(part).lower().endswith(".p7m")
    )


def _is_opaque(part: Part) -> bool:
    how = part.content[1].get("smime-type", "").lower()
    return how in {"signed-data", ""} and _is_cms(part)


def _is_sealed(part: Part) -> bool:
    """Certificates, compressed and signed files come in the same envelope, and anybody can open
    them (RFC 8551 §3.2.2)."""
    how = part.content[1].get("smime-type", "").lower()
    return _is_cms(part) and how not in _OPEN_ENVELOPES and not smime.is_signed(part.data)


def _note_protection(part: Part, found: Contents) -> None:
    protocol = part.content[1].get("protocol", "").lower()
    how = {"multipart/signed": "signed", "multipart/encrypted": "encrypted"}.get(part.kind)
    if how:
        found.protect(f"{how}-{'smime' if 'pkcs7' in protocol else 'pgp'}")


def _take(
    part: Part, segment: Segment | None, parent: str, found: Contents, defects: list[str]
) -> None:
    kind = part.kind
    disposition, _ = part.disposition
    name = filename_of(part)
    if kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or (
        name.lower() == "winmail.dat" and kind.startswith("application/")
    ):
        unpacked = winmail.unpack(part.data)
        if unpacked is not None:
            _take_winmail(unpacked, found)
            return
        defects.append("tnef-broken")
    if kind in _REPORTS or kind in {"message/rfc822", "text/rfc822-headers", "message/global"}:
        found.reports.append((kind, part.data))
    readable = kind in {
        "text/plain",
        "text/html",
        "text/enriched",
        "text/richtext",
        "message/plain",
    }
    if readable and disposition != "attachment" and not (name and _is_file(part, parent, found)):
        _take_text(part, kind, segment, found, defects)
        return
    if len(found.attachments) >= MOST_ATTACHMENTS:
        if "too-many-attachments" not in defects:
            defects.append("too-many-attachments")
        return
    found.attachments.append(_leaf(part, name, parent, len(found.attachments) + 1, found))


def _is_file(part: Part, parent: str, found: Contents) -> bool:
    """Whether a text part with a name is a file. The first text of a message with only a `name` is
    its body: some clients name it."""
    first = not any(each.plain or each.html for each in found.segments)
    named_only = "filename" not in part.disposition[1]
    return not (first and named_only) and parent != "multipart/alternative"


def _take_text(
    part: Part, kind: str, segment: Segment | None, found: Contents, defects: list[str]
) -> None:
    data = part.data
    params = part.content[1]
    if kind != "text/html":
        room = MOST_ATTACHMENTS - len(found.attachments)
        data, files = transfer.uuencoded_files(data, most=room)
        for raw_name, content in files:
            name = safe(headers.raw_text(raw_name)) or made_up("", len(found.attachments) + 1)
            found.attachments.append(Leaf(name, "application/octet-stream", content))
    if len(data) > LONGEST_TEXT:
        data = data[:LONGEST_TEXT]
        defects.append("text-cut")
    label = params.get("charset") or (_declared_inside(data) if kind == "text/html" else None)
    text = charset.clean(charset.decode(data, label, defects))
    if segment is None:
        segment = Segment()
        found.segments.append(segment)
    if kind == "text/html":
        segment.html.append(text)
        return
    if kind != "text/plain":
        text = entities.unescape(_TAG.sub("", text.replace("<<", "&lt;")))
    elif params.get("format", "").lower() == "flowed":
        text = flowed.unflow(text, delsp=params.get("delsp", "").lower() == "yes")
    text, protection = pgp.read(text)
    if protection is not None:
        found.protect(protection)
    segment.plain.append(text)


def _declared_inside(page: bytes) -> str | None:
    """The charset that a page names itself."""
    found = _META.search(page[:2048])
    return found[1].decode("ascii", "ignore") if found else None


def _take_winmail(unpacked: winmail.Winmail, found: Contents) -> None:
    found.attachments.extend(
        Leaf(
            safe(each.filename) or made_up(each.content_type, len(found.attachments) + at + 1),
            each.content_type,
            each.data,
            content_id=each.content_id,
        )
        for at, each in enumerate(unpacked.attachments)
    )
    if not any(segment.plain or segment.html for segment in found.segments):
        segment = Segment()
        if unpacked.text:
            segment.plain.append(charset.clean(unpacked.text))
        if unpacked.html:
            segment.html.append(charset.clean(unpacked.html))
        found.segments.append(segment)


def _leaf(part: Part, name: str, parent: str, number: int, found: Contents) -> Leaf:
    kind = part.kind
    disposition, _ = part.disposition
    if kind == "application/pgp-encrypted":
        # Also where a server made another multipart of its own of it.
        found.protect("encrypted-pgp")
    elif _is_sealed(part):
        found.protect("encrypted-smime")
    if not name and kind == "message/rfc822":
        inner = read_part(part.data, 0, []).get("subject")
        subject = safe(headers.text(inner).replace("/", "-")) if inner else ""
        name = f"{subject[:100]}.eml" if subject else ""
    raw_id = part.get("content-id")
    content_id = headers.raw_text(raw_id).strip().strip("<>").strip() if raw_id else None
    name = name or _described(part, kind, content_id or "")
    inline = kind.startswith("image/") and (
        disposition == "inline" or (parent == "multipart/related" and disposition != "attachment")
    )
    return Leaf(
        filename=name or made_up(kind, number),
        content_type=kind,
        data=part.data,
        inline=inline,
        content_id=charset.clean(content_id) if content_id else None,
        charset=part.content[1].get("charset"),
    )


def _described(part: Part, kind: str, content_id: str) -> str:
    """A name from `image001.png@…`, or from the description of a part that has no name."""
    local = safe(content_id.partition("@")[0])
    if _FILE.match(local):
        return local
    description = safe(headers.text(part.get("content-description") or b""))[:60]
    if not description:
        return ""
    return description if _FILE.match(description) else f"{description}.{extension(kind)}"


def filename_of(part: Part) -> str:
    """The safe name a part gives itself, or ""."""
    location = part.get("content-location")
    for name in (
        part.disposition[1].get("filename"),
        part.content[1].get("name"),
        part.disposition[1].get("name"),
        part.content[1].get("filename"),
        headers.raw_text(location).split("?")[0] if location and part.kind[:5] != "text/" else None,
    ):
        cleaned = safe(name) if name else ""
        if cleaned:
            return cleaned
    return ""


def _fall_back(root: Part, found: Contents, defects: list[str]) -> None:
    """A multipart without parts is read as the text it shows."""
    if root.kind.startswith("multipart/") and not root.children and not found.segments:
        found.attachments.clear()
        boundary = root.content[1].get("boundary", "")
        shown = charset.clean(charset.decode(root.encoded[:LONGEST_TEXT], None, defects))
        text = shown.replace(f"--{boundary}--", "") if boundary else shown
        found.segments.append(Segment(plain=[text]))
