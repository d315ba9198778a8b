"""Writing messages with what hangs on them: attachments, search words, blobs named."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from helpdesk import inbound, search_index
from helpdesk.border import Actor, File, Verdict
from helpdesk.models import Attachment, Message

#: octets of a Message-ID that is worth looking up
LONGEST_ID = 998
#: direction and audience follow from the kind
KINDS = {
    "opening": ("inbound", "public"),
    "complement": ("inbound", "public"),
    "receipt": ("inbound", "internal"),
    "reply": ("outbound", "public"),
    "closing": ("outbound", "public"),
    "reopening": ("outbound", "public"),
    "pending": ("outbound", "public"),
    "note": ("internal", "internal"),
}


@dataclass(frozen=True, slots=True)
class NewMessage:
    number: int
    kind: str
    channel: str
    author: Actor
    text: str
    at: datetime
    quoted: str = ""
    html: str | None = None
    files: tuple[File, ...] = ()
    endpoint_id: int | None = None
    raw_id: int | None = None
    mail_id: str | None = None
    verdict: Verdict | None = None
    judged: str = ""
    match: dict[str, Any] | None = None
    secret_group: str | None = None
    #: title and contact of an opening: found by search too
    words: str = ""


def write(session: Session, messages: Sequence[NewMessage], *, now: datetime) -> list[int]:
    """Insert all, at least one, and return their ids, in order. At most four statements."""
    rows: list[dict[str, Any]] = []
    for message in messages:
        direction, audience = KINDS[message.kind]
        rows.append(
            {
                "number": message.number,
                "kind": message.kind,
                "direction": direction,
                "audience": audience,
                "secret_group": message.secret_group,
                "channel": message.channel,
                "author_kind": str(message.author.kind),
                "author_id": message.author.id,
                "author_name": message.author.name,
                "at": message.at,
                "text": message.text,
                "quoted": message.quoted,
                "html": message.html,
                "endpoint_id": message.endpoint_id,
                "raw_id": message.raw_id,
                "mail_id": _indexable(message.mail_id),
                "verdict": message.verdict,
                "judged": message.judged,
                "match": message.match,
            }
        )
    ids = list(
        session.scalars(insert(Message).returning(Message.id, sort_by_parameter_order=True), rows)
    )
    search_index.index(
        session,
        [
            (message_id, m.number, " ".join((m.words, m.text, *(f.filename for f in m.files))))
            for message_id, m in zip(ids, messages, strict=True)
        ],
    )
    _attach(session, list(zip(ids, messages, strict=True)), now)
    return ids


def _indexable(mail_id: str | None) -> str | None:
    """An id of more than one line (RFC 5322 §2.1.1) threads nothing."""
    return mail_id if mail_id and len(mail_id.encode()) <= LONGEST_ID else None


def _attach(session: Session, messages: Sequence[tuple[int, NewMessage]], now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {
            "public_id": secrets.token_hex(16),
            "message_id": message_id,
            "number": message.number,
            "filename": file.filename,
            "content_type": file.content_type[:127],
            "size": file.size,
            "sha256": file.sha256,
            "inline": file.inline,
            "content_id": file.content_id and file.content_id[:255],
            "audience": KINDS[message.kind][1],
            "secret_group": message.secret_group,
        }
        for message_id, message in messages
        for file in message.files
    ]
    if rows:
        inbound.touch_blobs(session, [(row["sha256"], row["size"]) for row in rows], now=now)
        session.execute(insert(Attachment), rows)
