"""A provider writes the form, answers the confirmation by mail, and reads the answer on both."""

from playwright.sync_api import Page, expect

from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Seat
from tests.flows.instance import ADDRESS, LUCIANA, Instance


def test_form_confirmation_reply_answer(instance: Instance, relay: Relay, seat: Seat):
    luciana, ana = seat(), seat()

    hands.enter_portal(luciana, instance.url, LUCIANA)
    protocol = hands.open_contact(luciana, instance.url, "Glosa do lote 18", "Segue a glosa.")
    (ticket,) = instance.tickets()
    assert ticket["protocol"] == protocol
    assert ticket["contact"]["email"] == LUCIANA

    (handed,) = relay.wait(1, LUCIANA)
    confirmation = handed.message
    check_confirmation(confirmation, protocol)
    assert handed.sender.startswith("atendimento+b-")

    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, ticket["number"])
    watch_reloads(ana)
    by_mail = mails.reply(confirmation, LUCIANA, "A guia é a 45871.", message_id="complemento")
    mails.send(instance.smtp_port, by_mail)
    expect(hands.talk(ana)).to_contain_text("A guia é a 45871.")
    assert ana.evaluate("window.untouched") is True
    messages = instance.wait_messages(ticket["number"], 2)
    assert [m["channel"] for m in messages] == ["web", "mail"]
    assert messages[1]["text"] == "A guia é a 45871."
    assert "Segue a glosa." not in messages[1]["text"]

    hands.answer(ana, "Revertemos a glosa da guia 45871.")
    answer = relay.wait(2, LUCIANA)[-1].message
    # She wrote in this thread, so what is said to her may be said there.
    assert "Revertemos a glosa da guia 45871." in mails.text_of(answer)
    assert answer["Subject"] == confirmation["Subject"] == f"Protocolo {protocol}"
    assert answer["In-Reply-To"] == "<complemento@prestador.example>"
    assert answer["Auto-Submitted"] is None
    luciana.goto(f"{instance.url}/fale-conosco/{protocol}")
    expect(luciana.get_by_role("log")).to_contain_text("Revertemos a glosa da guia 45871.")
    expect(luciana.get_by_role("log").locator("article")).to_have_count(3)


def test_an_answer_before_she_wrote_by_mail_tells_only_where_it_is(
    instance: Instance, relay: Relay, seat: Seat
):
    luciana, ana = seat(), seat()
    hands.enter_portal(luciana, instance.url, LUCIANA)
    protocol = hands.open_contact(luciana, instance.url, "Glosa do lote 18", "Segue a glosa.")
    (ticket,) = instance.tickets()
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, ticket["number"])
    hands.answer(ana, "O laudo do beneficiário chegou.")
    notice = relay.wait(2, LUCIANA)[-1].message
    assert "O laudo" not in mails.text_of(notice)
    assert "O laudo" not in mails.html_of(notice)
    assert f"{instance.url}/fale-conosco/{protocol}" in mails.text_of(notice)
    luciana.goto(f"{instance.url}/fale-conosco/{protocol}")
    expect(luciana.get_by_role("log")).to_contain_text("O laudo do beneficiário chegou.")


def check_confirmation(mail: mails.EmailMessage, protocol: str) -> None:
    """It names the protocol, not what was said; it asks for replies to a signed address."""
    assert mail["Subject"] == f"Protocolo {protocol}"
    assert protocol in mails.text_of(mail).replace(".", "").replace(" ", "")
    assert "glosa" not in mails.text_of(mail).lower()
    assert mail["Auto-Submitted"] == "auto-replied"
    local, _, domain = mails.reply_to(mail).partition("@")
    assert local.startswith("atendimento+")
    assert domain == ADDRESS.partition("@")[2]


def watch_reloads(page: Page) -> None:
    """A mark that a reload would take away."""
    page.evaluate("window.untouched = true")
