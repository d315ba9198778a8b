"""Mail opens a ticket, by SMTP or from a mailbox; the answer threads in the sender's program."""

import pytest
from playwright.sync_api import expect

from tests.doubles.dovecot import Dovecot
from tests.doubles.processes import wait_until
from tests.doubles.relay import Handed, Relay
from tests.flows import hands, mails
from tests.flows.conftest import Launch, Seat
from tests.flows.instance import ADDRESS, LUCIANA, Instance

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
STRANGER = "nova@vilaserena.example"


@pytest.mark.parametrize("way", ["smtp", "imap"])
def test_mail_protocol_answer_with_attachment(
    way: str, launch: Launch, relay: Relay, seat: Seat, mail_server: Dovecot, mailbox: str
):
    instance = launch(PONTE_MAIL__IMAP_URL=mail_server.url(mailbox))
    ana = seat()
    files = (("demonstrativo.pdf", "application/pdf", PDF),)
    mail = mails.letter(
        LUCIANA, "Glosa – lote 18", "A guia 45871.", message_id=f"{way}-1", files=files
    )
    if way == "smtp":
        mails.send(instance.smtp_port, mail)
    else:
        instance.wait_mailbox()
        mail_server.deliver(mailbox, bytes(mail))

    (handed,) = relay.wait(1, LUCIANA)
    (ticket,) = instance.tickets()
    assert (ticket["title"], ticket["channel"]) == ("Glosa – lote 18", "mail")
    assert ticket["classification"]["code"] == "TRI"
    check_acknowledgement(handed, mail, ticket["protocol"])
    (message,) = instance.ticket(ticket["number"])["messages"]
    assert [a["filename"] for a in message["attachments"]] == ["demonstrativo.pdf"]

    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, ticket["number"])
    expect(hands.talk(ana)).to_contain_text("A guia 45871.")
    hands.answer(ana, "Segue a análise.", [hands.file("análise.pdf", PDF)])
    answer = relay.wait(2, LUCIANA)[-1].message
    check_answer(answer, mail, handed)
    expect(ana.locator("article.us footer")).to_contain_text(LUCIANA)


def check_acknowledgement(handed: Handed, mail: mails.EmailMessage, protocol: str) -> None:
    ack = handed.message
    assert ack["Subject"] == "Re: Glosa – lote 18"
    assert ack["In-Reply-To"] == mail["Message-ID"]
    assert str(mail["Message-ID"]) in str(ack["References"])
    assert ack["Auto-Submitted"] == "auto-replied"
    assert ack["From"].addresses[0].addr_spec == ADDRESS
    for text in (mails.text_of(ack), mails.html_of(ack)):
        assert protocol in text.replace(".", "").replace(" ", "")
        assert "45871" not in text.replace(protocol, "")
    assert ack.get_content_type() == "multipart/alternative"
    assert handed.sender.startswith("atendimento+b-")


def check_answer(answer: mails.EmailMessage, mail: mails.EmailMessage, ack: Handed) -> None:
    assert answer["Subject"] == ack.message["Subject"]
    assert answer["In-Reply-To"] == mail["Message-ID"]
    assert "Segue a análise." in mails.text_of(answer)
    assert mails.reply_to(answer).startswith("atendimento+")
    assert mails.reply_to(answer) == mails.reply_to(ack.message)
    assert answer["Auto-Submitted"] is None
    (file,) = answer.iter_attachments()
    assert file.get_filename() == "análise.pdf"
    assert file.get_content() == PDF


def test_an_unknown_sender_waits_until_registered(instance: Instance, relay: Relay, seat: Seat):
    ana = seat()
    hands.enter_console(ana, instance.url)
    mails.send(
        instance.smtp_port,
        mails.letter(STRANGER, "Descredenciamento", "Sou nova aqui.", message_id="nova-1"),
    )
    wait_until(lambda: instance.call("GET", "/quarantine")["items"] != [], lambda: instance.log)
    (held,) = instance.call("GET", "/quarantine")["items"]
    assert (held["reason"], held["from"]) == ("unknown-sender", STRANGER)
    assert instance.tickets() == []

    ana.goto(f"{instance.url}/central/quarentena")
    article = ana.get_by_role("article")
    expect(article).to_contain_text("Sou nova aqui.")
    expect(article).to_contain_text(STRANGER)
    instance.call("PUT", "/providers/P1", {"email": STRANGER, "person": "Nova Lima"})
    article.get_by_role("button", name="Tentar de novo").click()
    (ticket,) = instance.wait_tickets(1)
    assert (ticket["title"], ticket["provider"]["code"]) == ("Descredenciamento", "P1")
    assert ticket["protocol"] in mails.text_of(relay.wait(1, STRANGER)[0].message)
    assert instance.call("GET", "/quarantine")["items"] == []
