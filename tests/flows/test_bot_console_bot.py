"""A provider identifies in Telegram, opens a contact there, and is answered in the chat."""

import re

from playwright.sync_api import expect

from tests.doubles.bot_api import Sent
from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Seat
from tests.flows.instance import LUCIANA, Instance
from tests.flows.phone import CHAT, Phone

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_identify_open_answer(on_telegram: Instance, phone: Phone, relay: Relay, seat: Seat):
    instance, ana = on_telegram, seat()
    identify(phone, relay)
    said = begin(phone, "Glosa em duplicidade")
    assert "mensagem" in said.text
    phone.says("A guia 45871 foi glosada duas vezes.")
    phone.sends_file("demonstrativo.pdf", PDF)
    phone.presses("Enviar")
    opened = phone.presses("Confirmar e abrir")
    (ticket,) = instance.tickets()
    assert ticket["protocol"] in opened.text
    assert (ticket["channel"], ticket["title"]) == ("telegram", "Glosa em duplicidade")
    (message,) = instance.ticket(ticket["number"])["messages"]
    assert message["text"] == "A guia 45871 foi glosada duas vezes."
    assert [a["filename"] for a in message["attachments"]] == ["demonstrativo.pdf"]

    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, ticket["number"])
    hands.answer(ana, "Revertemos uma das glosas.", [hands.file("laudo.pdf", PDF)])
    heard = phone.hears(lambda sent: "Revertemos uma das glosas." in sent.text)
    assert ticket["protocol"] in heard.text
    document = phone.hears(lambda sent: sent.filename == "laudo.pdf")
    assert document.data == PDF
    assert phone.api.sent(CHAT).index(heard) < phone.api.sent(CHAT).index(document)

    complement(phone, ticket["protocol"], "Obrigada, conferi o demonstrativo.")
    expect(hands.talk(ana)).to_contain_text("Obrigada, conferi o demonstrativo.")
    assert len(relay.handed) == 1


def test_a_blocked_bot_shows_as_not_delivered(
    on_telegram: Instance, phone: Phone, relay: Relay, seat: Seat
):
    instance, ana = on_telegram, seat()
    identify(phone, relay)
    number = open_contact(instance, phone)
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, number)
    phone.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    instance.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": "Revertemos."})
    expect(hands.talk(ana)).to_contain_text("blocked by the user")
    (delivery,) = instance.ticket(number)["messages"][-1]["deliveries"]
    assert (delivery["state"], delivery["channel"]) == ("failed", "telegram")
    assert phone.heard("Revertemos.") == []


def test_told_to_wait_the_bot_waits_and_says_it_once(
    on_telegram: Instance, phone: Phone, relay: Relay
):
    instance = on_telegram
    identify(phone, relay)
    number = open_contact(instance, phone)
    phone.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    for text in ("Primeira.", "Segunda."):
        instance.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": text})
    phone.hears(lambda sent: "Segunda." in sent.text)
    assert len(phone.heard("Primeira.")) == len(phone.heard("Segunda.")) == 1
    texts = [sent.text for sent in phone.api.sent(CHAT)]
    assert texts.index(phone.heard("Primeira.")[0].text) < texts.index(
        phone.heard("Segunda.")[0].text
    )


def identify(phone: Phone, relay: Relay) -> None:
    phone.says("/start")
    phone.says(LUCIANA)
    mail = relay.wait(1, LUCIANA)[-1].message
    (code,) = re.findall(r"\b\d{8}\b", mails.text_of(mail))
    assert code not in str(mail["Subject"])
    assert "Luciana" in phone.says(code).text or phone.heard("Pronto, Luciana")


def begin(phone: Phone, title: str) -> Sent:
    """A new contact up to its message."""
    phone.says("/novo")
    said = phone.presses("Glosa")
    if "título" not in said.text:
        phone.presses(next(iter(said.keys)))
    return phone.says(title)


def complement(phone: Phone, protocol: str, text: str) -> None:
    """Say something more about the contact that was opened or looked at last."""
    phone.says(text)
    phone.presses(f"Complementar {protocol}")
    phone.presses("Enviar")


def open_contact(instance: Instance, phone: Phone) -> int:
    begin(phone, "Glosa em duplicidade")
    phone.says("A guia 45871 foi glosada duas vezes.")
    phone.presses("Enviar")
    phone.presses("Confirmar e abrir")
    (ticket,) = instance.tickets()
    return ticket["number"]
