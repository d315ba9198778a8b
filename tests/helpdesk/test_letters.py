"""What a notice says when it leaves: text only where the provider itself has written."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import closing, outbox, tickets
from helpdesk.border import Actor, Channel, File, Outbound
from helpdesk.desk import Desk
from helpdesk.letters import MOST_REFERENCES
from helpdesk.models import Attachment, Message, Ticket
from helpdesk.policy import Policy
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
    opened,
    outbox_of,
)

SAID = "Segue o parecer 4711."
LETTER = File("parecer.pdf", "application/pdf", 4, "d" * 64)


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana", "luciana@clinica.example")


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


@pytest.fixture
def by_mail(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(subject="Glosa da paciente M."), policy)


@pytest.fixture
def by_form(session: Session, policy: Policy, provider_id: int, luciana: Actor) -> Ticket:
    return opened(session, form(luciana, provider_id, title="Glosa da paciente M."), policy)


def leave(session: Session, policy: Policy) -> list[Outbound]:
    """Everything that is queued, in order."""
    found: list[Outbound] = []
    while claimed := outbox.claim(session, ["mail", "telegram"], policy, now=NOW, limit=1):
        found += claimed
        outbox.sent(session, claimed[0].id, now=NOW)
    return found


def said_in(letter: Outbound) -> bool:
    assert ("text" in letter.data) == ("author" in letter.data) == bool(letter.files)
    return "text" in letter.data


def test_an_answer_to_a_mail_carries_its_text(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket
):
    tickets.reply(session, desk, by_mail.number, SAID, files=[LETTER])
    opening, answer = leave(session, policy)
    assert not said_in(opening)
    assert said_in(answer)
    assert (answer.data["text"], answer.data["author"], answer.files) == (SAID, "Ana", (LETTER,))
    assert (answer.notice, answer.automatic, answer.number) == ("replied", False, by_mail.number)


def test_a_notification_of_a_form_carries_protocol_and_link_only(
    session: Session, policy: Policy, desk: Desk, by_form: Ticket
):
    tickets.reply(session, desk, by_form.number, SAID, files=[LETTER])
    for letter in leave(session, policy):
        assert not said_in(letter)
        assert letter.data["protocol"] == by_form.protocol
        assert str(letter.data["link"]).endswith(f"/fale-conosco/{by_form.protocol}")
        assert "M." not in str({k: v for k, v in letter.data.items() if k != "contact"})


def test_once_they_wrote_by_mail_the_text_follows(
    session: Session, policy: Policy, desk: Desk, by_form: Ticket
):
    end = endpoints_of(session, by_form.number)["luciana@clinica.example"]
    token = policy.keyring.reply_token(by_form.number, end.id)
    opened(session, mail("luciana@clinica.example", tokens=(token,)), policy)
    tickets.reply(session, desk, by_form.number, SAID)
    assert "text" in leave(session, policy)[-1].data


def test_a_chat_carries_the_text(
    session: Session, policy: Policy, desk: Desk, provider_id: int, luciana: Actor
):
    ticket = opened(
        session, form(luciana, provider_id, channel=Channel.TELEGRAM, contact=None), policy
    )
    tickets.reply(session, desk, ticket.number, SAID)
    [letter] = leave(session, policy)
    assert letter.data["text"] == SAID
    assert "references" not in letter.data


@pytest.mark.parametrize("table", [Ticket, Message])
def test_what_became_secret_meanwhile_is_not_said(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket, table: type[Ticket | Message]
):
    tickets.reply(session, desk, by_mail.number, SAID, files=[LETTER])
    session.execute(update(table).values(secret_group="juridico"))
    session.expire_all()
    assert not any(said_in(letter) for letter in leave(session, policy))


@pytest.mark.parametrize("hidden", [{"audience": "internal"}, {"secret_group": "juridico"}])
def test_an_internal_attachment_stays(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket, hidden: dict[str, str]
):
    tickets.reply(session, desk, by_mail.number, SAID, files=[LETTER])
    session.execute(update(Attachment).values(**hidden))
    answer = leave(session, policy)[-1]
    assert (answer.data["text"], answer.files) == (SAID, ())


def test_the_subject_is_theirs_or_the_protocol_and_constant(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket, by_form: Ticket
):
    for ticket in (by_mail, by_form):
        tickets.reply(session, desk, ticket.number, SAID)
        closing.close(session, desk, ticket.number, status="EPR", body="Pago em 30/11.")
    subjects = {(o.number, o.data["subject"]) for o in leave(session, policy)}
    assert subjects == {
        (by_mail.number, "Re: Glosa da paciente M."),
        (by_form.number, f"Protocolo {by_form.protocol}"),
    }


@pytest.mark.parametrize(
    ("theirs", "ours"), [("RE: Oi", "RE: Oi"), ("", "Re:"), ("  Oi ", "Re: Oi")]
)
def test_a_subject_is_not_answered_twice(
    session: Session, policy: Policy, provider_id: int, theirs: str, ours: str
):
    opened(session, mail(subject=theirs), policy)
    assert leave(session, policy)[0].data["subject"] == ours


def test_a_ticket_without_protocol_is_named_by_its_number(
    session: Session, policy: Policy, desk: Desk, by_form: Ticket
):
    by_form.protocol = None
    session.flush()
    [letter] = leave(session, policy)
    assert letter.data["subject"] == f"Protocolo {by_form.number}"
    assert str(letter.data["link"]).endswith(f"/fale-conosco/n{by_form.number}")


def test_notices_of_a_mail_answer_the_last_one(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket
):
    end = endpoints_of(session, by_mail.number)[CLINIC]
    token = policy.keyring.reply_token(by_mail.number, end.id)
    for n in range(MOST_REFERENCES + 3):
        opened(session, mail(tokens=(token,), message_id=f"<later{n}@x>"), policy)
    tickets.reply(session, desk, by_mail.number, SAID)
    letter = leave(session, policy)[-1]
    references = letter.data["references"]
    assert isinstance(references, list)
    assert len(references) == MOST_REFERENCES
    assert letter.data["in_reply_to"] == references[-1] == f"<later{MOST_REFERENCES + 2}@x>"
    assert letter.data["mailbox"] == "contato@operadora.example"


def test_notices_of_a_form_share_a_root_of_ours(
    session: Session, policy: Policy, desk: Desk, by_form: Ticket
):
    tickets.reply(session, desk, by_form.number, SAID)
    roots = [o.data["references"] for o in leave(session, policy)]
    assert roots[0] == roots[1]
    assert isinstance(roots[0], list)
    issued = policy.keyring.read_message_id(roots[0][0])
    assert issued is not None
    assert (issued.number, issued.outbox_id) == (by_form.number, 0)


def test_a_hidden_ticket_tells_its_provider_that_there_is_news(
    session: Session, policy: Policy, desk: Desk, by_mail: Ticket
):
    leave(session, policy)
    tickets.reply(session, desk, by_mail.number, SAID)
    hide(session, by_mail.number)
    session.expire_all()
    [letter] = leave(session, policy)
    assert letter.data["protocol"] == by_mail.protocol
    assert outbox_of(session)[-1].created_at + timedelta() == NOW
