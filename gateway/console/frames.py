"""Foreign HTML for a sandboxed frame: it runs nothing, loads nothing, and shows its own pictures.

The pictures are written into the page: a frame without an origin sends no cookie, so that an
address of ours would be refused, and one from outside would tell the sender that it was read.
"""

import base64
import html as entities
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from litestar import MediaType, Response

#: foreign HTML may show text, tables and colours; a link opens a page of its own
FRAME_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
#: what a browser shows as a picture and nothing else, by its first bytes
SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}
#: bytes of all pictures of one page; further ones stay files beside it
LARGEST = 12 * 1024 * 1024
#: what is as wide as its sender's screen is brought into the frame, and every paragraph runs in the
#: direction of its own words: no side of it lies where nobody can scroll to
SHEET = (
    "<!doctype html><style>*{max-width:100%!important;overflow-wrap:anywhere!important;"
    "text-wrap-mode:wrap!important;unicode-bidi:plaintext!important}img{height:auto}</style>"
)
#: a picture that is not there: its place and its words stay, and nothing is asked for
MISSING = "data:,"
_CID = re.compile(r'(<img\b[^>]*?\bsrc=")cid:([^"]+)(")', re.IGNORECASE)

#: the bytes of a picture, when somebody asks for them
Load = Callable[[], bytes]


def framed(page: str, pictures: Mapping[str, Load]) -> Response[str]:
    """Sanitised HTML as the whole document of a frame. `pictures` by Content-ID, without brackets.
    Reads blobs: not for the event loop."""
    return Response(
        SHEET + with_pictures(page, pictures),
        media_type=MediaType.HTML,
        headers={
            "Content-Security-Policy": FRAME_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Cache-Control": "no-store",
        },
    )


def with_pictures(page: str, pictures: Mapping[str, Load]) -> str:
    """The page with each `cid:` that is known, and is a picture, replaced by its bytes, and every
    other by none."""
    known = {unquote(name).lower(): load for name, load in pictures.items()}
    written: dict[str, str | None] = {}
    left = LARGEST

    def shown(found: re.Match[str]) -> str:
        nonlocal left
        name = unquote(entities.unescape(found[2])).lower()
        if name not in written:
            data = known[name]() if name in known else b""
            kind = picture_kind(data)
            fits = kind is not None and len(data) <= left
            left -= len(data) if fits else 0
            encoded = base64.b64encode(data).decode()
            written[name] = f"data:{kind};base64,{encoded}" if fits else None
        return f"{found[1]}{written[name] or MISSING}{found[3]}"

    return _CID.sub(shown, page)


def picture_kind(data: bytes) -> str | None:
    """What a browser shows as a picture, by its first bytes; None for anything else."""
    return next((kind for sign, kind in SIGNATURES.items() if data.startswith(sign)), None)
