"""An address typed into a form receives once its owner says that it is theirs."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import confirming, outbox, tickets
from helpdesk.border import Contact
from helpdesk.models import Log, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    endpoints_of,
    form,
    make_agent,
    make_person,
    make_provider,
    opened,
    outbox_of,
)

NEW = "nova@outra.example"


@pytest.fixture
def ticket(session: Session, policy: Policy) -> Ticket:
    provider_id = make_provider(session)
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    contact = Contact("Luciana", "(31) 3222-0101", NEW)
    return opened(session, form(luciana, provider_id, contact=contact), policy)


def token(session: Session, policy: Policy) -> str:
    [letter] = outbox.claim(session, ["mail"], policy, now=NOW)
    assert letter.notice == "confirm_address"
    assert "text" not in letter.data
    outbox.sent(session, letter.id, now=NOW)
    return str(letter.data["link"]).rpartition("/")[2]


def test_looking_changes_nothing(session: Session, policy: Policy, ticket: Ticket):
    link = token(session, policy)
    for _ in range(2):
        found = confirming.find(session, link, policy, now=NOW)
        assert found == confirming.Address(ticket.number, ticket.protocol, NEW, confirmed=False)
    assert endpoints_of(session, ticket.number)[NEW].state == "unconfirmed"


def test_confirmed_it_is_told_the_protocol_and_hears_answers(
    session: Session, policy: Policy, ticket: Ticket
):
    link = token(session, policy)
    for _ in range(2):
        found = confirming.confirm(session, link, policy, now=NOW)
        assert found is not None
        assert found.confirmed
    assert ticket.version == 2
    assert outbox_of(session)[-1].notice == "opened"
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == (
        "endpoint_confirmed"
    )
    tickets.reply(session, desk_of(make_agent(session), policy), ticket.number, "Segue.")
    assert (outbox_of(session)[-1].address, outbox_of(session)[-1].notice) == (NEW, "replied")


def test_a_link_that_is_over_forged_or_void_does_nothing(
    session: Session, policy: Policy, ticket: Ticket
):
    link = token(session, policy)
    assert confirming.confirm(session, link, policy, now=NOW + confirming.LIFE) is None
    assert confirming.confirm(session, "x" + link, policy, now=NOW) is None
    assert confirming.find(session, "", policy, now=NOW) is None
    gone = policy.keyring.link_token(confirming.PURPOSE, "999", NOW + confirming.LIFE)
    assert confirming.find(session, gone, policy, now=NOW) is None
    endpoints_of(session, ticket.number)[NEW].state = "removed"
    session.flush()
    assert confirming.confirm(session, link, policy, now=NOW) is None
