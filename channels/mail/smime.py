"""Just enough of CMS (RFC 5652) to read the text of an opaque-signed S/MIME message."""

import re

_SIGNED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#: with a field or, when it has none, with an empty line
_BEGINNING = re.compile(rb"\s*[A-Za-z-]+:|\r?\n")


def is_signed(data: bytes) -> bool:
    """Whether it is a SignedData, with the content inside, beside it or without any."""
    try:
        oid = _read(data, _enter(data, 0, 0x30))
    except (IndexError, ValueError):
        return False
    return data[oid[1] : oid[2]] == _SIGNED


def signed_message(data: bytes) -> bytes | None:
    """The MIME entity inside a SignedData; None when `data` is something else (encrypted, broken)
    or what was signed is a file.

    Nothing is verified here: the text becomes readable, the signature stays what it is.
    """
    if not is_signed(data):
        return None
    content = _content(data)
    return content if content is not None and _BEGINNING.match(content) else None


def _content(data: bytes) -> bytes | None:
    try:
        oid = _read(data, _enter(data, 0, 0x30))
        signed = _enter(data, _enter(data, oid[2], 0xA0), 0x30)
        version = _read(data, signed)
        digests = _read(data, version[2])
        wrapped = _enter(data, digests[2], 0x30)
        inner_oid = _read(data, wrapped)
        explicit = _enter(data, inner_oid[2], 0xA0)
        return _octets(data, explicit)
    except (IndexError, ValueError):
        return None


def _read(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the value at `at`; an indefinite length reaches to the end of data."""
    tag = data[at]
    first = data[at + 1]
    start = at + 2
    if first < 0x80:
        return tag, start, start + first
    if first == 0x80:
        return tag, start, len(data)
    size = first & 0x7F
    if size > 4:
        raise ValueError(size)
    start += size
    length = int.from_bytes(data[at + 2 : start])
    if start + length > len(data):
        raise ValueError(length)
    return tag, start, start + length


def _enter(data: bytes, at: int, tag: int) -> int:
    found, start, _ = _read(data, at)
    if found != tag:
        raise ValueError(found)
    return start


def _octets(data: bytes, at: int) -> bytes:
    tag, start, end = _read(data, at)
    if tag == 0x04:
        return data[start:end]
    if tag != 0x24:
        raise ValueError(tag)
    out: list[bytes] = []
    while start < end and data[start] == 0x04:
        _, inner, stop = _read(data, start)
        out.append(data[inner:stop])
        start = stop
    return b"".join(out)
