"""Whether anything of a message is lost, by a second opinion: the parts that the standard library
sees in messages it finds no fault with have to be shown or kept."""

import html
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import cast

from channels.mail.parse import ParsedMail, parse

#: what no person reads of a page
_UNSEEN = re.compile(rb"(?is)<(script|style|title|head)\b.*?</\1>|<!--.*?-->|<[^>]*>")
#: what is read out of a plain text: a signature in armour, a uuencoded file
_CODED = re.compile(
    rb"(?s)-----BEGIN PGP SIGNED MESSAGE-----.*?\n\r?\n"
    rb"|-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----"
    rb"|(?<!\S)begin [0-7]{3,4} \S+\r?\n.*?\nend\b"
)
_WORDS = re.compile(rb"[A-Za-z0-9]{4,}")
#: of the words of a part that have to be found again
_KEPT = 0.9
#: Outlook's own envelope, which is unpacked
_ENVELOPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


def lost(raw: bytes) -> str | None:
    """What of `raw` is neither in the text nor in a file; None when nothing is."""
    try:
        root = message_from_bytes(raw)
    except RecursionError:
        # the standard library reads no message of some hundred levels
        return None
    if any(part.defects for part in root.walk()):
        return None
    parsed = parse(raw)
    shown = f"{parsed.text} {parsed.html or ''}".encode()
    words = set(_WORDS.findall(b" ".join([shown, *(each.data for each in parsed.attachments)])))
    files = {_lines(each.data) for each in parsed.attachments}
    gone = (
        part.get_content_type()
        for part in _leaves(root)
        if not _is_kept(part, parsed, words, files)
    )
    return next(gone, None)


def _leaves(root: Message) -> Iterator[Message]:
    stack = [root]
    while stack:
        part = stack.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack.extend(cast("list[Message]", part.get_payload()))
        elif not part.is_multipart():
            yield part


def _is_kept(part: Message, parsed: ParsedMail, words: set[bytes], files: set[bytes]) -> bool:
    data = part.get_payload(decode=True)
    kind = part.get_content_type()
    # Faults of a transfer encoding are noted when it is undone
    if not isinstance(data, bytes) or not data.strip() or kind in _ENVELOPES or part.defects:
        return True
    if _lines(data) in files or part.get_filename() in {a.filename for a in parsed.attachments}:
        return True
    if part.get_content_maintype() != "text":
        return False
    plain = _CODED.sub(b" ", data) if kind == "text/plain" else _UNSEEN.sub(b" ", data)
    own = set(_WORDS.findall(html.unescape(plain.decode("latin-1")).encode("latin-1", "replace")))
    return len(own & words) >= _KEPT * len(own)


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").strip()
