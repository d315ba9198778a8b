"""Who hears about a change: rows of the outbox, written in the same transaction.

What a notice may say is decided when it leaves (`letters`), so that a ticket made secret in the
meantime is not told. A notice named here is a template folder of its channel.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from helpdesk import events, muting
from helpdesk.border import Channel
from helpdesk.models import Delivery, Endpoint, Outbox, Ticket

#: acknowledgements to one address in `BURST_WINDOW`; what exceeds is summed up in one digest
BURST = 10
BURST_WINDOW = timedelta(minutes=10)
#: RFC 1035 §2.3.4
LONGEST_DOMAIN = 253
#: the notice that sums up; never held back itself
DIGEST = "digest"
#: nobody reads what a machine sends there, and some answer (RFC 3834 §2)
UNREAD = re.compile(
    r"(?:mailer-?daemon|postmaster|abuse|root|bounces?|(?:no|do-?not)[-_.]?reply|nao-?responda)"
    r"(?:\+[^@]*)?@",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A row of the outbox to be. `message_id` binds deliveries to the message they carry."""

    name: str
    channel: str
    address: str
    number: int | None = None
    endpoint_id: int | None = None
    message_id: int | None = None
    to_name: str = ""
    automatic: bool = True
    data: dict[str, Any] = field(default_factory=dict[str, Any])


def to_endpoint(
    name: str,
    endpoint: Endpoint,
    *,
    message_id: int | None = None,
    automatic: bool = True,
    **data: object,
) -> Notice:
    return Notice(
        name=name,
        channel=endpoint.channel,
        address=endpoint.address,
        number=endpoint.number,
        endpoint_id=endpoint.id,
        message_id=message_id,
        to_name=endpoint.name,
        automatic=automatic,
        data=dict(data),
    )


def post(
    session: Session,
    notices: Sequence[Notice],
    *,
    now: datetime,
    delay: timedelta = timedelta(),
) -> list[int]:
    """Queue the notices and open a delivery for each that carries a message; returns their ids.

    Only automatic notices are ever held back: a person's answer always leaves.
    """
    if not notices:
        return []
    events.ring(session)
    states = _states(session, notices, now)
    rows: list[dict[str, Any]] = [
        {
            "lane": f"{notice.channel}:{notice.address}",
            "channel": notice.channel,
            "address": notice.address,
            "name": notice.to_name,
            "notice": notice.name,
            "automatic": notice.automatic,
            "data": notice.data,
            "number": notice.number,
            "endpoint_id": notice.endpoint_id,
            "message_id": notice.message_id,
            "state": state,
            "created_at": now,
            "not_before": now + delay,
            "domain": _domain(notice),
        }
        for notice, state in zip(notices, states, strict=True)
    ]
    ids = list(
        session.scalars(insert(Outbox).returning(Outbox.id, sort_by_parameter_order=True), rows)
    )
    deliveries = [
        {
            "message_id": notice.message_id,
            "number": notice.number,
            "outbox_id": outbox_id,
            "channel": notice.channel,
            "recipient": notice.address,
            "state": "queued" if state != "cancelled" else state,
            "at": now,
        }
        for notice, outbox_id, state in zip(notices, ids, states, strict=True)
        if notice.message_id is not None and notice.number is not None
    ]
    if deliveries:
        session.execute(insert(Delivery), deliveries)
    return ids


def _domain(notice: Notice) -> str:
    """Of a mail address, as `mail_domains` counts it."""
    if notice.channel != Channel.MAIL:
        return ""
    return notice.address.rpartition("@")[2].lower()[:LONGEST_DOMAIN]


def on_page(
    session: Session, endpoints: Sequence[Endpoint], message_id: int, now: datetime
) -> None:
    """What stands on the portal's page has arrived there."""
    rows = [
        {
            "message_id": message_id,
            "number": endpoint.number,
            "channel": endpoint.channel,
            "recipient": endpoint.name or endpoint.address,
            "state": "delivered",
            "at": now,
        }
        for endpoint in endpoints
    ]
    if rows:
        session.execute(insert(Delivery), rows)


def _states(session: Session, notices: Sequence[Notice], now: datetime) -> list[str]:
    """`queued`; `held` for the acknowledgements beyond what one address gets in a while;
    `cancelled` for automatic mail to an address that nobody reads, and for mail its reader does
    not want (`muting`)."""
    unwanted = muting.unwanted(
        session, [(n.name, n.address, n.endpoint_id) for n in notices if n.channel == Channel.MAIL]
    )
    addresses = {n.address for n in notices if n.automatic and n.channel == Channel.MAIL}
    sent: dict[str, int] = {}
    if addresses:
        counted = (
            select(Outbox.address, func.count())
            .where(
                Outbox.channel == Channel.MAIL,
                Outbox.address.in_(addresses),
                Outbox.created_at > now - BURST_WINDOW,
                Outbox.automatic,
                Outbox.notice != DIGEST,
            )
            .group_by(Outbox.address)
        )
        sent = dict(session.execute(counted).all())
    states: list[str] = []
    for notice in notices:
        state = "queued"
        if notice.endpoint_id in unwanted:
            state = "cancelled"
        elif notice.automatic and notice.channel == Channel.MAIL:
            if UNREAD.match(notice.address):
                state = "cancelled"
            elif notice.name != DIGEST:
                sent[notice.address] = sent.get(notice.address, 0) + 1
                state = "held" if sent[notice.address] > BURST else "queued"
        states.append(state)
    return states


def is_held(session: Session) -> bool:
    """Whether any notice was held back."""
    held = select(Outbox.id).where(Outbox.state == "held").limit(1)
    return session.scalar(held) is not None


def digest_held(session: Session, *, now: datetime) -> int:
    """Sum up what was held back: one `digest` for each address that waits `BURST_WINDOW`."""
    over = select(Outbox.address).where(
        Outbox.state == "held", Outbox.created_at < now - BURST_WINDOW
    )
    waiting = session.scalars(
        select(Outbox)
        .where(Outbox.state == "held", Outbox.address.in_(over))
        .order_by(Outbox.id)
        .limit(1_000)
    )
    by_address: dict[str, list[Outbox]] = {}
    for row in waiting:
        by_address.setdefault(row.address, []).append(row)
    for address, rows in by_address.items():
        numbers = sorted({row.number for row in rows if row.number is not None})
        protocols = session.execute(
            select(Ticket.number, Ticket.protocol)
            .where(Ticket.number.in_(numbers))
            .order_by(Ticket.number)
        )
        named = [protocol or str(number) for number, protocol in protocols]
        summary = Notice(DIGEST, Channel.MAIL, address, data={"protocols": named})
        post(session, [summary], now=now)
        for row in rows:
            row.state = "cancelled"
            row.error = "summed up in one notice"
    return len(by_address)
