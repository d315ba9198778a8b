"""Opened by form, complemented by mail, asked in a chat: one ticket, in order, nothing twice."""

from playwright.sync_api import expect

from tests.doubles.bot_api import TOKEN
from tests.doubles.dovecot import Dovecot
from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Launch, Seat
from tests.flows.instance import LUCIANA
from tests.flows.phone import Phone
from tests.flows.test_bot_console_bot import complement, identify


def test_three_channels_one_ticket(
    launch: Launch,
    relay: Relay,
    phone: Phone,
    seat: Seat,
    mail_server: Dovecot,
    mailbox: str,
):
    instance = launch(
        PONTE_TELEGRAM__TOKEN=TOKEN,
        PONTE_TELEGRAM__BASE_URL=phone.api.url,
        PONTE_MAIL__IMAP_URL=mail_server.url(mailbox),
    )
    instance.wait_mailbox()
    luciana, ana = seat(), seat()
    identify(phone, relay)

    hands.enter_portal(luciana, instance.url, LUCIANA)
    protocol = hands.open_contact(luciana, instance.url, "Glosa do lote 18", "Primeiro, o lote.")
    (ticket,) = instance.tickets()
    number = ticket["number"]

    confirmation = relay.wait(2, LUCIANA)[-1].message
    by_mail = mails.reply(confirmation, LUCIANA, "Segundo, a guia.", message_id="segundo")
    mails.send(instance.smtp_port, by_mail)
    instance.wait_messages(number, 2)
    mail_server.deliver(mailbox, bytes(by_mail))
    mails.send(instance.smtp_port, by_mail)

    look_up(phone, protocol)
    complement(phone, protocol, "Terceiro, o prazo: quando sai a resposta?")
    instance.wait_messages(number, 3)
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, number)
    hands.answer(ana, "Sai amanhã.")
    phone.hears(lambda sent: "Sai amanhã." in sent.text)

    # One more by mail, behind the copies: they were looked at when this one shows.
    last = mails.reply(confirmation, LUCIANA, "Quinto, obrigada.", message_id="quinto")
    mail_server.deliver(mailbox, bytes(last))
    messages = instance.wait_messages(number, 5)
    assert [(m["channel"], m["text"]) for m in messages] == [
        ("web", "Primeiro, o lote."),
        ("mail", "Segundo, a guia."),
        ("telegram", "Terceiro, o prazo: quando sai a resposta?"),
        ("telegram", "Sai amanhã."),
        ("mail", "Quinto, obrigada."),
    ]
    assert [t["number"] for t in instance.tickets()] == [number]
    assert instance.call("GET", "/quarantine")["items"] == []
    expect(hands.talk(ana).locator("article")).to_have_count(5)
    luciana.goto(f"{instance.url}/fale-conosco/{protocol}")
    expect(luciana.get_by_role("log").locator("article")).to_have_count(5)


def look_up(phone: Phone, protocol: str) -> None:
    shown = phone.says("/abertos")
    phone.presses(next(words for words in shown.keys if protocol in words))
