import pytest
from sqlalchemy.orm import Session

from helpdesk import pendency, thread, tickets
from helpdesk.desk import Desk
from helpdesk.errors import Forbidden, Invalid, NotVisible
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

ASKED = ["Guia assinada", "  Relatório   médico "]


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    return make.make_ticket(session, policy, make.make_provider(session), agent_id=desk.actor.id)


def test_the_items_stand_in_the_message_and_beside_it(session: Session, desk: Desk, ticket: Ticket):
    tickets.pending(session, desk, ticket.number, body="Faltam dois documentos.", ask=ASKED)
    seen = thread.view(session, desk.actor, ticket.number, policy=desk.policy, now=NOW)
    asking = seen.messages[-1]
    assert asking.text == "Faltam dois documentos.\n\n1. Guia assinada\n2. Relatório médico"
    assert [(a.label, a.message_id, a.answered_at) for a in seen.asked] == [
        ("Guia assinada", asking.id, None),
        ("Relatório médico", asking.id, None),
    ]
    assert ticket.waiting_on == "provider"


def test_items_alone_are_a_message_too(session: Session, desk: Desk, ticket: Ticket):
    tickets.pending(session, desk, ticket.number, ask=["Guia", "Guia", " "])
    assert make.messages_of(session, ticket.number)[-1].text == "1. Guia"
    assert len(pendency.of_ticket(session, ticket.number)) == 1


def test_what_came_is_marked_once(session: Session, desk: Desk, ticket: Ticket):
    tickets.pending(session, desk, ticket.number, ask=ASKED)
    first, second = pendency.of_ticket(session, ticket.number)
    message = make.messages_of(session, ticket.number)[0].id
    pendency.answer(session, ticket.number, [first.id, 999], message, now=NOW)
    pendency.answer(session, 999, [second.id], message, now=NOW)
    session.expire_all()
    found = [a.answered_by for a in pendency.of_ticket(session, ticket.number)]
    assert found == [message, None]


def test_an_agent_says_what_is_there_and_what_is_not(session: Session, desk: Desk, ticket: Ticket):
    tickets.pending(session, desk, ticket.number, ask=ASKED)
    item = pendency.of_ticket(session, ticket.number)[0].id
    version = ticket.version
    for there in (True, True, False):
        pendency.settle(session, desk, ticket.number, item, there=there)
        session.flush()
        assert (pendency.of_ticket(session, ticket.number)[0].answered_at is not None) is there
    assert ticket.version == version + 2
    with pytest.raises(NotVisible):
        pendency.settle(session, desk, ticket.number, 999, there=True)
    reader = make.make_agent(session, "leo", permissions=("ticket.read",))
    with pytest.raises(Forbidden):
        pendency.settle(session, make.desk_of(reader, desk.policy), ticket.number, item, there=True)


@pytest.mark.parametrize("ask", [[f"Item {n}" for n in range(21)], ["x" * 201]])
def test_a_list_that_nobody_can_answer_is_refused(
    session: Session, desk: Desk, ticket: Ticket, ask: list[str]
):
    with pytest.raises(Invalid) as error:
        tickets.pending(session, desk, ticket.number, ask=ask)
    assert error.value.errors[0].field == "ask"
