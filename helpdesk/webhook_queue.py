"""What webhooks are told: rows made from the live events, claimed, sent and settled.

Each webhook keeps its place among the events and moves it in the transaction that writes its rows,
so that a crash neither skips nor doubles one. Sending is at least once: a row that a process died
over leaves again under the same id. There is no order: what failed waits longer than what comes
after it. A row says that something happened to a ticket, and nothing of what.
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, events, outbox, sessions, webhooks
from helpdesk.audit import Change
from helpdesk.border import SYSTEM
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.events import Cursor
from helpdesk.models import Event, Ticket, Webhook, WebhookDelivery
from helpdesk.policy import Policy

LEASE = timedelta(minutes=2)
#: of one webhook under way at a time, so that a slow one holds up itself alone
AT_ONCE = 4
#: after this many tries, some 24 hours by `outbox.backoff`, a row has failed
MOST_ATTEMPTS = 14
KEPT = timedelta(days=30)
GONE = 410
#: why a row did not arrive: what the sender says (`gateway.couriers`),
#: and what we find: the key of the secret is lost, the agent may not see the ticket, it is off
DETAILS = ("answer", "timeout", "connection", "address", "name", "secret", "hidden", "off")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a sender needs; `public_id` stays the same for a retry."""

    id: int
    webhook_id: int
    public_id: str
    url: str
    secret: str = field(repr=False)
    body: bytes


def is_behind(session: Session) -> bool:
    """Whether there are events that some webhook was not judged by."""
    return session.scalar(select(Webhook.id).where(_behind(session)).limit(1)) is not None


def fan_out(session: Session, *, now: datetime) -> None:
    """Rows for the next events of one webhook that is behind, and its place after them."""
    row = session.scalars(
        select(Webhook)
        .where(_behind(session))
        .order_by(Webhook.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    seen = events.after(session, Cursor(row.tx, row.event_id)) if row is not None else []
    if row is None or not seen:
        return
    told = [each for each in seen if each.number is not None and each.kind in row.events]
    known = _known(session, row, [each.number for each in told if each.number is not None])
    made = [
        {
            "public_id": secrets.token_hex(16),
            "webhook_id": row.id,
            "event": each.kind,
            "number": each.number,
            "version": each.version,
            "at": each.at,
            "next_at": now,
        }
        for each in told
        if each.number in known
    ]
    if made:
        session.execute(insert(WebhookDelivery), made)
        events.ring(session)
    row.tx, row.event_id = seen[-1].cursor.tx, seen[-1].cursor.id


def is_due(session: Session, busy: Mapping[int, int], *, now: datetime) -> bool:
    """Whether `claim` may find something. A read, so that looking costs no write."""
    return session.scalar(select(Webhook.id).where(_has_due(busy, now)).limit(1)) is not None


def claim(
    session: Session,
    policy: Policy,
    busy: Mapping[int, int],
    *,
    now: datetime,
    holder: str | None = None,
) -> list[Letter]:
    """Lease what is due, at most `AT_ONCE` of a webhook with the `busy` ones (webhook to how many
    are under way). What its agent may not see (any more) is not told."""
    letters: list[Letter] = []
    for row in session.scalars(select(Webhook).where(_has_due(busy, now)).order_by(Webhook.id)):
        chosen = (
            select(WebhookDelivery.id)
            .where(WebhookDelivery.webhook_id == row.id, _ready(now))
            .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
            .limit(AT_ONCE - busy.get(row.id, 0))
            .with_for_update(skip_locked=True)
        )
        taken = session.scalars(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(chosen.scalar_subquery()))
            .values(lease_until=now + LEASE, holder=holder, attempts=WebhookDelivery.attempts + 1)
            .returning(WebhookDelivery)
            .execution_options(synchronize_session=False)
        ).all()
        letters += _write(session, row, taken, policy, now)
    return letters


def settle(
    session: Session,
    delivery_id: int,
    *,
    now: datetime,
    status: int | None = None,
    detail: str = "",
) -> None:
    """How a try ended: `detail` "" arrived. A webhook that answers 410 (RFC 9110 §15.5.11) is
    switched off."""
    found = session.get(WebhookDelivery, delivery_id)
    if found is None:
        return  # switched off and forgotten while it was under way
    # The webhook first, as whoever switches it off does: neither waits for the other.
    hook = session.get_one(Webhook, found.webhook_id, with_for_update=True)
    row = session.get_one(
        WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True
    )
    row.lease_until, row.status = None, status
    events.ring(session)
    if not detail:
        row.state, row.detail, row.next_at, hook.failing_since = "delivered", "", now, None
        return
    if row.state != "waiting":
        return
    row.detail = detail
    over = row.attempts >= MOST_ATTEMPTS or status == GONE
    row.state = "failed" if over else "waiting"
    row.next_at = now if over else now + outbox.backoff(row.attempts)
    if status == GONE:
        webhooks.end(session, hook, webhooks.GONE, SYSTEM, now=now)
    elif hook.active:
        hook.failing_since = hook.failing_since or now


def release(session: Session, holders: Collection[str] | None = None) -> int:
    """Give back what processes that are gone had leased; None: whoever they were."""
    given_back = (
        update(WebhookDelivery)
        .where(WebhookDelivery.state == "waiting", WebhookDelivery.lease_until.is_not(None))
        .values(lease_until=None)
        .returning(WebhookDelivery.id)
    )
    if holders is not None:
        given_back = given_back.where(WebhookDelivery.holder.in_(sorted(holders)))
    return len(session.execute(given_back).all())


def listing(
    session: Session, desk: Desk, webhook_id: int, *, limit: int = 200, before: str | None = None
) -> list[WebhookDelivery]:
    """The newest first, of what the reader may know of. Raises `Forbidden`, `NotVisible`."""
    webhooks.one(session, desk, webhook_id)
    rows = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, webhooks.shown(desk.actor))
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    )
    if before is not None:
        place = select(WebhookDelivery.id).where(WebhookDelivery.public_id == before)
        rows = rows.where(WebhookDelivery.id < place.scalar_subquery())
    return list(session.scalars(rows))


