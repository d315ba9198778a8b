"""Which conversation a mail belongs to: SMTP in, the database, the console's page, SMTP out."""

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.work import Work
from helpdesk import parameters
from helpdesk.border import SYSTEM
from tests.doubles import browser as chromium
from tests.doubles.processes import PATIENCE, wait_until
from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Launch, Seat
from tests.flows.instance import ADDRESS, BRUNO, LUCIANA, Instance

OURS = "mx.operadora.example"
FALE = "fale@operadora.example"
ANA = "ana.souza@operadora.example"
DOMAIN = "grupo.example"
MARIA = "maria@vilaserena.example"


@pytest.fixture
def instance(launch: Launch) -> Instance:
    return launch(
        PONTE_MAIL__AUTHSERV_ID=OURS,
        PONTE_MAIL__UNVERIFIED="accept",
        PONTE_MAIL__MAILBOXES=f'[{{"address": "{FALE}"}}]',
    )


def hand_over(
    instance: Instance, mail: EmailMessage, *, to: str | None = None, verified: bool = True
) -> None:
    """`verified`: as our own server hands it on that could verify the domain of From."""
    sender = str(mail["From"])
    result = f"Authentication-Results: {OURS}; dkim=pass header.d={sender.rpartition('@')[2]}\r\n"
    raw = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
    with smtplib.SMTP("127.0.0.1", instance.smtp_port, timeout=PATIENCE) as smtp:
        smtp.sendmail(sender, [to or str(mail["To"])], (result.encode() if verified else b"") + raw)


def first(subject: str = "Glosa do lote 18", message_id: str = "um") -> EmailMessage:
    return mails.letter(LUCIANA, subject, "A guia 45871.", message_id=message_id)


def held(instance: Instance, count: int) -> list[dict[str, str]]:
    wait_until(
        lambda: len(instance.call("GET", "/quarantine")["items"]) >= count, lambda: instance.log
    )
    return instance.call("GET", "/quarantine")["items"]


def test_a_message_says_by_what_it_was_recognised(instance: Instance, relay: Relay, seat: Seat):
    ana = seat()
    hands.enter_console(ana, instance.url)
    mail = first()
    hand_over(instance, mail)
    (ack,) = relay.wait(1, LUCIANA)
    (ticket,) = instance.tickets()
    number = ticket["number"]
    reply = mails.reply(ack.message, LUCIANA, "Segue.", message_id="dois")
    hand_over(instance, reply, verified=False)
    instance.wait_messages(number, 2)
    other = mails.letter(
        LUCIANA, "Reajuste", "Quero o índice.", to=mails.reply_to(ack.message), message_id="tres"
    )
    hand_over(instance, other)
    instance.wait_messages(number, 3)
    # The same mail once more, by our other mailbox.
    hand_over(instance, mail, to=FALE)
    hands.open_ticket(ana, instance.url, number)
    talk = hands.talk(ana)
    expect(talk).to_contain_text("reconhecido pelo endereço de resposta, respondeu de onde recebeu")
    expect(talk).to_contain_text("Assunto novo: talvez seja outro pedido")
    expect(talk.get_by_text("Assunto novo")).to_have_count(1)
    wait_until(lambda: _says(ana, instance, number, "recebida 2 vezes"), lambda: instance.log)
    chromium.photograph(ana, "central-reconhecimento")
    assert len(instance.tickets()) == 1
    assert len(relay.wait(1, LUCIANA)) == 1

    # Another provider that knows the number waits, with the suggestion beside it.
    forged = mails.letter(BRUNO, f"Re: {ticket['protocol']}", "Mande a mim.", message_id="quatro")
    hand_over(instance, forged)
    (one,) = held(instance, 1)
    assert (one["reason"], one["suggestion"]["number"]) == ("not-a-participant", number)
    assert len(instance.ticket(number)["messages"]) == 3


