"""The one door out: claim a row, send it with no transaction open, settle it.

First in, first out for each lane (channel + address): a row is claimed only when no earlier one of
its lane waits. At least once: a sender that dies lets its lease run out and the row leaves again
under the same reference, so that the other side can recognise the copy.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from helpdesk import access, audit, events, letters
from helpdesk.border import SYSTEM, Actor, Outbound
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Delivery, Endpoint, KnownAddress, Outbox, Ticket
from helpdesk.policy import Policy

LEASE = timedelta(minutes=5)
#: a row that was refused this often is a dead letter, after some 16 hours of `backoff`
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=4)


def claim(
    session: Session, channels: Collection[str], policy: Policy, *, now: datetime, limit: int = 20
) -> list[Outbound]:
    """Lease the heads of up to `limit` lanes and return what each says."""
    earlier = aliased(Outbox)
    head = (
        select(func.min(earlier.id))
        .where(earlier.lane == Outbox.lane, earlier.state == "queued")
        .scalar_subquery()
    )
    ready = (
        select(Outbox.id)
        .where(
            Outbox.state == "queued",
            Outbox.channel.in_(sorted(channels)),
            Outbox.not_before <= now,
            or_(Outbox.lease_until.is_(None), Outbox.lease_until < now),
            Outbox.id == head,
        )
        .order_by(Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.scalars(
        update(Outbox)
        .where(Outbox.id.in_(ready.scalar_subquery()))
        .values(lease_until=now + LEASE, attempts=Outbox.attempts + 1)
        .returning(Outbox)
        .execution_options(synchronize_session=False)
    ).all()
    return letters.write(session, sorted(claimed, key=lambda row: row.id), policy)


def release(session: Session) -> None:
    """Nobody holds what a process that is gone had leased. For SQLite, where one process serves."""
    session.execute(
        update(Outbox)
        .where(Outbox.state == "queued", Outbox.lease_until.is_not(None))
        .values(lease_until=None)
    )


def is_waiting(session: Session, channels: Collection[str], *, now: datetime) -> bool:
    """Whether a row may be due. A read, so that looking costs no write."""
    ready = (
        select(Outbox.id)
        .where(
            Outbox.state == "queued",
            Outbox.channel.in_(sorted(channels)),
            Outbox.not_before <= now,
            or_(Outbox.lease_until.is_(None), Outbox.lease_until < now),
        )
        .limit(1)
    )
    return session.scalar(ready) is not None


def sent(session: Session, outbox_id: int, *, now: datetime) -> None:
    _settle(session, outbox_id, "sent", now=now)
    _deliver(session, outbox_id, "sent", "", now)


def deferred(
    session: Session, outbox_id: int, detail: str, *, now: datetime, seconds: int | None = None
) -> None:
    """Not now: try again later, or give up after `MOST_ATTEMPTS`."""
    row = _load(session, outbox_id)
    if row.attempts >= MOST_ATTEMPTS:
        failed(session, outbox_id, detail, now=now)
        return
    wait = timedelta(seconds=seconds) if seconds is not None else backoff(row.attempts)
    row.lease_until, row.error, row.not_before = None, detail, now + wait
    _deliver(session, outbox_id, "deferred", detail, now)


def failed(session: Session, outbox_id: int, detail: str, *, now: datetime) -> None:
    """A dead letter: agents see it, and the endpoint is marked until it answers again."""
    row = _settle(session, outbox_id, "failed", detail=detail, now=now)
    _deliver(session, outbox_id, "failed", detail, now)
    mark_failing(session, row, now=now)
    if row.number is not None:
        change = audit.Change("delivery", row.address, detail)
        audit.record(
            session, SYSTEM, "not_delivered", now=now, number=row.number, changes=(change,)
        )


def mark_failing(session: Session, row: Outbox, *, now: datetime) -> None:
    if row.endpoint_id is not None:
        session.execute(
            update(Endpoint)
            .where(Endpoint.id == row.endpoint_id, Endpoint.state == "active")
            .values(state="failing")
        )
    session.execute(
        update(KnownAddress)
        .where(
            KnownAddress.channel == row.channel,
            KnownAddress.value == row.address,
            KnownAddress.failing_since.is_(None),
        )
        .values(failing_since=now)
    )


def retry(session: Session, actor: Actor, outbox_id: int, *, now: datetime) -> None:
    """Queue a dead letter (or a waiting row) again, at once. Raises `Forbidden`, `NotVisible`,
    `Conflict`."""
    access.require(actor, "outbox")
    row = session.scalar(select(Outbox).where(Outbox.id == outbox_id, _of(actor)))
    if row is None:
        raise NotVisible("outbox", outbox_id)
    if row.state not in {"failed", "held", "queued"}:
        raise Conflict("not_waiting", state=row.state)
    events.ring(session)
    row.state, row.attempts, row.not_before, row.lease_until = "queued", 0, now, None
    if row.endpoint_id is not None:
        session.execute(
            update(Endpoint)
            .where(Endpoint.id == row.endpoint_id, Endpoint.state == "failing")
            .values(state="active")
        )
    _deliver(session, outbox_id, "queued", "", now)
    audit.record(session, actor, "delivery_retried", now=now, number=row.number)


def cancel(session: Session, message_id: int, *, now: datetime) -> bool:
    """Take back what has not left yet; false when some copy is already on its way."""
    rows = session.scalars(select(Outbox).where(Outbox.message_id == message_id)).all()
    if any(row.state != "queued" or row.lease_until is not None for row in rows):
        return False
    for row in rows:
        row.state = "cancelled"
        _deliver(session, row.id, "cancelled", "", now)
    return True


def listing(session: Session, actor: Actor, *, limit: int = 200) -> list[Outbox]:
    """What waits and what failed, oldest first. Raises `Forbidden`."""
    access.require(actor, "outbox")
    return list(
        session.scalars(
            select(Outbox)
            .where(Outbox.state.in_(["queued", "held", "failed"]), _of(actor))
            .order_by(Outbox.id)
            .limit(limit)
        )
    )


def backoff(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most 4 h, ± 20 % so that retries of many rows spread."""
    wait = min(timedelta(minutes=2 ** max(attempts - 1, 0)), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def _of(actor: Actor) -> ColumnElement[bool]:
    """Rows about nothing the actor may not know of."""
    mine = select(Ticket.number).where(access.visible(actor))
    return or_(Outbox.number.is_(None), Outbox.number.in_(mine))


def _load(session: Session, outbox_id: int) -> Outbox:
    row = session.get(Outbox, outbox_id)
    if row is None:
        raise NotVisible("outbox", outbox_id)
    return row


def _settle(
    session: Session, outbox_id: int, state: str, *, now: datetime, detail: str = ""
) -> Outbox:
    row = _load(session, outbox_id)
    row.state, row.error, row.lease_until = state, detail, None
    row.sent_at = now if state == "sent" else None
    return row


def _deliver(session: Session, outbox_id: int, state: str, detail: str, now: datetime) -> None:
    numbers = session.scalars(
        update(Delivery)
        .where(Delivery.outbox_id == outbox_id)
        .values(state=state, detail=detail, at=now)
        .returning(Delivery.number)
    ).all()
    events.emit_many(session, [(number, "delivery", 0) for number in numbers], now=now)
