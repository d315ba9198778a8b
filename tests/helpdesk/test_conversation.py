"""Parts of a long conversation, and one message of it."""

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from helpdesk import conversation, merging, tickets
from helpdesk.conversation import NEWEST, NOTHING, Window
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, "ana"), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    provider = make.make_provider(session)
    return make.make_ticket(session, policy, provider, agent_id=desk.actor.id)


def written(session: Session, desk: Desk, number: int, count: int) -> list[int]:
    return [tickets.note(session, desk, number, f"Nota {n}") for n in range(count)]


def test_the_newest_and_what_precedes_them(session: Session, desk: Desk, ticket: Ticket):
    ids = written(session, desk, ticket.number, 99)
    part = conversation.read(session, desk.actor, ticket.number, Window(newest=NEWEST))
    assert [m.id for m in part.messages] == ids[-30:]
    assert part.earlier == 70
    seen = [m.id for m in part.messages]
    while part.earlier:
        before = Window(before=seen[0])
        part = conversation.read(session, desk.actor, ticket.number, before)
        seen = [*(m.id for m in part.messages), *seen]
        assert part.earlier == 100 - len(seen)
    whole = conversation.read(session, desk.actor, ticket.number)
    assert seen == [m.id for m in whole.messages]
    assert conversation.read(session, desk.actor, ticket.number, NOTHING).messages == []


def test_what_nobody_answered_is_shown_however_much_it_is(
    session: Session, desk: Desk, ticket: Ticket
):
    answer = tickets.reply(session, desk, ticket.number, "Recebido.")
    ids = written(session, desk, ticket.number, 60)
    window = Window(newest=NEWEST)
    part = conversation.read(session, desk.actor, ticket.number, window, answered=answer)
    assert [m.id for m in part.messages] == ids


def test_one_that_was_linked_is_shown_with_what_follows(
    session: Session, desk: Desk, ticket: Ticket
):
    ids = written(session, desk, ticket.number, 80)
    window = Window(newest=NEWEST, since=ids[10])
    part = conversation.read(session, desk.actor, ticket.number, window)
    assert part.messages[0].id == ids[10]
    near = Window(newest=NEWEST, since=ids[70])
    assert len(conversation.read(session, desk.actor, ticket.number, near).messages) == NEWEST


def test_it_takes_as_many_queries_for_two_hundred_as_for_two(
    session: Session, desk: Desk, ticket: Ticket
):
    def queries() -> int:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        session.flush()
        event.listen(session.get_bind(), "before_cursor_execute", counted)
        conversation.read(session, desk.actor, ticket.number, Window(newest=NEWEST))
        event.remove(session.get_bind(), "before_cursor_execute", counted)
        return count

    written(session, desk, ticket.number, 2)
    few = queries()
    written(session, desk, ticket.number, 198)
    assert queries() == few


def test_one_message_and_no_foreign_one(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    other = make.make_ticket(session, policy, ticket.provider_id, agent_id=desk.actor.id).number
    note = tickets.note(session, desk, other, "De outro chamado")
    with pytest.raises(NotVisible):
        conversation.message(session, desk.actor, ticket.number, note)
    merging.merge(session, desk, other, into=ticket.number)
    assert conversation.message(session, desk.actor, ticket.number, note).text == "De outro chamado"
