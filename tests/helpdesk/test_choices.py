"""What an agent chooses from: colleagues and providers."""

from sqlalchemy.orm import Session

from helpdesk import choices, tickets
from helpdesk.choices import Caller
from helpdesk.models import Agent, Provider
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    desk_of,
    know,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
)


def test_colleagues_are_the_active_ones_with_what_they_have_open(session: Session, policy: Policy):
    ana, bia = make_agent(session, "ana", sector="CTM"), make_agent(session, "bia")
    session.get_one(Agent, bia.id).active = False
    number = make_ticket(session, policy, make_provider(session)).number
    tickets.claim(session, desk_of(ana, policy), number)
    session.flush()
    found = choices.colleagues(session)
    assert [(c.login, c.sector_code, c.open) for c in found] == [("ana", "CTM", 1)]
    assert choices.login_of(session, ana.id) == "ana"
    assert choices.login_of(session, None) == ""


def test_providers_are_found_by_every_word_code_or_document(session: Session):
    make_provider(session, "P1", name="Clínica São José", document="99000001000101")
    make_provider(session, "P2", name="Clínica Aurora")
    gone = make_provider(session, "P3", name="Clínica Antiga")
    session.get_one(Provider, gone).active = False
    session.flush()

    def codes(words: str) -> list[str]:
        return [p.code for p in choices.providers(session, words)]

    assert codes("clinica") == ["P2", "P1"]
    assert codes("JOSE clín") == ["P1"]
    assert codes("p2") == ["P2"]
    assert codes("99.000.001/0001-01") == ["P1"]
    assert codes("100%") == []
    assert codes("  ") == []


def test_a_provider_comes_with_whom_to_ask_back(session: Session):
    found = make_provider(session, "P1", phone="(31) 3222-0101")
    know(session, found, "recepcao@clinica.example")
    provider, caller = choices.provider(session, "P1") or (None, None)
    assert provider is not None
    assert caller == Caller("", "(31) 3222-0101", "recepcao@clinica.example")
    make_person(session, found, "Luciana", "luciana@clinica.example")
    _, caller = choices.provider(session, "P1") or (None, None)
    assert caller == Caller("Luciana", "(31) 3222-0101", "luciana@clinica.example")
    assert choices.provider(session, "P9") is None
