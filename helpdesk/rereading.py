"""A stored message understood again: what the present parser reads takes the place of what an
earlier one read. The ticket, its deadline and everybody outside stay as they are."""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from helpdesk import access, audit, events, inbound, search_index, text
from helpdesk.audit import Change
from helpdesk.border import File, Inbound
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Attachment, InboundRaw, Message, Ticket

#: of a text before and after, as the log keeps it; the whole of both is in the raw message
MOST_LOGGED = 2_000


@dataclass(frozen=True, slots=True)
class Original:
    """What a message was read from."""

    number: int
    message_id: int
    raw: InboundRaw


def original(session: Session, desk: Desk, message_id: int) -> Original:
    """Raises `Forbidden`; `NotVisible` for what is not theirs to read or did not come as mail."""
    access.require(desk.actor, "quarantine")
    found = session.execute(
        select(Message.number, InboundRaw)
        .join(InboundRaw, InboundRaw.id == Message.raw_id)
        .join(Ticket, Ticket.number == Message.number)
        .where(Message.id == message_id, access.visible(desk.actor), access.readable(desk.actor))
    ).first()
    if found is None:
        raise NotVisible("message", message_id)
    return Original(found[0], message_id, found[1])


def reread(session: Session, desk: Desk, message_id: int, read: Inbound) -> str:
    """Returns `reread` or `unchanged`. Raises as `original`, and `Conflict` (`nothing_read`) when
    what stands there now says more than what would take its place."""
    number = original(session, desk, message_id).number
    ticket = access.ticket(session, desk.actor, number, lock=True)
    message = session.get_one(Message, message_id)
    before = _File.of(session, message_id)
    after = _wanted(read, before)
    said = {"text": text.normalise(read.text), "quoted": text.normalise(read.quoted)}
    if message.text.strip() and not said["text"].strip() and not read.html and not read.files:
        raise Conflict("nothing_read")
    changes = [
        Change(field, str(getattr(message, field))[:MOST_LOGGED], new[:MOST_LOGGED])
        for field, new in said.items()
        if getattr(message, field) != new
    ]
    if message.html != read.html:
        changes.append(Change("html", bool(message.html), bool(read.html)))
    if [file.shown for file in before] != [file.shown for file in after]:
        names = [[file.shown[0] for file in files] for files in (before, after)]
        changes.append(Change("attachments", *names))
    match, wrapped = message.match or {}, read.mail.protection if read.mail else None
    if match.get("protection") != wrapped:
        changes.append(Change("protection", bool(match.get("protection")), bool(wrapped)))
    if not changes:
        return "unchanged"
    message.match = {**match, "protection": wrapped}
    message.text, message.quoted, message.html = said["text"], said["quoted"], read.html
    _replace_files(session, message, after, desk)
    opening = [message.author_name, ticket.title] if message.kind == "opening" else []
    words = (*opening, message.text, *(file.shown[0] for file in after))
    search_index.forget(session, message_id)
    search_index.index(session, [(message_id, number, " ".join(words))])
    ticket.version += 1
    audit.record(session, desk.actor, "reread", now=desk.now, number=number, changes=changes)
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return "reread"


@dataclass(frozen=True, slots=True)
class _File:
    """`shown`: name, type, sha256, inline, content id. Who may see it and its address stay."""

    shown: tuple[str, str, str, bool, str | None]
    size: int
    public_id: str
    audience: str
    secret_group: str | None

    @classmethod
    def of(cls, session: Session, message_id: int) -> "list[_File]":
        rows = session.scalars(
            select(Attachment).where(Attachment.message_id == message_id).order_by(Attachment.id)
        )
        return [
            cls(
                (a.filename, a.content_type, a.sha256, a.inline, a.content_id),
                a.size,
                a.public_id,
                a.audience,
                a.secret_group,
            )
            for a in rows
        ]


def _wanted(read: Inbound, before: list[_File]) -> list[_File]:
    """What is attached now. Bytes that were there keep their address and who may see them; new
    ones are as hidden as the most hidden of the message."""
    left = list(before)
    audience = "internal" if any(f.audience == "internal" for f in before) else "public"
    group = next((f.secret_group for f in before if f.secret_group), None)
    found: list[_File] = []
    for file in read.files:
        same = next((f for f in left if f.shown[2] == file.sha256), None)
        if same is not None:
            left.remove(same)
            kept = (same.public_id, same.audience, same.secret_group)
        else:
            kept = (secrets.token_hex(16), audience, group)
        found.append(_File(_shown(file), file.size, *kept))
    return found


def _shown(file: File) -> tuple[str, str, str, bool, str | None]:
    content_id = file.content_id and file.content_id[:255]
    return file.filename, file.content_type[:127], file.sha256, file.inline, content_id


def _replace_files(session: Session, message: Message, files: list[_File], desk: Desk) -> None:
    session.execute(delete(Attachment).where(Attachment.message_id == message.id))
    if not files:
        return
    inbound.touch_blobs(session, [(f.shown[2], f.size) for f in files], now=desk.now)
    rows = [
        {
            "public_id": file.public_id,
            "message_id": message.id,
            "number": message.number,
            "filename": file.shown[0],
            "content_type": file.shown[1],
            "size": file.size,
            "sha256": file.shown[2],
            "inline": file.shown[3],
            "content_id": file.shown[4],
            "audience": file.audience,
            "secret_group": file.secret_group or message.secret_group,
        }
        for file in files
    ]
    session.execute(insert(Attachment), rows)
