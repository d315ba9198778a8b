"""Automatic mail opens nothing, reopens nothing and is never answered."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import outbox
from helpdesk.border import Bounced, HoldReason, Outcome, Receipt, Refusal, Verdict
from helpdesk.closing import close
from helpdesk.intake import receive_many
from helpdesk.models import Delivery, KnownAddress, Log, Ticket
from helpdesk.policy import Policy
from helpdesk.tickets import reply
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    know,
    mail,
    make_agent,
    make_provider,
    messages_of,
    opened,
    outbox_of,
    receive,
)

KINDS = ["auto-reply", "out-of-office", "bounce", "delayed", "feedback-report", "read-receipt",
         "own"]  # fmt: skip
NO = Bounced(CLINIC.upper(), "failed", "5.1.1", permanent=True, diagnostic="no such user")


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def ticket(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(), policy)


def token(session: Session, policy: Policy, ticket: Ticket) -> str:
    end = endpoints_of(session, ticket.number)[CLINIC]
    return policy.keyring.reply_token(ticket.number, end.id)


@pytest.mark.parametrize("kind", KINDS)
def test_it_never_opens(session: Session, policy: Policy, provider_id: int, kind: str):
    answer = receive(session, mail(automatic=kind, verdict=Verdict.VERIFIED), policy)
    assert answer == Receipt(Outcome.IGNORED)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert outbox_of(session) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_never_reopens_nor_is_answered(
    session: Session, policy: Policy, ticket: Ticket, kind: str
):
    desk = desk_of(make_agent(session), policy)
    close(session, desk, ticket.number, status="EPR", body="Pago em 30/11, TED 4711.")
    queued = len(outbox_of(session))
    answer = receive(
        session, mail(automatic=kind, tokens=(token(session, policy, ticket),)), policy
    )
    assert isinstance(answer, Receipt)
    assert answer.outcome in {Outcome.NOTED, Outcome.IGNORED}
    assert (ticket.situation, len(outbox_of(session))) == ("closed", queued)


def test_an_absence_is_noted_inside(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(automatic="out-of-office", tokens=(token(session, policy, ticket),))
    version = ticket.version
    first, again = receive_many(session, [sent, sent], policy, now=NOW)
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (first.outcome, again.outcome) == (Outcome.NOTED, Outcome.DUPLICATE)
    assert first.protocol == ticket.protocol
    [_, note] = messages_of(session, ticket.number)
    assert (note.kind, note.audience, note.author_kind) == ("receipt", "internal", "system")
    assert ticket.version == version + 1
    assert ticket.waiting_on == "agent"


def test_it_names_a_ticket_by_our_signed_id_too(session: Session, policy: Policy, ticket: Ticket):
    end = endpoints_of(session, ticket.number)[CLINIC]
    ours = policy.keyring.message_id(ticket.number, 5, end.id, "operadora.example")
    gone = policy.keyring.message_id(999, 5, end.id, "operadora.example")
    sent = mail(automatic="auto-reply", references=(ours, gone, "<a@b>"))
    answer = receive(session, sent, policy)
    assert isinstance(answer, Receipt)
    assert answer.number == ticket.number


def test_it_names_a_ticket_by_the_envelope_it_answers(
    session: Session, policy: Policy, ticket: Ticket
):
    """Programs answer to the envelope sender (RFC 3834 §4), not to Reply-To."""
    [row] = outbox_of(session)
    turn, due_at = ticket.waiting_on, ticket.due_at
    sent = mail(automatic="out-of-office", returned_outbox=(row.id,))
    answer = receive(session, sent, policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.NOTED, ticket.number)
    assert messages_of(session, ticket.number)[-1].match == {"automatic": "out-of-office"}
    assert (ticket.waiting_on, ticket.due_at) == (turn, due_at)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_list_of_a_provider_waits_for_a_person(
    session: Session, policy: Policy, ticket: Ticket, verdict: Verdict
):
    """A clinic's people may write by their group: no machine decides that it is none of ours."""
    queued = len(outbox_of(session))
    sent = mail(automatic="list", tokens=(token(session, policy, ticket),), verdict=verdict)
    answer = receive(session, sent, policy)
    assert isinstance(answer, Refusal)
    failed = verdict is Verdict.FAILED
    wanted = HoldReason.AUTHENTICATION_FAILED if failed else HoldReason.UNVERIFIED
    assert (answer.reason, answer.suggestion) == (wanted, ticket.number)
    assert len(outbox_of(session)) == queued


def test_a_list_of_strangers_is_nobodys_business(session: Session, policy: Policy):
    sent = mail("noticias@jornal.example", automatic="list")
    assert receive(session, sent, policy) == Receipt(Outcome.IGNORED)


