"""A person's data as a file: for programs, for reading, and the attachments as they were sent."""

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

from channels.kit import Kit
from helpdesk.ports import BlobStore
from helpdesk.privacy.looking import Somebody

CHUNK = 64 * 1024
#: more than this goes to a temporary file
IN_MEMORY = 8 * 1024 * 1024


async def zipped(kit: Kit, somebody: Somebody, told: dict[str, Any]) -> AsyncGenerator[bytes]:
    """`dados.json`, `leia-me.html` and `anexos/`; made whole before the first byte leaves, so that
    what fails is an answer and not half a file."""
    page = kit.render("admin/person_data.html", {"somebody": somebody, "told": told})
    file = await asyncio.to_thread(_write, kit.blobs, told, page)
    return _sent(file)


async def _sent(file: IO[bytes]) -> AsyncGenerator[bytes]:
    with file:
        while data := await asyncio.to_thread(file.read, CHUNK):
            yield data


def _write(blobs: BlobStore, told: dict[str, Any], page: str) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by whoever sends it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "dados.json", json.dumps(told, ensure_ascii=False, indent=1, default=_plain)
        )
        archive.writestr("leia-me.html", page)
        for name, sha256 in _files(told):
            try:
                archive.writestr(f"anexos/{name}", blobs.get(sha256))
            except FileNotFoundError:
                archive.writestr(f"anexos/{name}.perdido.txt", sha256)
    file.seek(0)
    return file


def _files(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A name each, whatever two messages called theirs."""
    for ticket in told["tickets"]:
        for n, message in enumerate(ticket["messages"], start=1):
            for k, file in enumerate(message["attachments"], start=1):
                safe = PurePosixPath(file["filename"].replace("\\", "/")).name or "anexo"
                yield f"{ticket['number']}-{n}-{k}-{safe}", file["sha256"]


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
