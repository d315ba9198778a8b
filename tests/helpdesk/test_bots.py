"""Chats: whose they are, where they stand, what they see."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import bots, registers, tickets
from helpdesk.border import Actor, Channel, File
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.models import Log, Person, Ticket
from helpdesk.policy import Policy
from helpdesk.registers import ProviderRow
from tests.doubles.threads import at_once
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    form,
    make_agent,
    make_person,
    make_provider,
    opened,
)

CHAT = (Channel.TELEGRAM, "77")
FILE = File("laudo.pdf", "application/pdf", 5, "e" * 64)


@pytest.fixture
def provider_id(session: Session) -> int:
    return make_provider(session)


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana", "luciana@clinica.example")


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def test_a_conversation_stands_where_it_was_left(session: Session):
    assert bots.load_state(session, *CHAT) is None
    for step in ("menu", "title"):
        bots.save_state(session, *CHAT, {"step": step}, now=NOW)
        session.flush()
        session.expire_all()
        assert bots.load_state(session, *CHAT) == {"step": step}
    assert bots.load_state(session, Channel.CHAT, "77") is None


def test_two_first_messages_at_once_are_both_kept(work: Work):
    def step(session: Session) -> None:
        state = bots.load_state(session, *CHAT) or {"count": 0}
        bots.save_state(session, *CHAT, {"count": state["count"] + 1}, now=NOW)

    at_once([lambda: work.write_now(step)] * 4)
    assert work.write_now(bots.load_state, *CHAT) == {"count": 4}


def test_a_chat_belongs_to_one_person(session: Session, luciana: Actor, provider_id: int):
    bia = make_person(session, provider_id, "Bia", "bia@clinica.example")
    assert bots.bound(session, *CHAT) is None
    for person in (luciana, bia):
        bots.bind(session, *CHAT, person.id or 0, now=NOW)
        session.flush()
        assert bots.bound(session, *CHAT) == person.id
    assert bots.bindings(session, luciana.id or 0) == []
    bots.unbind(session, *CHAT, now=NOW)
    assert bots.bound(session, *CHAT) is None
    actions = session.scalars(select(Log.action).order_by(Log.id)).all()
    assert actions[-3:] == ["chat_bound", "chat_bound", "chat_unbound"]


def test_a_binding_is_ended_by_its_person_alone(session: Session, luciana: Actor, provider_id: int):
    bia = make_person(session, provider_id, "Bia", "bia@clinica.example")
    bots.bind(session, *CHAT, luciana.id or 0, now=NOW)
    bots.bind(session, Channel.CHAT, "x", luciana.id or 0, now=NOW)
    session.flush()
    first, second = bots.bindings(session, luciana.id or 0)
    with pytest.raises(NotVisible):
        bots.revoke(session, bia.id or 0, first.id, now=NOW)
    for _ in range(2):
        bots.revoke(session, luciana.id or 0, first.id, now=NOW)
        session.flush()
    assert bots.bindings(session, luciana.id or 0) == [second]
    bots.release(session, luciana.id or 0, now=NOW)
    session.flush()
    assert bots.bound(session, Channel.CHAT, "x") is None


def test_the_deactivated_are_not_recognised(session: Session, luciana: Actor):
    bots.bind(session, *CHAT, luciana.id or 0, now=NOW)
    session.execute(update(Person).values(active=False))
    session.expire_all()
    assert bots.bound(session, *CHAT) is None
    assert bots.speaker(session, luciana.id) is None


def test_who_speaks_for_no_active_provider_is_nobody(session: Session, luciana: Actor):
    speaker = bots.speaker(session, luciana.id)
    assert speaker is not None
    assert speaker.providers == ((luciana.providers[0][0], "Clínica P1"),)
    assert bots.speaker(session, None) is None
    registers.upsert_provider(session, ProviderRow(code="P1", active=False), now=NOW)
    assert bots.speaker(session, luciana.id) is None


def test_open_ones_are_listed_newest_first(
    session: Session, policy: Policy, luciana: Actor, provider_id: int, desk: Desk
):
    numbers = [opened(session, form(luciana, provider_id), policy).number for _ in range(4)]
    tickets.delete(session, desk, numbers[1], justification="engano")

    def listed(before: int | None = None, limit: int = 9) -> list[int]:
        found = bots.open_tickets(session, luciana, before=before, limit=limit)
        return [ticket.number for ticket in found]

    assert listed() == [numbers[3], numbers[2], numbers[0]]
    assert listed(before=numbers[3], limit=1) == [numbers[2]]


def test_a_conversation_shows_the_last_messages(
    session: Session, policy: Policy, luciana: Actor, provider_id: int, desk: Desk
):
    ticket = opened(session, form(luciana, provider_id, files=(FILE,)), policy)
    first = bots.conversation(session, luciana, str(ticket.number))
    assert (first.status, first.earlier, first.lines[0].files) == ("Aberto", 0, ("laudo.pdf",))
    tickets.note(session, desk, ticket.number, "interno")
    for n in range(6):
        tickets.reply(session, desk, ticket.number, f"Resposta {n}")
    found = bots.conversation(session, luciana, ticket.protocol or "")
    assert [line.message.text for line in found.lines] == [f"Resposta {n}" for n in range(1, 6)]
    assert found.earlier == 2
    for reference in ("999", "x\0", "9" * 30, "٣"):
        with pytest.raises(NotVisible):
            bots.conversation(session, luciana, reference)


def test_a_merged_ticket_shows_its_target(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    first, second = (opened(session, form(luciana, provider_id), policy) for _ in range(2))
    first.merged_into = second.number
    session.flush()
    assert bots.conversation(session, luciana, str(first.number)).ticket is second


def test_who_may_no_longer_see_a_ticket_is_told_nothing(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    marcos = make_person(session, make_provider(session, "P2"), "Marcos", "marcos@lab.example")
    ticket: Ticket = opened(session, form(luciana, provider_id), policy)
    assert bots.may_hear(session, luciana, ticket.number)
    assert not bots.may_hear(session, marcos, ticket.number)
    assert bots.may_hear(session, marcos, None)


def test_the_chat_of_the_portal_keeps_its_lines(session: Session):
    def written(n: int, chat: str = "a") -> dict[str, Any]:
        return {"chat_id": chat, "at": NOW, "side": "bot", "text": f"{n}", "buttons": [],
                "files": []}  # fmt: skip

    bots.add_lines(session, [written(n) for n in range(5)])
    bots.add_lines(session, [written(9, "b")])

    def texts(**more: int) -> list[str]:
        return [line.text for line in bots.lines(session, "a", limit=3, **more)]

    assert texts() == ["2", "3", "4"]
    ids = [line.id for line in bots.lines(session, "a", limit=9)]
    assert texts(before=ids[3]) == ["0", "1", "2"]
    assert texts(after=ids[2]) == ["3", "4"]
    assert bots.line(session, "a", ids[0]).text == "0"
    with pytest.raises(NotVisible):
        bots.line(session, "b", ids[0])