def test_a_protocol_alone_names_no_ticket_to_it(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(automatic="auto-reply", protocols=(ticket.protocol,), tokens=("x" * 39,))
    assert receive(session, sent, policy) == Receipt(Outcome.IGNORED)


def test_a_forged_absence_is_held(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(
        automatic="out-of-office", tokens=(token(session, policy, ticket),), verdict=Verdict.FAILED
    )
    answer = receive(session, sent, policy)
    assert isinstance(answer, Refusal)
    assert answer.reason is HoldReason.AUTHENTICATION_FAILED


def sent_answer(session: Session, policy: Policy, ticket: Ticket) -> int:
    message_id = reply(session, desk_of(make_agent(session), policy), ticket.number, "Segue.")
    [row] = [o for o in outbox_of(session) if o.message_id == message_id]
    outbox.sent(session, row.id, now=NOW)
    return row.id


def delivery(session: Session) -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


def test_a_proved_bounce_fails_the_delivery_and_marks_the_address(
    session: Session, policy: Policy, ticket: Ticket
):
    row_id = sent_answer(session, policy, ticket)
    answer = receive(
        session, mail(automatic="bounce", bounces=(NO,), returned_outbox=(row_id,)), policy
    )
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.NOTED, ticket.number)
    told = delivery(session)
    assert (told.state, told.detail, told.status) == ("failed", "no such user", "5.1.1")
    assert endpoints_of(session, ticket.number)[CLINIC].state == "failing"
    assert session.scalars(select(KnownAddress.failing_since)).one() == NOW
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "not_delivered"


@pytest.mark.parametrize("kind", ["delayed", "bounce"])
def test_a_delay_is_only_said(session: Session, policy: Policy, ticket: Ticket, kind: str):
    """Also in a report that says of another recipient that it failed."""
    row_id = sent_answer(session, policy, ticket)
    late = replace(NO, action="delayed", status="4.4.1", permanent=False, diagnostic="")
    other = replace(NO, recipient="outra@clinica.example")
    bounces = (late,) if kind == "delayed" else (other, late)
    receive(session, mail(automatic=kind, bounces=bounces, returned_outbox=(row_id,)), policy)
    told = delivery(session)
    assert (told.state, told.status) == ("deferred", "4.4.1")
    assert endpoints_of(session, ticket.number)[CLINIC].state == "active"


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.3.4", "5.0.0", "4.4.7"])
def test_what_ends_one_message_does_not_end_the_address(
    session: Session, policy: Policy, ticket: Ticket, status: str
):
    row_id = sent_answer(session, policy, ticket)
    report = replace(NO, status=status, permanent=status[0] == "5")
    receive(session, mail(automatic="bounce", bounces=(report,), returned_outbox=(row_id,)), policy)
    assert (delivery(session).state, delivery(session).status) == ("failed", status)
    assert endpoints_of(session, ticket.number)[CLINIC].state == "active"
    assert session.scalars(select(KnownAddress.failing_since)).one() is None


def test_a_report_that_our_message_arrived_is_no_failure(
    session: Session, policy: Policy, ticket: Ticket
):
    row_id = sent_answer(session, policy, ticket)
    here = replace(NO, action="delivered", status="2.0.0", permanent=False)
    other = replace(NO, recipient="outra@clinica.example")
    sent = mail(automatic="bounce", bounces=(other, here), returned_outbox=(row_id,))
    receive(session, sent, policy)
    assert delivery(session).state == "sent"


def test_a_bounce_that_names_nobody_of_ours_is_taken_as_a_whole(
    session: Session, policy: Policy, ticket: Ticket
):
    row_id = sent_answer(session, policy, ticket)
    others = tuple(replace(NO, recipient=f"{n}@x.example", permanent=False) for n in "ab")
    receive(session, mail(automatic="bounce", bounces=others, returned_outbox=(row_id,)), policy)
    assert delivery(session).state == "failed"


def test_a_bounce_without_proof_is_noted_and_changes_nothing(
    session: Session, policy: Policy, ticket: Ticket
):
    sent_answer(session, policy, ticket)
    sent = mail(automatic="bounce", bounces=(NO,), tokens=(token(session, policy, ticket),))
    answer = receive(session, sent, policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.NOTED, ticket.number)
    assert delivery(session).state == "sent"
    assert endpoints_of(session, ticket.number)[CLINIC].state == "active"
    assert messages_of(session, ticket.number)[-1].kind == "receipt"


def test_a_proof_of_a_row_that_is_gone_is_ignored(session: Session, policy: Policy, ticket: Ticket):
    sent = mail(automatic="bounce", bounces=(NO,), returned_outbox=(9_999,))
    assert receive(session, sent, policy) == Receipt(Outcome.IGNORED)


def test_a_bounce_of_an_invitation_concerns_no_ticket(session: Session, policy: Policy):
    from helpdesk import notices

    [row_id] = notices.post(
        session, [notices.Notice("invitation", "mail", CLINIC, automatic=False)], now=NOW
    )
    answer = receive(
        session, mail(automatic="bounce", bounces=(NO,), returned_outbox=(row_id,)), policy
    )
    assert answer == Receipt(Outcome.NOTED)


def test_two_pontes_that_answer_each_other_fall_silent(
    session: Session, policy: Policy, provider_id: int
):
    """Each side's acknowledgements say that they are automatic: the other opens nothing for them."""
    now = NOW
    incoming = [mail()]
    for _ in range(5):
        before = len(outbox_of(session))
        for sent in incoming:
            receive(session, sent, policy, now=now)
        now += timedelta(seconds=30)
        acknowledged = outbox_of(session)[before:]
        assert all(row.automatic for row in acknowledged)
        incoming = [mail(automatic="auto-reply") for _ in acknowledged]
    assert incoming == []
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1


@pytest.mark.parametrize(
    "address",
    ["noreply@clinica.example", "no-reply+7@clinica.example", "postmaster@clinica.example",
     "MAILER-DAEMON@clinica.example", "nao-responda@clinica.example"],
)  # fmt: skip
def test_what_nobody_reads_is_never_acknowledged(
    session: Session, policy: Policy, provider_id: int, address: str
):
    know(session, provider_id, address.lower())
    found = opened(session, mail(address.lower()), policy)
    [row] = outbox_of(session, found.number)
    assert (row.notice, row.state) == ("opened", "cancelled")
