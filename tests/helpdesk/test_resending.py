"""An answer taken back in time, or sent by another endpoint."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import outbox, resending, thread, tickets
from helpdesk.border import Actor, Channel
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import Delivery, Endpoint, Message, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    form,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    opened,
    outbox_of,
)


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana", "luciana@clinica.example")


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


@pytest.fixture
def by_mail(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(), policy)


def answer(session: Session, desk: Desk, ticket: Ticket) -> int:
    return tickets.reply(session, desk, ticket.number, "Segue 1.", delay=resending.GRACE)


def test_within_the_grace_an_answer_becomes_a_note(session: Session, desk: Desk, by_mail: Ticket):
    first = answer(session, desk, by_mail)
    second = answer(session, desk, by_mail)
    assert resending.undo(session, desk, by_mail.number, second)
    session.flush()
    message = session.get_one(Message, second)
    assert (message.audience, message.direction, message.kind) == ("internal", "internal", "note")
    assert by_mail.last_answer_id == first
    states = [row.state for row in outbox_of(session, by_mail.number) if row.message_id == second]
    assert states == ["cancelled"]
    assert thread.log(session, desk.actor, by_mail.number)[-1].action == "undone"


def test_too_late_once_it_left_was_read_or_time_passed(
    session: Session, desk: Desk, policy: Policy, by_mail: Ticket, luciana: Actor
):
    message = answer(session, desk, by_mail)
    later = desk_of(desk.actor, policy, NOW + timedelta(seconds=16))
    assert not resending.undo(session, later, by_mail.number, message)
    soon = NOW + timedelta(seconds=11)
    ready = outbox.claim(session, ["mail"], policy, now=soon)
    assert any(out.number == by_mail.number for out in ready)
    assert not resending.undo(session, desk_of(desk.actor, policy, soon), by_mail.number, message)
    on_page = opened(session, form(luciana, by_mail.provider_id), policy)
    said = answer(session, desk, on_page)
    thread.mark_read(session, luciana, on_page.number)
    session.flush()
    assert not resending.undo(session, desk, on_page.number, said)
    noted = tickets.note(session, desk, on_page.number, "Só nossa.")
    assert not resending.undo(session, desk, on_page.number, noted)


def test_only_ones_own_answer_is_taken_back(
    session: Session, desk: Desk, policy: Policy, by_mail: Ticket
):
    message = answer(session, desk, by_mail)
    other = desk_of(make_agent(session, "bia"), policy)
    with pytest.raises(NotVisible):
        resending.undo(session, other, by_mail.number, message)
    with pytest.raises(NotVisible):
        resending.undo(session, desk, by_mail.number, 999_999)


def test_the_same_answer_goes_by_another_endpoint(
    session: Session, desk: Desk, policy: Policy, by_mail: Ticket, luciana: Actor
):
    number = by_mail.number
    message = answer(session, desk, by_mail)
    web = Endpoint(number=number, channel=Channel.WEB, address=f"person:{luciana.id}", name="Lu")
    spare = Endpoint(number=number, channel=Channel.MAIL, address="outra@clinica.example")
    session.add_all([web, spare])
    session.flush()
    resending.resend(session, desk, number, message, spare.id)
    resending.resend(session, desk, number, message, web.id)
    session.flush()
    recipients = session.scalars(
        select(Delivery.recipient).where(Delivery.message_id == message).order_by(Delivery.id)
    ).all()
    assert list(recipients) == [CLINIC, "outra@clinica.example", "Lu"]


def test_only_an_answer_and_only_by_an_endpoint_of_the_ticket(
    session: Session, desk: Desk, by_mail: Ticket
):
    number = by_mail.number
    message = answer(session, desk, by_mail)
    end = endpoints_of(session, number)[CLINIC]
    incoming = session.scalars(select(Message.id).where(Message.number == number)).first() or 0
    with pytest.raises(Conflict):
        resending.resend(session, desk, number, incoming, end.id)
    with pytest.raises(NotVisible):
        resending.resend(session, desk, number, 999_999, end.id)
    with pytest.raises(Invalid):
        resending.resend(session, desk, number, message, 999_999)
