"""Reading attachments for the search: which wait, who reads one, what came of it.

An attachment waits from the transaction that writes it. A reader leases it, reads outside any
transaction, and settles it; one that dies leaves a lease that runs out. Tries are counted before
the reading, so that a file that ends its reader is given up all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from helpdesk import words
from helpdesk.models import Attachment, AttachmentText
from helpdesk.models.base import upsert

#: longer than a reader may take
LEASE = timedelta(minutes=5)
#: until a failure that may be chance is tried again
PAUSE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
#: PostgreSQL keeps no more than a megabyte of words for one text
MOST_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Waiting:
    id: int
    sha256: str
    size: int
    filename: str
    attempts: int


def is_waiting(session: Session, *, now: datetime) -> bool:
    return session.scalar(_ready(now).limit(1)) is not None


def claim(session: Session, *, now: datetime) -> Waiting | None:
    """Lease the newest that waits: what was just written is looked for first."""
    found = session.scalar(_ready(now).limit(1).with_for_update(skip_locked=True))
    if found is None:
        return None
    row = session.execute(
        update(Attachment)
        .where(Attachment.id == found)
        .values(text_until=now + LEASE, text_attempts=Attachment.text_attempts + 1)
        .returning(
            Attachment.id,
            Attachment.sha256,
            Attachment.size,
            Attachment.filename,
            Attachment.text_attempts,
        )
        .execution_options(synchronize_session=False)
    ).one()
    return Waiting(*row)


def read(session: Session, attachment_id: int, text: str) -> None:
    """What it says. An attachment that is gone meanwhile leaves nothing."""
    if not _settle(session, attachment_id, "read", ""):
        return
    session.execute(delete(AttachmentText).where(AttachmentText.attachment_id == attachment_id))
    said = _distinct(text)
    if said:
        session.execute(
            upsert(session, AttachmentText).values(attachment_id=attachment_id, words=said)
        )


def unread(session: Session, attachment_id: int, why: str) -> None:
    """It cannot be read, and trying again would not help."""
    _settle(session, attachment_id, "unread", why)


def again(session: Session, waiting: Waiting, why: str, *, now: datetime) -> None:
    """It could not be read this time: later, unless it was tried often enough."""
    if waiting.attempts >= MOST_ATTEMPTS:
        unread(session, waiting.id, why)
        return
    session.execute(
        update(Attachment)
        .where(Attachment.id == waiting.id, Attachment.text_state == "waiting")
        .values(text_until=now + PAUSE, text_error=why)
        .execution_options(synchronize_session=False)
    )


def release(session: Session) -> None:
    """On SQLite one process serves: whoever was reading is gone."""
    session.execute(
        update(Attachment)
        .where(Attachment.text_state == "waiting", Attachment.text_until.is_not(None))
        .values(text_until=None)
        .execution_options(synchronize_session=False)
    )


def _ready(now: datetime) -> Select[int]:
    return (
        select(Attachment.id)
        .where(
            Attachment.text_state == "waiting",
            or_(Attachment.text_until.is_(None), Attachment.text_until < now),
        )
        .order_by(Attachment.id.desc())
    )


def _settle(session: Session, attachment_id: int, state: str, why: str) -> bool:
    return (
        session.scalar(
            update(Attachment)
            .where(Attachment.id == attachment_id)
            .values(text_state=state, text_error=why, text_until=None)
            .returning(Attachment.id)
            .execution_options(synchronize_session=False)
        )
        is not None
    )


def _distinct(text: str) -> str:
    """Each word once: where and how often it stands does not matter to who looks for it."""
    kept: list[str] = []
    size = 0
    for word in dict.fromkeys(words.tokens(text)):
        size += len(word.encode()) + 1
        if size > MOST_BYTES:
            break
        kept.append(word)
    return " ".join(kept)
