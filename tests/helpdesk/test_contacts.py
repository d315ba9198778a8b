"""A provider's own list: what waits for them first, page by page."""

import pytest
from sqlalchemy.orm import Session

from helpdesk import closing, contacts, thread, tickets
from helpdesk.border import Actor
from helpdesk.contacts import Contacts
from helpdesk.desk import Desk
from helpdesk.errors import Invalid
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    form,
    make_agent,
    make_person,
    make_provider,
    opened,
)


@pytest.fixture
def provider_id(session: Session) -> int:
    return make_provider(session)


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana", "luciana@clinica.example")


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session, sector="FIN"), policy)


def page(
    session: Session, policy: Policy, actor: Actor, situation: str = "open", **more: object
) -> Contacts:
    session.flush()
    return contacts.page(session, actor, 1, situation, policy=policy, now=NOW, **more)  # type: ignore[arg-type]


def test_what_waits_for_them_comes_first_on_every_page(
    session: Session, policy: Policy, luciana: Actor, provider_id: int, desk: Desk
):
    numbers = [opened(session, form(luciana, provider_id), policy).number for _ in range(7)]
    for number in numbers[1:3]:
        tickets.pending(session, desk, number, body="Envie o XML.")
    closing.close(session, desk, numbers[6], status="EPR", body="Pago em 30/11.")
    expected = {
        "open": [*numbers[2:0:-1], *numbers[5:2:-1], numbers[0]],
        "all": numbers[::-1],
        "closed": [numbers[6]],
    }
    for situation, wanted in expected.items():
        found = page(session, policy, luciana, situation, limit=2)
        seen = [row.number for row in found.rows]
        while found.next is not None:
            found = page(session, policy, luciana, situation, limit=2, cursor=found.next)
            seen += [row.number for row in found.rows]
        assert seen == wanted


def test_a_contact_is_found_by_protocol_or_number(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    ticket = opened(session, form(luciana, provider_id), policy)
    opened(session, form(luciana, provider_id), policy)
    protocol = ticket.protocol or ""
    for q in (
        protocol,
        f" {protocol[:6]} {protocol[6:]} ",
        str(ticket.number),
        f"n{ticket.number}",
    ):
        assert [r.number for r in page(session, policy, luciana, q=q).rows] == [ticket.number]
    assert page(session, policy, luciana, q="nada\0").rows == []
    assert len(page(session, policy, luciana, q=" ").rows) == 2


def test_answers_not_read_are_counted(
    session: Session, policy: Policy, luciana: Actor, provider_id: int, desk: Desk
):
    ticket = opened(session, form(luciana, provider_id), policy)
    assert page(session, policy, luciana).unread == 0
    message_id = tickets.reply(session, desk, ticket.number, "Segue.")
    found = page(session, policy, luciana)
    assert (found.unread, found.rows[0].unread) == (1, True)
    assert found.answers[ticket.number] == contacts.Answer("Ana", NOW)
    assert contacts.last_read(session, luciana, ticket.number) == 0
    thread.mark_read(session, luciana, ticket.number)
    assert page(session, policy, luciana).unread == 0
    assert contacts.last_read(session, luciana, ticket.number) == message_id
    assert contacts.sectors(session, [desk.actor.id or 0]) == {
        desk.actor.id: "Financeiro – Contas a Pagar"
    }
    assert contacts.providers(session, luciana) == [(provider_id, "Clínica P1")]


@pytest.mark.parametrize(
    ("situation", "cursor", "field"),
    [
        ("pending", None, "situation"),
        ("open", "x", "cursor"),
        ("open", "1." + "9" * 30, "cursor"),
    ],
)
def test_what_is_unknown_is_named(
    session: Session, policy: Policy, luciana: Actor, situation: str, cursor: str, field: str
):
    with pytest.raises(Invalid) as refused:
        page(session, policy, luciana, situation, cursor=cursor)
    assert refused.value.errors[0].field == field
