"""The bell: whom it rings for, what it keeps to itself, how it falls silent."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import alerts, routing
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, Alert, Event, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    hide,
    know,
    mail,
    make_agent,
    make_provider,
    opened,
)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def ticket(session: Session, policy: Policy) -> Ticket:
    know(session, make_provider(session), CLINIC)
    return opened(session, mail(), policy)


def ring(session: Session, ticket: Ticket, *agents: Actor, kind: str = alerts.BOUNCED) -> None:
    alerts.tell(session, [a.id or 0 for a in agents], kind, ticket.number, now=NOW, detail="5.1.1")


def test_it_rings_once_until_it_is_read(session: Session, ana: Actor, ticket: Ticket):
    ring(session, ticket, ana)
    ring(session, ticket, ana)
    [heard] = alerts.listing(session, ana)
    assert (heard.kind, heard.number, heard.title, heard.detail, heard.read) == (
        "bounced", ticket.number, ticket.title, "5.1.1", False,
    )  # fmt: skip
    assert alerts.unread(session, ana) == 1
    assert session.scalars(select(Event.kind).order_by(Event.id.desc())).first() == "alert"
    alerts.read(session, ana, heard.id, now=NOW)
    assert alerts.unread(session, ana) == 0
    ring(session, ticket, ana)
    assert [each.read for each in alerts.listing(session, ana)] == [False, True]
    alerts.read_all(session, ana, now=NOW)
    assert alerts.unread(session, ana) == 0


def test_nobody_hears_another_ones(session: Session, ana: Actor, ticket: Ticket):
    rafael = make_agent(session, "rafael")
    ring(session, ticket, ana)
    alert_id = session.scalars(select(Alert.id)).one()
    assert (alerts.unread(session, rafael), alerts.listing(session, rafael)) == (0, [])
    with pytest.raises(NotVisible):
        alerts.read(session, rafael, alert_id, now=NOW)
    alerts.read_all(session, rafael, now=NOW)
    assert alerts.unread(session, ana) == 1


def test_a_ticket_one_may_no_longer_see_takes_its_alerts_along(
    session: Session, ana: Actor, ticket: Ticket
):
    ring(session, ticket, ana)
    hide(session, ticket.number)
    session.expire_all()
    assert (alerts.unread(session, ana), alerts.listing(session, ana)) == (0, [])


def test_who_is_gone_is_told_nothing(session: Session, ana: Actor, ticket: Ticket):
    session.get_one(Agent, ana.id).active = False
    ring(session, ticket, ana)
    assert session.scalars(select(Alert)).all() == []


def test_a_forwarded_ticket_rings(session: Session, policy: Policy, ana: Actor, ticket: Ticket):
    rafael = make_agent(session, "rafael")
    routing.forward(
        session, desk_of(ana, policy), ticket.number, note="Veja a glosa.", agent="rafael"
    )
    [heard] = alerts.listing(session, rafael)
    assert (heard.kind, heard.number, heard.detail) == ("forwarded", ticket.number, ana.name)
    assert alerts.unread(session, ana) == 0
