"""The first answer to a request that may come twice: kept with the change itself.

`begin` takes the key before anything else is done, so that a second request with it waits for the
first one's COMMIT and then finds its answer. A request that fails takes its key back with it.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from helpdesk.errors import Conflict
from helpdesk.models import Idempotency

KEPT = timedelta(hours=24)


def begin(
    session: Session, token_id: int, path: str, key: str, body_sha256: str, *, now: datetime
) -> Idempotency:
    """The row of this key; one with a `status` was answered before, and nothing may be done again.
    Raises `Conflict` when the key came with another body."""
    row = session.get(Idempotency, (token_id, path, key))
    if row is not None and row.at > now - KEPT:
        if row.body_sha256 != body_sha256:
            code = "key_reused"
            raise Conflict(code)
        return row
    if row is None:
        row = Idempotency(token_id=token_id, path=path, key=key)
        session.add(row)
    row.body_sha256, row.status, row.answer, row.at = body_sha256, None, "", now
    session.flush()  # whoever has the key already makes us wait here, before anything is changed
    return row


def forget(session: Session, *, now: datetime) -> None:
    """Drop the answers whose day is over."""
    session.execute(delete(Idempotency).where(Idempotency.at <= now - KEPT))
