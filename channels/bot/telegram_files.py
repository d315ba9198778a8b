"""Photos and documents of a chat: fetched, judged and durable before the core hears of them."""

import asyncio

from telegram import Document, Message, PhotoSize
from telegram.error import BadRequest, NetworkError, RetryAfter

from channels.bot.events import FileRejected, FileSent
from channels.bot.files import judge
from channels.kit import Kit

#: seconds for the bytes of one file
PATIENCE = 60
TRIES = 3


async def fetch(kit: Kit, message: Message) -> FileSent | FileRejected:
    """The message has a document or a photo; of a photo the largest size counts."""
    source = message.document or message.photo[-1]
    name, caption = name_of(message), message.caption or ""
    limit = kit.limits.size
    if (source.file_size or 0) > limit:
        return FileRejected(name, "too_big", limit, caption)
    data = await _download(source)
    if data is None:
        return FileRejected(name, "unavailable", 0, caption)
    file = await judge(kit, name, message.document.mime_type if message.document else None, data)
    if isinstance(file, FileRejected):
        return FileRejected(file.filename, file.code, file.limit, caption)
    return FileSent(file, caption)


async def _download(source: Document | PhotoSize) -> bytes | None:
    """None when the other side does not give it, after a few tries."""
    for attempt in range(1, TRIES + 1):
        try:
            file = await source.get_file()
            return bytes(await file.download_as_bytearray(read_timeout=PATIENCE))
        except BadRequest:
            return None
        except (NetworkError, RetryAfter):
            if attempt < TRIES:
                await asyncio.sleep(attempt)
    return None


def name_of(message: Message) -> str:
    """A photo has no name: it gets the moment it was sent, so that several stay apart."""
    if message.document is not None and message.document.file_name:
        return message.document.file_name
    suffix = "jpg" if message.photo else "bin"
    return f"telegram-{message.date:%Y%m%d-%H%M%S}-{message.message_id}.{suffix}"
