"""An agent answers by mail: a note, or with a mark an answer that goes out as from the console."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from helpdesk import letters, tickets
from helpdesk.border import Actor, File, HoldReason, Inbound, Outcome, Receipt, Refusal, Verdict
from helpdesk.intake.agents import instruction
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.routing import forward
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    hide,
    know,
    mail,
    make_agent,
    make_provider,
    messages_of,
    opened,
    outbox_of,
    receive,
)

RUI = "rui@operadora.example"


@pytest.fixture
def rui(session: Session) -> Actor:
    return make_agent(session, "rui")


@pytest.fixture
def ticket(session: Session, policy: Policy) -> Ticket:
    know(session, make_provider(session), CLINIC)
    return opened(session, mail(verdict=Verdict.VERIFIED), policy)


def told(policy: Policy, ticket: Ticket, agent: Actor, text: str, **more: object) -> Inbound:
    """A reply to the notice this agent got."""
    token = policy.keyring.agent_token(ticket.number, agent.id or 0)
    return mail(RUI, text=text, tokens=(token,), **more)


def held(answer: Receipt | Refusal) -> tuple[HoldReason, str]:
    assert isinstance(answer, Refusal), answer
    return answer.reason, answer.trace[-1]


def test_a_notice_to_an_agent_carries_a_token_of_that_agent(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    forward(session, desk_of(make_agent(session), policy), ticket.number, note="Veja.", agent="rui")
    row = outbox_of(session, ticket.number)[-1]
    [letter] = letters.write(session, [row], policy)
    assert (row.notice, row.address) == ("agent_forwarded", RUI)
    assert letter.data["answer_token"] == policy.keyring.agent_token(ticket.number, rui.id or 0)


@pytest.mark.parametrize("verdict", [Verdict.VERIFIED, Verdict.UNKNOWN])
def test_a_reply_to_the_notice_is_an_internal_note(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor, verdict: Verdict
):
    answer = receive(session, told(policy, ticket, rui, "Confirmo.", verdict=verdict), policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.COMPLEMENTED, ticket.number)
    note = messages_of(session, ticket.number)[-1]
    assert (note.kind, note.audience, note.text) == ("note", "internal", "Confirmo.")
    assert (note.author_kind, note.author_id, note.verdict) == ("agent", rui.id, verdict)
    assert note.match is not None
    assert (note.match["layer"], note.match["standing"]) == ("reply-token", "agent")
    assert [o.notice for o in outbox_of(session)] == ["opened"]
    assert RUI not in endpoints_of(session, ticket.number)


def test_with_the_mark_it_goes_to_the_provider_without_the_mark(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    logo = File("logo.png", "image/png", 9, "a" * 64, inline=True)
    file = File("guia.pdf", "application/pdf", 9, "b" * 64)
    sent = told(policy, ticket, rui, "\n#Responder: Pago em 30/11.", files=(logo, file))
    answer = receive(session, sent, policy)
    assert isinstance(answer, Receipt)
    said = messages_of(session, ticket.number)[-1]
    assert (said.kind, said.audience, said.text) == ("reply", "public", "Pago em 30/11.")
    assert said.mail_id is None
    row = outbox_of(session, ticket.number)[-1]
    assert (row.notice, row.address, row.message_id) == ("replied", CLINIC, said.id)
    [letter] = letters.write(session, [row], policy)
    assert letter.data["text"] == "Pago em 30/11."
    assert [f.filename for f in letter.files] == ["guia.pdf"]
    assert ticket.waiting_on == "provider"


@pytest.mark.parametrize(
    ("subject", "text", "public", "said"),
    [
        ("Re: x", "#responder\nPago.", True, "Pago."),
        ("Re: x", "  #RESPONDER Pago.", True, "Pago."),
        ("Re: x #responder", "Pago.", True, "Pago."),
        ("Re: x", "Pago. #responder", False, "Pago. #responder"),
        ("Re: x", "#responder-depois", False, "#responder-depois"),
        ("Re: x", "#respondera", False, "#respondera"),
    ],
)
def test_the_mark_stands_first_or_in_the_subject(
    subject: str, text: str, said: str, *, public: bool
):
    is_public, left = instruction(subject, text)
    assert (is_public, left.strip()) == (public, said)


def test_verified_it_is_enough_to_name_the_ticket(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    for sent in (
        mail(RUI, protocols=(ticket.protocol,)),
        mail(RUI, references=(policy.keyring.message_id(ticket.number, 3, 0, "x.example"),)),
    ):
        assert held(receive(session, sent, policy)) == (
            HoldReason.UNVERIFIED, "agent rui: unverified",
        )  # fmt: skip
        assert isinstance(
            receive(session, replace(sent, verdict=Verdict.VERIFIED), policy), Receipt
        )
    assert [m.kind for m in messages_of(session, ticket.number)] == ["opening", "note", "note"]


def test_an_agents_token_is_its_own_unless_verified(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    sent = told(policy, ticket, make_agent(session), "Repassado a mim.")
    assert held(receive(session, sent, policy))[0] is HoldReason.UNVERIFIED
    assert isinstance(receive(session, replace(sent, verdict=Verdict.VERIFIED), policy), Receipt)


def test_where_unverified_mail_is_held_the_token_alone_is_not_enough(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    strict = replace(policy, unverified="hold")
    assert held(receive(session, told(policy, ticket, rui, "Oi"), strict))[0] is (
        HoldReason.UNVERIFIED
    )


def test_what_the_console_would_refuse_is_held_and_changes_nothing(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    def tried(text: str, agent: Actor = rui, **more: object) -> str:
        sent = told(policy, ticket, agent, text, verdict=Verdict.VERIFIED, **more)
        return held(receive(session, sent, policy))[1]

    assert tried("#responder") == "agent rui: invalid"
    tickets.claim(session, desk_of(make_agent(session), policy), ticket.number)
    assert tried("#responder Pago.") == "agent rui: conflict"
    hide(session, ticket.number)
    session.expire_all()
    assert tried("Nota.") == "agent rui: not-visible"
    assert len(messages_of(session, ticket.number)) == 1


def test_an_agent_without_the_permission_is_held(session: Session, policy: Policy, ticket: Ticket):
    rui = make_agent(session, "rui", permissions=("ticket.read", "ticket.note"))
    sent = told(policy, ticket, rui, "#responder Pago.", verdict=Verdict.VERIFIED)
    assert held(receive(session, sent, policy))[1] == "agent rui: forbidden"
    note = told(policy, ticket, rui, "Só uma nota.", verdict=Verdict.VERIFIED)
    assert isinstance(receive(session, note, policy), Receipt)


def test_an_agents_address_never_opens_even_when_registered_to_a_provider(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    know(session, ticket.provider_id, RUI)
    answer = receive(session, mail(RUI, verdict=Verdict.VERIFIED), policy)
    assert held(answer) == (HoldReason.NOT_A_PARTICIPANT, "agent rui: no-ticket")


def test_a_deleted_ticket_is_no_ticket_for_an_agent_either(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    tickets.delete(session, desk_of(make_agent(session), policy), ticket.number, justification="x")
    sent = told(policy, ticket, rui, "Oi", verdict=Verdict.VERIFIED)
    assert held(receive(session, sent, policy)) == (
        HoldReason.NOT_A_PARTICIPANT, "agent rui: no-ticket",
    )  # fmt: skip


def test_attached_by_hand_it_is_a_note_the_provider_does_not_see(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    ana = make_agent(session)
    sent = mail(RUI, text="Sem código.", placed_by=ana.id, number=ticket.number)
    assert opened(session, sent, policy) is ticket
    note = messages_of(session, ticket.number)[-1]
    assert (note.kind, note.author_id) == ("note", rui.id)
    assert RUI not in endpoints_of(session, ticket.number)


def test_an_agents_absence_is_no_news_of_the_ticket(
    session: Session, policy: Policy, ticket: Ticket, rui: Actor
):
    ours = policy.keyring.message_id(ticket.number, 3, 0, "operadora.example")
    for sent in (
        told(policy, ticket, rui, "Estou de férias.", automatic="out-of-office"),
        mail(RUI, references=(ours,), automatic="out-of-office"),
        mail("rui.celular@operadora.example", references=(ours,), automatic="out-of-office"),
    ):
        answer = receive(session, sent, policy, now=NOW)
        assert isinstance(answer, Receipt)
        assert answer.outcome is Outcome.IGNORED
    assert len(messages_of(session, ticket.number)) == 1
