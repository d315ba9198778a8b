"""Webhooks: which there are, a new one, and switching one off. `webhook_queue` says what leaves.

Each is its agent's: it is told of what the agent may see, as long as the agent is there.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import Session, aliased

from helpdesk import access, audit, events, sealing
from helpdesk.audit import Change
from helpdesk.border import SYSTEM, Actor
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Agent, Ticket, Webhook, WebhookDelivery
from helpdesk.tokens import Keyring

#: live events that other systems may be told of; alerts, alarms and the quarantine are the house's
KINDS = ("opened", "changed", "message", "claim", "delivery")
#: in use at once, of the whole instance: each may hold some connections
MOST = 50
LONGEST_URL = 2_000
#: why one is switched off: somebody did, the other side answered 410, its agent was deactivated
ASKED, GONE, DEPARTED = "asked", "gone", "departed"


@dataclass(frozen=True, slots=True)
class Listed:
    """`last`: its newest delivery that the reader may know of."""

    row: Webhook
    login: str
    agent: str
    last: WebhookDelivery | None


def listing(
    session: Session, desk: Desk, *, limit: int = 200, before: int | None = None
) -> list[Listed]:
    """The newest first; one's own, for who may everything all. Raises `Forbidden`."""
    return _read(session, desk, Webhook.id < before if before is not None else true(), limit)


def one(session: Session, desk: Desk, webhook_id: int) -> Listed:
    """Raises `Forbidden`, `NotVisible`: another agent's is as one that is not there."""
    found = _read(session, desk, Webhook.id == webhook_id, 1)
    if not found:
        raise NotVisible("webhook", webhook_id)
    return found[0]


def check_maker(actor: Actor) -> None:
    """What is told are tickets: who may not see any makes none. Raises `Forbidden`."""
    access.require(actor, access.writes("webhook"))
    access.require(actor, "ticket.read")


def create(
    session: Session, desk: Desk, url: str, kinds: Collection[str], fault: FieldError | None = None
) -> tuple[Webhook, str]:
    """The new one with its secret, told this once. `fault`: what was found against the place that
    `url` leads to; looking takes the network, so it was done before. Raises `Forbidden`, `Invalid`
    (`url`, `events`)."""
    check_maker(desk.actor)
    in_use = select(func.count()).select_from(Webhook).where(Webhook.active)
    errors = [
        FieldError(field, code, (("limit", limit),))
        for field, code, limit, wrong in (
            ("url", "required", 0, not url),
            ("url", "too_long", LONGEST_URL, len(url) > LONGEST_URL),
            ("events", "required", 0, not kinds),
            ("events", "unknown", 0, not set(kinds) <= set(KINDS)),
            ("url", "too_many", MOST, session.scalars(in_use).one() >= MOST),
        )
        if wrong
    ]
    if fault is not None and not any(each.field == fault.field for each in errors):
        errors.append(fault)
    if errors:
        raise Invalid(*errors)
    assert desk.actor.id is not None, "an agent is somebody"
    place = events.present(session)
    row = Webhook(
        agent_id=desk.actor.id,
        url=url,
        events=[kind for kind in KINDS if kind in kinds],
        active=True,
        created_at=desk.now,
        tx=place.tx,
        event_id=place.id,
    )
    session.add(row)
    session.flush()  # the secret is bound to the id
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    row.sealed = sealing.seal(desk.policy.keyring, secret, bound=_bound(row.id))
    change = Change("webhook", None, url)
    audit.record(session, desk.actor, "webhook_added", now=desk.now, changes=(change,))
    return row, secret


def switch_off(session: Session, desk: Desk, webhook_id: int) -> None:
    """Nothing leaves any more; what was told stays to be looked at. Raises `Forbidden`,
    `NotVisible`."""
    access.require(desk.actor, access.writes("webhook"))
    end(session, load(session, desk.actor, webhook_id), ASKED, desk.actor, now=desk.now)


def depart(session: Session, agent_id: int, *, now: datetime) -> None:
    """Those of an agent who leaves."""
    left = select(Webhook).where(Webhook.agent_id == agent_id, Webhook.active)
    for row in session.scalars(left.with_for_update()).all():
        end(session, row, DEPARTED, SYSTEM, now=now)


def end(session: Session, row: Webhook, why: str, actor: Actor, *, now: datetime) -> None:
    if not row.active:
        return
    row.active, row.ended_at, row.why = False, now, why
    row.sealed, row.failing_since = "", None
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == row.id, WebhookDelivery.state == "waiting")
        .values(state="failed", detail="off", next_at=now, lease_until=None)
    )
    change = Change("webhook", row.url, None)
    audit.record(session, actor, "webhook_ended", now=now, changes=(change,))


def failing(session: Session, *, before: datetime) -> list[tuple[int, datetime, str]]:
    """Those at which nothing arrives since before then: id, since when, and whose host."""
    rows = session.execute(
        select(Webhook.id, Webhook.failing_since, Webhook.url)
        .where(Webhook.active, Webhook.failing_since <= before)
        .order_by(Webhook.id)
    )
    return [(row.id, row.failing_since, urlsplit(str(row.url)).hostname or "") for row in rows]


def load(session: Session, actor: Actor, webhook_id: int) -> Webhook:
    """Locked. Raises `NotVisible`."""
    row = session.scalar(
        select(Webhook).where(Webhook.id == webhook_id, _mine(actor)).with_for_update()
    )
    if row is None:
        raise NotVisible("webhook", webhook_id)
    return row


def secret_of(keyring: Keyring, row: Webhook) -> str | None:
    """None when its key is gone."""
    return sealing.unseal(keyring, row.sealed, bound=_bound(row.id))


def shown(actor: Actor) -> ColumnElement[bool]:
    """A predicate on `WebhookDelivery`: about nothing the actor may not know of."""
    known = select(Ticket.number).where(
        Ticket.number == WebhookDelivery.number, access.visible(actor)
    )
    return known.exists()


def _read(session: Session, desk: Desk, which: ColumnElement[bool], limit: int) -> list[Listed]:
    access.require(desk.actor, access.reads("webhook"))
    newest = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.webhook_id == Webhook.id, shown(desk.actor))
        .order_by(WebhookDelivery.id.desc())
        .limit(1)
        .correlate(Webhook)
        .scalar_subquery()
    )
    last = aliased(WebhookDelivery)
    rows = session.execute(
        select(Webhook, Agent.login, Agent.name, last)
        .join(Agent, Agent.id == Webhook.agent_id)
        .outerjoin(last, last.id == newest)
        .where(_mine(desk.actor), which)
        .order_by(Webhook.id.desc())
        .limit(limit)
    )
    return [Listed(*row) for row in rows]


def _mine(actor: Actor) -> ColumnElement[bool]:
    return true() if "*" in actor.permissions else Webhook.agent_id == actor.id


def _bound(webhook_id: int) -> str:
    return f"webhook:{webhook_id}"
