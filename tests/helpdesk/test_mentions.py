"""`@login` in a note: an alert to who may see the ticket."""

import pytest
from sqlalchemy.orm import Session

from helpdesk import alerts, mentions, secrecy, tickets
from helpdesk.desk import Desk
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, "ana", groups=("juridico",)), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    provider = make.make_provider(session)
    return make.make_ticket(session, policy, provider, agent_id=desk.actor.id)


@pytest.mark.parametrize(
    ("body", "logins"),
    [
        ("@rui, veja", ["rui"]),
        ("veja (@Rui.Alves) e @bia.", ["rui.alves", "bia"]),
        ("duas vezes @rui e @rui", ["rui"]),
        ("luciana@vila.example e a@@b", []),
        ("preço @ hora", []),
    ],
)
def test_a_text_names_logins(body: str, logins: list[str]):
    assert mentions.named(body) == logins


def test_who_is_named_hears_of_it_once_and_the_writer_does_not(
    session: Session, desk: Desk, ticket: Ticket
):
    rui = make.make_agent(session, "rui")
    message = tickets.note(session, desk, ticket.number, "@rui @ana @ninguem veja o lote")
    [told] = alerts.listing(session, rui)
    assert (told.kind, told.message_id, told.detail) == ("mentioned", message, desk.actor.name)
    assert alerts.listing(session, desk.actor) == []


def test_a_secret_ticket_names_only_its_group(session: Session, desk: Desk, ticket: Ticket):
    rui, bia = (
        make.make_agent(session, "rui"),
        make.make_agent(session, "bia", groups=("juridico",)),
    )
    secrecy.hide(session, desk, ticket.number, "juridico")
    tickets.note(session, desk, ticket.number, "@rui @bia parecer")
    assert alerts.listing(session, rui) == []
    assert len(alerts.listing(session, bia)) == 1
    offered = mentions.suggest(session, desk, ticket.number, "")
    assert [each.login for each in offered] == ["bia"]
    secrecy.hide(session, desk, ticket.number, None)
    assert alerts.listing(session, rui) == []  # a note written while it was secret told nobody


def test_names_are_suggested_by_their_beginning(session: Session, desk: Desk, ticket: Ticket):
    make.make_agent(session, "rui")
    make.make_agent(session, "bia")
    assert [a.login for a in mentions.suggest(session, desk, ticket.number, "RU")] == ["rui"]
    assert mentions.suggest(session, desk, ticket.number, "zz") == []
