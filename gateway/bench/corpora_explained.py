"""Why a fact of another project differs from ours without our being wrong.

Rules over the two answers come first: they hold for messages nobody here has seen. `BY_HAND` names
the rest, each with what the message itself says. What is in neither is a miss.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from channels.mail import transfer, winmail
from channels.mail.parse_mime import Part, read_tree
from gateway.bench.corpora_replies import words

#: (source, id, fact): reason
BY_HAND: dict[tuple[str, str, str], str] = {
    ("rt", "outlook-rfc822", "subject"): "the fact belongs to another file of the same test: the "
    "message has one Subject, `msg attachment`",
    (
        "chatwoot",
        "mail_with_plain_text_and_inline_image",
        "files",
    ): "the peer does not count images that are shown in the text",
}
_UNREADABLE = "\ufffd"
_UTF7 = re.compile(r"\+[A-Za-z0-9/]+-")
_UU = re.compile(r"^begin [0-7]{3,4} (\S+)", re.MULTILINE)
_SOURCE = re.compile(r"^Content-(?:Type|Transfer-Encoding):", re.MULTILINE | re.IGNORECASE)
_DELAYED = re.compile(rb"^action:[ \t]*delayed\b", re.IGNORECASE | re.MULTILINE)
#: letters in a row that are compared where blanks differ
_RUN = 8
_SAME = 0.9


@dataclass(frozen=True, slots=True)
class Difference:
    """What a peer states, what we say, and the message both are about."""

    fact: str
    wanted: object
    got: object
    raw: bytes


def reason(source: str, name: str, difference: Difference) -> str | None:
    """Why the peer's answer is not the right one here, or None when ours is not."""
    by_hand = BY_HAND.get((source, name, difference.fact))
    found = (rule(difference) for rule in _RULES.get(difference.fact, ()))
    return by_hand or next((each for each in found if each), None)


def _unreadable(of: Difference) -> str | None:
    """A letter that the peer could not read may be any."""
    wanted = str(of.wanted)
    if _UNREADABLE not in wanted:
        return None
    pattern = ".{1,3}".join(re.escape(" ".join(p.split())) for p in wanted.split(_UNREADABLE))
    pattern = pattern.replace("\\ ", r"\s+")
    found = re.search(pattern, str(of.got), re.IGNORECASE | re.DOTALL)
    return "the peer could not decode a letter that we read" if found else None


def _utf7(of: Difference) -> str | None:
    wanted = str(of.wanted)
    if not _UTF7.search(wanted):
        return None
    read = wanted.encode("ascii", "ignore").decode("utf-7", "replace")
    same = words(read) == words(str(of.got))
    return "the peer shows UTF-7 undecoded" if same else None


def _unparsed(of: Difference) -> str | None:
    wanted, got = str(of.wanted), str(of.got)
    left = got and wanted.lower() != got.lower() and wanted.lower().split()[-1:] == [got.lower()]
    return "the peer left the header unparsed, name and all" if left else None


def _uuencoded_text(of: Difference) -> str | None:
    left, files = transfer.uuencoded_files(f"{of.wanted}\n".encode(), most=1)
    if not files and not _UU.search(str(of.wanted)):
        return None
    beside = words(left.decode().partition("begin ")[0])
    shown = set(words(str(of.got)))
    kept = all(word in shown for word in beside)
    return "the peer shows a uuencoded file as text; here it is a file" if kept else None


def _mime_source(of: Difference) -> str | None:
    shown = _SOURCE.search(str(of.wanted)) and not _SOURCE.search(str(of.got))
    return "the peer shows the source of a part whose delimiter is broken" if shown else None


def _other_blanks(of: Difference) -> str | None:
    """Between tags of one word some put a blank, and no words are lost for it."""
    wanted, got = ("".join(words(str(each))) for each in (of.wanted, of.got))
    runs = {wanted[at : at + _RUN] for at in range(len(wanted) - _RUN + 1)}
    kept = sum(run in got for run in runs)
    return "same letters, blanks between tags differ" if runs and kept > _SAME * len(runs) else None


def _other_bytes(of: Difference) -> str | None:
    wanted: Any = of.wanted
    digest: str = wanted if isinstance(wanted, str) else wanted["sha256"]
    for part in _leaves(read_tree(of.raw, [])):
        for why, data in _forms(part):
            if any(hashlib.sha256(form).hexdigest() == digest for form in _line_ends(data)):
                return why
    return None


def _line_ends(data: bytes) -> Iterator[bytes]:
    lines = data.replace(b"\r\n", b"\n")
    for each in (lines, lines.replace(b"\n", b"\r\n")):
        yield each
        yield each.rstrip(b"\r\n")
    yield data


def _forms(part: Part) -> Iterator[tuple[str, bytes]]:
    """What a peer may have taken for the bytes of a part."""
    encoding = (part.get("content-transfer-encoding") or b"").lower()
    if b"uu" in encoding:
        yield "the peer does not decode uuencode", part.encoded
    unpacked = winmail.unpack(part.data)
    if unpacked is not None:
        for each in unpacked.attachments:
            yield "the peer's copy has other line ends", each.data
        for stored in winmail.stored(part.data):
            yield "a message inside winmail.dat, which is unpacked here", stored
        return
    if part.kind == "text/plain":
        yield "the peer keeps as a file a text that is shown here", part.data
    yield "the peer's copy has other line ends", part.data


def _leaves(root: Part) -> Iterator[Part]:
    stack = [root]
    while stack:
        part = stack.pop()
        if part.children:
            stack.extend(part.children)
        else:
            yield part


def _delay(of: Difference) -> str | None:
    """Told by the report's own word (RFC 3464 §2.3.3), not by ours."""
    said = of.got == "delayed" and _DELAYED.search(of.raw)
    return "the peer counts failures only; the report says `Action: delayed`" if said else None


_RULES: dict[str, tuple[Callable[[Difference], str | None], ...]] = {
    "subject": (_unreadable, _utf7),
    "from": (_unparsed,),
    "body words": (_unreadable, _utf7, _uuencoded_text, _mime_source, _other_blanks),
    "sha256": (_other_bytes,),
    "file name": (_unreadable,),
    "no bounce": (_delay,),
}
