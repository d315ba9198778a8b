"""What a person logged in sends: opened at once, or refused field by field."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk import access, registers
from helpdesk.border import Actor, Address, Channel, Contact, File, Outcome, Receipt
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.intake import receive_many
from helpdesk.models import Attachment, Content, Status, Ticket
from helpdesk.policy import Policy
from helpdesk.registers import ProviderRow
from helpdesk.tickets import delete
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    endpoints_of,
    form,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    messages_of,
    opened,
    outbox_of,
    receive,
)


@pytest.fixture
def provider_id(session: Session) -> int:
    return make_provider(session)


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana Reis", "luciana@clinica.example")


def test_a_form_opens_a_ticket(session: Session, policy: Policy, luciana: Actor, provider_id: int):
    answer = receive(session, form(luciana, provider_id, title=" Recurso de glosa "), policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.protocol) == (Outcome.OPENED, "41999920261124000001")
    ticket = session.get_one(Ticket, answer.number)
    assert (ticket.title, ticket.situation, ticket.waiting_on) == (
        "Recurso de glosa", "open", "agent",
    )  # fmt: skip
    assert (ticket.opened_kind, ticket.opened_id) == ("person", luciana.id)
    assert ticket.sort_title == "recurso de glosa"
    assert not ticket.started
    [message] = messages_of(session, ticket.number)
    assert (message.kind, message.direction, message.audience) == ("opening", "inbound", "public")


def test_one_content_twice_is_one_ticket_and_counted(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    sent = form(luciana, provider_id)
    first, second = receive_many(session, [sent, sent], policy, now=NOW)
    third = receive(session, sent, policy)
    assert isinstance(first, Receipt)
    for again in (second, third):
        assert isinstance(again, Receipt)
        assert again.outcome is Outcome.DUPLICATE
        assert (again.number, again.protocol) == (first.number, first.protocol)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert session.scalars(select(Content.repeats)).one() == 2


def test_an_arrival_of_any_length_is_recognised(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    sent = form(luciana, provider_id, arrival="x" * 300)
    assert opened(session, sent, policy) is opened(session, sent, policy)


REQUIRED = {
    "title": ("", "required"),
    "text": (" \r\n ", "required"),
    "classification": (None, "required"),
    "subclassification": (None, "required"),
}


@pytest.mark.parametrize(("field", "value", "code"), [(f, *v) for f, v in REQUIRED.items()])
def test_a_missing_field_is_named(
    session: Session, policy: Policy, luciana: Actor, provider_id: int,
    field: str, value: str | None, code: str,
):  # fmt: skip
    with pytest.raises(Invalid) as refused:
        receive(session, form(luciana, provider_id, **{field: value}), policy)
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]


WRONG = [
    ({"title": "x" * 101}, "title", "too_long"),
    ({"title": "duas\nlinhas"}, "title", "too_long"),
    ({"classification": "NADA"}, "classification", "unknown"),
    ({"classification": "TRI"}, "classification", "unknown"),
    ({"subclassification": "PAG.1"}, "subclassification", "unknown"),
    ({"contact": None}, "contact.name", "required"),
    ({"contact": Contact("L", "x", "a@b.example")}, "contact.phone", "invalid"),
    ({"contact": Contact("L", "31 3222-0101", "a@b")}, "contact.email", "invalid"),
    ({"contact": Contact("L" * 101, "31 3222-0101", "a@b.example")}, "contact.name", "too_long"),
]


@pytest.mark.parametrize(("more", "field", "code"), WRONG)
def test_a_wrong_field_is_named(
    session: Session, policy: Policy, luciana: Actor, provider_id: int,
    more: dict[str, object], field: str, code: str,
):  # fmt: skip
    with pytest.raises(Invalid) as refused:
        receive(session, form(luciana, provider_id, **more), policy)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == (field, code)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_every_wrong_field_is_named_at_once(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    empty = form(luciana, provider_id, title="", text="", classification="", contact=None)
    with pytest.raises(Invalid) as refused:
        receive(session, empty, policy)
    assert {e.field for e in refused.value.errors} == {
        "title", "text", "classification", "contact.name", "contact.phone", "contact.email",
    }  # fmt: skip


def test_the_limit_counts_code_points_after_normalising(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    full = "😀" * 3_998 + "\r\n" + "e\u0301"
    assert messages_of(
        session, opened(session, form(luciana, provider_id, text=full), policy).number
    )
    with pytest.raises(Invalid) as refused:
        receive(session, form(luciana, provider_id, text=full + "x"), policy)
    assert dict(refused.value.errors[0].data) == {"limit": 4_000, "length": 4_001}


def test_controls_in_a_form_are_dropped(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    contact = Contact("Lu\0ciana", "(31) 3222-0101", "luciana@clinica.example")
    sent = form(luciana, provider_id, text="a\0b\ud800", title="t\0u", contact=contact)
    ticket = opened(session, sent, policy)
    assert (ticket.title, ticket.contact_name) == ("tu", "Luciana")
    assert messages_of(session, ticket.number)[0].text == "ab\ufffd"


def test_a_stranger_provider_is_not_visible(session: Session, policy: Policy, luciana: Actor):
    other = make_provider(session, "P2")
    for provider_id in (other, 999, None):
        with pytest.raises(NotVisible):
            receive(session, form(luciana, provider_id), policy)  # type: ignore[arg-type]


def test_nothing_opens_for_a_provider_that_left(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    registers.upsert_provider(session, ProviderRow(code="P1", active=False), now=NOW)
    with pytest.raises(NotVisible):
        receive(session, form(luciana, provider_id), policy)


def test_a_complement_joins(session: Session, policy: Policy, luciana: Actor, provider_id: int):
    ticket = opened(session, form(luciana, provider_id), policy)
    answer = receive(session, form(luciana, provider_id, number=ticket.number), policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number, answer.protocol) == (
        Outcome.COMPLEMENTED, ticket.number, ticket.protocol,
    )  # fmt: skip
    assert ticket.version == 2
    assert [m.kind for m in messages_of(session, ticket.number)] == ["opening", "complement"]


def test_a_complement_to_what_is_not_theirs_is_not_visible(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    other_provider = make_provider(session, "P2")
    marcos = make_person(session, other_provider, "Marcos", "marcos@lab.example")
    ticket = opened(session, form(luciana, provider_id), policy)
    for number in (ticket.number, 9_999):
        with pytest.raises(NotVisible):
            receive(session, form(marcos, other_provider, number=number), policy)


def test_scope_own_complements_only_their_own(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    olga = make_person(session, provider_id, "Olga", "olga@clinica.example", scope="own")
    theirs = opened(session, form(luciana, provider_id), policy)
    hers = opened(session, form(olga, provider_id), policy)
    assert opened(session, form(olga, provider_id, number=hers.number), policy) is hers
    with pytest.raises(NotVisible):
        receive(session, form(olga, provider_id, number=theirs.number), policy)
    # Who was brought into a ticket is a party to it.
    endpoint = endpoints_of(session, theirs.number)[f"person:{luciana.id}"]
    endpoint.person_id = olga.id
    assert opened(session, form(olga, provider_id, number=theirs.number), policy) is theirs
    assert access.ticket(session, olga, theirs.number) is theirs


def test_a_deleted_ticket_takes_nothing(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    ana = make_agent(session)
    ticket = opened(session, form(luciana, provider_id), policy)
    delete(session, desk_of(ana, policy), ticket.number, justification="aberto por engano")
    with pytest.raises(Conflict):
        receive(session, form(luciana, provider_id, number=ticket.number), policy)


def test_an_unregistered_address_of_a_form_is_only_asked_to_confirm(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    contact = Contact("Luciana", "(31) 3222-0101", "Nova@Outra.example")
    ticket = opened(session, form(luciana, provider_id, contact=contact), policy)
    assert [(o.notice, o.address) for o in outbox_of(session)] == [
        ("confirm_address", "nova@outra.example")
    ]
    assert endpoints_of(session, ticket.number)["nova@outra.example"].state == "unconfirmed"


def test_a_registered_address_of_a_form_gets_the_protocol(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    ticket = opened(session, form(luciana, provider_id), policy)
    assert [(o.notice, o.address) for o in outbox_of(session, ticket.number)] == [
        ("opened", "luciana@clinica.example")
    ]


def test_a_quiet_opening_tells_nobody(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    opened(session, form(luciana, provider_id, quiet=True), policy)
    assert outbox_of(session) == []


def test_files_hang_on_their_message(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    files = (
        File("guia.pdf", "application/pdf", 9, "a" * 64),
        File("b.png", "x" * 300, 1, "b" * 64),
    )
    ticket = opened(session, form(luciana, provider_id, files=files), policy)
    found = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert [f.filename for f in found] == ["guia.pdf", "b.png"]
    assert {(f.number, f.audience, len(f.public_id)) for f in found} == {
        (ticket.number, "public", 32)
    }


def test_an_agent_opens_for_a_provider_and_may_leave_the_subclassification_open(
    session: Session, policy: Policy, provider_id: int
):
    ana = make_agent(session)
    ticket = make_ticket(session, policy, provider_id)
    assert (ticket.opened_kind, ticket.opened_name) == ("agent", ana.name)
    assert ticket.subclassification_id is None
    assert list(endpoints_of(session, ticket.number)) == ["luciana@clinica.example"]


def test_an_agents_complement_needs_a_contact(session: Session, policy: Policy, provider_id: int):
    ana = make_agent(session)
    ticket = make_ticket(session, policy, provider_id)
    said = replace(
        form(ana, provider_id, number=ticket.number),
        channel=Channel.API, person_id=None, agent_id=ana.id,
    )  # fmt: skip
    with pytest.raises(Invalid):
        receive(session, said, policy)
    contact = Contact("Luciana", "(31) 3222-0101", "luciana@clinica.example")
    assert opened(session, replace(said, contact=contact), policy) is ticket


def test_a_chat_needs_no_contact_and_is_answered_in_the_chat(
    session: Session, policy: Policy, luciana: Actor, provider_id: int
):
    sent = form(luciana, provider_id, channel=Channel.TELEGRAM, contact=None)
    ticket = opened(session, replace(sent, sender=Address(Channel.TELEGRAM, "77")), policy)
    assert (ticket.contact_name, ticket.contact_email) == (luciana.name, "luciana@clinica.example")
    assert [(e.channel, e.spoke) for e in endpoints_of(session, ticket.number).values()] == [
        ("telegram", True)
    ]
    assert outbox_of(session) == []


def test_an_unknown_writer_has_the_name_it_gave(session: Session, policy: Policy, provider_id: int):
    ticket = make_ticket(
        session, policy, provider_id, agent_id=make_agent(session).id,
        sender=Address(Channel.PHONE, "1", "Recepção"),
    )  # fmt: skip
    assert ticket.opened_kind == "agent"
    unknown = make_ticket(
        session, policy, provider_id, agent_id=999, sender=Address(Channel.PHONE, "1", "Recepção")
    )
    assert (unknown.opened_kind, unknown.opened_name) == ("unknown", "Recepção")


def test_without_its_registers_nothing_opens(session: Session, policy: Policy, provider_id: int):
    make_agent(session)
    session.execute(update(Status).where(Status.code == "ABE").values(code="XXX"))
    with pytest.raises(LookupError):
        make_ticket(session, policy, provider_id)
