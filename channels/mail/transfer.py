"""Content-Transfer-Encoding undone (RFC 2045 §6), whatever the sender broke in it."""

import binascii
import re
from collections.abc import Callable

#: what is left of a name is letters and digits: `"base-64"`, `Quoted Printable`
_NAME_NOISE = re.compile(rb"[;(].*|[^a-z0-9]", re.DOTALL)
_BASE64_NOISE = re.compile(rb"[^A-Za-z0-9+/=]+")
#: a line of three words, which base64 has not
_PROSE = re.compile(rb"^[ \t]*[^\s]+[ \t]+[^\s]+[ \t]+[^\s]", re.MULTILINE)
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]+)\r?\n", re.MULTILINE)
#: lines of a uuencoded file up to its end, which a cut message has not
_UU_BLOCK = re.compile(
    rb"(?:[!-M][ -`]{4,84}\r?(?:\n|\Z))+(?:[` ]?\r?\n)*(?:end[ \t]*(?:\r?\n|\Z))?"
)
_UU_END = re.compile(rb"\nend[ \t]*(?:\r?\n|\Z)")


def decode(data: bytes, encoding: bytes) -> bytes:
    """The bytes behind `encoding` (a raw header value); an unknown encoding is no encoding."""
    decoder = _DECODERS.get(_NAME_NOISE.sub(b"", encoding.lower()))
    return data if decoder is None else decoder(data)


def base64_body(data: bytes) -> bytes:
    """A base64 body. Sentences in it were never encoded: a server added them below, or the label
    is wrong."""
    prose = _PROSE.search(data) if b" " in data else None
    if prose is None:
        return base64(data)
    coded, sentences = data[: prose.start()], data[prose.start() :]
    if not coded.strip():
        return data
    decoded = base64(coded)
    return decoded if b"\0" in decoded else decoded + b"\n" + sentences


def base64(data: bytes) -> bytes:
    """Decode every base64 run: noise is skipped, missing padding added, joined runs are joined."""
    try:
        decoded = binascii.a2b_base64(data)
    except binascii.Error:
        decoded = b""
    else:
        # a2b_base64 stops at the first padding; a second run behind it would be lost.
        pad = data.find(b"=")
        if pad < 0 or not data[pad:].strip(b"= \t\r\n"):
            return decoded
    runs = _BASE64_NOISE.sub(b"", data).split(b"=")
    return b"".join(_base64_run(run) for run in runs if run)


def _base64_run(run: bytes) -> bytes:
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def quoted_printable(data: bytes) -> bytes:
    return binascii.a2b_qp(data)


def uuencode(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    end = _UU_END.search(data, begin.end() - 1) if begin else None
    return _uu_lines(data[begin.end() : end.start()]) if begin and end else data


def _uu_lines(block: bytes) -> bytes:
    out: list[bytes] = []
    for line in block.split(b"\n"):
        stripped = line.rstrip(b"\r")
        if not stripped or stripped in {b"`", b" "}:
            continue
        try:
            out.append(binascii.a2b_uu(stripped))
        except binascii.Error:
            # Broken encoders pad lines; the length byte says how much of the line counts.
            size = ((stripped[0] - 32) & 63) * 4 + 5
            try:
                out.append(binascii.a2b_uu(stripped[: size // 3]))
            except binascii.Error:
                continue
    return b"".join(out)


def uuencoded_files(text: bytes, *, most: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Cut uuencoded files out of a text body: what is left, and (raw name, bytes) of each file.
    What there are beyond `most` stay in the text."""
    if b"begin " not in text:
        return text, []
    files: list[tuple[bytes, bytes]] = []
    left: list[bytes] = []
    at = 0
    while len(files) < most and (begin := _UU_BEGIN.search(text, at)):
        block = _UU_BLOCK.match(text, begin.end())
        data = _uu_lines(block[0]) if block else b""
        stop = block.end() if block else begin.end()
        left.append(text[at : begin.start()] if data else text[at:stop])
        if data:
            files.append((begin[1].strip(), data))
        at = stop
    left.append(text[at:])
    return b"".join(left), files


_DECODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"base64": base64_body,
    b"quotedprintable": quoted_printable,
    b"quotedprint": quoted_printable,
    b"xuuencode": uuencode,
    b"uuencode": uuencode,
    b"xuue": uuencode,
    b"uue": uuencode,
}
