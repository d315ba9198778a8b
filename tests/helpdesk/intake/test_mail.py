"""Who is speaking, which ticket, where the answer goes (DESIGN §4), on a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk import endpoints, registers
from helpdesk.border import Actor, HoldReason, Outcome, Receipt, Refusal, Verdict
from helpdesk.closing import close
from helpdesk.desk import Desk
from helpdesk.intake import receive_many
from helpdesk.models import Endpoint, Message, Person, Ticket
from helpdesk.policy import Policy
from helpdesk.registers import ProviderRow
from helpdesk.tickets import delete, pending
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    form,
    hide,
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

STRANGER = "estranho@fora.example"


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def ticket(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(verdict=Verdict.VERIFIED), policy)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def desk(ana: Actor, policy: Policy) -> Desk:
    return desk_of(ana, policy)


def token(session: Session, policy: Policy, ticket: Ticket, address: str = CLINIC) -> str:
    endpoint = endpoints_of(session, ticket.number)[address]
    return policy.keyring.reply_token(ticket.number, endpoint.id)


def held(session: Session, inbound: object, policy: Policy) -> Refusal:
    answer = receive(session, inbound, policy)  # type: ignore[arg-type]
    assert isinstance(answer, Refusal), answer
    return answer


def test_a_known_address_opens_to_be_classified(session: Session, policy: Policy, ticket: Ticket):
    assert ticket.classification_id
    assert (ticket.channel, ticket.terms_source, ticket.days) == ("mail", "triage", 3)
    assert ticket.opened_name == "Recepção"
    [end] = endpoints_of(session, ticket.number).values()
    assert (end.address, end.state, end.spoke) == (CLINIC, "active", True)
    assert [(o.notice, o.address) for o in outbox_of(session)] == [("opened", CLINIC)]
    assert messages_of(session, ticket.number)[0].verdict == "verified"


def test_a_person_of_a_provider_opens_by_mail(session: Session, policy: Policy, provider_id: int):
    luciana = make_person(session, provider_id, "Luciana Reis", "luciana@clinica.example")
    ticket = opened(session, mail("luciana@clinica.example"), policy)
    assert (ticket.opened_kind, ticket.opened_id, ticket.opened_name) == (
        "person", luciana.id, "Luciana Reis",
    )  # fmt: skip


def test_a_title_is_the_subject_else_the_first_line_else_who_wrote(
    session: Session, policy: Policy, provider_id: int
):
    long = opened(session, mail(title="x" * 300), policy)
    assert (len(long.title), long.title[-1]) == (200, "…")
    assert opened(session, mail(text="\n  Bom   dia \nresto"), policy).title == "Bom dia"
    assert opened(session, mail(text=""), policy).title == "Recepção"


def test_what_a_program_put_anywhere_fits(session: Session, policy: Policy, provider_id: int):
    """Columns of PostgreSQL have limits; nothing of a mail may be lost to them."""
    odd = mail(
        name="N\0ome " * 200, subject="s" * 5_000, message_id=f"<{'é' * 900}@x>", html="<p>x</p>"
    )
    ticket = opened(session, odd, policy)
    assert len(ticket.subject or "") == 998
    [message] = messages_of(session, ticket.number)
    assert (message.mail_id, len(message.author_name)) == (None, 200)


def test_a_failed_sender_is_always_held(session: Session, policy: Policy, ticket: Ticket):
    tokens = (token(session, policy, ticket),)
    for sent in (mail(), mail(tokens=tokens), mail(protocols=(ticket.protocol,))):
        answer = held(session, replace(sent, verdict=Verdict.FAILED), policy)
        assert answer.reason is HoldReason.AUTHENTICATION_FAILED
    assert len(messages_of(session, ticket.number)) == 1


def test_an_unknown_sender_waits(session: Session, policy: Policy, provider_id: int):
    assert held(session, mail(STRANGER), policy).reason is HoldReason.UNKNOWN_SENDER
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_a_provider_that_left_is_unknown(session: Session, policy: Policy, provider_id: int):
    registers.upsert_provider(session, ProviderRow(code="P1", active=False), now=NOW)
    assert held(session, mail(), policy).reason is HoldReason.UNKNOWN_SENDER


def test_unverified_senders_wait_where_the_instance_says_so(
    session: Session, policy: Policy, provider_id: int
):
    strict = replace(policy, unverified="hold")
    assert held(session, mail(), strict).reason is HoldReason.UNVERIFIED
    assert opened(session, mail(verdict=Verdict.VERIFIED), strict)


def test_a_token_issued_to_that_address_joins_whoever_it_is(
    session: Session, policy: Policy, ticket: Ticket
):
    answer = receive(session, mail(tokens=(token(session, policy, ticket),)), policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.COMPLEMENTED, ticket.number)
    match = messages_of(session, ticket.number)[1].match
    assert match is not None
    assert (match["layer"], match["score"], match["standing"]) == (
        "reply-token", 100, "issued-to-sender",
    )  # fmt: skip


def test_a_token_in_capitals_joins(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(tokens=(token(session, policy, ticket).upper(),))
    assert opened(session, sent, policy) is ticket


def test_a_signed_id_issued_to_that_address_joins(session: Session, policy: Policy, ticket: Ticket):
    end = endpoints_of(session, ticket.number)[CLINIC]
    ours = policy.keyring.message_id(ticket.number, 7, end.id, "operadora.example")
    assert opened(session, mail(references=("<a@b>", ours)), policy) is ticket
    match = messages_of(session, ticket.number)[1].match
    assert match is not None
    assert match["layer"] == "issued-id"


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.VERIFIED])
def test_a_token_in_a_strangers_hand_is_held(
    session: Session, policy: Policy, ticket: Ticket, verdict: Verdict
):
    sent = mail(STRANGER, tokens=(token(session, policy, ticket),), verdict=verdict)
    answer = held(session, sent, policy)
    assert (answer.reason, answer.suggestion) == (HoldReason.NOT_A_PARTICIPANT, ticket.number)
    assert len(messages_of(session, ticket.number)) == 1


def test_a_token_of_another_of_the_provider_joins_only_verified(
    session: Session, policy: Policy, ticket: Ticket, provider_id: int
):
    know(session, provider_id, "financeiro@clinica.example")
    sent = mail("financeiro@clinica.example", tokens=(token(session, policy, ticket),))
    assert held(session, sent, policy).reason is HoldReason.UNVERIFIED
    assert opened(session, replace(sent, verdict=Verdict.VERIFIED), policy) is ticket
    assert set(endpoints_of(session, ticket.number)) == {CLINIC, "financeiro@clinica.example"}


def test_a_forged_token_is_held(session: Session, policy: Policy, ticket: Ticket):
    ours = token(session, policy, ticket)
    forged = ours[:-2] + ("ab" if ours[-2:] != "ab" else "ba")
    answer = held(session, mail(tokens=(forged,), verdict=Verdict.VERIFIED), policy)
    assert answer.reason is HoldReason.FORGED_TOKEN


def test_the_token_of_a_removed_endpoint_is_void(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(tokens=(token(session, policy, ticket),), verdict=Verdict.VERIFIED)
    endpoints_of(session, ticket.number)[CLINIC].state = "removed"
    assert held(session, sent, policy).reason is HoldReason.NOT_A_PARTICIPANT


def test_a_protocol_in_the_subject_joins_only_when_verified(
    session: Session, policy: Policy, ticket: Ticket
):
    sent = mail(protocols=(ticket.protocol,))
    answer = held(session, sent, policy)
    assert (answer.reason, answer.suggestion) == (HoldReason.UNVERIFIED, ticket.number)
    assert opened(session, replace(sent, verdict=Verdict.VERIFIED), policy) is ticket


def test_a_protocol_in_a_strangers_subject_is_held_verified_or_not(
    session: Session, policy: Policy, ticket: Ticket
):
    other = make_provider(session, "P2")
    know(session, other, "lab@lab.example")
    for sender in (STRANGER, "lab@lab.example"):
        sent = mail(sender, protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
        assert held(session, sent, policy).reason is HoldReason.NOT_A_PARTICIPANT


def test_a_stored_message_id_joins_only_when_verified(
    session: Session, policy: Policy, ticket: Ticket
):
    first = messages_of(session, ticket.number)[0].mail_id
    sent = mail(references=(first,))
    assert held(session, sent, policy).reason is HoldReason.UNVERIFIED
    assert opened(session, replace(sent, verdict=Verdict.VERIFIED), policy) is ticket


def test_a_message_id_used_twice_is_applied_and_threads_no_more(
    session: Session, policy: Policy, ticket: Ticket
):
    reused = messages_of(session, ticket.number)[0].mail_id
    second = opened(session, mail(message_id=reused), policy)
    assert second is not ticket
    third = opened(session, mail(references=(reused,), verdict=Verdict.VERIFIED), policy)
    assert third not in {ticket, second}


def test_one_content_by_two_ways_is_one_ticket(session: Session, policy: Policy, provider_id: int):
    sent = mail()
    first = receive(session, sent, policy)
    again = receive(session, replace(sent, arrival="imap:a/INBOX/1/9"), policy)
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (again.outcome, again.number) == (Outcome.DUPLICATE, first.number)


def test_a_batch_sees_what_came_before_in_it(session: Session, policy: Policy, provider_id: int):
    first = mail(verdict=Verdict.VERIFIED)
    assert first.mail
    answer = mail(references=(first.mail.message_id,), verdict=Verdict.VERIFIED)
    alien = mail()
    receipts = receive_many(session, [first, answer, first, alien], policy, now=NOW)
    outcomes = [r.outcome for r in receipts if isinstance(r, Receipt)]
    assert outcomes == ["opened", "complemented", "duplicate", "opened"]


def test_an_address_of_two_providers_is_ambiguous_until_one_is_named(
    session: Session, policy: Policy, provider_id: int
):
    other = make_provider(session, "LAB9", document="11.222.333/0001-81")
    know(session, other, CLINIC)
    assert held(session, mail(), policy).reason is HoldReason.AMBIGUOUS_PROVIDER
    named = opened(session, mail(text="Somos o prestador LAB9."), policy)
    assert named.provider_id == other
    by_document = opened(session, mail(subject="CNPJ 11.222.333/0001-81"), policy)
    assert by_document.provider_id == other
    both = mail(text="LAB9 ou P1")
    assert held(session, both, policy).reason is HoldReason.AMBIGUOUS_PROVIDER
    # A match decides before any of it.
    sent = mail(tokens=(token(session, policy, named),))
    assert opened(session, sent, policy) is named


def test_what_cannot_be_read_waits(session: Session, policy: Policy, provider_id: int):
    assert held(session, mail(defects=("unreadable",)), policy).reason is HoldReason.UNREADABLE
    assert held(session, mail(defects=("limit",)), policy).reason is HoldReason.LIMIT


# Where the answer goes.


def test_reply_to_is_followed_only_under_the_rule(
    session: Session, policy: Policy, provider_id: int
):
    know(session, provider_id, "faturas@clinica.example")
    to_us = opened(session, mail(reply_to="faturas@clinica.example"), policy)
    default = endpoints.default(session, to_us, endpoints.of_ticket(session, to_us.number))
    assert default is not None
    assert default.address == "faturas@clinica.example"
    assert set(endpoints_of(session, to_us.number)) == {CLINIC, "faturas@clinica.example"}
    astray = opened(session, mail(reply_to=STRANGER), policy)
    assert list(endpoints_of(session, astray.number)) == [CLINIC]


def test_reply_to_an_address_of_the_ticket_is_followed_while_it_is_used(
    session: Session, policy: Policy, ticket: Ticket
):
    added = Endpoint(number=ticket.number, channel="mail", address=STRANGER, state="active")
    session.add(added)
    session.flush()
    sent = mail(reply_to=STRANGER, tokens=(token(session, policy, ticket),))
    assert opened(session, sent, policy) is ticket
    assert messages_of(session, ticket.number)[-1].endpoint_id == added.id
    added.state = "removed"
    opened(session, mail(reply_to=STRANGER, tokens=(token(session, policy, ticket),)), policy)
    assert messages_of(session, ticket.number)[-1].endpoint_id != added.id


def test_of_the_copied_only_the_registered_take_part(
    session: Session, policy: Policy, provider_id: int
):
    know(session, provider_id, "diretoria@clinica.example")
    copied = ("diretoria@clinica.example", STRANGER, CLINIC)
    ticket = opened(session, mail(copied=copied), policy)
    assert set(endpoints_of(session, ticket.number)) == {CLINIC, "diretoria@clinica.example"}


def test_a_failing_address_that_writes_works_again(
    session: Session, policy: Policy, ticket: Ticket
):
    end = endpoints_of(session, ticket.number)[CLINIC]
    end.state = "failing"
    opened(session, mail(tokens=(token(session, policy, ticket),)), policy)
    assert end.state == "active"


def test_who_was_let_in_by_hand_receives_nothing_until_registered(
    session: Session, policy: Policy, ticket: Ticket, ana: Actor, provider_id: int
):
    placed = mail(STRANGER, placed_by=ana.id, number=ticket.number)
    assert opened(session, placed, policy) is ticket
    stranger = endpoints_of(session, ticket.number)[STRANGER]
    assert (stranger.state, stranger.spoke) == ("reading", True)
    default = endpoints.default(session, ticket, endpoints.of_ticket(session, ticket.number))
    assert default is not None
    assert default.address == CLINIC
    know(session, provider_id, STRANGER)
    sent = mail(STRANGER, protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
    assert opened(session, sent, policy) is ticket
    assert stranger.state == "active"


def test_opened_by_hand_for_a_provider(
    session: Session, policy: Policy, ana: Actor, provider_id: int
):
    ticket = opened(session, mail(STRANGER, placed_by=ana.id, provider_id=provider_id), policy)
    assert ticket.provider_id == provider_id
    assert outbox_of(session) == []


# The life of a ticket that is written to.


def test_a_complement_wakes_a_pending_ticket(
    session: Session, policy: Policy, ticket: Ticket, desk: Desk
):
    pending(session, desk, ticket.number, body="Envie o XML", until=NOW + timedelta(days=2))
    assert (ticket.situation, ticket.waiting_on) == ("pending", "provider")
    opened(session, mail(tokens=(token(session, policy, ticket),)), policy)
    assert (ticket.situation, ticket.waiting_on, ticket.pending_until) == ("open", "agent", None)


@pytest.mark.parametrize(("days", "same"), [(30, True), (31, False)])
def test_a_closed_ticket_reopens_for_a_while_later_a_linked_one_opens(
    session: Session, policy: Policy, ticket: Ticket, desk: Desk, days: int, *, same: bool
):
    close(session, desk, ticket.number, status="EPR", body="Pago em 30/11, TED 4711.")
    sent = mail(tokens=(token(session, policy, ticket),))
    later = NOW + timedelta(days=days)
    found = opened(session, sent, policy, now=later)
    assert (found is ticket) is same
    if same:
        assert (ticket.situation, ticket.closed_at, ticket.late) == ("open", None, None)
        assert ticket.cycle_at == later
    else:
        assert (found.follows, found.provider_id) == (ticket.number, ticket.provider_id)
        assert ticket.situation == "closed"
        assert found.protocol != ticket.protocol


def test_two_answers_at_once_to_a_closed_ticket_reopen_it_once(
    session: Session, policy: Policy, ticket: Ticket, desk: Desk
):
    close(session, desk, ticket.number, status="EPR", body="Pago em 30/11, TED 4711.")
    tokens = (token(session, policy, ticket),)
    receipts = receive_many(session, [mail(tokens=tokens), mail(tokens=tokens)], policy, now=NOW)
    assert [r.number for r in receipts if isinstance(r, Receipt)] == [ticket.number] * 2
    assert ticket.situation == "open"


def test_what_follows_a_secret_ticket_is_secret(
    session: Session, policy: Policy, ticket: Ticket, desk: Desk
):
    close(session, desk, ticket.number, status="EPR", body="Pago em 30/11, TED 4711.")
    hide(session, ticket.number)
    session.expire_all()
    sent = mail(tokens=(token(session, policy, ticket),))
    found = opened(session, sent, policy, now=NOW + timedelta(days=40))
    assert (found.follows, found.secret_group) == (ticket.number, "juridico")
    assert messages_of(session, found.number)[0].secret_group == "juridico"


def test_a_deleted_ticket_is_never_woken(
    session: Session, policy: Policy, ticket: Ticket, desk: Desk
):
    delete(session, desk, ticket.number, justification="engano")
    first = messages_of(session, ticket.number)[0].mail_id
    for sent in (
        mail(tokens=(token(session, policy, ticket),)),
        mail(protocols=(ticket.protocol,), verdict=Verdict.VERIFIED),
        mail(references=(first,), verdict=Verdict.VERIFIED),
    ):
        found = opened(session, sent, policy)
        assert found is not ticket
    assert ticket.situation == "closed"


def test_a_merged_ticket_leads_to_its_target(
    session: Session, policy: Policy, ticket: Ticket, provider_id: int
):
    target = opened(session, mail(), policy)
    sent = mail(tokens=(token(session, policy, ticket),))
    ticket.merged_into, ticket.situation = target.number, "closed"
    assert opened(session, sent, policy) is target
    target.merged_into = ticket.number  # a circle leads nowhere, and the mail opens
    found = opened(session, mail(tokens=(token(session, policy, ticket),)), policy)
    assert found not in {ticket, target}


def test_an_imported_mail_opens_when_it_was_written(
    session: Session, policy: Policy, provider_id: int
):
    then = NOW - timedelta(days=90)
    ticket = opened(session, mail(at=then, imported=True, quiet=True), policy)
    assert (ticket.opened_at, ticket.imported) == (then, True)
    assert ticket.due_at < NOW
    assert messages_of(session, ticket.number)[0].at == then
    assert outbox_of(session) == []


def test_without_protocols_a_ticket_has_only_its_number(
    session: Session, policy: Policy, provider_id: int, ana: Actor
):
    from helpdesk import parameters

    parameters.change(session, ana, "generate_protocol", value=False, now=NOW)
    answer = receive(session, mail(), policy)
    assert isinstance(answer, Receipt)
    assert answer.protocol is None
    assert session.get_one(Ticket, answer.number).protocol is None


def test_a_form_is_continued_by_mail(session: Session, policy: Policy, provider_id: int):
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    ticket = opened(session, form(luciana, provider_id), policy)
    sent = mail(
        "luciana@clinica.example",
        tokens=(token(session, policy, ticket, "luciana@clinica.example"),),
    )
    assert opened(session, sent, policy) is ticket
    assert endpoints_of(session, ticket.number)["luciana@clinica.example"].spoke
    found = session.scalar(select(Message.author_kind).order_by(Message.id.desc()).limit(1))
    assert found == "person"


# Another matter under an old address; who stopped being a participant.


@pytest.mark.parametrize(
    ("subject", "quotes", "protocol", "flagged"),
    [
        ("Reajuste contratual", False, False, True),
        ("Reajuste contratual", True, False, False),
        ("Reajuste contratual", False, True, False),
        ("RES: Glosa do lote", False, False, False),
        ("Enc: Re[2]: GLOSA  do lote", False, False, False),
        ("", False, False, False),
    ],
)
def test_a_reply_under_a_new_subject_that_quotes_nothing_is_flagged(
    session: Session,
    policy: Policy,
    provider_id: int,
    subject: str,
    *,
    quotes: bool,
    protocol: bool,
    flagged: bool,
):
    ticket = opened(session, mail(subject="Glosa do lote", title="Glosa do lote"), policy)
    sent = mail(
        subject=subject,
        quotes=quotes,
        tokens=(token(session, policy, ticket),),
        protocols=(ticket.protocol,) if protocol else (),
    )
    assert opened(session, sent, policy) is ticket
    match = messages_of(session, ticket.number)[-1].match
    assert match is not None
    assert match.get("new_subject", False) is flagged


def test_answers_to_a_form_under_our_own_subject_are_not_flagged(
    session: Session, policy: Policy, provider_id: int
):
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    ticket = opened(session, form(luciana, provider_id), policy)
    sent = mail(
        "luciana@clinica.example",
        subject=f"Re: Protocolo {ticket.protocol}",
        tokens=(token(session, policy, ticket, "luciana@clinica.example"),),
    )
    assert opened(session, sent, policy) is ticket
    match = messages_of(session, ticket.number)[-1].match
    assert match is not None
    assert "new_subject" not in match


def test_the_trace_on_a_message_names_no_other_ticket(
    session: Session, policy: Policy, ticket: Ticket
):
    other = opened(session, mail(), policy)
    hide(session, other.number)
    session.expire_all()
    sent = mail(tokens=(token(session, policy, ticket),), protocols=(other.protocol,))
    assert opened(session, sent, policy) is ticket
    match = messages_of(session, ticket.number)[-1].match
    assert match is not None
    assert [line.split()[0] for line in match["trace"]] == ["verdict", "reply-token"]


def test_who_left_the_provider_gets_no_answer(
    session: Session, policy: Policy, ticket: Ticket, provider_id: int
):
    make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    sent = mail("luciana@clinica.example", protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
    assert opened(session, sent, policy) is ticket

    def default() -> str:
        found = endpoints.default(session, ticket, endpoints.of_ticket(session, ticket.number))
        assert found is not None
        return found.address

    assert default() == "luciana@clinica.example"
    session.execute(update(Person).values(active=False))
    session.expire_all()
    assert default() == CLINIC
    again = mail("luciana@clinica.example", protocols=(ticket.protocol,), verdict=Verdict.VERIFIED)
    assert held(session, again, policy).reason is HoldReason.NOT_A_PARTICIPANT
