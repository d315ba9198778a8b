"""The one door out: claim a row, send it with no transaction open, settle it.

First in, first out for each lane (channel + address): a row is claimed only when no earlier one of
its lane waits. What is held back so that it can be taken back is not in the lane yet: a code to log
in does not wait for it; within one ticket the order stays. At least once: a sender that dies lets
its lease run out and the row leaves again under the same reference, so that the other side can
recognise the copy.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from helpdesk import access, audit, deliveries, events, letters, mail_domains, waiting
from helpdesk.border import Actor, Outbound
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Endpoint, Outbox, Ticket
from helpdesk.policy import Policy

LEASE = timedelta(minutes=5)
#: a row that was refused this often is a dead letter, after some 16 hours of `backoff`
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=4)
#: RFC 3463 §3.5: delivery time expired
EXPIRED = "4.4.7"


def claim(
    session: Session,
    channels: Collection[str],
    policy: Policy,
    *,
    now: datetime,
    limit: int = 20,
    holder: str | None = None,
) -> list[Outbound]:
    """Lease the heads of up to `limit` lanes and return what each says."""
    ready = session.execute(
        select(Outbox.id, Outbox.domain)
        .where(*_is_ready(channels, now))
        .order_by(Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    chosen = mail_domains.one_ahead(session, [(row.id, row.domain) for row in ready], now)
    claimed = session.scalars(
        update(Outbox)
        .where(Outbox.id.in_(chosen))
        .values(lease_until=now + LEASE, holder=holder, attempts=Outbox.attempts + 1)
        .returning(Outbox)
        .execution_options(synchronize_session=False)
    ).all()
    return letters.write(session, sorted(claimed, key=lambda row: row.id), policy)


def release(session: Session, holders: Collection[str] | None = None) -> int:
    """Give back what processes that are gone had leased; returns how much.

    None: whoever they were, as on SQLite, where one process serves.
    """
    given_back = (
        update(Outbox)
        .where(Outbox.state == "queued", Outbox.lease_until.is_not(None))
        .values(lease_until=None)
        .returning(Outbox.id)
    )
    if holders is not None:
        given_back = given_back.where(Outbox.holder.in_(sorted(holders)))
    return len(session.execute(given_back).all())


def is_waiting(session: Session, channels: Collection[str], *, now: datetime) -> bool:
    """Whether a row may be due. A read, so that looking costs no write."""
    ready = select(Outbox.id).where(*_is_ready(channels, now)).limit(1)
    return session.scalar(ready) is not None


def _is_ready(channels: Collection[str], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The first of its lane, due, in nobody's hands, and not for a domain that waits."""
    earlier = aliased(Outbox)
    in_lane = or_(earlier.not_before <= now, earlier.attempts > 0, earlier.number == Outbox.number)
    head = (
        select(func.min(earlier.id))
        .where(earlier.lane == Outbox.lane, earlier.state == "queued", in_lane)
        .scalar_subquery()
    )
    return (
        Outbox.state == "queued",
        Outbox.channel.in_(sorted(channels)),
        Outbox.not_before <= now,
        or_(Outbox.lease_until.is_(None), Outbox.lease_until < now),
        Outbox.id == head,
        mail_domains.is_open(now),
    )


def sent(session: Session, outbox_id: int, *, now: datetime) -> None:
    row = _load(session, outbox_id)
    if row.state != "queued":
        return  # its bounce was faster than the news that it had left
    row.state, row.error, row.lease_until, row.sent_at = "sent", "", None, now
    mail_domains.clear(session, row.domain)
    waiting.free(session, row.channel, now=now)
    deliveries.settle(session, outbox_id, "sent", "", now)


def deferred(
    session: Session,
    outbox_id: int,
    detail: str,
    *,
    now: datetime,
    seconds: int | None = None,
    whole_domain: bool = False,
    cause: str = "",
) -> None:
    """Not now: try again later, or give up after `MOST_ATTEMPTS`. `whole_domain`: it is the mail
    domain that puts off whatever comes, so all mail for it waits. `cause`: it is our own way out,
    and no reason to give anything up."""
    row = _load(session, outbox_id)
    if whole_domain and row.domain:
        mail_domains.put_off(session, row.domain, detail, now=now, wait=backoff(1))
    anybodys = cause in waiting.ANYBODYS
    if row.attempts >= MOST_ATTEMPTS and not anybodys:
        failed(session, outbox_id, detail, now=now, status="" if cause else EXPIRED)
        return
    wait = timedelta(seconds=seconds) if seconds is not None else backoff(row.attempts)
    if anybodys:
        wait = min(wait, waiting.LONGEST_WAIT)
    row.lease_until, row.error, row.not_before, row.cause = None, detail, now + wait, cause
    deliveries.settle(session, outbox_id, "deferred", detail, now)


def failed(
    session: Session, outbox_id: int, detail: str, *, now: datetime, status: str = ""
) -> None:
    """The other side said no for good; `status` is what that means in RFC 3463."""
    deliveries.lost(session, _load(session, outbox_id), detail, now=now, status=status)


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
    row.cause = ""
    mail_domains.clear(session, row.domain)
    if row.endpoint_id is not None:
        session.execute(
            update(Endpoint)
            .where(Endpoint.id == row.endpoint_id, Endpoint.state == "failing")
            .values(state="active")
        )
    deliveries.settle(session, outbox_id, "queued", "", now)
    audit.record(session, actor, "delivery_retried", now=now, number=row.number)


def cancel(session: Session, number: int, message_id: int, *, now: datetime) -> bool:
    """Take back what of a ticket's message has not left yet; false when some copy is already on
    its way."""
    # Locked and read again: a sender may be claiming them at this moment.
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.number == number, Outbox.message_id == message_id)
        .order_by(Outbox.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(row.state != "queued" or row.lease_until is not None for row in rows):
        return False
    for row in rows:
        row.state = "cancelled"
        deliveries.settle(session, row.id, "cancelled", "", now)
    return True


def hold_back(
    session: Session,
    numbers: Select[int],
    messages: Select[int | None],
    *,
    since: datetime,
    until: datetime,
) -> None:
    """What was written `since` for these messages of these tickets, and has not left, waits."""
    session.execute(
        update(Outbox)
        .where(
            Outbox.number.in_(numbers),
            Outbox.message_id.in_(messages),
            Outbox.created_at >= since,
            Outbox.state == "queued",
            Outbox.attempts == 0,
        )
        .values(not_before=until)
        .execution_options(synchronize_session=False)
    )


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
    doubled = min(max(attempts - 1, 0), MOST_ATTEMPTS)
    wait = min(timedelta(minutes=2**doubled), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def _of(actor: Actor) -> ColumnElement[bool]:
    """Rows about nothing the actor may not know of."""
    mine = select(Ticket.number).where(Ticket.number == Outbox.number, access.visible(actor))
    return or_(Outbox.number.is_(None), mine.exists())


def _load(session: Session, outbox_id: int) -> Outbox:
    row = session.get(Outbox, outbox_id)
    if row is None:
        raise NotVisible("outbox", outbox_id)
    return row
