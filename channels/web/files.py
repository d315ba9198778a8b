"""Downloads."""

import asyncio
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from channels.kit import Kit
from channels.web.visitors import HOME, PortalRequest, entered
from helpdesk import thread
from helpdesk.attachments import ALLOWED, UNKNOWN


@get(f"{HOME}/anexos/{{public_id:str}}")
async def attachment_download(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], public_id: FromPath[str]
) -> Response[bytes]:
    """Always saved, never shown: what a stranger sent runs nowhere on our origin."""
    visitor = entered(request)
    found = await kit.work.read(thread.attachment, visitor.actor, public_id)
    data = await asyncio.to_thread(kit.blobs.get, found.sha256)
    name = quote(found.filename, safe="")
    return Response(
        data,
        media_type=found.content_type if found.content_type in ALLOWED else UNKNOWN,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
