"""Attachments: to keep, and to look at without keeping where that is safe.

What is shown comes from an address of its own whose policy lets it run and load nothing. A picture
is what its first bytes say; text and XML are written into a page of ours; a PDF goes to the
browser's own viewer, which a sandbox would forbid (decision 0017).
"""

import asyncio
import codecs
import xml.etree.ElementTree as ET
from xml.parsers import expat

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import escape

from gateway.console import frames
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import blob, looked
from helpdesk import thread
from helpdesk.errors import NotVisible
from helpdesk.views import AttachmentView

PICTURES = frozenset(frames.SIGNATURES.values())
PDF = "application/pdf"
XML = frozenset({"application/xml", "text/xml"})
TEXTS = frozenset({"text/plain", "text/csv", "application/json"}) | XML
#: what is shown of a longer text; the whole file is one click away
MOST_TEXT = 200_000
#: an XML file above this is shown as it is: indenting reads it whole
MOST_XML = 2_000_000
#: a file with more lines than this was already written to be read
LINES = 3
#: of this page: nothing runs, nothing loads, and only a page of ours may hold it
SHUT = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
#: the browser's viewer is a page of its own with its own policy; a sandbox would keep it away
VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@get("/anexos/{public_id:str}")
async def attachment_show(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[bytes]:
    """The file itself, to be saved."""
    found = await _found(console, request, public_id)
    return await blob(console, found.sha256, found.filename)


@get("/anexos/{public_id:str}/previa")
async def attachment_preview(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[str]:
    """The dialog around what is shown."""
    found = await console.kit.work.read(thread.attachment, request.user, public_id)
    context: dict[str, object] = {"file": found, "kind": kind_of(found)}
    return console.kit.page(request, "console/preview.html", context)


@get("/anexos/{public_id:str}/ver")
async def attachment_view(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[bytes]:
    """What is shown, for a frame. Raises `NotVisible` for what is only to be saved."""
    found = await _found(console, request, public_id)
    show = {"picture": _picture, "pdf": _pdf, "text": _text, "xml": _xml}.get(kind_of(found))
    if show is None:
        raise NotVisible("attachment", public_id)
    data = await asyncio.to_thread(console.kit.blobs.get, found.sha256)
    shown = await asyncio.to_thread(show, data)
    if shown is None:
        raise NotVisible("attachment", public_id)
    return shown


def kind_of(file: AttachmentView) -> str:
    """What it is shown as: picture, pdf, xml, text, or "" for what is only to be saved."""
    if file.content_type in PICTURES:
        return "picture"
    if file.content_type == PDF:
        return "pdf"
    if file.content_type in XML:
        return "xml"
    return "text" if file.content_type in TEXTS else ""


async def _found(console: Console, request: AgentRequest, public_id: str) -> AttachmentView:
    found = await console.kit.work.read(thread.attachment, request.user, public_id)
    if found.secret:
        await looked(console, request, "attachment", found.number, public_id)
    return found


def _picture(data: bytes) -> Response[bytes] | None:
    kind = frames.picture_kind(data)
    return _framed(data, kind, SHUT) if kind else None


def _pdf(data: bytes) -> Response[bytes] | None:
    return _framed(data, PDF, VIEWER) if data.startswith(b"%PDF-") else None


def _text(data: bytes) -> Response[bytes]:
    return _written(_decoded(data))


def _xml(data: bytes) -> Response[bytes]:
    return _written(_indented(data) or _decoded(data))


def _framed(data: bytes, kind: str, policy: str) -> Response[bytes]:
    return Response(
        data,
        media_type=kind,
        headers={
            "Content-Security-Policy": policy,
            "X-Frame-Options": "SAMEORIGIN",
            "Cache-Control": "private, no-store",
            "Content-Disposition": "inline",
        },
    )


def _written(text: str) -> Response[bytes]:
    shown = text[:MOST_TEXT]
    page = (
        '<!doctype html><html lang="pt-BR"><meta charset="utf-8">'
        "<style>:root{color-scheme:light dark}body{margin:12px}pre{margin:0;font:13px/20px "
        "ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}</style>"
        f"<title>…</title><pre>{escape(shown)}</pre></html>"
    )
    return _framed(page.encode(), MediaType.HTML, SHUT)


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _indented(data: bytes) -> str | None:
    """A file that came in one line, a line an element; None where that is not safe or not XML."""
    if len(data) > MOST_XML:
        return None
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - its signature
        # Without a document type there are no entities to expand (S314 warns of those).
        root = ET.fromstring(data)  # noqa: S314
    except (_DoctypeError, expat.ExpatError, ET.ParseError, ValueError):
        return None
    if data.count(b"\n") > LINES:
        return None
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


class _DoctypeError(Exception):
    """The file declares a document type, in whatever encoding."""


def _refuse(*_: object) -> None:
    raise _DoctypeError
