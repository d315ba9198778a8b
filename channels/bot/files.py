"""A file somebody sent: what it is, whether it is taken, and its bytes made durable."""

import asyncio

from channels.bot.events import FileRejected
from channels.kit import Kit
from helpdesk.attachments import Candidate, check, safe_name, sniff
from helpdesk.border import File
from helpdesk.errors import Deferred


async def judge(kit: Kit, name: str, declared: str | None, data: bytes) -> File | FileRejected:
    """Keep the bytes if a form would take them."""
    filename = safe_name(name)
    content_type = sniff(data, filename, declared or "")
    errors = check([Candidate(filename, len(data), content_type)], kit.limits)
    if errors:
        return FileRejected(filename, errors[0].code, kit.limits.size)
    try:
        found = await asyncio.to_thread(kit.scan, data)
    except Deferred:
        return FileRejected(filename, "unavailable", 0)
    if found:
        return FileRejected(filename, "infected", 0)
    sha256 = await asyncio.to_thread(kit.blobs.put, data)
    return File(filename, content_type, len(data), sha256)
