"""Messages of a ticket: said, and their bytes."""

import asyncio
from urllib.parse import quote
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from gateway.api import call as calls
from gateway.api import documents, shapes, uploads
from gateway.api.bodies import NewMessage
from gateway.api.call import API_V1, MOST_NUMBER, Answer, Call, Number
from gateway.api.problems import CHANGE, ONE, problems
from helpdesk import access, intake, thread, tickets
from helpdesk.border import Address, Channel, Contact, File, Inbound, Receipt
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.views import AttachmentView

#: which fields a kind of message has no use for
UNUSED = {"reply": ("contact",), "note": ("contact", "endpoint"), "complement": ("endpoint",)}


@post("/tickets/{number:int}/messages", responses=problems(*CHANGE))
async def message_add(
    once: NamedDependency[Call], number: Number, data: JSONBody[NewMessage]
) -> Response[shapes.Message]:
    """Answer the provider, note something inside, or complement in the provider's name."""
    unused = [name for name in UNUSED[data.kind] if getattr(data, name) is not None]
    if unused:
        raise Invalid(*(FieldError(name, "unknown") for name in unused))
    files = await uploads.files(once.kit, data.attachments)

    def verb(session: Session, desk: Desk) -> Answer:
        place, message_id = _say(session, desk, number, data, files)
        view = thread.view(session, desk.actor, place, policy=desk.policy, now=desk.now)
        said = next(each for each in view.messages if each.id == message_id)
        headers = {"ETag": calls.etag(view.row.version), "Location": f"{API_V1}/tickets/{place}"}
        return Answer(201, documents.message(said, desk.policy.zone), headers)

    return await once.act(verb, number)


@get("/attachments/{public_id:str}", media_type="*/*", responses=problems(*ONE))
async def attachment_download(
    call: NamedDependency[Call], public_id: FromPath[str]
) -> Response[bytes]:
    """Download an attachment."""

    def read(session: Session, desk: Desk) -> AttachmentView:
        return thread.attachment(session, desk.actor, public_id)

    found = await call.ask(read)
    if found.secret is not None:
        await call.note_access("secret attachment", detail=found.public_id)
    return await _bytes(call, found.sha256, found.content_type, found.filename)


@get("/messages/{message_id:str}/raw", media_type="message/rfc822", responses=problems(*ONE))
async def message_raw(call: NamedDependency[Call], message_id: FromPath[str]) -> Response[bytes]:
    """Download a mail as it arrived."""
    key = _key(message_id)
    if key is None:
        raise NotVisible("message", message_id)

    def read(session: Session, desk: Desk) -> str:
        return thread.raw(session, desk.actor, key)

    sha256 = await call.ask(read)
    await call.note_access("raw message", detail=message_id)
    return await _bytes(call, sha256, "message/rfc822", f"{message_id}.eml")


def _say(
    session: Session, desk: Desk, number: int, data: NewMessage, files: tuple[File, ...]
) -> tuple[int, int]:
    """The ticket it is in afterwards (a late complement opens a new one) and the message's id."""
    if data.kind == "reply":
        endpoint = _key(data.endpoint) if data.endpoint is not None else None
        if data.endpoint is not None and endpoint is None:
            raise Invalid(FieldError("endpoint", "unknown"))
        said = tickets.reply(session, desk, number, data.text, files=files, endpoint_id=endpoint)
        return number, said
    if data.kind == "note":
        return number, tickets.note(session, desk, number, data.text, files=files)
    return _complement(session, desk, number, data, files)


def _complement(
    session: Session, desk: Desk, number: int, data: NewMessage, files: tuple[File, ...]
) -> tuple[int, int]:
    access.require(desk.actor, "ticket.open")
    contact = data.contact
    inbound = Inbound(
        channel=Channel.API,
        sender=Address(Channel.API, f"agent:{desk.actor.id}", desk.actor.name),
        text=data.text,
        arrival=f"api:{uuid4()}",
        at=desk.now,
        number=number,
        agent_id=desk.actor.id,
        contact=Contact(contact.name, contact.phone, contact.email) if contact else None,
        files=files,
    )
    receipt = intake.receive_many(session, [inbound], desk.policy, now=desk.now)[0]
    assert isinstance(receipt, Receipt), "only mail is held"
    assert receipt.number is not None, "only automatic mail is placed nowhere"
    assert receipt.message_id is not None, "likewise"
    return receipt.number, receipt.message_id


async def _bytes(call: Call, sha256: str, content_type: str, filename: str) -> Response[bytes]:
    data = await asyncio.to_thread(call.kit.blobs.get, sha256)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Type": content_type,
        "ETag": f'"{sha256}"',
    }
    return Response(data, media_type=content_type, headers=headers)


def _key(text: str) -> int | None:
    """Ids travel as text; only digits that a key can have are one."""
    if not (text.isascii() and text.isdecimal()):
        return None
    key = int(text) if len(text) <= len(str(MOST_NUMBER)) else 0
    return key if 0 < key <= MOST_NUMBER else None
