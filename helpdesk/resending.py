"""An answer that went wrong: taken back in time, or sent by another of the ticket's endpoints."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import access, catalog, clock, endpoints, events, measuring, notices, outbox
from helpdesk.audit import Change
from helpdesk.border import Channel
from helpdesk.desk import Desk, load, log
from helpdesk.endpoints import NewEndpoint
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import (
    Delivery,
    Endpoint,
    KnownAddress,
    Log,
    LogPrivate,
    Membership,
    Message,
    Person,
    Reading,
    Ticket,
)
from helpdesk.workflow import Action

#: how long an answer waits before it leaves, so that it can be taken back
GRACE = timedelta(seconds=10)
#: what the other side is told with a message of each kind, where it is no plain answer
NOTICES = {"closing": "closed", "reopening": "reopened", "pending": "pending"}
#: a person decides a moment after the last second
SLACK = timedelta(seconds=5)


def undo(session: Session, desk: Desk, number: int, message_id: int) -> bool:
    """Take an answer of one's own back before it leaves. It stays in the conversation as a note
    only the operadora sees. False when it has left or somebody read it."""
    ticket = load(session, desk, number, Action.NOTE)
    message = _own(session, desk, number, message_id)
    if message.direction != "outbound" or message.at + GRACE + SLACK < desk.now:
        return False
    if not unsay(session, message, now=desk.now):
        return False
    ticket.last_answer_id = _last_answer(session, ticket)
    if ticket.last_answer_id is None:
        measuring.unanswered(ticket)
    changes = _turn_back(session, desk, ticket, message)
    ticket.version += 1
    log(session, desk, ticket, "undone", changes)
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return True


def _turn_back(session: Session, desk: Desk, ticket: Ticket, message: Message) -> list[Change]:
    """The status the answer changed, if nobody gave another since, and whose turn it is."""
    said = select(Message.direction).where(
        Message.number == ticket.number, Message.audience == "public", Message.id < message.id
    )
    if session.scalar(said.order_by(Message.id.desc()).limit(1)) == "inbound":
        ticket.waiting_on = "agent"
    values = session.scalar(
        select(LogPrivate.values)
        .join(Log, Log.id == LogPrivate.log_id)
        .where(Log.number == ticket.number, Log.action == "replied", Log.at == message.at)
        .order_by(Log.id.desc())
        .limit(1)
    )
    registers = catalog.load(session, desk.policy)
    labels = {status.label: status for status in registers.statuses.values()}
    for change in (values or {}).get("changes", ()):
        before, after = labels.get(change["before"]), labels.get(change["after"])
        if change["field"] != "status" or before is None or after is None:
            continue
        if ticket.status_id == after.id and before.active:
            ticket.status_id, ticket.situation = before.id, before.situation
            changed = Change("status", after.label, before.label)
            return [changed, *clock.follow(ticket, registers, desk.now)]
    return []


def unsay(session: Session, message: Message, *, now: datetime) -> bool:
    """Turn what the other side has not got yet into a note only the operadora sees. False, and
    nothing changed, when some of it has left or somebody read it on the portal's page."""
    read = session.scalar(
        select(Reading.message_id)
        .where(Reading.number == message.number, Reading.message_id >= message.id)
        .limit(1)
    )
    if read is not None or not outbox.cancel(session, message.number, message.id, now=now):
        return False
    message.direction, message.audience, message.kind = "internal", "internal", "note"
    session.execute(
        update(Delivery)
        .where(Delivery.message_id == message.id, Delivery.outbox_id.is_(None))
        .values(state="cancelled", at=now)
    )
    return True


def resend(session: Session, desk: Desk, number: int, message_id: int, endpoint_id: int) -> None:
    """The same answer by another endpoint. Raises `NotVisible`, `Invalid` for the endpoint and
    `Conflict` when the message is none of ours."""
    ticket, message = _answer(session, desk, number, message_id)
    target, _ = endpoints.choose(session, ticket, endpoint_id)
    assert target is not None  # one that was asked for is given or refused
    _send(session, desk, ticket, message, target)


def resend_to(session: Session, desk: Desk, number: int, message_id: int, address: str) -> None:
    """The same answer to an address registered to the provider, which becomes an endpoint of the
    ticket. Raises `NotVisible`, `Invalid` for any other address and `Conflict` as `resend`."""
    ticket, message = _answer(session, desk, number, message_id)
    if address not in registered(session, ticket):
        raise Invalid(FieldError("endpoint", "unknown"))
    [endpoint_id] = endpoints.write(session, [NewEndpoint(number, Channel.MAIL, address)])
    target = session.get_one(Endpoint, endpoint_id)
    _send(session, desk, ticket, message, target)


def registered(session: Session, ticket: Ticket) -> list[str]:
    """Mail addresses of the provider that work, as far as we know, and are no endpoint of the
    ticket: registered ones, then its people's, each in the order they came."""
    taken = set(
        session.scalars(
            select(Endpoint.address).where(
                Endpoint.number == ticket.number, Endpoint.channel == Channel.MAIL
            )
        )
    )
    known = session.execute(
        select(KnownAddress.value, KnownAddress.failing_since)
        .where(
            KnownAddress.provider_id == ticket.provider_id,
            KnownAddress.channel == Channel.MAIL,
            KnownAddress.source == "register",
        )
        .order_by(KnownAddress.id)
    ).all()
    taken |= {value for value, failing_since in known if failing_since is not None}
    people = session.scalars(
        select(Person.email)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.provider_id == ticket.provider_id, Membership.active, Person.active)
        .order_by(Membership.id)
    )
    found = (*(value for value, _ in known), *people)
    return [each for each in dict.fromkeys(found) if each not in taken]


def _answer(session: Session, desk: Desk, number: int, message_id: int) -> tuple[Ticket, Message]:
    access.require(desk.actor, "ticket.reply")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    message = session.get(Message, message_id)
    if message is None or message.number != number:
        raise NotVisible("message", message_id)
    if message.direction != "outbound":
        code = "not_an_answer"
        raise Conflict(code)
    return ticket, message


def _send(session: Session, desk: Desk, ticket: Ticket, message: Message, target: Endpoint) -> None:
    number = ticket.number
    if target.channel == Channel.WEB:
        notices.on_page(session, [target], message.id, desk.now)
    else:
        name = NOTICES.get(message.kind, "replied")
        again = notices.to_endpoint(name, target, message_id=message.id, automatic=False)
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
