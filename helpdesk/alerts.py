"""What one agent has to know of, until it is read: an answer that came back, a ticket handed over.

A row says what happened and where, never what was written: whoever may not see the ticket (any
more) does not see the alert either.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from helpdesk import access, events
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, Alert, Ticket

#: kinds: the label table `alert` has a sentence for each
BOUNCED = "bounced"
FORWARDED = "forwarded"
MENTIONED = "mentioned"
CONSULTED = "consulted"
GLASS_BROKEN = "glass-broken"
#: how many of the newest a list shows
MOST = 100


@dataclass(frozen=True, slots=True)
class AlertView:
    """`detail` by kind. bounced: the RFC 3463 status; any other: who did it."""

    id: int
    kind: str
    at: datetime
    number: int
    title: str
    message_id: int | None
    detail: str
    read: bool


def tell(
    session: Session,
    agents: Collection[int],
    kind: str,
    number: int,
    *,
    now: datetime,
    message_id: int | None = None,
    detail: str = "",
) -> None:
    """One row an active agent; what somebody was told and has not read is not told again."""
    told = select(Alert.agent_id).where(
        Alert.read_at.is_(None),
        Alert.kind == kind,
        Alert.number == number,
        Alert.message_id.is_(None) if message_id is None else Alert.message_id == message_id,
    )
    wanted = session.scalars(
        select(Agent.id)
        .where(Agent.id.in_(agents), Agent.active, Agent.id.not_in(told))
        .order_by(Agent.id)
    ).all()
    if not wanted:
        return
    rows: list[dict[str, Any]] = [
        {
            "agent_id": agent_id,
            "kind": kind,
            "number": number,
            "message_id": message_id,
            "detail": detail,
            "at": now,
        }
        for agent_id in wanted
    ]
    session.execute(insert(Alert), rows)
    events.emit(session, number, "alert", now=now)


def unread(session: Session, actor: Actor) -> int:
    """How many the bell counts."""
    mine = select(func.count(Alert.id)).join(Ticket, Ticket.number == Alert.number)
    query = mine.where(Alert.agent_id == actor.id, Alert.read_at.is_(None), access.visible(actor))
    return session.scalar(query) or 0


def listing(session: Session, actor: Actor) -> list[AlertView]:
    """The newest `MOST`, unread and read, newest first."""
    query = _mine(actor).order_by(Alert.id.desc()).limit(MOST)
    return [
        AlertView(
            alert.id,
            alert.kind,
            alert.at,
            number,
            title,
            alert.message_id,
            alert.detail,
            alert.read_at is not None,
        )
        for alert, number, title in session.execute(query)
    ]


def read(session: Session, actor: Actor, alert_id: int, *, now: datetime) -> Alert:
    """Mark one read and return it. Raises `NotVisible`."""
    found = session.execute(_mine(actor).where(Alert.id == alert_id)).first()
    if found is None:
        raise NotVisible("alert", alert_id)
    alert: Alert = found[0]
    alert.read_at = alert.read_at or now
    return alert


def read_all(session: Session, actor: Actor, *, now: datetime) -> None:
    session.execute(
        update(Alert).where(Alert.agent_id == actor.id, Alert.read_at.is_(None)).values(read_at=now)
    )


def _mine(actor: Actor) -> Select[Alert, int, str]:
    return (
        select(Alert, Ticket.number, Ticket.title)
        .join(Ticket, Ticket.number == Alert.number)
        .where(Alert.agent_id == actor.id, access.visible(actor))
    )
