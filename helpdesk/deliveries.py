"""How what left has fared: on its message, on its address, in the log, and to whom it matters."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import alerts, audit, events, messages, undelivered
from helpdesk.border import SYSTEM, ActorKind, Channel
from helpdesk.messages import NewMessage
from helpdesk.models import Delivery, Endpoint, KnownAddress, Message, Outbox, Ticket

#: what a delay reported later may still change
UNDECIDED = ("sent", "deferred")


def settle(
    session: Session, outbox_id: int, state: str, detail: str, now: datetime, *, status: str = ""
) -> None:
    """Show it on the message. `status`: RFC 3463, "" when nobody said one."""
    numbers = session.scalars(
        update(Delivery)
        .where(Delivery.outbox_id == outbox_id)
        .values(state=state, detail=detail, status=status, at=now)
        .returning(Delivery.number)
    ).all()
    events.emit_many(session, [(number, "delivery", 0) for number in numbers], now=now)


def lost(session: Session, row: Outbox, detail: str, *, now: datetime, status: str = "") -> None:
    """It will not arrive: a dead letter that agents see and may send again.

    The address is marked only when it is the address that is dead: a full mailbox or a policy ends
    this message, not the next. Whoever looks after the ticket is alerted, on a closed one too.
    """
    if row.state == "failed":
        return  # the same news by another way: refused, and a report of it
    row.state, row.error, row.lease_until, row.sent_at = "failed", detail, None, None
    settle(session, row.id, "failed", detail, now, status=status)
    if row.channel != Channel.MAIL or undelivered.is_dead(status):
        _mark_failing(session, row, now)
    if row.number is None:
        return
    change = audit.Change("delivery", row.address, detail or status)
    audit.record(session, SYSTEM, "not_delivered", now=now, number=row.number, changes=(change,))
    message_id = row.message_id
    if message_id is None and row.endpoint_id is not None:
        message_id = _say(session, row, row.number, detail, status, now)
    concerned = _concerned(session, row.number, row.message_id)
    alerts.tell(
        session,
        concerned,
        alerts.BOUNCED,
        row.number,
        now=now,
        message_id=message_id,
        detail=status,
    )


def late(session: Session, row: Outbox, detail: str, *, now: datetime, status: str = "") -> None:
    """Somebody on the way still tries: shown, and nothing else changes."""
    undecided = select(Delivery.id).where(
        Delivery.outbox_id == row.id, Delivery.state.in_(UNDECIDED)
    )
    if session.scalar(undecided.limit(1)) is not None:
        settle(session, row.id, "deferred", detail, now, status=status)
    if row.number is not None:
        change = audit.Change("delivery", row.address, detail or status)
        audit.record(
            session, SYSTEM, "delivery_delayed", now=now, number=row.number, changes=(change,)
        )


def _mark_failing(session: Session, row: Outbox, now: datetime) -> None:
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


def _say(
    session: Session, row: Outbox, number: int, detail: str, status: str, now: datetime
) -> int | None:
    """A notice without a message of its own has nowhere to show it: a quiet line says so."""
    ticket = session.get(Ticket, number)
    assert ticket is not None  # a foreign key
    lost_one = {"notice": row.notice, "recipient": row.address, "status": status}
    [message_id] = messages.write(
        session,
        [
            NewMessage(
                number=number,
                kind="receipt",
                channel=row.channel,
                author=SYSTEM,
                text=detail,
                at=now,
                match={"undelivered": lost_one},
                secret_group=ticket.secret_group,
            )
        ],
        now=now,
    )
    ticket.version += 1
    events.emit(session, number, "message", now=now, version=ticket.version)
    return message_id


def _concerned(session: Session, number: int, message_id: int | None) -> list[int]:
    """The assignee, else the agent who wrote it."""
    assignee = session.scalar(select(Ticket.assignee_id).where(Ticket.number == number))
    if assignee is not None:
        return [assignee]
    author = session.scalar(
        select(Message.author_id).where(
            Message.id == message_id, Message.author_kind == str(ActorKind.AGENT)
        )
    )
    return [author] if author is not None else []
