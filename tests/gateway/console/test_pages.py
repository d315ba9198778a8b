"""The console in a browser: the round of an agent, two at once, live, by keyboard, without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk import tickets
from tests.doubles import browser as chromium
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance

pytestmark = pytest.mark.slow


def listening(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-stream", "open")


def said(page: Page, text: str) -> None:
    expect(page.locator(".flash")).to_contain_text(text)


@pytest.fixture
def second(browser: Browser):
    page = chromium.open_page(browser)
    yield page
    page.context.close()


def test_the_round_of_an_agent(page: Page, instance: Instance):
    number = instance.opened("Lote 0112 da ronda")
    enter(page, instance)
    page.get_by_role("link", name="Lote 0112 da ronda").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lote 0112 da ronda")
    page.get_by_role("button", name="Assumir").click()
    said(page, "Chamado assumido")
    expect(page.locator("#head")).to_contain_text("Em andamento com você")

    page.get_by_label("Texto da resposta").fill("Achamos o lote, protocolo 287036224118.")
    page.get_by_label("Texto da resposta").press("Control+Enter")
    said(page, "Resposta enviada")
    expect(page.get_by_role("log")).to_contain_text("protocolo 287036224118")
    expect(page.get_by_label("Texto da resposta")).to_have_value("")

    page.get_by_label("Texto da resposta").fill("Só para nós.")
    page.get_by_role("button", name="Nota interna").click()
    said(page, "Nota interna escrita")
    expect(page.locator(".memo")).to_contain_text("Só para nós.")

    page.get_by_role("toolbar").get_by_role("link", name="Pendente").click()
    dialog = page.get_by_role("dialog", name="Deixar pendente")
    dialog.get_by_label("Mensagem ao prestador").fill("Mande o XML do lote")
    dialog.get_by_role("button", name="Deixar pendente").click()
    said(page, "Chamado deixado pendente")
    page.wait_for_url("**/central")

    page.goto(f"{instance.url}/central/{number}")
    page.keyboard.press("Alt+t")
    dialog = page.get_by_role("dialog", name="Encaminhar")
    dialog.locator("#agent").select_option("rafael")
    dialog.get_by_label("Nota para quem recebe").fill("Depende do webservice")
    page.keyboard.press("Control+Enter")
    said(page, "Chamado encaminhado")

    page.goto(f"{instance.url}/central/{number}")
    page.get_by_role("toolbar").get_by_role("link", name="Encerrar").click()
    dialog = page.get_by_role("dialog", name="Encerrar")
    dialog.get_by_label("Status final").select_option("EPR")
    dialog.get_by_label("O que foi resolvido").fill("Resolvido.")
    dialog.get_by_role("button", name="Encerrar").click()
    expect(page.locator(".err")).to_contain_text("escreva a conclusão")
    page.get_by_label("O que foi resolvido").fill("Lote 0112 aceito em 24/11 com 57 guias.")
    page.get_by_role("button", name="Encerrar").click()
    said(page, "Chamado encerrado")

    page.goto(f"{instance.url}/central/{number}")
    expect(page.get_by_role("region", name="Resposta")).to_contain_text("Encerrado")
    page.get_by_role("region", name="Resposta").get_by_role("link", name="Reabrir").click()
    dialog = page.get_by_role("dialog", name="Reabrir")
    dialog.get_by_label("Por que reabrir").fill("Faltou uma guia")
    dialog.get_by_role("button", name="Reabrir").click()
    said(page, "Chamado reaberto")
    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_role("tabpanel", name="Logs")).to_contain_text("reabriu")


def test_two_agents_at_one_ticket(page: Page, second: Page, instance: Instance):
    number = instance.opened("Dois ao mesmo tempo")
    enter(page, instance)
    enter(second, instance, "rafael")
    page.goto(f"{instance.url}/central/{number}")
    listening(page)
    page.get_by_label("Texto da resposta").fill("O que Ana escreve")
    second.goto(f"{instance.url}/central/{number}")
    second.get_by_label("Texto da resposta").fill("Rafael foi mais rápido")
    second.get_by_role("button", name="Responder", exact=False).first.click()
    said(second, "Resposta enviada")
    # Another agent's answer appears by itself; what was being written is untouched.
    expect(page.get_by_role("log")).to_contain_text("Rafael foi mais rápido")
    expect(page.get_by_label("Texto da resposta")).to_have_value("O que Ana escreve")


def test_a_complement_stops_the_send_until_it_was_read(page: Page, instance: Instance):
    number = instance.opened("Chega no meio")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    listening(page)
    page.get_by_label("Texto da resposta").fill("Ainda procuramos")
    instance.complemented(number, "Achei o lote, podem parar.")
    alert = page.locator("[data-arrived]")
    expect(alert).to_contain_text("Luciana Reis escreveu agora")
    expect(page.locator("[data-send]").first).to_be_disabled()
    expect(page.get_by_role("log")).to_contain_text("Achei o lote, podem parar.")
    alert.get_by_role("button", name="Ler").click()
    expect(alert).to_be_hidden()
    page.get_by_label("Texto da resposta").press("Control+Enter")
    said(page, "Resposta enviada")


def test_new_rows_are_announced_and_old_ones_change_where_they_are(page: Page, instance: Instance):
    number = instance.opened("Linha viva")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=viva")
    listening(page)
    row = page.locator(f"tr[data-number='{number}']")
    instance.write(tickets.claim, instance.desk("rafael"), number)
    expect(row).to_contain_text("Rafael Lima")
    instance.opened("Outra linha viva")
    strip = page.locator("[data-fresh]")
    expect(strip).to_have_text("1 novo · mostrar")
    expect(page.locator("tbody tr")).to_have_count(1)
    strip.click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_tabs_of_one_browser_share_one_stream(page: Page, instance: Instance):
    number = instance.opened("Várias abas")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=abas")
    listening(page)
    other = page.context.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(f"{instance.url}/central?q=abas")
    listening(other)
    instance.write(tickets.claim, instance.desk("rafael"), number)
    for tab in (page, other):
        expect(tab.locator(f"tr[data-number='{number}']")).to_contain_text("Rafael Lima")
    assert not any("/central/eventos" in url for url in asked)
    page.close()
    instance.write(tickets.give_up, instance.desk("rafael"), number)
    expect(other.locator(f"tr[data-number='{number}']")).not_to_contain_text("Rafael Lima")
    assert sum("/central/eventos" in url for url in asked) == 1


def test_an_answer_is_taken_back(page: Page, instance: Instance):
    number = instance.mailed("Desfazer", "Onde está?")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    page.get_by_label("Texto da resposta").fill("Enviado cedo demais")
    with instance.standing_still():
        page.get_by_label("Texto da resposta").press("Control+Enter")
        page.get_by_role("button", name="Desfazer").click()
        said(page, "Envio desfeito")
    expect(page.get_by_label("Texto da resposta")).to_have_value("Enviado cedo demais")


def test_keys_select_and_forward_two(page: Page, instance: Instance):
    numbers = [instance.opened(f"Tecla {n}") for n in (1, 2)]
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=Tecla&ordem=chamado")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("2 selecionados")
    page.keyboard.press("Alt+t")
    dialog = page.get_by_role("dialog", name="Encaminhar 2 chamados")
    dialog.get_by_label("Setor").select_option("TIS")
    dialog.get_by_label("Nota para quem recebe").fill("Os dois juntos")
    page.keyboard.press("Control+Enter")
    said(page, "Encaminhados: 2")
    assert [instance.ticket(n).situation for n in numbers] == ["open", "open"]
    assert len({instance.ticket(n).sector_id for n in numbers}) == 1
    expect(page.locator("tr.cur")).to_be_visible()
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/central/\d+\?"))
    page.keyboard.press("Control+k")
    page.keyboard.type("quimio")
    expect(page.get_by_role("dialog", name="Comandos")).to_be_visible()


def test_the_row_menu_forbids_what_the_ticket_cannot(page: Page, instance: Instance):
    number = instance.opened("Menu da linha")
    instance.write(tickets.claim, instance.desk("rafael"), number)
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=Menu+da+linha")
    page.keyboard.press("j")
    page.keyboard.press("Shift+F10")
    menu = page.get_by_role("menu", name="Ações do chamado")
    for name in ("Assumir", "Excluir", "Reabrir"):
        # The name goes on with the key, as in "Assumir A" and "Excluir… F4".
        item = menu.get_by_role("menuitem", name=re.compile(rf"^{name}…?( \S+)?$"))
        expect(item).to_have_attribute("aria-disabled", "true")
    expect(menu.get_by_role("menuitem", name="Nota interna")).not_to_have_attribute(
        "aria-disabled", "true"
    )


def test_everything_works_without_a_script(browser: Browser, instance: Instance):
    number = instance.opened("Sem script")
    page = chromium.open_page(browser, javascript=False)
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=Sem+script")
    page.get_by_role("link", name="Sem script").click()
    page.get_by_role("button", name="Assumir").click()
    page.get_by_label("Texto da resposta").fill("Resposta sem script")
    page.get_by_role("button", name="Responder").first.click()
    expect(page.get_by_role("log")).to_contain_text("Resposta sem script")
    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_role("tabpanel", name="Logs")).to_contain_text("assumiu")
    page.get_by_role("toolbar").get_by_role("link", name="Encaminhar").click()
    page.get_by_label("Setor").select_option("TIS")
    page.get_by_label("Nota para quem recebe").fill("Sem script também")
    page.get_by_role("button", name="Encaminhar").click()
    said(page, "Chamado encaminhado")
    assert instance.ticket(number).claimed_by is None
    page.locator("summary", has_text="Ana Souza").click()
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/entrar")
    page.context.close()


def test_leaving_by_key(page: Page, instance: Instance):
    enter(page, instance)
    page.keyboard.press("F3")
    page.wait_for_url("**/central/novo")
    page.go_back()
    page.keyboard.press("F12")
    page.wait_for_url("**/entrar")


def test_the_mail_as_it_came_opens_in_a_frame_that_runs_nothing(page: Page, instance: Instance):
    number = instance.mailed("Quadro", "Bom dia", "<p>Bom <b>dia</b> do quadro</p>")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    page.get_by_text("Ver como chegou").click()
    frame = page.frame_locator("article iframe")
    expect(frame.locator("b")).to_have_text("dia")
    allowed = page.locator("article iframe").get_attribute("sandbox")
    assert allowed == "allow-popups allow-popups-to-escape-sandbox"
    page.get_by_text("por quê?").click()
    expect(page.get_by_role("heading", name=re.compile("Por que"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name=re.compile("Por que"))).to_be_hidden()
