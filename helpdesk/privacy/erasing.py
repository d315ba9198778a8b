"""Erasing: what `scope.find` found becomes what `places` says, in one transaction."""

import re
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, events, search_index
from helpdesk.border import SYSTEM, Actor
from helpdesk.desk import body_of
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Attachment, Blob, Erasure, Message, Ticket
from helpdesk.models.base import EPOCH
from helpdesk.privacy import holds
from helpdesk.privacy.among import any_of
from helpdesk.privacy.places import KINDS, PLACES, Words
from helpdesk.privacy.scope import Scope, find
from helpdesk.privacy.subject import Subject, referred, resolved

#: ids a statement takes
AT_ONCE = 5_000


def check(session: Session, subject: Subject, scope: Scope) -> None:
    """Raises `Conflict` (`held`, with the holds) while a hold stands against it, `NotVisible` when
    there is nothing to erase."""
    if not any(scope.rows.values()):
        raise NotVisible("subject")
    numbers = sorted({*scope.of("contact"), *scope.of("opener"), *subject.whole})
    standing = holds.against(session, subject, numbers)
    if standing:
        raise Conflict("on_hold", holds=[hold.id for hold in standing])


def erase(
    session: Session, actor: Actor, subject: Subject, reason: str, words: Words, *, now: datetime
) -> Erasure:
    """Erase at the request of whom it is about, or of the law. Raises as `check`, `Invalid` for
    `reason`, `Forbidden`."""
    access.require(actor, holds.WRITES)
    why = body_of(reason, "reason")
    scope = find(session, subject)
    check(session, subject, scope)
    return note(session, actor, "person", subject, scope, why, words, now=now)


def note(
    session: Session, actor: Actor, kind: str, subject: Subject, scope: Scope, why: str,
    words: Words, *, now: datetime, public_id: str = "",
) -> Erasure:  # fmt: skip
    """Erase and write down that it was done; what was erased is not in it."""
    made = Erasure(
        public_id=public_id or secrets.token_hex(16),
        kind=kind,
        at=now,
        agent_id=actor.id,
        reason=why,
        subject=referred(session, subject),
        counts=scope.counts(),
    )
    _apply(session, scope, words, now)
    session.add(made)
    audit.record(session, actor, "erased", now=now, note=made.public_id)
    for number in scope.of("title"):
        events.emit(session, number, "message", now=now)
    return made


def again(session: Session, entry: dict[str, Any], words: Words, *, now: datetime) -> bool:
    """An erasure of the ledger that this copy of the database does not have. Returns whether there
    was anything to do."""
    known = select(Erasure.id).where(Erasure.public_id == entry["public_id"])
    if session.scalar(known) is not None:
        return False
    subject = resolved(session, entry["subject"])
    note(
        session, SYSTEM, entry["kind"], subject, find(session, subject), "", words,
        now=now, public_id=entry["public_id"],
    )  # fmt: skip
    return True


def _apply(session: Session, scope: Scope, words: Words, now: datetime) -> None:
    for message_id in {*scope.of("author"), *scope.of("mention")}:
        search_index.forget(session, message_id)
    _redact(session, scope, words)
    for place in PLACES:
        ids = scope.of(place.name)
        for start in range(0, len(ids), AT_ONCE):
            these = any_of(session, place.key, ids[start : start + AT_ONCE])
            if place.name in KINDS:
                column, kind = KINDS[place.name]
                these &= column == kind
            if place.left is None:
                session.execute(delete(place.table).where(these))
            else:
                session.execute(update(place.table).where(these).values(place.left(words, now)))
    _find_again(session, scope)
    # Collected at the next round, instead of a day after somebody last needed them.
    session.execute(
        update(Blob).where(any_of(session, Blob.sha256, scope.blobs)).values(touched_at=EPOCH)
    )


def _redact(session: Session, scope: Scope, words: Words) -> None:
    """What somebody else said stays, without the name; what it quoted goes."""
    if not scope.words:
        return
    named = re.compile("|".join(re.escape(word) for word in scope.words), re.IGNORECASE)
    rows = session.scalars(select(Message).where(any_of(session, Message.id, scope.of("mention"))))
    for message in rows:
        message.text = named.sub(words.name, message.text)
        message.quoted, message.html = "", None


def _find_again(session: Session, scope: Scope) -> None:
    """What stays is found by what stays: their texts, without the name that stood beside them."""
    left = sorted({*scope.of("author"), *scope.of("mention")} - {*scope.of("message")})
    rows = session.execute(
        select(Message.id, Message.number, Message.kind, Message.text, Ticket.title)
        .join(Ticket, Ticket.number == Message.number)
        .where(any_of(session, Message.id, left))
    ).all()
    files: dict[int, list[str]] = {}
    query = select(Attachment.message_id, Attachment.filename)
    for message_id, name in session.execute(
        query.where(any_of(session, Attachment.message_id, left))
    ):
        files.setdefault(message_id, []).append(name)
    search_index.index(
        session,
        [
            (
                row.id,
                row.number,
                " ".join(
                    (
                        row.title if row.kind == "opening" else "",
                        row.text,
                        *files.get(row.id, ()),
                    )
                ),
            )
            for row in rows
        ],
    )
