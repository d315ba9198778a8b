"""An answer that went wrong: taken back in time, or sent by another of the ticket's endpoints."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, endpoints, events, notices, outbox
from helpdesk.audit import Change
from helpdesk.border import Channel
from helpdesk.desk import Desk, load, log
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Message, Reading, Ticket
from helpdesk.workflow import Action

#: how long an answer waits before it leaves, so that it can be taken back
GRACE = timedelta(seconds=10)
#: a person decides a moment after the last second
SLACK = timedelta(seconds=5)


def undo(session: Session, desk: Desk, number: int, message_id: int) -> bool:
    """Take an answer of one's own back before it leaves. It stays in the conversation as a note
    only the operadora sees. False when it has left or somebody read it."""
    ticket = load(session, desk, number, Action.NOTE)
    message = _own(session, desk, number, message_id)
    if message.direction != "outbound" or message.at + GRACE + SLACK < desk.now:
        return False
    read = session.scalar(
        select(Reading.message_id)
        .where(Reading.number == number, Reading.message_id >= message_id)
        .limit(1)
    )
    if read is not None or not outbox.cancel(session, message_id, now=desk.now):
        return False
    message.direction, message.audience, message.kind = "internal", "internal", "note"
    ticket.last_answer_id = _last_answer(session, ticket)
    ticket.version += 1
    log(session, desk, ticket, "undone", [])
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return True


def resend(session: Session, desk: Desk, number: int, message_id: int, endpoint_id: int) -> None:
    """The same answer by another endpoint. Raises `NotVisible`, `Invalid` for the endpoint and
    `Conflict` when the message is none of ours."""
    access.require(desk.actor, "ticket.reply")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    message = session.get(Message, message_id)
    if message is None or message.number != number:
        raise NotVisible("message", message_id)
    if message.direction != "outbound":
        code = "not_an_answer"
        raise Conflict(code)
    target, _ = endpoints.choose(session, ticket, endpoint_id)
    assert target is not None  # one that was asked for is given or refused
    if target.channel == Channel.WEB:
        notices.on_page(session, [target], message_id, desk.now)
    else:
        again = notices.to_endpoint("replied", target, message_id=message_id, automatic=False)
        notices.post(session, [again], now=desk.now)
    log(session, desk, ticket, "delivery_retried", [Change("endpoint", None, target.address)])
    events.emit(session, number, "delivery", now=desk.now, version=ticket.version)


def _own(session: Session, desk: Desk, number: int, message_id: int) -> Message:
    message = session.get(Message, message_id)
    if message is None or message.number != number or message.author_id != desk.actor.id:
        raise NotVisible("message", message_id)
    return message


def _last_answer(session: Session, ticket: Ticket) -> int | None:
    return session.scalar(
        select(Message.id)
        .where(
            Message.number == ticket.number,
            Message.direction == "outbound",
            Message.audience == "public",
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
