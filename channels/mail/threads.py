"""Which thread raw bytes belong to, read from the header block alone.

Messages of one thread are understood one after the other, those of different threads side by side.
So the key only has to be the same for messages that could touch the same ticket; reading it must
be cheap, because it happens before the server is told that we have the message.
"""

import hashlib
import re
from collections.abc import Iterable

from channels.mail.addresses import Addresses

#: a header block longer than this is cut: the key is about order, not about truth
LONGEST_HEADER = 256 * 1024
LONGEST_KEY = 320

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    rb"^(references|in-reply-to|message-id|from|to|cc|delivered-to|x-original-to|envelope-to)"
    rb"[ \t]*:"
    rb"([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_ID = re.compile(rb"<([^<>\s]{1,998})>")
#: looked for where a word begins and nowhere inside it: this runs before the sender is answered
_ADDRESS = re.compile(rb"(?<![^\s<>\"(),;:])[^\s<>\"(),;:]+@[^\s<>\"(),;:]+")
#: where a mailbox fetched by IMAP keeps the address the message was sent to
_RECIPIENTS = (b"delivered-to", b"x-original-to", b"envelope-to", b"to", b"cc")


def thread_key(raw: bytes, recipients: Iterable[str], ours: Addresses) -> str:
    """The token of the address it came to, else the oldest Message-ID referred to, else its own,
    else the sender. So the first mail of a thread has the key of the answers to it, and copies of
    one mail have one key: two appliers never hold them at once.

    `recipients` are those of the envelope; without any (IMAP) the header's are taken.
    """
    fields = _fields(raw)
    for recipient in recipients:
        own = ours.recognise(recipient)
        if own is not None and own.tag:
            return f"token:{own.tag}"
    for name in _RECIPIENTS:
        found = ours.search(fields.get(name, b""))
        if found:
            return f"token:{_text(next(group for group in found.groups() if group)).lower()}"
    for name in (b"references", b"in-reply-to", b"message-id"):
        oldest = _ID.search(fields.get(name, b""))
        if oldest:
            return _short(f"id:{_text(oldest[1])}")
    senders = _ADDRESS.findall(fields.get(b"from", b""))
    return _short(f"from:{_text(senders[-1]).lower()}" if senders else "from:")


def header_block(raw: bytes) -> bytes:
    """Everything before the first empty line, at most `LONGEST_HEADER` bytes."""
    end = _END.search(raw, 0, LONGEST_HEADER)
    return raw[: end.start() if end else LONGEST_HEADER]


def _fields(raw: bytes) -> dict[bytes, bytes]:
    fields: dict[bytes, list[bytes]] = {}
    for name, value in _FIELD.findall(header_block(raw)):
        fields.setdefault(name.lower(), []).append(value)
    return {name: b",".join(values) for name, values in fields.items()}


def _text(value: bytes) -> str:
    # Latin-1 maps every byte to one character: equal bytes stay equal, nothing raises. PostgreSQL
    # stores no NUL.
    return value.decode("latin-1").replace("\0", "")


def _short(key: str) -> str:
    if len(key) <= LONGEST_KEY:
        return key
    kind, _, value = key.partition(":")
    return f"{kind}:sha256:{hashlib.sha256(value.encode()).hexdigest()}"
