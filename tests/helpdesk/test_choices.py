"""What an agent chooses from in a form."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import choices
from helpdesk.models import Agent
from helpdesk.policy import Policy
from tests.helpdesk.factories import know, make_agent, make_person, make_provider, make_ticket


def test_colleagues_are_listed_with_their_work(session: Session, policy: Policy):
    make_agent(session, "zoe")
    ana = make_agent(session, "ana", sector="FIN")
    make_agent(session, "gone")
    session.execute(update(Agent).where(Agent.login == "gone").values(active=False))
    provider_id = make_provider(session)
    for _ in range(2):
        make_ticket(session, policy, provider_id).assignee_id = ana.id
    session.flush()
    assert choices.colleagues(session) == [
        choices.Colleague("ana", "Ana", "FIN", 2),
        choices.Colleague("zoe", "Zoe", None, 0),
    ]
    assert choices.login_of(session, ana.id) == "ana"
    assert choices.login_of(session, None) == ""


def test_a_provider_is_found_by_words_code_or_document(session: Session):
    make_provider(session, "P1", name="Clínica Vila Serena", document="11.222.333/0001-81")
    make_provider(session, "P2", name="Vila 100%_")
    make_provider(session, "P3", name="Clínica Fechada", active=False)

    def found(words: str) -> list[str]:
        return [choice.code for choice in choices.providers(session, words)]

    assert found("serena clinica") == ["P1"]
    assert found("vila") == ["P1", "P2"]
    assert found("p2") == ["P2"]
    assert found("11.222.333/0001-81") == found("11222333000181") == ["P1"]
    assert found("100%") == ["P2"]
    assert found("%") == ["P2"]
    for nothing in ("", "  ", "fechada", "serena aurora"):
        assert found(nothing) == []


def test_the_likely_caller_of_a_provider(session: Session):
    first = make_provider(session, "P1", phone="(31) 3222-0101")
    assert choices.provider(session, "P1")[1] == choices.Caller("", "(31) 3222-0101", "")  # type: ignore[index]
    know(session, first, "a@vila.example")
    assert choices.provider(session, "P1")[1].email == "a@vila.example"  # type: ignore[index]
    make_person(session, first, "Luciana", "luciana@vila.example")
    assert choices.provider(session, "P1")[1] == choices.Caller(  # type: ignore[index]
        "Luciana", "(31) 3222-0101", "luciana@vila.example"
    )
    assert choices.provider(session, "P9") is None
