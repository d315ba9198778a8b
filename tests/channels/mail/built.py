"""Messages built by hypothesis: a tree of parts in any encoding, and what has to be read of it."""

import base64
import quopri
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import strategies as st

#: letters of Portuguese mail, and what mail programs trip over
LETTERS = "abcdefghij çãéíõúÇÃÉ 0123456789 .,;:!?()[]<>&@=_-/\\'\""
LINES = st.text(LETTERS, min_size=1, max_size=40).filter(str.strip)
NAMES = st.text("abcxyz çãé 0123456789._-", min_size=1, max_size=30).filter(
    lambda name: name.strip(" .") and name == " ".join(name.split())
)
NESTED = ("mixed", "related", "alternative", "x-unknown")


@dataclass
class Built:
    """A message and what it was built from."""

    raw: bytes
    subject: str
    name: str
    address: str
    texts: list[str] = field(default_factory=list[str])
    files: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])


def encoded(data: bytes, how: str) -> bytes:
    if how == "base64":
        return base64.encodebytes(data)
    return quopri.encodestring(data) if how == "quoted-printable" else data


def word(text: str, draw: st.DrawFn, label: str = "utf-8") -> str:
    """An encoded word, cut into several wherever it pleases."""
    data = text.encode(label)
    size = draw(st.integers(1, 40))
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    if draw(st.booleans()):
        words = [f"=?{label}?B?{base64.b64encode(piece).decode()}?=" for piece in pieces]
    else:
        words = [f"=?{label}?q?{''.join(f'={b:02X}' for b in piece)}?=" for piece in pieces]
    return draw(st.sampled_from(("\r\n ", " ", "\r\n\t"))).join(words)


@st.composite
def messages(draw: st.DrawFn) -> Built:
    """A whole message that means one thing, however it is written down."""
    built = Built(
        b"",
        draw(LINES).strip(),
        draw(NAMES),
        f"{draw(st.from_regex('[a-z]{1,9}', fullmatch=True))}@x.example",
    )
    numbers = count()
    head, body = _part(draw, built, numbers, depth=0)
    mark = next(numbers)
    top = (
        f"From: {word(built.name, draw)} <{built.address}>\r\n"
        f"Subject: {word(built.subject, draw)}\r\n"
        f"Message-ID: <{mark}@x.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 -0300\r\n"
    )
    whole = top.encode() + head + b"\r\n" + body
    if draw(st.booleans()):
        whole = whole.replace(b"\r\n", b"\n")
    built.raw = draw(st.sampled_from((b"", b"\xef\xbb\xbf", b"From a Tue Nov 24 2026\n"))) + whole
    return built


def _part(draw: st.DrawFn, built: Built, numbers: Any, depth: int) -> tuple[bytes, bytes]:
    """Header and body of a part, CRLF in both."""
    if depth < 4 and draw(st.integers(0, 2)) == 0:
        subtype = draw(st.sampled_from(NESTED[:2] if depth else NESTED))
        limit = f"b{next(numbers)}{draw(st.sampled_from(('', '=_', ' x', chr(39))))}z"
        most = 1 if subtype == "alternative" else 3
        parts = [_part(draw, built, numbers, depth + 1) for _ in range(draw(st.integers(1, most)))]
        blank = draw(st.sampled_from((b"", b"  ", b"\t")))
        opening = b"\r\n--" + limit.encode() + blank + b"\r\n"
        body = b"".join(opening + head + b"\r\n" + content for head, content in parts)
        closing = b"\r\n--" + limit.encode() + b"--\r\n"
        return f'Content-Type: multipart/{subtype}; boundary="{limit}"\r\n'.encode(), body + closing
    return _file(draw, built, numbers) if draw(st.booleans()) else _text(draw, built)


def _text(draw: st.DrawFn, built: Built) -> tuple[bytes, bytes]:
    label = draw(st.sampled_from(("utf-8", "iso-8859-1", "UTF8", "windows-1252", "cp-850")))
    how = draw(st.sampled_from(("8bit", "base64", "quoted-printable")))
    lines = [line.strip() for line in draw(st.lists(LINES, min_size=1, max_size=4))]
    built.texts += lines
    codec = {"UTF8": "utf-8", "cp-850": "cp850"}.get(label, label)
    data = "\n".join(lines).encode(codec, "replace")
    head = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: {how}\r\n"
    return head.encode(), encoded(data, how).replace(b"\n", b"\r\n")


def _file(draw: st.DrawFn, built: Built, numbers: Any) -> tuple[bytes, bytes]:
    data = draw(st.binary(max_size=80))
    name = f"{next(numbers)} {draw(NAMES)}.pdf"
    built.files.append((name, data))
    quoted = "".join(f"%{byte:02X}" for byte in name.encode())
    half = len(quoted) // 6 * 3
    written = draw(
        st.sampled_from(
            (
                f"filename*=utf-8''{quoted}",
                f"filename*0*=utf-8''{quoted[:half]};\r\n filename*1*={quoted[half:]}",
                f'filename="{word(name, draw)}"',
                f'filename="{name}"',
            )
        )
    )
    head = (
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {written}\r\n"
    )
    return head.encode(), encoded(data, "base64").replace(b"\n", b"\r\n")
