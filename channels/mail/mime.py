"""Bytes of a message from text, pages and files. Written by hand because the standard library
breaks long Message-IDs of References into encoded words, which ends every thread.

Whatever comes in, a value cannot end its header: control characters become blanks.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from urllib.parse import quote

CRLF = b"\r\n"
#: RFC 5322 §2.1.1 asks for lines of at most 78
LINE = 76
#: a longer word would make a line that servers may cut (998 octets)
LONGEST_WORD = 60
#: octets outside ASCII beyond one in so many make base64 shorter than quoted-printable
MOSTLY_ASCII = 6

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}")
_STRUCTURED = ("message/", "multipart/")
_SAFE_NAME = re.compile(r"[A-Za-z0-9 ._()-]{1,60}")


@dataclass(frozen=True, slots=True)
class Attached:
    filename: str
    content_type: str
    data: bytes


def line(value: str) -> str:
    """`value` on one line, trimmed: what a header may hold."""
    return _CONTROLS.sub(" ", value).strip()


def text(name: str, value: str) -> bytes:
    """An unstructured header (RFC 5322 §3.6.5), folded; encoded words where it needs them."""
    plain = line(value)
    words = plain.split(" ")
    charset = "us-ascii"
    if not plain.isascii() or "=?" in plain or max(map(len, words)) > LONGEST_WORD:
        charset = "utf-8"
        plain = plain.encode("utf-8", "replace").decode()
    folded = Header(plain, charset, maxlinelen=LINE, header_name=name).encode(linesep="\r\n")
    return f"{name}: {folded}".encode() + CRLF


def mailbox(name: str, display: str, address: str) -> bytes:
    """An address header with one mailbox; `address` is trusted to be one."""
    shown = line(display)
    if not shown:
        return f"{name}: {address}".encode() + CRLF
    if not shown.isascii() or len(shown) > LONGEST_WORD:
        shown = Header(
            shown.encode("utf-8", "replace").decode(), "utf-8", maxlinelen=LINE, header_name=name
        ).encode(linesep="\r\n")
    elif not _PLAIN_NAME.fullmatch(shown):
        shown = '"' + re.sub(r'(["\\])', r"\\\1", shown) + '"'
    return f"{name}: {shown}\r\n <{address}>".encode() + CRLF


def ids(name: str, values: Sequence[str]) -> bytes:
    """Message-IDs, one a line: folded between them and never inside."""
    return (f"{name}: " + "\r\n ".join(values)).encode() + CRLF if values else b""


def alternative(plain: str, page: str, boundary: str) -> bytes:
    """A part with the same message as text and as a page (RFC 2046 §5.1.4), headers included."""
    parts = (_text_part("plain", plain), _text_part("html", page))
    return _multipart("alternative", parts, boundary)


def with_files(body: bytes, files: Sequence[Attached], boundary: str) -> bytes:
    """`body` (a part with its headers) and the files behind it."""
    return _multipart("mixed", (body, *map(_file_part, files)), boundary)


def boundary(seed: str, level: str) -> str:
    """The same for a retry. No body has it: base64 and quoted-printable never write `=_`."""
    return f"=_{level}_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"


def _multipart(kind: str, parts: Sequence[bytes], limit: str) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{limit}"\r\n\r\n'.encode()
    opening = f"--{limit}\r\n".encode()
    inner = b"".join(opening + part + CRLF for part in parts)
    return head + inner + f"--{limit}--\r\n".encode()


def _text_part(kind: str, content: str) -> bytes:
    data = (
        content.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\n", "\r\n")
        .encode("utf-8", "replace")
    )
    # The encoder takes its line ends from the first one it sees.
    data = data.rstrip(b"\r\n") + CRLF
    foreign = sum(octet > 127 for octet in data)
    if foreign * MOSTLY_ASCII > len(data):
        encoding, body = "base64", _base64(data)
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(data, istext=True)
    head = (
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body


def _file_part(file: Attached) -> bytes:
    kind = file.content_type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(_STRUCTURED):
        # base64 is not allowed on messages and multiparts (RFC 2046 §5.2.1, RFC 2045 §6.4).
        kind = "application/octet-stream"
    name = line(file.filename) or "anexo"
    head = (
        f"Content-Type: {kind};\r\n name={_old_name(name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{_filename(name)}\r\n\r\n"
    )
    return head.encode() + _base64(file.data)


def _filename(name: str) -> str:
    """The name, in continued sections where it needs them (RFC 2231 §4.1)."""
    if _SAFE_NAME.fullmatch(name):
        return f';\r\n filename="{name}"'
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    # A section must not cut an encoded octet in two.
    sections = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", encoded)
    sections[0] = f"utf-8''{sections[0]}"
    return "".join(f";\r\n filename*{at}*={section}" for at, section in enumerate(sections))


def _old_name(name: str) -> str:
    """The name for programs that know no RFC 2231: an encoded word, forbidden there and read."""
    if _SAFE_NAME.fullmatch(name):
        return f'"{name}"'
    whole = name.encode("utf-8", "replace").decode()
    return '"' + Header(whole, "utf-8", maxlinelen=LINE).encode(linesep="\r\n") + '"'


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", CRLF)
