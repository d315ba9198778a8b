"""A provider's domain: asked by an agent, proved by an answer, read and never answered blindly."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import domains, endpoints, letters
from helpdesk.border import Actor, HoldReason, Outcome, Receipt, Refusal, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import Forbidden, Invalid, NotVisible
from helpdesk.models import Log, Outbox, ProviderDomain
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    endpoints_of,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    messages_of,
    opened,
    outbox_of,
    receive,
)

ASKED, OTHER = "ti@grupo.example", "maria@grupo.example"


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def desk(ana: Actor, policy: Policy) -> Desk:
    return desk_of(ana, replace(policy, mail_address="central@ponte.example"))


@pytest.fixture
def provider_id(session: Session) -> int:
    return make_provider(session, "P1")


@pytest.fixture
def asked(session: Session, desk: Desk, provider_id: int) -> ProviderDomain:
    return domains.ask(session, desk, "P1", "Grupo.example", ASKED)


def token(policy: Policy, row: ProviderDomain) -> str:
    return policy.keyring.domain_token(row.id, row.asked_at)


@pytest.fixture
def proved(session: Session, policy: Policy, asked: ProviderDomain) -> ProviderDomain:
    sent = mail(ASKED, tokens=(token(policy, asked),), verdict=Verdict.VERIFIED)
    answer = receive(session, sent, policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.NOTED, None)
    return asked


@pytest.mark.parametrize(
    ("domain", "shared"),
    [
        ("gmail.com", True), ("hotmail.com", True), ("outlook.com.br", True), ("live.com", True),
        ("yahoo.com.br", True), ("uol.com.br", True), ("bol.com.br", True), ("ig.com.br", True),
        ("terra.com.br", True), ("globo.com", True), ("icloud.com", True), ("proton.me", True),
        ("zoho.com", True), ("me.com", True), ("x.uol.com.br", True), ("com.br", True),
        ("br", True), ("med.br", True), ("blogspot.com", True),
        ("terra.med.br", False), ("clinica.com.br", False), ("grupo.example", False),
        ("xn--clnica-5va.com.br", False),
    ],
)  # fmt: skip
def test_where_anybody_has_a_mailbox_nobody_is_recognised(domain: str, *, shared: bool):
    assert domains.is_shared(domain) is shared


def test_asking_writes_to_the_address_and_proves_nothing_yet(
    session: Session, desk: Desk, asked: ProviderDomain
):
    assert (asked.domain, asked.asked, asked.verified_at) == ("grupo.example", ASKED, None)
    [row] = outbox_of(session)
    assert (row.notice, row.address) == ("confirm_domain", ASKED)
    [letter] = letters.write(session, [row], desk.policy)
    assert letter.data["answer_token"] == token(desk.policy, asked)
    assert (letter.data["domain"], letter.data["link"]) == ("grupo.example", "")
    assert "domain_asked" in set(session.scalars(select(Log.action)))


@pytest.mark.parametrize(
    ("domain", "address", "wrong"),
    [
        ("", ASKED, {"domain": "required"}),
        ("sem ponto", ASKED, {"domain": "invalid"}),
        ("gmail.com", "x@gmail.com", {"domain": "shared"}),
        ("ponte.example", "x@ponte.example", {"domain": "ours"}),
        ("operadora.example", "x@operadora.example", {"domain": "ours"}),
        ("grupo.example", "", {"address": "required"}),
        ("grupo.example", "ninguem", {"address": "invalid"}),
        ("grupo.example", "x@sub.grupo.example", {"address": "elsewhere"}),
    ],
)
def test_what_cannot_be_asked_says_why(
    session: Session, desk: Desk, provider_id: int, domain: str, address: str, wrong: object
):
    with pytest.raises(Invalid) as error:
        domains.ask(session, desk, "P1", domain, address)
    assert {e.field: e.code for e in error.value.errors} == wrong
    assert outbox_of(session) == []


def test_only_who_writes_registers_asks_and_removes(session: Session, desk: Desk, provider_id: int):
    rui = replace(desk, actor=make_agent(session, "rui", permissions=("registers.domain.read",)))
    with pytest.raises(Forbidden):
        domains.ask(session, rui, "P1", "grupo.example", ASKED)
    with pytest.raises(NotVisible):
        domains.ask(session, desk, "P9", "grupo.example", ASKED)
    row = domains.ask(session, desk, "P1", "grupo.example", ASKED)
    with pytest.raises(Forbidden):
        domains.remove(session, rui, row.id)
    assert [one.domain for one in domains.listing(session, rui.actor)] == ["grupo.example"]
    assert domains.listing(session, rui.actor, "P9") == []


def test_an_answer_proves_it_once(session: Session, policy: Policy, proved: ProviderDomain):
    assert proved.verified_at == NOW
    again = mail(OTHER, tokens=(token(policy, proved),), verdict=Verdict.VERIFIED)
    assert isinstance(receive(session, again, policy, now=NOW + timedelta(days=1)), Receipt)
    assert proved.verified_at == NOW
    actions = list(session.scalars(select(Log.action)))
    assert actions.count("domain_verified") == 1
    assert domains.of_provider(session, [proved.provider_id]) == {
        proved.provider_id: ["grupo.example"]
    }


def test_unverified_only_the_address_that_was_asked_proves_it(
    session: Session, policy: Policy, asked: ProviderDomain
):
    tokens = (token(policy, asked),)
    sent = mail(ASKED, tokens=tokens)
    refused = receive(session, mail(OTHER, tokens=tokens), policy)
    strict = receive(session, mail(ASKED, tokens=tokens), replace(policy, unverified="hold"))
    for answer in (refused, strict):
        assert isinstance(answer, Refusal)
        assert answer.reason is HoldReason.UNVERIFIED
    assert asked.verified_at is None
    assert isinstance(receive(session, sent, policy), Receipt)
    assert asked.verified_at == NOW
    again = receive(session, replace(sent, arrival="imap:1"), policy)
    assert isinstance(again, Receipt)
    assert again.outcome is Outcome.DUPLICATE


def test_a_proved_domain_cannot_be_asked_again_but_removed(
    session: Session, desk: Desk, policy: Policy, proved: ProviderDomain
):
    with pytest.raises(Invalid) as error:
        domains.ask(session, desk, "P1", "grupo.example", ASKED)
    assert [e.code for e in error.value.errors] == ["taken"]
    domains.remove(session, desk, proved.id)
    answer = receive(session, mail(OTHER, verdict=Verdict.VERIFIED), policy)
    assert isinstance(answer, Refusal)
    assert answer.reason is HoldReason.UNKNOWN_SENDER
    with pytest.raises(NotVisible):
        domains.remove(session, desk, proved.id)


def test_who_writes_from_it_is_read_as_the_provider_and_receives_nothing(
    session: Session, policy: Policy, proved: ProviderDomain
):
    ticket = opened(session, mail(OTHER, name="Maria"), policy)
    assert ticket.provider_id == proved.provider_id
    assert (ticket.opened_kind, ticket.opened_name) == ("unknown", f"Maria <{OTHER}>")
    [end] = endpoints_of(session, ticket.number).values()
    assert (end.address, end.state) == (OTHER, "reading")
    assert OTHER not in set(session.scalars(select(Outbox.address)))
    assert endpoints.default(session, ticket, endpoints.of_ticket(session, ticket.number)) is None
    match = messages_of(session, ticket.number)[0].match
    assert match is not None
    assert match["standing"] == "domain"


def test_registering_an_address_of_it_lets_it_receive(
    session: Session, policy: Policy, proved: ProviderDomain
):
    ticket = opened(session, mail(OTHER), policy)
    know(session, proved.provider_id, OTHER)
    sent = mail(OTHER, protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
    assert opened(session, sent, policy) is ticket
    assert endpoints_of(session, ticket.number)[OTHER].state == "active"


def test_copied_people_of_the_domain_take_part_and_are_only_read(
    session: Session, policy: Policy, proved: ProviderDomain
):
    luciana = make_person(session, proved.provider_id, "Luciana", "luciana@grupo.example")
    copied = ("luciana@grupo.example", OTHER, "estranho@fora.example", "ana@operadora.example")
    ticket = opened(session, mail(ASKED, copied=copied), policy)
    ends = endpoints_of(session, ticket.number)
    assert {a: e.state for a, e in ends.items()} == {
        ASKED: "reading", "luciana@grupo.example": "active", OTHER: "reading",
    }  # fmt: skip
    assert ends["luciana@grupo.example"].person_id == luciana.id
    sent = mail(OTHER, protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
    assert opened(session, sent, policy) is ticket


def test_a_domain_of_two_providers_is_ambiguous_and_a_registered_address_is_not(
    session: Session, policy: Policy, desk: Desk, proved: ProviderDomain
):
    other = make_provider(session, "LAB9")
    row = domains.ask(session, desk, "LAB9", "grupo.example", ASKED)
    row.verified_at = NOW
    answer = receive(session, mail(OTHER), policy)
    assert isinstance(answer, Refusal)
    assert answer.reason is HoldReason.AMBIGUOUS_PROVIDER
    named = opened(session, mail(OTHER, text="Somos o prestador LAB9."), policy)
    assert named.provider_id == other
    know(session, proved.provider_id, OTHER)
    assert opened(session, mail(OTHER), policy).provider_id == proved.provider_id
