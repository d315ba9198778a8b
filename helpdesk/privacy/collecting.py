"""Bytes that nothing names any more: the row goes here, the file after the commit."""

import json
import re
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.orm import Session

from helpdesk import pieces
from helpdesk.models import Attachment, Blob, BotState, ChatLine, Draft, InboundRaw

#: bytes are stored before the row that names them: nobody needs longer than that
UNTOUCHED = timedelta(hours=24)
AT_ONCE = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Blob.sha256).where(_loose(now)).limit(1)) is not None


def collect(session: Session, *, now: datetime) -> list[str]:
    """Forget up to `AT_ONCE` blobs that nothing names; returns them."""
    named = _unfinished(session)
    loose = session.scalars(select(Blob.sha256).where(_loose(now)).limit(AT_ONCE + len(named)))
    gone = [sha256 for sha256 in loose if sha256 not in named][:AT_ONCE]
    session.execute(delete(Blob).where(Blob.sha256.in_(gone), _loose(now)))
    return gone


def unnamed(session: Session, sha256s: list[str]) -> list[str]:
    """Those whose bytes may go: nobody has named them again since."""
    named = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(sha256s))))
    return [sha256 for sha256 in sha256s if sha256 not in named]


def _loose(now: datetime) -> ColumnElement[bool]:
    return and_(
        Blob.touched_at < now - UNTOUCHED,
        ~exists().where(Attachment.sha256 == Blob.sha256),
        ~exists().where(InboundRaw.sha256 == Blob.sha256),
    )


def _unfinished(session: Session) -> set[str]:
    """What somebody has sent but not yet said what for: drafts, conversations of the bot, files on
    their way."""
    said = [
        *session.scalars(select(Draft.files)),
        *session.scalars(select(BotState.state)),
        *session.scalars(select(ChatLine.files)),
    ]
    found = {sha256 for one in said for sha256 in _SHA256.findall(json.dumps(one))}
    return found.union(pieces.named(session))