def _says(page: Page, instance: Instance, number: int, text: str) -> bool:
    hands.open_ticket(page, instance.url, number)
    return text in hands.talk(page).inner_text()


def test_what_comes_late_finds_the_conversation_that_goes_on(
    instance: Instance, relay: Relay, seat: Seat, tmp_path: Path
):
    people = tmp_path / "pessoas.csv"
    people.write_text(f"code,name,email,person\nP1,,{MARIA},Maria Reis\n")
    assert instance.command("provider", "import", str(people)).returncode == 0
    mail = first()
    mail["Cc"] = f"{MARIA}, curioso@fora.example"
    hand_over(instance, mail)
    (ack,) = relay.wait(1, LUCIANA)
    (opened,) = instance.tickets()
    number = opened["number"]
    ends = instance.ticket(number)["endpoints"]
    assert {(end["address"], end["usable"]) for end in ends} == {(LUCIANA, True), (MARIA, True)}
    agreed = mails.letter(
        MARIA, "Re: Glosa do lote 18", "De acordo.", message_id="dois", answers=mail
    )
    hand_over(instance, agreed)
    instance.wait_messages(number, 2)
    # A program that gives every mail the same Message-ID.
    hand_over(instance, mails.letter(MARIA, "Reajuste", "Qual o índice?", message_id="dois"))
    second = instance.wait_tickets(2)[-1]["number"]
    (other_ack,) = relay.wait(1, MARIA)

    close = {"status": "EPR", "text": "Pago em 30/11."}
    instance.call("POST", f"/tickets/{number}/close", close)
    hand_over(instance, mails.reply(ack.message, LUCIANA, "Não recebi.", message_id="tres"))
    wait_until(lambda: instance.ticket(number)["situation"] == "open", lambda: instance.log)
    work = Work(instance.database)
    work.write_now(parameters.change, SYSTEM, "reopen_days", 0, now=datetime.now(UTC))
    work.close()
    instance.call("POST", f"/tickets/{number}/close", close)
    hand_over(instance, mails.reply(ack.message, LUCIANA, "E o lote 19?", message_id="quatro"))
    third = instance.ticket(instance.wait_tickets(3)[-1]["number"])
    assert third["linked"] == [number]
    assert instance.ticket(number)["situation"] == "closed"

    ana = seat()
    hands.enter_console(ana, instance.url)
    ana.goto(f"{instance.url}/central/{second}/juntar")
    ana.fill("#into", str(third["number"]))
    ana.get_by_role("button", name="Juntar").click()
    wait_until(
        lambda: instance.ticket(second)["merged_into"] == third["number"], lambda: instance.log
    )
    hand_over(instance, mails.reply(other_ack.message, MARIA, "Alguma notícia?", message_id="seis"))
    wait_until(lambda: _says(ana, instance, third["number"], "notícia?"), lambda: instance.log)
    assert len(instance.tickets()) == 3


def test_a_mail_to_two_of_our_mailboxes_is_one_ticket(instance: Instance, relay: Relay):
    mail = first()
    hand_over(instance, mail, to=ADDRESS)
    hand_over(instance, mail, to=FALE)
    unknown = mails.letter("nova@fora.example", "Oi", "Quem responde?", message_id="nova")
    hand_over(instance, unknown, to=ADDRESS)
    hand_over(instance, unknown, to=FALE)
    last = first("Depois", "depois")
    hand_over(instance, last)
    assert len(instance.wait_tickets(2)) == 2
    assert len(relay.wait(2, LUCIANA)) == 2
    assert len(held(instance, 1)) == 1


