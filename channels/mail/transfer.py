"""Content-Transfer-Encoding undone (RFC 2045 §6), whatever the sender broke in it."""

import binascii
import re
from collections.abc import Callable

_NAME = re.compile(rb"[a-z0-9-]+")
_BASE64_NOISE = re.compile(rb"[^A-Za-z0-9+/=]+")
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]+)\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"\nend[ \t]*(?:\r?\n|\Z)")


def decode(data: bytes, encoding: bytes) -> bytes:
    """The bytes behind `encoding` (a raw header value); an unknown encoding is no encoding."""
    found = _NAME.search(encoding.lower())
    if found is None:
        return data
    decoder = _DECODERS.get(found[0])
    return data if decoder is None else decoder(data)


def base64(data: bytes) -> bytes:
    """Decode every base64 run: noise is skipped, missing padding added, joined runs are joined."""
    try:
        decoded = binascii.a2b_base64(data)
    except binascii.Error:
        decoded = b""
    else:
        # a2b_base64 stops at the first padding; a second run behind it would be lost.
        pad = data.find(b"=")
        if pad < 0 or len(data) - pad < 16:
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


def uuencoded_files(text: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Cut uuencoded files out of a text body: what is left, and (raw name, bytes) of each file."""
    if b"begin " not in text:
        return text, []
    files: list[tuple[bytes, bytes]] = []
    left: list[bytes] = []
    at = 0
    while begin := _UU_BEGIN.search(text, at):
        end = _UU_END.search(text, begin.end() - 1)
        if end is None:
            break
        data = _uu_lines(text[begin.end() : end.start()])
        left.append(text[at : begin.start()] if data else text[at : end.end()])
        if data:
            files.append((begin[1].strip(), data))
        at = end.end()
    left.append(text[at:])
    return b"".join(left), files


_DECODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"base64": base64,
    b"quoted-printable": quoted_printable,
    b"quoted-print": quoted_printable,
    b"x-uuencode": uuencode,
    b"uuencode": uuencode,
    b"x-uue": uuencode,
    b"uue": uuencode,
}
