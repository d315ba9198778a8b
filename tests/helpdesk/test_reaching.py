"""Where an agent may send an answer beyond the usable endpoints."""

import pytest
from sqlalchemy.orm import Session

from helpdesk import endpoints, history, reaching
from helpdesk.desk import Desk
from helpdesk.endpoints import NewEndpoint
from helpdesk.errors import Invalid
from helpdesk.models import Endpoint, KnownAddress, Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, "ana"), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    provider = make.make_provider(session)
    return make.make_ticket(session, policy, provider, agent_id=desk.actor.id)


@pytest.mark.parametrize("state", ["reading", "unconfirmed"])
def test_an_address_is_used_once_an_agent_vouches_for_it(
    session: Session, desk: Desk, ticket: Ticket, state: str
):
    [end] = endpoints.write(
        session, [NewEndpoint(ticket.number, "mail", "nova@clinica.example", state=state)]
    )
    with pytest.raises(Invalid) as refused:
        reaching.vouch(session, desk, ticket.number, end, ticked=False)
    assert refused.value.errors[0].field == "vouched"
    reaching.vouch(session, desk, ticket.number, end, ticked=True)
    session.flush()
    assert session.get_one(Endpoint, end).state == "active"
    last = history.changes(session, desk.actor, ticket.number)[0][0]
    assert last.action == "endpoint_confirmed"
    assert last.changes[0]["after"] == "nova@clinica.example"
    reaching.vouch(session, desk, ticket.number, end, ticked=False)  # usable: no tick


def test_a_removed_or_foreign_endpoint_stays_unusable(session: Session, desk: Desk, ticket: Ticket):
    [gone] = endpoints.write(
        session, [NewEndpoint(ticket.number, "mail", "velha@clinica.example", state="removed")]
    )
    for end in (gone, gone + 1000):
        with pytest.raises(Invalid):
            reaching.vouch(session, desk, ticket.number, end, ticked=True)


def test_only_a_registered_address_becomes_an_endpoint(
    session: Session, desk: Desk, ticket: Ticket
):
    session.add(
        KnownAddress(
            provider_id=ticket.provider_id, channel="mail", value="fat@clinica.example",
            source="register", added_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(Invalid):
        reaching.add_registered(session, desk, ticket.number, "outra@fora.example")
    end = reaching.add_registered(session, desk, ticket.number, "fat@clinica.example")
    assert endpoints.choose(session, ticket, end)[0].address == "fat@clinica.example"
