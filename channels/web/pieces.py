"""A file sent in pieces: it goes on after a break, in another process or after the page was loaded
again. The console receives its files by the same functions.

The browser asks how far a file came, sends the octets that follow, and asks again after a break.
A piece counts whole or not at all. Once all are there the file is looked at as one that came with a
form; what it gets is the signed name that travels in the form.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.datastructures import FormMultiDict

from channels.kit import Kit
from channels.web import uploads
from helpdesk import attachments, pieces
from helpdesk.attachments import TYPES, Candidate
from helpdesk.border import File
from helpdesk.errors import Deferred, FieldError
from helpdesk.pieces import Asked, Begun, Owner

#: the most octets of one piece: a few seconds on a slow line, and what a break can cost
PIECE = 512 * 1024
#: RFC 9530 §2
DIGEST = "content-digest"
MOST_DIGITS = 18
#: when to come again while the disk is full, in seconds
LATER = 60

Answer = Response[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who sends, and how a form of theirs names a file that was taken (`seal`)."""

    kit: Kit
    owner: Owner
    seal: Callable[[File, int | None], str]


async def begin(receiver: Receiver, form: FormMultiDict, place: str, item: int | None) -> Answer:
    """How far the file came: 0 octets for a new one. Raises `Throttled` and `Deferred`."""
    kit = receiver.kit
    name, size = attachments.safe_name(_text(form, "name")), number(_text(form, "size")) or 0
    # What it is nobody can say yet: any type that is taken stands for it.
    wrong = attachments.check([Candidate(name, size, TYPES["pdf"])], kit.limits)
    if wrong:
        return _refused(kit, wrong[0])
    if not kit.has_room(size):
        msg = "no room"
        raise Deferred(msg, LATER)
    asked = Asked(name, _text(form, "type")[:127], size, _text(form, "mark")[:40], place, item)
    return _told(
        receiver, await kit.work.write(pieces.begin, receiver.owner, asked, now=kit.clock())
    )


async def look(receiver: Receiver, public_id: str) -> Answer:
    """Raises `NotVisible`."""
    return _told(receiver, await receiver.kit.work.read(pieces.look, receiver.owner, public_id))


async def add(
    receiver: Receiver, public_id: str, offset: int, request: Request[Any, Any, Any]
) -> Answer:
    """The octets that follow; none, when all are there and only the answer was lost. Raises
    `NotVisible`, `Invalid`, `Conflict` and, while nobody can look for malware, `Deferred`."""
    kit, owner = receiver.kit, receiver.owner
    begun = await kit.work.read(pieces.look, owner, public_id)
    data = await request.body()
    if data:
        if not _is_intact(data, request.headers.get(DIGEST, "")):
            return Response({"damaged": True}, status_code=422)
        sha256 = await asyncio.to_thread(kit.blobs.put, data)
        piece = sha256, len(data)
        begun = await kit.work.write(pieces.add, owner, public_id, offset, piece, now=kit.clock())
    if begun.file is not None or begun.received < begun.size:
        return _told(receiver, begun)
    return await _finish(receiver, begun)


async def drop(receiver: Receiver, public_id: str) -> None:
    """Raises `NotVisible`."""
    await receiver.kit.work.write(pieces.drop, receiver.owner, public_id)


def number(given: str) -> int | None:
    """None for what is no number, or for one that no column holds."""
    is_one = given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS
    return int(given) if is_one else None


async def _finish(receiver: Receiver, begun: Begun) -> Answer:
    """A refused file goes with all its pieces. Two that finish at once come to the same."""
    kit, owner = receiver.kit, receiver.owner
    data = await asyncio.to_thread(_whole, kit, begun.pieces)
    found = await uploads.examine(kit, begun.filename, begun.content_type, data)
    if isinstance(found, FieldError):
        await kit.work.write(pieces.drop, owner, begun.id)
        return _refused(kit, found)
    return _told(
        receiver, await kit.work.write(pieces.finish, owner, begun.id, found, now=kit.clock())
    )


def _whole(kit: Kit, sha256s: Sequence[str]) -> bytes:
    return b"".join(kit.blobs.get(sha256) for sha256 in sha256s)


def _told(receiver: Receiver, begun: Begun) -> Answer:
    """`pieces` let a browser see whether the file it was given is the one that was begun."""
    said: dict[str, object] = {
        "id": begun.id,
        "offset": begun.received,
        "piece": PIECE,
        "pieces": list(begun.pieces),
    }
    if begun.file is not None:
        said["kept"] = receiver.seal(begun.file, begun.item)
    return Response(said, headers={"Cache-Control": "no-store"})


def _refused(kit: Kit, error: FieldError) -> Answer:
    """The sentence, as the page has it for a file that came with the form."""
    problem = {"field": error.field, "code": error.code, "data": dict(error.data)}
    said = kit.render("web/refused.html", {"problem": problem})
    return Response({"problem": said.strip()}, status_code=422)


def _is_intact(data: bytes, digest: str) -> bool:
    """By the digest that came with it; browsers compute one only on a secure origin."""
    if not digest:
        return True
    value = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return digest == f"sha-256=:{value}:"


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
