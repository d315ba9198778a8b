"""The most frequent tasks, by the number of times a key goes down."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import canned, tickets
from helpdesk.models import Ticket
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance

pytestmark = pytest.mark.slow


def said(page: Page, text: str) -> None:
    expect(page.locator(".flash")).to_contain_text(text)


def test_the_next_ticket_is_taken_by_one_key_from_any_page(page: Page, instance: Instance):
    first, second = instance.opened("Próximo 1"), instance.opened("Próximo 2")
    hands = enter(page, instance)
    hands.press("Shift+a")
    said(page, "Chamado assumido")
    page.wait_for_url(re.compile(rf"/central/{first}\b"))
    assert hands.strokes <= 2
    page.keyboard.press("Shift+a")
    page.wait_for_url(re.compile(rf"/central/{second}\b"))
    page.goto(f"{instance.url}/central/atalhos")
    page.keyboard.press("Shift+a")
    said(page, "Nada espera por você agora")
    assert {instance.ticket(n).claimed_by for n in (first, second)} == {
        instance.desk("ana").actor.id
    }


def test_forwarding_with_a_note_takes_six(page: Page, instance: Instance):
    number = instance.opened("Seis teclas para encaminhar")
    hands = enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    hands.press("Alt+t")
    expect(page.locator("dialog #agent")).to_be_focused()
    hands.press("r", "Tab", "Tab")
    hands.write("Depende do webservice.")
    hands.press("Control+Enter")
    said(page, "Chamado encaminhado")
    assert instance.ticket(number).assignee_id == instance.desk("rafael").actor.id
    assert hands.strokes <= 6


def test_a_canned_answer_and_the_close_take_eight(page: Page, instance: Instance):
    number = instance.opened("Oito teclas para encerrar")
    instance.write(
        canned.save,
        instance.desk("ana"),
        shortcut="pago",
        title="Pagamento feito",
        body="O protocolo {protocol} foi pago por TED em 30/11.",
        scope="personal",
    )
    hands = enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    hands.press("e")
    field = page.get_by_role("dialog", name="Encerrar").get_by_label("O que foi resolvido")
    expect(field).to_be_focused()
    hands.press(":", ":", "p")
    expect(page.get_by_role("option", name="Pagamento feito")).to_be_visible()
    hands.press("Enter")
    expect(field).to_have_value(
        f"O protocolo {instance.ticket(number).protocol} foi pago por TED em 30/11."
    )
    hands.press("Tab", "e", "Control+Enter")
    said(page, "Chamado encerrado")
    assert instance.ticket(number).situation == "closed"
    assert hands.strokes <= 8


def test_my_expired_ones_take_three(page: Page, instance: Instance):
    mine, others = instance.opened("Expirado meu"), instance.opened("Expirado de outro")
    instance.write(tickets.claim, instance.desk("ana"), mine)
    instance.write(tickets.claim, instance.desk("rafael"), others)

    def expire(session: Session) -> None:
        past = instance.now - timedelta(days=1)
        wanted = Ticket.number.in_([mine, others])
        session.execute(update(Ticket).where(wanted).values(due_at=past, attention_at=past))

    instance.write(expire)
    hands = enter(page, instance)
    hands.press("Shift+e")
    expect(page.locator("[data-rows] [data-number]")).to_have_count(1)
    expect(page.locator("[data-rows]")).to_contain_text("Expirado meu")
    assert hands.strokes <= 3


def test_giving_up_asks_only_when_something_would_be_lost(page: Page, instance: Instance):
    number = instance.opened("Desistir com rascunho")
    instance.write(tickets.claim, instance.desk("ana"), number)
    before = instance.ticket(number)
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    page.get_by_label("Texto da resposta").fill("Ainda não terminei")
    page.keyboard.press("F6")
    dialog = page.get_by_role("dialog", name="Desistir")
    expect(dialog).to_contain_text("será apagado")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Texto da resposta")).to_have_value("Ainda não terminei")
    page.keyboard.press("F6")
    dialog.get_by_role("button", name="Desistir e apagar").click()
    said(page, "Você desistiu")
    page.goto(f"{instance.url}/central/{number}")
    expect(page.get_by_label("Texto da resposta")).to_have_value("")
    after = instance.ticket(number)
    assert after.claimed_by is None
    same = ("version", "status_id", "assignee_id", "due_at", "waiting_on", "last_message_at")
    assert {n: getattr(after, n) for n in same} == {n: getattr(before, n) for n in same}
    instance.write(tickets.claim, instance.desk("ana"), number)
    page.goto(f"{instance.url}/central/{number}")
    page.keyboard.press("F6")
    said(page, "Você desistiu")


def test_f5_leaves_an_open_ticket_pending_and_goes_back_to_the_list(page: Page, instance: Instance):
    number = instance.opened("F5 no chamado")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}?situacao=todos")
    page.keyboard.press("F5")
    page.get_by_role("dialog", name="Deixar pendente").wait_for()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/central?situacao=todos")
    assert instance.ticket(number).situation == "pending"
    page.keyboard.press("F5")
    page.wait_for_url("**/central?situacao=pendentes-do-operador")


def test_keys_do_nothing_while_somebody_writes(page: Page, instance: Instance):
    number = instance.opened("Escrever sem atalhos")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    page.keyboard.press("r")
    page.keyboard.type("A guia j, k, o, x e ? / já foi. Enviei n e e.")
    expect(page.get_by_label("Texto da resposta")).to_have_value(
        "A guia j, k, o, x e ? / já foi. Enviei n e e."
    )
    expect(page.locator("dialog[open]")).to_have_count(0)
    # F keys write nothing: they act in a field too.
    page.keyboard.press("F2")
    expect(page.get_by_role("tab").nth(1)).to_have_attribute("aria-selected", "true")


def test_a_key_is_given_by_pressing_it(page: Page, instance: Instance):
    enter(page, instance, "rafael")
    page.goto(f"{instance.url}/central/atalhos")
    line = page.locator("#c-claim-next")
    line.locator("summary").click()
    field = line.get_by_label("Nova tecla")
    field.press("F9")
    expect(field).to_have_value("F9")
    field.press("Enter")
    said(page, "Tecla gravada")
    expect(page.locator("#c-claim-next .caps kbd").first).to_have_text("F9")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Atalhos do teclado")
    expect(dialog.locator("div", has_text="Assumir o próximo").last.locator("kbd")).to_have_text(
        "F9"
    )
    dialog.get_by_role("button", name="Fechar").click()
    page.keyboard.press("F9")
    page.wait_for_url(re.compile(r"/central(/\d+)?$"))
