"""What a form of the console sent: text by name, and files that are durable before any verb runs.

A refused form comes back with its files: each is named by a signed token, so that nobody can claim
bytes of somebody else's that happen to be in the store.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from channels.kit import Kit
from helpdesk import attachments
from helpdesk.attachments import Candidate
from helpdesk.border import File
from helpdesk.errors import FieldError, Invalid

KEPT = "kept"
NUMBER = re.compile(r"[0-9]{1,18}")
#: the store forgets bytes nobody refers to after a day
KEPT_FOR = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Fields:
    values: dict[str, list[str]]
    uploads: tuple[UploadFile, ...] = ()

    def one(self, name: str) -> str:
        return self.values.get(name, [""])[-1]

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def number(self, name: str) -> int | None:
        return next(iter(numbers([self.one(name)])), None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a refused form: what it is, and the token that brings it back."""

    file: File
    token: str


def limits_of(kit: Kit) -> dict[str, object]:
    """For the file picker."""
    limits = kit.limits
    types = [f".{extension}" for extension in (*attachments.TYPES, "jpeg")]
    return {"count": limits.count, "bytes": limits.size, "types": types}


def numbers(texts: Iterable[str]) -> list[int]:
    """Those that are numbers a column can hold, each once."""
    return list(dict.fromkeys(int(t) for t in texts if NUMBER.fullmatch(t)))


async def read(request: Request[Any, Any, Any]) -> Fields:
    form = await request.form()
    values: dict[str, list[str]] = {}
    uploads: list[UploadFile] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                uploads.append(value)
        else:
            values.setdefault(name, []).append(str(value))
    return Fields(values, tuple(uploads))


async def store(kit: Kit, fields: Fields) -> tuple[tuple[Kept, ...], tuple[FieldError, ...]]:
    """Everything attached, durable, and what stands against it. Accepted files are kept even when
    others are refused."""
    read_back = (_reopened(kit, token) for token in fields.many(KEPT))
    files = [file for file in read_back if file is not None]
    errors: list[FieldError] = []
    for upload in fields.uploads:
        data = await upload.read()
        kind = attachments.sniff(data, upload.filename, upload.content_type)
        name = attachments.safe_name(upload.filename)
        refused = attachments.check([Candidate(name, len(data), kind)], kit.limits)
        if not refused and await asyncio.to_thread(kit.scan, data):
            refused = (FieldError("attachments", "infected", (("file", name),)),)
        errors += refused
        if not refused:
            sha256 = await asyncio.to_thread(kit.blobs.put, data)
            files.append(File(name, kind, len(data), sha256))
    errors += attachments.check(
        [Candidate(f.filename, f.size, f.content_type) for f in files], kit.limits
    )
    return tuple(keep(kit, file) for file in files), tuple(errors)


def keep(kit: Kit, file: File) -> Kept:
    until = kit.clock() + KEPT_FOR
    return Kept(file, kit.keyring.link_token(KEPT, json.dumps(asdict(file)), until))


def files_of(kept: Sequence[Kept], errors: Sequence[FieldError]) -> tuple[File, ...]:
    """Raises `Invalid` when one was refused."""
    if errors:
        raise Invalid(*errors)
    return tuple(each.file for each in kept)


def _reopened(kit: Kit, token: str) -> File | None:
    text = kit.keyring.read_link_token(KEPT, token, kit.clock())
    return File(**json.loads(text)) if text is not None else None


def problems(error: Invalid) -> dict[str, dict[str, object]]:
    """For the templates: the first problem of each field, `{code, data}`."""
    found: dict[str, dict[str, object]] = {}
    for each in error.errors:
        data = dict(each.data)
        if "file" in data:
            data["name"] = data["file"]
        found.setdefault(each.field, {"code": each.code, "data": data})
    return found
