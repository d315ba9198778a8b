"""Bytes to a tree of MIME parts (RFC 5322, RFC 2045, RFC 2046), in one pass.

One pass, because delimiters of all open multiparts are looked up in one table: ten thousand levels
cost what ten thousand lines cost. Nothing here recurses, raises or decodes a body.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from channels.mail import sniffing, transfer
from channels.mail.headers import Parameters, parameters

#: parts beyond this stay inside the last one: a person reads none of them
MOST_PARTS = 5_000
#: transfer encodings of lines
_LINES = frozenset({b"7bit", b"8bit", b"7-bit", b"8-bit"})
#: how far a multipart is searched for its first delimiter
_REACH = 64 * 1024
#: a header block longer than this is cut into the body
LONGEST_HEADER = 512 * 1024

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)(?:\r?\n|\Z)")
_LINE_END = re.compile(rb"\r?\n|\r|\Z")
_BLANK = re.compile(rb"[ \t]*(?:\r?\n|\Z)")
#: lines without a colon in the middle of a header that are skipped
_MOST_BROKEN = 64
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_GUESSED = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-)", re.IGNORECASE)
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+)\s*/\s*([a-z0-9!#$&^_.+-]+)")
#: one of these makes a first block of lines a header and not a text that has a colon in it
_KNOWN = re.compile(
    rb"^(?:from|to|cc|subject|date|sender|reply-to|message-id|received|return-path|delivered-to|"
    rb"mime-version|envelope-to|return-receipt-to|auto-submitted|precedence|list-[a-z]+|newsgroups|"
    rb"resent-[a-z-]+|authentication-results|arc-[a-z-]+|thread-[a-z]+|importance|comments|"
    rb"content-[a-z-]+|x-[a-z0-9-]+|references|in-reply-to|dkim-signature)$",
    re.IGNORECASE,
)

Headers = list[tuple[str, bytes]]


@dataclass(eq=False)
class Part:
    """A MIME part. `raw` is shared by the whole tree; offsets say what of it is this part."""

    raw: bytes
    start: int
    body_start: int
    #: (name as written, raw unfolded value)
    headers: Headers
    end: int = -1
    default_type: str = "text/plain"
    depth: int = 0
    children: list["Part"] = field(default_factory=list["Part"])

    def get(self, name: str) -> bytes | None:
        """The first value of a header, by lower-case name."""
        return self._first.get(name)

    @cached_property
    def _first(self) -> dict[str, bytes]:
        return {name.lower(): value for name, value in reversed(self.headers)}

    @cached_property
    def content(self) -> tuple[str, Parameters]:
        """Media type (lower-case, always `x/y`) and its parameters."""
        value = self.get("content-type")
        if value is None:
            return self.default_type, {}
        kind, found = parameters(value)
        typed = _TYPE.search(kind.lower())
        if typed:
            return f"{typed[1]}/{typed[2]}", found
        # RFC 2045 §5.2: what is no media type is read as if it were not there
        return "text/plain", found

    @property
    def kind(self) -> str:
        return self.content[0]

    @cached_property
    def disposition(self) -> tuple[str, Parameters]:
        """`inline`, `attachment`, … or "", and its parameters (RFC 2183)."""
        value = self.get("content-disposition")
        if value is None:
            return "", {}
        kind, found = parameters(value)
        return kind.strip().lower(), found

    @property
    def encoded(self) -> bytes:
        return self.raw[self.body_start : self.end]

    @cached_property
    def data(self) -> bytes:
        """The body with its transfer encoding undone. What was sent without one is lines and not
        bytes (RFC 2045 §2.7, §2.8): their ends become those of files here."""
        encoding = (self.get("content-transfer-encoding") or b"7bit").strip().lower()
        if encoding in _LINES and b"\0" not in self.encoded:
            return self.encoded.replace(b"\r\n", b"\n")
        return transfer.decode(self.encoded, encoding)

    @property
    def source(self) -> bytes:
        """The part with its header, as it stands in the message."""
        return self.raw[self.start : self.end]


def read_tree(raw: bytes, defects: list[str]) -> Part:
    """The root part of a message; `defects` collects what was wrong with its structure."""
    raw = sniffing.prepared(raw)
    root = read_part(raw, 0, defects, root=True)
    if root.kind.startswith("multipart/"):
        split(root, defects)
    return root


def read_part(raw: bytes, start: int, defects: list[str], *, root: bool = False) -> Part:
    """Read the header block at `start`; the body is taken to reach the end of `raw`."""
    headers, body_start = read_headers(raw, start, defects)
    if root and headers and not any(_KNOWN.match(name.encode()) for name, _ in headers):
        headers, body_start = [], start
    if root and not headers:
        defects.append("no-header")
        body_start = start
    part = Part(raw=raw, start=start, body_start=body_start, headers=headers, end=len(raw))
    if root and not headers:
        part.default_type = sniffing.kind(raw)
    elif root and sniffing.is_page(raw, body_start):
        part.default_type = "text/html"
    return part


def read_headers(raw: bytes, start: int, defects: list[str]) -> tuple[Headers, int]:
    """Fields of the block at `start` and where the body begins. A line that is no field is skipped
    when fields follow it, and otherwise begins the body."""
    headers: Headers = []
    at = start
    limit = min(len(raw), start + LONGEST_HEADER)
    while at < limit:
        found = _FIELD.match(raw, at)
        if found is not None:
            value = found[2]
            headers.append(
                (found[1].decode("ascii"), _FOLD.sub(b"", value) if b"\n" in value else value)
            )
            at = found.end()
            continue
        blank = _BLANK.match(raw, at)
        if blank is not None:
            return headers, blank.end()
        after = _past_broken(raw, at, seen=bool(headers))
        if after is None:
            defects.append("header-without-end")
            return headers, at
        if not raw.startswith((b"From ", b">From "), at):
            defects.append("header-broken")
        at = after
    return headers, at


def _past_broken(raw: bytes, at: int, *, seen: bool) -> int | None:
    """Where the header goes on behind lines that are no fields (an mbox line, folding that was
    lost), or None when it does not."""
    if not seen and not raw.startswith((b"From ", b">From "), at):
        return None
    for _ in range(_MOST_BROKEN):
        line_end = _LINE_END.search(raw, at)
        at = max(line_end.end() if line_end else 0, at + 1)
        if at >= len(raw) or _BLANK.match(raw, at):
            return None
        found = _FIELD.match(raw, at)
        if found and _KNOWN.match(found[1]):
            return at
    return None


def split(root: Part, defects: list[str]) -> None:
    """Find the parts of a multipart, of its multiparts, and so on."""
    tree = _Open(defects)
    if not tree.enter(root):
        return
    raw = root.raw
    at = max(root.body_start - 1, 0)
    count = 1
    while tree.stack:
        found = tree.next_delimiter(raw, at)
        if found is None:
            break
        at, stop, depth, closing = found
        tree.end_below(depth, at - 1 if raw[at - 1 : at] == b"\r" else at)
        if closing:
            tree.leave(stop)
            at = stop
            continue
        if count >= MOST_PARTS:
            defects.append("too-many-parts")
            return
        count += 1
        child = tree.add(read_part(raw, min(stop + 1, len(raw)), defects))
        at = max(child.body_start - 1, stop)
    if tree.stack:
        defects.append("multipart-unclosed")


class _Open:
    """The multiparts that are open at a place of the message, outermost first."""

    def __init__(self, defects: list[str]) -> None:
        self.stack: list[tuple[bytes, Part]] = []
        #: by depth: with what each delimiter of those that are open begins; a line of anything
        #: else is looked past
        self._signs = [b"--"]
        self._depths: dict[bytes, int] = {}
        self._leaf: Part | None = None
        self._defects = defects

    def enter(self, part: Part) -> bool:
        boundary = _boundary(part, self._defects)
        if boundary is None:
            return False
        delimiter = b"--" + boundary
        self._signs.append(_shared(self._signs[-1], delimiter) if self.stack else delimiter)
        self.stack.append((boundary, part))
        # The innermost of equal boundaries counts, so that a re-used one closes as little as it can
        self._depths[boundary] = len(self.stack) - 1
        return True

    def next_delimiter(self, raw: bytes, at: int) -> tuple[int, int, int, bool] | None:
        """From the line break before it to its end, which open multipart it belongs to, and whether
        it is the last of it. Lines that only begin like one may be hundreds of thousands."""
        sign, depths, find = b"\n" + self._signs[-1], self._depths, raw.find
        at = 0 if at == 0 and raw.startswith(self._signs[-1]) else find(sign, at)
        while at >= 0:
            begin = at + (raw[at : at + 1] == b"\n")
            stop = find(b"\n", begin)
            stop = len(raw) if stop < 0 else stop
            line = raw[begin + 2 : stop].rstrip(b" \t\r")
            if line in depths:
                return at, stop, depths[line], False
            if line.endswith(b"--") and line[:-2] in depths:
                return at, stop, depths[line[:-2]], True
            at = find(sign, stop)
        return None

    def end_below(self, depth: int, end: int) -> None:
        """A delimiter ends the leaf before it and whatever is open inside its multipart."""
        while len(self.stack) > depth + 1:
            self.leave(end)
            self._defects.append("multipart-unclosed")
        if self._leaf is not None:
            self._leaf.end = max(end, self._leaf.body_start)
            self._leaf = None

    def leave(self, end: int) -> None:
        boundary, part = self.stack.pop()
        self._signs.pop()
        part.end = end
        if self._depths.get(boundary) == len(self.stack):
            del self._depths[boundary]

    def add(self, child: Part) -> Part:
        parent = self.stack[-1][1]
        child.depth = len(self.stack)
        if parent.kind == "multipart/digest":
            child.default_type = "message/rfc822"
        parent.children.append(child)
        if not (child.kind.startswith("multipart/") and self.enter(child)):
            self._leaf = child
        return child


def _shared(one: bytes, other: bytes) -> bytes:
    """With what both begin."""
    size = min(len(one), len(other))
    return one[: next((at for at in range(size) if one[at] != other[at]), size)]


def _boundary(part: Part, defects: list[str]) -> bytes | None:
    """The boundary of a multipart; the one its first delimiter shows when it declares none or a
    wrong one; None when it has no parts."""
    declared = part.content[1].get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
    # Inside, where thousands may lie, a delimiter has to come soon
    reach = part.end if part.depth == 0 else min(part.end, part.body_start + _REACH)
    if declared and part.raw.find(b"--" + declared, max(part.body_start - 1, 0), reach) >= 0:
        return declared
    guessed = _GUESSED.search(part.raw, max(part.body_start - 1, 0), part.body_start + _REACH)
    if guessed:
        defects.append("boundary-wrong" if declared else "boundary-missing")
        return guessed[1]
    if declared and part.depth == 0 and b"--" + declared in part.data:
        # RFC 2045 §6.4 forbids to encode a multipart; some do
        part.raw, part.body_start, part.end = part.data, 0, len(part.data)
        return declared
    defects.append("boundary-missing")
    return None