def retry(session: Session, desk: Desk, webhook_id: int, public_id: str) -> WebhookDelivery:
    """Send a failed one again, at once. Raises `Forbidden`, `NotVisible`, `Conflict` (`off`,
    `not_failed`)."""
    access.require(desk.actor, access.writes("webhook"))
    hook = webhooks.load(session, desk.actor, webhook_id)
    row = session.scalar(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == hook.id,
            WebhookDelivery.public_id == public_id,
            webhooks.shown(desk.actor),
        )
        .with_for_update()
    )
    if row is None:
        raise NotVisible("delivery", public_id)
    if not hook.active:
        raise Conflict("off")
    if row.state != "failed":
        raise Conflict("not_failed", state=row.state)
    row.state, row.attempts, row.next_at, row.detail = "waiting", 0, desk.now, ""
    events.ring(session)
    change = Change("webhook", None, hook.url)
    audit.record(session, desk.actor, "webhook_retried", now=desk.now, changes=(change,))
    return row


def forget(session: Session, *, now: datetime) -> None:
    """What is older than `KEPT`, and webhooks that were switched off before that."""
    over = now - KEPT
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.at < over))
    rest = exists().where(WebhookDelivery.webhook_id == Webhook.id)
    session.execute(
        delete(Webhook)
        .where(Webhook.ended_at < over, ~rest)
        .execution_options(synchronize_session=False)
    )


def _behind(session: Session) -> ColumnElement[bool]:
    newer = select(Event.id).where(events.is_past(session, Webhook.tx, Webhook.event_id))
    return Webhook.active & newer.exists()


def _ready(now: datetime) -> ColumnElement[bool]:
    free = or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < now)
    return (WebhookDelivery.state == "waiting") & (WebhookDelivery.next_at <= now) & free


def _has_due(busy: Mapping[int, int], now: datetime) -> ColumnElement[bool]:
    full = [webhook_id for webhook_id, count in busy.items() if count >= AT_ONCE]
    due = exists().where(WebhookDelivery.webhook_id == Webhook.id, _ready(now))
    return Webhook.active & Webhook.id.not_in(full) & due


def _known(session: Session, row: Webhook, numbers: Collection[int]) -> set[int]:
    actor = sessions.agent_actor(session, row.agent_id)
    return access.visible_numbers(session, actor, numbers) if actor is not None else set()


def _write(
    session: Session, hook: Webhook, rows: Sequence[WebhookDelivery], policy: Policy, now: datetime
) -> list[Letter]:
    known = _known(session, hook, {row.number for row in rows})
    secret = webhooks.secret_of(policy.keyring, hook)
    found = session.execute(
        select(Ticket.number, Ticket.protocol).where(Ticket.number.in_(sorted(known)))
    )
    protocols = dict(found.all())
    letters: list[Letter] = []
    for row in rows:
        if row.number not in known or secret is None:
            row.state, row.lease_until, row.next_at = "failed", None, now
            row.detail = "hidden" if secret is not None else "secret"
            continue
        said: dict[str, Any] = {
            "id": row.public_id,
            "event": row.event,
            "at": row.at.astimezone(policy.zone).isoformat(),
            "number": row.number,
            "protocol": protocols[row.number],
            "version": row.version,
        }
        body = json.dumps(said, separators=(",", ":")).encode()
        letters.append(Letter(row.id, hook.id, row.public_id, hook.url, secret, body))
    return letters