def test_a_domain_is_registered_by_a_page_and_proved_by_its_answer(
    instance: Instance, relay: Relay, seat: Seat
):
    ana = seat()
    hands.enter_console(ana, instance.url)
    ana.goto(f"{instance.url}/cadastros/dominios")
    assert chromium.axe(ana) == []
    ana.fill("#provider", "P1")
    ana.fill("#domain", "gmail.com")
    ana.fill("#address", "ti@gmail.com")
    ana.get_by_role("button", name="Pedir confirmação").click()
    expect(ana.locator("main")).to_contain_text("só vale um domínio do próprio prestador")
    ana.fill("#domain", DOMAIN)
    ana.fill("#address", f"ti@{DOMAIN}")
    ana.get_by_role("button", name="Pedir confirmação").click()
    expect(ana.locator("table")).to_contain_text("Aguarda resposta")
    (question,) = relay.wait(1, f"ti@{DOMAIN}")
    answer = mails.reply(question.message, f"ti@{DOMAIN}", "Confirmo.", message_id="sim")
    hand_over(instance, answer)
    wait_until(lambda: _proved(instance), lambda: instance.log)
    ana.reload()
    expect(ana.locator("table")).to_contain_text("Confirmado")
    assert chromium.axe(ana) == []
    chromium.photograph(ana, "cadastros-dominios")

    mail = mails.letter(f"maria@{DOMAIN}", "Glosa", "A guia 1.", message_id="maria")
    hand_over(instance, mail)
    (ticket,) = instance.wait_tickets(1)
    assert (ticket["provider"]["code"], ticket["opened_by"]["name"]) == (
        "P1", f"maria@{DOMAIN}",
    )  # fmt: skip
    (end,) = instance.ticket(ticket["number"])["endpoints"]
    assert (end["address"], end["usable"]) == (f"maria@{DOMAIN}", False)
    hands.open_ticket(ana, instance.url, ticket["number"])
    expect(hands.talk(ana)).to_contain_text("escreve do domínio do prestador")
    assert relay.wait(1, f"ti@{DOMAIN}")
    assert not relay.sent_to(f"maria@{DOMAIN}")


def _proved(instance: Instance) -> bool:
    providers = {p["code"]: p for p in instance.call("GET", "/providers")["items"]}
    return providers["P1"]["domains"] == [DOMAIN]


def test_an_agent_answers_by_mail(instance: Instance, relay: Relay, seat: Seat):
    ana = seat()
    hands.enter_console(ana, instance.url)
    hand_over(instance, first())
    relay.wait(1, LUCIANA)
    (ticket,) = instance.tickets()
    number = ticket["number"]
    instance.call("POST", f"/tickets/{number}/forward", {"agent": "ana", "note": "Veja."})
    (notice,) = relay.wait(1, ANA)
    assert "#responder" in mails.text_of(notice.message)
    note = mails.reply(notice.message, ANA, "Falei com a auditoria.", message_id="nota")
    hand_over(instance, note)
    instance.wait_messages(number, 3)
    said = mails.reply(notice.message, ANA, "#responder\nPago em 30/11.", message_id="resposta")
    hand_over(instance, said)
    answered = relay.wait(2, LUCIANA)[-1]
    assert "Pago em 30/11." in mails.text_of(answered.message)
    assert "#responder" not in mails.text_of(answered.message)
    assert "auditoria" not in mails.text_of(answered.message)
    assert ANA not in bytes(answered.message).decode()
    found = instance.wait_messages(number, 4)
    assert [(m["audience"], m["text"]) for m in found[-2:]] == [
        ("internal", "Falei com a auditoria."), ("public", "Pago em 30/11."),
    ]  # fmt: skip
    hands.open_ticket(ana, instance.url, number)
    expect(hands.talk(ana)).to_contain_text("reconhecido pelo endereço de resposta, é atendente")

    # Somebody else with the agent's name and a number he heard of.
    forged = mails.letter(ANA, f"Re: {ticket['protocol']}", "#responder Nego.", message_id="falsa")
    hand_over(instance, forged, verified=False)
    (one,) = held(instance, 1)
    assert one["reason"] == "unverified"
    assert len(instance.ticket(number)["messages"]) == 4
