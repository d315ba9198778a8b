"""The ticket page in a browser: two agents at it, texts and names offered while writing, previews,
messages' menus, a session that ends, a stream that breaks."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk import canned, sessions, tickets
from helpdesk.border import File
from helpdesk.endpoints import NewEndpoint, write
from helpdesk.models import Endpoint
from tests.doubles import browser as chromium
from tests.gateway.console.served import PASSWORD, Instance
from tests.gateway.console.test_pages import enter, listening, said
from tests.gateway.console.test_talk import FILES, long_talk

pytestmark = pytest.mark.slow


@pytest.fixture
def second(browser: Browser):
    page = chromium.open_page(browser)
    yield page
    page.context.close()


def opened(page: Page, instance: Instance, number: int, login: str = "ana") -> None:
    enter(page, instance, login)
    page.goto(f"{instance.url}/central/{number}")
    listening(page)


def filed(instance: Instance, number: int, name: str) -> None:
    data, _ = FILES[name]
    kinds = {"png": "image/png", "pdf": "application/pdf", "xml": "application/xml"}
    kind = kinds.get(name.rpartition(".")[2], "text/plain")
    sha256 = instance.runtime.kit.blobs.put(data)
    instance.complemented(number, f"Segue {name}", (File(name, kind, len(data), sha256),))


def test_texts_are_offered_while_one_writes(page: Page, instance: Instance):
    number = instance.opened("Texto pronto")
    desk = instance.desk("ana")
    for key, title in (("prazo", "Prazo de pagamento"), ("preco", "Tabela de preços")):
        instance.write(
            canned.save, desk, shortcut=key, title=title,
            body="Olá, {contact}: {sector}", scope="personal",
        )  # fmt: skip
    opened(page, instance, number)
    area = page.get_by_label("Texto da resposta")
    area.press_sequentially("Bom dia. ::pr")
    options = page.locator(".suggest [role=option]")
    expect(options).to_have_count(2)
    expect(area).to_have_attribute("aria-activedescendant", re.compile("-0$"))
    area.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert chromium.axe(page) == []
    chromium.photograph(page, "talk-texts")
    area.press("Escape")
    expect(options).to_have_count(0)
    area.press_sequentially("a")
    expect(options).to_have_count(1)
    area.press("Enter")
    expect(area).to_have_value(re.compile("^Bom dia. Olá, Luciana Reis: "))
    page.get_by_role("link", name="Texto pronto ::").click()
    expect(options).to_have_count(2)
    options.nth(1).click()
    expect(options).to_have_count(0)
    area.fill("Falta {contato}")
    expect(page.locator("[data-blanks]")).to_have_text("Falta preencher: {contato}")
    area.press("Control+Enter")
    expect(page.locator("#texto-e")).to_contain_text("Ainda tem o que preencher: {contato}")
    expect(area).to_have_value("Falta {contato}")


def test_a_colleague_is_named_and_hears_of_it_at_once(page: Page, second: Page, instance: Instance):
    number = instance.opened("Nota com menção")
    enter(second, instance, "rafael")
    listening(second)
    opened(page, instance, number)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Nota interna")
    area = dialog.get_by_label("Nota")
    area.press_sequentially("@raf")
    expect(dialog.locator(".suggest [role=option]")).to_have_count(1)
    area.press("Enter")
    expect(area).to_have_value("@rafael ")
    area.press_sequentially("pode ver?")
    area.press("Control+Enter")
    said(page, "Nota interna escrita")
    expect(second.get_by_role("link", name=re.compile("Avisos"))).to_contain_text("1")


def test_two_agents_see_each_other(page: Page, second: Page, instance: Instance):
    number = instance.opened("Presença mútua")
    opened(page, instance, number)
    enter(second, instance, "rafael")
    second.goto(f"{instance.url}/central?q=Presen%C3%A7a")
    listening(second)
    mark = second.locator(f"tr[data-number='{number}'] .here-mark")
    expect(mark).to_have_attribute("title", "Ana Souza está vendo")
    second.goto(f"{instance.url}/central/{number}")
    expect(page.locator("[data-here]")).to_contain_text("Rafael Lima está vendo")
    second.get_by_label("Texto da resposta").press_sequentially("Oi")
    expect(page.locator("[data-here]")).to_contain_text("Rafael Lima está escrevendo")
    assert chromium.axe(page) == []
    chromium.photograph(page, "talk-presence")
    second.close()
    expect(page.locator("[data-here]")).to_be_hidden()


@pytest.mark.parametrize("name", ["foto.png", "guia.pdf", "nota.txt", "lote.xml"])
def test_a_file_is_looked_at_in_a_dialog(page: Page, instance: Instance, name: str):
    number = instance.opened(f"Prévia de {name}")
    filed(instance, number, name)
    opened(page, instance, number)
    link = page.locator("a[data-preview]")
    link.click()
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Baixar")).to_be_visible()
    frame = page.frame_locator("#preview iframe")
    if name == "nota.txt":
        expect(frame.locator("pre")).to_have_text("ação <b>x</b>")
    if name == "lote.xml":
        expect(frame.locator("pre")).to_contain_text('<g n="1">57</g>')
    chromium.photograph(page, f"talk-preview-{name.rpartition('.')[2]}")
    dialog.get_by_role("button", name="Fechar").click()
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_a_message_has_its_menu_by_mouse_and_by_keyboard(page: Page, instance: Instance):
    number = instance.opened("Menu da mensagem")
    opened(page, instance, number)
    more = page.get_by_role("link", name=re.compile("Ações da mensagem"))
    more.click()
    menu = page.get_by_role("menu", name="Na mensagem")
    expect(menu.get_by_role("menuitem", name="Baixar a mensagem original")).to_have_attribute(
        "aria-disabled", "true"
    )
    assert chromium.axe(page) == []
    chromium.photograph(page, "talk-message-menu")
    menu.get_by_role("menuitem", name="Citar na resposta").click()
    area = page.get_by_label("Texto da resposta")
    expect(area).to_have_value("> Enviamos o lote 0112 e não recebemos o número.\n\n")
    expect(area).to_be_focused()
    more.focus()
    page.keyboard.press("Shift+F10")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    menu.get_by_role("menuitem", name="Separar em outro chamado").click()
    dialog = page.get_by_role("dialog", name="Separar a mensagem")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".msg .body").click(button="right")
    expect(menu).to_be_visible()
    menu.get_by_role("menuitem", name="Quem consultou").click()
    expect(page.get_by_role("tabpanel", name="Logs")).to_contain_text("Ninguém, até agora")


def test_earlier_messages_come_above_and_nothing_moves(page: Page, instance: Instance):
    number, ids = long_talk(instance)
    opened(page, instance, number)
    talk = page.get_by_role("log")
    expect(page.locator("[data-message]")).to_have_count(30)
    talk.evaluate("talk => { talk.scrollTop = 0 }")
    first = page.locator(f"#m{ids[-30]}")
    before = first.bounding_box()
    chromium.photograph(page, "talk-long")
    page.get_by_role("link", name="Mostrar 50 de 170 anteriores").click()
    expect(page.locator("[data-message]")).to_have_count(80)
    after = first.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 40  # the link itself went up
    instance.complemented(number, "Chegou depois de rolar")
    expect(talk).to_contain_text("Chegou depois de rolar")
    expect(page.locator("[data-message]")).to_have_count(81)
    page.goto(f"{instance.url}/central/{number}#m{ids[2]}")
    expect(page.locator(f"#m{ids[2]}")).to_be_in_viewport()


def test_where_an_answer_goes_is_said_and_vouched_for(page: Page, instance: Instance):
    number = instance.mailed("Para onde", "Bom dia")
    [end] = instance.write(
        lambda s: write(s, [NewEndpoint(number, "mail", "nova@vila.example", state="reading")])
    )
    opened(page, instance, number)
    composer = page.get_by_role("region", name="Resposta")
    expect(composer).to_contain_text("O texto e os anexos vão por aqui")
    tick = composer.get_by_label("Confirmo que este endereço é do prestador")
    expect(tick).to_be_hidden()
    composer.get_by_label("Responder por").select_option(str(end))
    expect(composer).to_contain_text("Não é por onde o prestador escreveu por último")
    expect(tick).to_be_visible()
    assert chromium.axe(page) == []
    chromium.photograph(page, "talk-vouch")
    tick.check()
    page.get_by_label("Texto da resposta").fill("Vai para o endereço novo")
    page.get_by_label("Texto da resposta").press("Control+Enter")
    said(page, "Resposta enviada")
    assert instance.read(lambda s: s.get(Endpoint, end)).state == "active"


def test_logs_are_sifted_where_they_stand(page: Page, instance: Instance):
    number = instance.opened("Logs filtrados")
    instance.write(tickets.claim, instance.desk("rafael"), number)
    instance.write(tickets.note, instance.desk("ana"), number, "Uma nota")
    opened(page, instance, number)
    page.get_by_role("tab", name="Logs").click()
    panel = page.get_by_role("tabpanel", name="Logs")
    expect(panel).to_contain_text("assumiu")
    panel.get_by_label("Tipo de mudança").select_option("messages")
    expect(panel).not_to_contain_text("assumiu")
    expect(panel).to_contain_text("escreveu nota interna")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert chromium.axe(page) == []
    chromium.photograph(page, "talk-logs")
    panel.get_by_label("Quem").select_option(label="Rafael Lima")
    expect(panel).to_contain_text("Nada com este filtro")
    panel.get_by_role("link", name="Quem consultou").click()
    expect(panel).to_contain_text("Ninguém, até agora")


def test_a_draft_that_arrives_after_its_answer_does_not_come_back(page: Page, instance: Instance):
    """A slow line: the save leaves before the answer and lands after it. The agent's other tab
    learns that it is of before, and what is typed there from then on is kept."""
    number = instance.opened("Rascunho atrasado")
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    other = page.context.new_page()
    other.goto(f"{instance.url}/central/{number}")
    saves = re.compile(r"/rascunho$")
    page.route(saves, lambda _: None)  # on its way
    with page.expect_request(saves) as asked:
        page.get_by_label("Texto da resposta").fill("O lote foi achado.")
    request = asked.value
    page.get_by_label("Texto da resposta").press("Control+Enter")
    said(page, "Resposta enviada")
    landed = page.request.post(request.url, data=request.post_data, headers=request.headers)
    assert landed.status == 409
    page.reload()
    expect(page.get_by_label("Texto da resposta")).to_have_value("")

    with other.expect_response(saves) as first:
        other.get_by_label("Texto da resposta").fill("O lote foi achado mesmo")
    assert first.value.status == 409
    expect(other.locator("[data-draft]")).to_have_text(
        "Não guardado: você já respondeu em outra aba"
    )
    page.reload()
    expect(page.get_by_label("Texto da resposta")).to_have_value("")
    with other.expect_response(saves) as second:
        other.get_by_label("Texto da resposta").fill("E o seguinte também")
    assert second.value.status == 204
    page.reload()
    expect(page.get_by_label("Texto da resposta")).to_have_value("E o seguinte também")


def test_a_session_that_ends_keeps_the_text_and_the_send_goes_on(page: Page, instance: Instance):
    number = instance.opened("Sessão que termina")
    opened(page, instance, number)
    page.get_by_label("Texto da resposta").fill("Não posso perder isto")
    [cookie] = [c for c in page.context.cookies() if c["name"] == "ponte_agent"]
    instance.write(sessions.end, cookie["value"], now=instance.now)
    page.get_by_role("button", name="Responder", exact=False).first.click()
    door = page.locator("#door dialog")
    expect(door).to_be_visible()
    assert chromium.axe(page) == []
    chromium.photograph(page, "talk-session")
    if door.get_by_label("Usuário").is_visible():
        door.get_by_label("Usuário").fill("ana")
    door.get_by_label("Senha", exact=True).fill("errada")
    door.get_by_role("button", name="Entrar", exact=True).click()
    expect(door).to_contain_text("não conferem")
    door.get_by_label("Senha", exact=True).fill(PASSWORD)
    door.get_by_role("button", name="Entrar", exact=True).click()
    said(page, "Resposta enviada")
    expect(page.get_by_role("log")).to_contain_text("Não posso perder isto")


def test_a_stream_that_broke_goes_on_without_a_gap(page: Page, instance: Instance):
    number = instance.opened("Fluxo que cai")
    opened(page, instance, number)
    page.context.set_offline(True)
    expect(page.locator("body")).to_have_attribute("data-stream", "down")
    instance.complemented(number, "Escrito enquanto estava fora")
    page.context.set_offline(False)
    expect(page.get_by_role("log")).to_contain_text("Escrito enquanto estava fora", timeout=20_000)


STATES = {
    "texts": "/central/textos",
    "choice": "/central/{number}/textos",
    "ticket": "/central/{number}",
}


@pytest.mark.parametrize("name", STATES)
def test_pages_fit_and_have_no_violation(page: Page, instance: Instance, name: str):
    number = instance.mailed("Uma conversa com anexos e um título comprido o bastante", "Bom dia")
    filed(instance, number, "foto.png")
    filed(instance, number, "lote.xml")
    instance.write(tickets.reply, instance.desk("ana"), number, "Recebido, obrigada.")
    instance.write(
        canned.save, instance.desk("ana"), shortcut="fim", title="Encerramento",
        body="Olá, {contact}. Seu protocolo é {protocol}.", scope="personal",
    )  # fmt: skip
    enter(page, instance)
    page.goto(instance.url + STATES[name].format(number=number))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1366, 390, 320):
            page.set_viewport_size({"width": width, "height": chromium.HEIGHT})
            wide = page.evaluate(
                "[...document.querySelectorAll('main *')].filter(e => "
                "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width, wide
            assert chromium.axe(page) == []
    chromium.photograph(page, f"talk-{name}")
