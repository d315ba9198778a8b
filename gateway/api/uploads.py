"""Attachments of a JSON body: decoded, looked at, and durable before anything is written."""

import asyncio
import base64
import binascii
from collections.abc import Sequence

from channels.kit import Kit
from gateway.api.bodies import Upload
from helpdesk import attachments
from helpdesk.attachments import Candidate
from helpdesk.border import File
from helpdesk.errors import FieldError, Invalid


async def files(kit: Kit, uploads: Sequence[Upload]) -> tuple[File, ...]:
    """Raises `Invalid`: not base64, empty, too many, too big, a type that is not accepted."""
    if not uploads:
        return ()
    return await asyncio.to_thread(_store, kit, uploads)


def _store(kit: Kit, uploads: Sequence[Upload]) -> tuple[File, ...]:
    contents = [_decode(upload, n) for n, upload in enumerate(uploads)]
    candidates = [
        Candidate(u.filename, len(data), attachments.sniff(data, u.filename, u.content_type))
        for u, data in zip(uploads, contents, strict=True)
    ]
    errors = attachments.check(candidates, kit.limits)
    errors = errors or tuple(
        FieldError("attachments", "infected", (("file", each.filename),))
        for each, data in zip(candidates, contents, strict=True)
        if kit.scan(data)
    )
    if errors:
        raise Invalid(*errors)
    keys = kit.blobs.put_many(contents)
    return tuple(
        File(attachments.safe_name(each.filename), each.content_type, each.size, sha256)
        for each, sha256 in zip(candidates, keys, strict=True)
    )


def _decode(upload: Upload, n: int) -> bytes:
    try:
        return base64.b64decode(upload.base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(FieldError(f"attachments[{n}].base64", "invalid")) from error
