"""An answer that went wrong: taken back in time, or sent by another endpoint."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import outbox, resending, thread, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.models import Delivery, KnownAddress, Message, Ticket
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
    messages_of,
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
def ticket(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(), policy)


def answer(session: Session, desk: Desk, ticket: Ticket) -> int:
    return tickets.reply(session, desk, ticket.number, "Errado.", delay=resending.GRACE)


def test_an_answer_is_taken_back_before_it_leaves(session: Session, desk: Desk, ticket: Ticket):
    kept = tickets.reply(session, desk, ticket.number, "Certo.")
    message_id = answer(session, desk, ticket)
    assert resending.undo(session, desk, ticket.number, message_id)
    message = session.get_one(Message, message_id)
    assert (message.kind, message.audience, message.direction) == ("note", "internal", "internal")
    assert ticket.last_answer_id == kept
    assert outbox_of(session)[-1].state == "cancelled"
    assert not resending.undo(session, desk, ticket.number, message_id)


def test_the_only_answer_taken_back_leaves_none(session: Session, desk: Desk, ticket: Ticket):
    before = (ticket.status_id, ticket.situation, ticket.waiting_on)
    assert resending.undo(session, desk, ticket.number, answer(session, desk, ticket))
    assert ticket.last_answer_id is None
    assert (ticket.status_id, ticket.situation, ticket.waiting_on) == before


def test_what_left_or_was_read_stays(
    session: Session, policy: Policy, desk: Desk, luciana: Actor, ticket: Ticket
):
    message_id = answer(session, desk, ticket)
    late = desk_of(desk.actor, policy, NOW + resending.GRACE + resending.SLACK + timedelta(1))
    assert not resending.undo(session, late, ticket.number, message_id)
    thread.mark_read(session, luciana, ticket.number)
    session.flush()
    assert not resending.undo(session, desk, ticket.number, message_id)
    sent = answer(session, desk, ticket)
    outbox.sent(session, outbox_of(session)[-1].id, now=NOW)
    assert not resending.undo(session, desk, ticket.number, sent)


def test_only_ones_own_is_taken_back(session: Session, policy: Policy, desk: Desk, ticket: Ticket):
    message_id = answer(session, desk, ticket)
    other = desk_of(make_agent(session, "bia"), policy)
    with pytest.raises(NotVisible):
        resending.undo(session, other, ticket.number, message_id)
    elsewhere = opened(session, mail(), policy)
    with pytest.raises(NotVisible):
        resending.undo(session, desk, elsewhere.number, message_id)


def test_the_same_answer_goes_by_another_endpoint(
    session: Session, policy: Policy, desk: Desk, luciana: Actor, provider_id: int, ticket: Ticket
):
    opened(session, form(luciana, provider_id, number=ticket.number), policy)
    message_id = tickets.reply(session, desk, ticket.number, "Segue.")
    ends = endpoints_of(session, ticket.number)
    resending.resend(session, desk, ticket.number, message_id, ends[CLINIC].id)
    resending.resend(session, desk, ticket.number, message_id, ends[f"person:{luciana.id}"].id)
    told = session.scalars(select(Delivery).where(Delivery.message_id == message_id))
    assert sorted((d.channel, d.state) for d in told) == [
        ("mail", "queued"), ("mail", "queued"), ("web", "delivered"), ("web", "delivered"),
    ]  # fmt: skip


def test_what_cannot_be_sent_again(session: Session, policy: Policy, desk: Desk, ticket: Ticket):
    message_id = tickets.reply(session, desk, ticket.number, "Segue.")
    end = endpoints_of(session, ticket.number)[CLINIC].id
    first = messages_of(session, ticket.number)[0].id
    with pytest.raises(Conflict):
        resending.resend(session, desk, ticket.number, first, end)
    with pytest.raises(NotVisible):
        resending.resend(session, desk, ticket.number, 999, end)
    with pytest.raises(Invalid):
        resending.resend(session, desk, ticket.number, message_id, 999)
    clerk = desk_of(make_agent(session, "caio", permissions=("ticket.read",)), policy)
    with pytest.raises(Forbidden):
        resending.resend(session, clerk, ticket.number, message_id, end)


def test_it_goes_to_another_address_of_the_provider(
    session: Session, desk: Desk, luciana: Actor, ticket: Ticket, provider_id: int
):
    know(session, provider_id, "financeiro@clinica.example")
    know(session, make_provider(session, "P2"), "outro@lab.example")
    message_id = answer(session, desk, ticket)
    offered = resending.registered(session, ticket)
    assert offered == ["financeiro@clinica.example", "luciana@clinica.example"]
    resending.resend_to(session, desk, ticket.number, message_id, offered[0])
    sent = outbox_of(session)[-1]
    assert (sent.address, sent.message_id, sent.automatic) == (offered[0], message_id, False)
    assert endpoints_of(session, ticket.number)[offered[0]].state == "active"
    assert resending.registered(session, ticket) == offered[1:]
    for foreign in ("outro@lab.example", offered[0], "estranho@x.example"):
        with pytest.raises(Invalid):
            resending.resend_to(session, desk, ticket.number, message_id, foreign)


def test_an_address_that_failed_is_not_offered(
    session: Session, desk: Desk, ticket: Ticket, provider_id: int
):
    know(session, provider_id, "financeiro@clinica.example")
    dead = session.scalars(
        select(KnownAddress).where(KnownAddress.value == "financeiro@clinica.example")
    ).one()
    dead.failing_since = NOW
    assert resending.registered(session, ticket) == []
