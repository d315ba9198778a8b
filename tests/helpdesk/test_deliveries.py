"""What is known of a mail that left: shown, marked, logged, and told to whom it matters."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import alerts, deliveries, outbox, tickets
from helpdesk.border import Actor
from helpdesk.closing import close
from helpdesk.models import Delivery, KnownAddress, Log, Outbox, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    know,
    mail,
    make_agent,
    make_provider,
    messages_of,
    opened,
    outbox_of,
)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def ticket(session: Session, policy: Policy) -> Ticket:
    know(session, make_provider(session), CLINIC)
    return opened(session, mail(), policy)


def answered(session: Session, policy: Policy, ana: Actor, ticket: Ticket) -> Outbox:
    message_id = tickets.reply(session, desk_of(ana, policy), ticket.number, "Segue.")
    [row] = [o for o in outbox_of(session) if o.message_id == message_id]
    outbox.sent(session, row.id, now=NOW)
    return row


def lose(session: Session, row: Outbox, status: str = "5.1.1") -> None:
    deliveries.lost(session, row, "550 no such user", now=NOW, status=status)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(Log.action).order_by(Log.id)))


def test_who_wrote_it_is_told_when_nobody_has_the_ticket(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answered(session, policy, ana, ticket)
    version, due_at = ticket.version, ticket.due_at
    ticket.assignee_id = None
    lose(session, row)
    [heard] = alerts.listing(session, ana)
    assert (heard.kind, heard.message_id, heard.detail) == ("bounced", row.message_id, "5.1.1")
    assert (ticket.version, ticket.due_at) == (version, due_at)


def test_the_assignee_is_told_before_the_author(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    rafael = make_agent(session, "rafael")
    row = answered(session, policy, ana, ticket)
    ticket.assignee_id = rafael.id
    lose(session, row)
    assert (alerts.unread(session, rafael), alerts.unread(session, ana)) == (1, 0)


def test_the_closing_text_that_came_back_is_seen_and_reopens_nothing(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    close(session, desk_of(ana, policy), ticket.number, status="EPR", body="Pago.")
    row = outbox_of(session)[-1]
    outbox.sent(session, row.id, now=NOW)
    lose(session, row)
    assert ticket.situation == "closed"
    assert alerts.unread(session, ana) == 1
    assert actions(session)[-1] == "not_delivered"


def test_the_same_news_twice_is_one(session: Session, policy: Policy, ana: Actor, ticket: Ticket):
    row = answered(session, policy, ana, ticket)
    lose(session, row)
    alerts.read_all(session, ana, now=NOW)
    lose(session, row)
    assert alerts.unread(session, ana) == 0
    assert actions(session).count("not_delivered") == 1


def test_an_acknowledgement_that_came_back_is_a_quiet_line(
    session: Session, ana: Actor, ticket: Ticket
):
    [row] = outbox_of(session)
    assert (row.notice, row.message_id) == ("opened", None)
    turn, due_at, version = ticket.waiting_on, ticket.due_at, ticket.version
    lose(session, row, "5.2.2")
    line = messages_of(session, ticket.number)[-1]
    assert (line.kind, line.audience, line.text) == ("receipt", "internal", "550 no such user")
    assert line.match == {
        "undelivered": {"notice": "opened", "recipient": CLINIC, "status": "5.2.2"}
    }
    assert (ticket.waiting_on, ticket.due_at, ticket.version) == (turn, due_at, version + 1)
    assert alerts.listing(session, ana) == []
    assert endpoints_of(session, ticket.number)[CLINIC].state == "active"


def test_whoever_has_the_ticket_is_told_of_it_too(session: Session, ana: Actor, ticket: Ticket):
    ticket.assignee_id = ana.id
    [row] = outbox_of(session)
    lose(session, row)
    [heard] = alerts.listing(session, ana)
    assert heard.message_id == messages_of(session, ticket.number)[-1].id


def test_a_delay_is_shown_and_changes_nothing(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answered(session, policy, ana, ticket)
    version = ticket.version
    deliveries.late(session, row, "451 later", now=NOW, status="4.4.1")
    assert shown(session) == ("deferred", "4.4.1")
    assert (row.state, ticket.version, alerts.unread(session, ana)) == ("sent", version, 0)
    assert endpoints_of(session, ticket.number)[CLINIC].state == "active"
    assert actions(session)[-1] == "delivery_delayed"


def test_a_delay_that_comes_late_undoes_no_failure(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answered(session, policy, ana, ticket)
    lose(session, row)
    deliveries.late(session, row, "451 later", now=NOW, status="4.4.1")
    assert shown(session) == ("failed", "5.1.1")


def shown(session: Session) -> tuple[str, str]:
    session.expire_all()
    told = session.scalars(select(Delivery)).one()
    return told.state, told.status


def test_an_address_that_writes_again_is_alive(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    lose(session, answered(session, policy, ana, ticket))
    assert session.scalars(select(KnownAddress.failing_since)).one() == NOW
    again = opened(session, mail(text="Estou aqui."), policy)
    session.expire_all()
    assert again.number != ticket.number
    assert session.scalars(select(KnownAddress.failing_since)).one() is None
