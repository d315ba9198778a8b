"""The list in a browser: choosing, columns, views, what comes while one looks, paging, files."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.console import addresses
from helpdesk import agent_settings, closing, saved_views, tickets
from tests.doubles import browser as chromium
from tests.gateway.console.door import soon
from tests.gateway.console.served import Instance
from tests.gateway.console.test_pages import enter, listening, said

pytestmark = pytest.mark.slow


@pytest.fixture
def second(browser: Browser):
    page = chromium.open_page(browser)
    yield page
    page.context.close()


def rows(page: Page):
    return page.locator("tbody[data-rows] > tr[data-number]")


def numbers(page: Page) -> list[int]:
    return [int(n) for n in rows(page).evaluate_all("all => all.map(r => r.dataset.number)")]


def test_columns_are_chosen_moved_and_made_wider(page: Page, instance: Instance):
    instance.opened("Colunas no navegador")
    enter(page, instance, "sara")
    page.goto(f"{instance.url}/central?q=navegador")
    page.get_by_role("link", name="Colunas", exact=True).click()
    dialog = page.get_by_role("dialog", name="Colunas")
    assert chromium.axe(page) == []
    dialog.get_by_role("checkbox", name="Motivo").uncheck()
    up = dialog.get_by_role("button", name="Subir Protocolo")
    up.focus()
    for _ in range(13):
        page.keyboard.press("Enter")
    expect(up).to_be_focused()
    expect(dialog.get_by_role("status")).to_have_text("Protocolo agora é a 1ª")
    page.keyboard.press("Control+Enter")
    said(page, "Colunas alteradas")
    heads = page.locator("thead th[data-column]")
    expect(heads.first).to_contain_text("Protocolo")
    expect(page.get_by_role("columnheader", name="Motivo")).to_have_count(0)
    grip = page.get_by_role("separator", name="Largura de Título")
    width = int(grip.get_attribute("aria-valuenow") or 0)
    grip.focus()
    with page.expect_response(re.compile("/colunas/title/largura")):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("ArrowRight")
    expect(grip).to_have_attribute("aria-valuenow", str(width + 40))
    page.reload()
    expect(grip).to_have_attribute("aria-valuenow", str(width + 40))
    scroller = page.locator(".scroll")
    page.set_viewport_size({"width": 1000, "height": 700})
    scroller.evaluate("e => e.scrollTo(600, 0)")
    first = page.locator("tbody th, tbody td.c1").first
    expect(page.locator("thead .c1")).to_be_in_viewport()
    expect(first).to_be_in_viewport()
    instance.write(agent_settings.set_columns, instance.desk("sara"), [], [])


def test_a_view_is_saved_and_counts_by_itself(page: Page, instance: Instance):
    instance.opened("Contado sozinho 1")
    enter(page, instance, "rafael")
    page.goto(f"{instance.url}/central?q=Contado+sozinho")
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Salvar visão")
    dialog.get_by_label("Nome").fill("Contados")
    page.keyboard.press("Control+Enter")
    said(page, "Visão salva")
    link = page.get_by_role("navigation", name="Visões e áreas").get_by_role(
        "link", name="Contados"
    )
    expect(link).to_have_attribute("aria-current", "page")
    expect(link.locator("[data-count]")).to_have_text("1")
    page.get_by_role("link", name="Organizar minhas visões").click()
    dialog = page.get_by_role("dialog", name="Minhas visões")
    assert chromium.axe(page) == []
    dialog.get_by_role("checkbox", name="remover").check()
    dialog.get_by_role("button", name="Gravar").click()
    said(page, "Visão removida")
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    said(page, "Visão de volta")
    expect(link).to_have_count(1)
    views = instance.read(saved_views.listing, instance.desk("rafael").actor)
    assert [view.query for view in views if view.mine] == ["q=Contado+sozinho"]


def test_only_what_fits_the_filter_is_announced(page: Page, second: Page, instance: Instance):
    instance.opened("Só daqui 1")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=daqui&situacao=abertos")
    listening(page)
    bar = page.locator("[data-fresh]")
    instance.opened("Outro assunto qualquer")
    fits = instance.opened("Só daqui 2")
    expect(bar).to_have_text("1 novo · mostrar")
    other = instance.opened("Só daqui 3")
    expect(bar).to_have_text("2 novos · mostrar")
    expect(rows(page)).to_have_count(1)
    text = "Lote 0112 aceito em 24/11 com 57 guias."
    instance.write(closing.close, instance.desk("rafael"), fits, status="EPR", body=text)
    expect(bar).to_have_text("1 novo · mostrar")
    page.keyboard.press("x")
    page.keyboard.press(".")
    expect(rows(page)).to_have_count(2)
    assert other in numbers(page)
    expect(page.locator("[data-selected]")).to_have_text("1 selecionado")


def test_the_list_goes_on_as_it_is_scrolled_and_keeps_its_place(
    page: Page, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(addresses, "PAGE_ROWS", 20)
    monkeypatch.setattr(addresses, "MOST_ROWS", 60)
    found = [instance.opened(f"Rolar {n:02}") for n in range(70)]
    enter(page, instance)
    page.set_viewport_size({"width": 1366, "height": 500})
    page.goto(f"{instance.url}/central?q=Rolar&ordem=chamado")
    page.locator(".scroll").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    expect(page.locator("[data-span]")).to_have_text(re.compile("^1–(40|60|50) de 70$"))
    while page.locator("[data-more]").is_visible():
        page.locator(".scroll").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    count = rows(page).count()
    assert numbers(page) == found[:count]
    assert f"linhas={count}" in page.url
    row = page.locator(f"tr[data-number='{found[35]}']")
    row.click()
    place = row.bounding_box()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/central/{found[35]}\?"))
    page.go_back()
    expect(row).to_be_focused()
    again = row.bounding_box()
    assert place
    assert again
    assert abs(place["y"] - again["y"]) < 2
    page.locator(".pager [rel=next]").click()
    expect(rows(page).first).to_have_attribute("data-number", str(found[count]))
    expect(page.locator("[data-span]")).to_have_text(re.compile(rf"^{count + 1}–70 de 70$"))
    page.locator(".pager [rel=prev]").click()
    expect(page.locator("[data-span]")).to_have_text(re.compile("^1–"))


def test_moving_past_the_last_row_goes_on(
    page: Page, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(addresses, "PAGE_ROWS", 3)
    found = [instance.opened(f"Além do fim {n}") for n in range(5)]
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=Além&ordem=chamado")
    expect(rows(page)).to_have_count(5)
    for _ in range(6):
        page.keyboard.press("j")
    expect(page.locator("tr.cur")).to_have_attribute("data-number", str(found[-1]))


def test_rows_that_cannot_be_fetched_say_so(
    page: Page, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(addresses, "PAGE_ROWS", 3)
    for n in range(5):
        instance.opened(f"Sem resposta {n}")
    enter(page, instance)
    page.route("**/central/linhas?**", lambda route: route.abort())
    page.goto(f"{instance.url}/central?q=Sem+resposta")
    expect(page.get_by_role("alert")).to_contain_text("Não foi possível buscar mais")
    assert chromium.axe(page) == []
    page.unroute("**/central/linhas?**")
    page.get_by_role("button", name="Tentar de novo").click()
    expect(rows(page)).to_have_count(5)
    expect(page.locator("[data-failed]")).to_be_hidden()


def test_a_file_of_the_list_says_how_far_it_came(page: Page, instance: Instance):
    for n in range(3):
        instance.opened(f"Arquivo seguido {n}")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=seguido")
    with page.expect_download() as download:
        page.get_by_role("toolbar").get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    expect(page.locator("#export")).to_contain_text("CSV pronto: 3 linhas")
    with page.expect_download() as download:
        page.get_by_role("toolbar").get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    expect(page.locator("#export")).to_contain_text("XLSX pronto: 3 linhas")


def test_filters_are_marked_and_taken_away(page: Page, instance: Instance):
    one = instance.opened("Marcado de um jeito")
    instance.write(tickets.pending, instance.desk("ana"), one, body="Mande o XML")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=jeito")
    page.locator("summary", has_text="qualquer classificação").click()
    page.get_by_role("checkbox", name="Glosa", exact=True).check()
    page.get_by_role("checkbox", name="Faturamento e lotes").check()
    page.get_by_role("button", name="Filtrar pelos marcados").click()
    expect(page.get_by_role("group", name="Filtros")).to_contain_text(
        "Glosa ou Faturamento e lotes"
    )
    assert numbers(page) == [one]
    page.get_by_role("link", name=re.compile("Tirar o filtro classificação")).click()
    expect(page.get_by_role("group", name="Filtros")).to_contain_text("qualquer classificação")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Filtros")
    assert chromium.axe(page) == []
    dialog.get_by_role("textbox", name="Prestador").fill("vila serena")
    dialog.get_by_label("Abertos desde").fill("2020-01-01")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/central?**prestador=P1**")
    expect(page.get_by_role("group", name="Filtros")).to_contain_text("desde 01/01/2020")
    page.keyboard.press("F5")
    page.wait_for_url("**/central?situacao=pendentes-do-operador")
    soon(lambda: one in numbers(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390, 320])
def test_the_list_and_its_dialogs_have_no_violation(
    page: Page, instance: Instance, width: int, scheme: str
):
    number = instance.opened("Sem violação alguma no nome comprido deste chamado")
    enter(page, instance)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    item = f"item={number}.1&item={number + 1}.1"
    for path in (
        "?q=alguma&classificacao=LOT&classificacao=GLO&de=2026-01-01&prestador=P1",
        "?q=inexistente",
        "/filtros?classificacao=LOT",
        "/colunas",
        "/visoes/nova",
        "/visoes",
        f"/em-lote/encerrar?{item}",
    ):
        page.goto(f"{instance.url}/central{path}")
        assert chromium.axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
