"""Jobs that must run once: whoever holds the lease runs them, whoever dies loses it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from helpdesk.models import Lease
from helpdesk.models.base import upsert

HEARTBEAT = timedelta(seconds=60)
EXPIRY = timedelta(seconds=180)


def acquire(session: Session, name: str, holder: str, *, now: datetime) -> bool:
    """Take or renew; false while somebody else holds it."""
    until = now + EXPIRY
    got = session.scalar(
        upsert(session, Lease)
        .values(name=name, holder=holder, until=until)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": until},
            where=or_(Lease.holder == holder, Lease.until < now),
        )
        .returning(Lease.holder)
    )
    return got == holder


def release(session: Session, name: str, holder: str) -> None:
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
