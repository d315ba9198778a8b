"""Content-Transfer-Encoding undone (RFC 2045 §6), whatever the sender broke in it."""

import binascii
import re
from collections.abc import Callable

_NAME = re.compile(rb"[a-z0-9-]+")
_BASE64_NOISE = re.compile(rb"[^A-Za-z0-9+/=]+")
_UU_BLOCK = re.compile(
    rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]+)\r?\n((?:[^\r\n]*\r?\n)*?)end[ \t]*(?=\r?$|\r?\n|\Z)",
    re.MULTILINE,
)


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
    found = _UU_BLOCK.search(data)
    return _uu_lines(found[2]) if found else data


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

    def cut(found: re.Match[bytes]) -> bytes:
        data = _uu_lines(found[2])
        if not data:
            return found[0]
        files.append((found[1].strip(), data))
        return b""

    return _UU_BLOCK.sub(cut, text), files


_DECODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"base64": base64,
    b"quoted-printable": quoted_printable,
    b"quoted-print": quoted_printable,
    b"x-uuencode": uuencode,
    b"uuencode": uuencode,
    b"x-uue": uuencode,
    b"uue": uuencode,
}
