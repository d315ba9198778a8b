"""winmail.dat unpacked (MS-OXTNEF), with the message text Outlook hid in it.

The reader is our own because a half-written or hostile file must never raise, loop or take memory:
every length is checked against what is there, and a broken tail leaves what was read before it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from channels.mail import charset
from channels.mail.rtf import decompress, to_text

SIGNATURE = b"\x78\x9f\x3e\x22"
#: messages inside messages inside …
_DEEPEST = 5
_MOST_VALUES = 4096

_MESSAGE_PROPERTIES = 0x00069003
_BODY = 0x0002800C
_CODEPAGE = 0x00069007
_ATTACH_BEGIN = 0x00069002
_ATTACH_TITLE = 0x00018010
_ATTACH_DATA = 0x0006800F
_ATTACH_PROPERTIES = 0x00069005

_P_BODY, _P_RTF, _P_HTML = 0x1000, 0x1009, 0x1013
_P_DATA, _P_SHORT_NAME, _P_LONG_NAME, _P_MIME, _P_CONTENT_ID = (
    0x3701,
    0x3704,
    0x3707,
    0x370E,
    0x3712,
)
_P_DISPLAY_NAME = 0x3001
_T_STRING8, _T_UNICODE, _T_OBJECT, _T_BINARY = 0x1E, 0x1F, 0x0D, 0x0102
#: flag of a type: several values; names from here on are spelled out
_SEVERAL, _NAMED = 0x1000, 0x8000
_VARIABLE = frozenset({_T_STRING8, _T_UNICODE, _T_OBJECT, _T_BINARY})
_SIZES = {
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x0A: 4,
    0x0B: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}


Properties = dict[int, str | bytes]


@dataclass(slots=True)
class Packed:
    filename: str = ""
    content_type: str = "application/octet-stream"
    data: bytes = b""
    content_id: str | None = None


@dataclass(slots=True)
class Winmail:
    text: str
    html: str
    attachments: list[Packed]
    #: the formatted text, unpacked
    rtf: bytes = b""


def unpack(data: bytes, depth: int = 0) -> Winmail | None:
    """What is packed in `data`; None when it is no TNEF stream."""
    if not data.startswith(SIGNATURE):
        return None
    codepage = "cp1252"
    found = Winmail("", "", [])
    for key, value in _attributes(data):
        if key == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif key == _BODY:
            found.text = found.text or _string(value, codepage)
        elif key == _MESSAGE_PROPERTIES:
            _fill_message(found, dict(_properties(value, codepage)), codepage)
        elif key == _ATTACH_BEGIN:
            found.attachments.append(Packed())
        elif found.attachments:
            _fill(found.attachments[-1], key, value, codepage)
    if found.rtf and not found.html:
        found.text = found.text or to_text(found.rtf)
        found.attachments.append(Packed("message.rtf", "text/rtf", found.rtf))
    if depth < _DEEPEST:
        found.attachments = [
            each for packed in found.attachments for each in _flat(packed, depth + 1)
        ]
    return found


def stored(data: bytes) -> Iterator[bytes]:
    """Everything that stands in place of an attachment's bytes, messages still packed."""
    for key, value in _attributes(data):
        if key == _ATTACH_DATA:
            yield value
        elif key == _ATTACH_PROPERTIES:
            inside = dict(_properties(value, "cp1252")).get(_P_DATA)
            if isinstance(inside, bytes):
                yield inside


def _fill_message(found: Winmail, properties: Properties, codepage: str) -> None:
    found.text = _as_text(properties.get(_P_BODY), codepage) or found.text
    found.html = _as_text(properties.get(_P_HTML), codepage) or found.html
    packed = properties.get(_P_RTF)
    found.rtf = decompress(packed) if isinstance(packed, bytes) else found.rtf


def _flat(packed: Packed, depth: int) -> Iterator[Packed]:
    """An embedded message becomes its text and its own attachments."""
    inner = unpack(packed.data, depth)
    if inner is None:
        yield packed
        return
    stem = packed.filename or "message"
    if inner.html:
        yield Packed(f"{stem}.html", "text/html", inner.html.encode())
    elif inner.text:
        yield Packed(f"{stem}.txt", "text/plain", inner.text.encode())
    yield from inner.attachments


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        _, key, size = struct.unpack_from("<BII", data, at)
        at += 9
        yield key, data[at : at + size]
        at += size + 2


def _fill(packed: Packed, key: int, value: bytes, codepage: str) -> None:
    if key == _ATTACH_TITLE:
        packed.filename = packed.filename or _string(value, codepage)
    elif key == _ATTACH_DATA:
        packed.data = value
    elif key == _ATTACH_PROPERTIES:
        properties = dict(_properties(value, codepage))
        for name in (_P_LONG_NAME, _P_SHORT_NAME, _P_DISPLAY_NAME):
            given = properties.get(name)
            if isinstance(given, str) and given:
                packed.filename = given if name == _P_LONG_NAME else (packed.filename or given)
                break
        mime = properties.get(_P_MIME)
        if isinstance(mime, str) and mime.count("/") == 1:
            packed.content_type = mime.lower()
        content_id = properties.get(_P_CONTENT_ID)
        if isinstance(content_id, str) and content_id:
            packed.content_id = content_id.strip("<>")
        inside = properties.get(_P_DATA)
        if isinstance(inside, bytes) and inside:
            packed.data = inside


def _properties(data: bytes, codepage: str) -> Iterator[tuple[int, str | bytes]]:
    """The strings and binaries of a property list (MS-OXTNEF §2.1.3.4); stops where it breaks."""
    count = int.from_bytes(data[:4], "little")
    at = 4
    for _ in range(min(count, _MOST_VALUES)):
        if at + 4 > len(data):
            return
        kind, name = struct.unpack_from("<HH", data, at)
        at = _past_name(data, at + 4) if name >= _NAMED else at + 4
        base = kind & ~_SEVERAL
        values = 1
        if kind & _SEVERAL or base in _VARIABLE:
            values = min(int.from_bytes(data[at : at + 4], "little"), _MOST_VALUES)
            at += 4
        if base not in _VARIABLE and base not in _SIZES:
            return
        if base not in _VARIABLE:
            at += _SIZES[base] * values
            continue
        for _ in range(values):
            size = int.from_bytes(data[at : at + 4], "little")
            value = data[at + 4 : at + 4 + size]
            at += 4 + size + (-size % 4)
            yield name, _value(base, value, codepage)
            if at >= len(data):
                return


def _past_name(data: bytes, at: int) -> int:
    """Where a named property's name ends, or the end of `data` when it is cut."""
    at += 16
    if at + 8 > len(data):
        return len(data)
    kind, size = struct.unpack_from("<II", data, at)
    return at + 8 + (0 if kind == 0 else size + (-size % 4))


def _value(kind: int, value: bytes, codepage: str) -> str | bytes:
    if kind == _T_STRING8:
        return _string(value, codepage)
    if kind == _T_UNICODE:
        return charset.clean(value.decode("utf-16-le", "replace"))
    if kind == _T_OBJECT:
        return value[16:]
    return value


def _string(value: bytes, codepage: str) -> str:
    return charset.clean(charset.decode(value.split(b"\0", 1)[0], codepage))


def _as_text(value: str | bytes | None, codepage: str) -> str:
    if isinstance(value, bytes):
        return charset.clean(charset.decode(value, codepage))
    return value or ""
