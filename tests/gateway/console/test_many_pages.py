"""Choosing tickets of the list in a browser, and what is done to many."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.console import addresses
from helpdesk import bulk, plans, tickets
from tests.doubles import browser as chromium
from tests.gateway.console.served import Instance
from tests.gateway.console.test_list_pages import rows
from tests.gateway.console.test_pages import enter, listening

pytestmark = pytest.mark.slow


@pytest.fixture
def second(browser: Browser):
    page = chromium.open_page(browser)
    yield page
    page.context.close()


def test_choosing_by_key_by_range_and_by_page(page: Page, instance: Instance):
    for n in range(5):
        instance.opened(f"Escolher {n}")
    enter(page, instance)
    page.goto(f"{instance.url}/central?q=Escolher&ordem=chamado")
    chosen = page.locator("[data-selected]")
    expect(page.locator("[data-unselected]")).to_be_visible()
    page.keyboard.press("x")
    expect(chosen).to_have_text("1 selecionado")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(chosen).to_have_text("4 selecionados")
    expect(page.locator("[data-select-all]")).to_have_js_property("indeterminate", True)
    page.keyboard.press("*")
    expect(chosen).to_have_text("5 selecionados")
    expect(page.locator("[data-select-all]")).to_be_checked()
    boxes = page.locator("tbody input[name=number]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(chosen).to_have_text("2 selecionados")
    page.get_by_role("button", name="Limpar").click()
    expect(page.locator("[data-unselected]")).to_be_visible()
    expect(rows(page).first).to_have_attribute("aria-selected", "false")


def test_what_is_chosen_stays_chosen_while_its_row_changes(
    page: Page, second: Page, instance: Instance
):
    number = instance.opened("Fica escolhido")
    enter(page, instance)
    enter(second, instance, "rafael")
    page.goto(f"{instance.url}/central?q=Fica+escolhido")
    listening(page)
    page.keyboard.press("x")
    second.goto(f"{instance.url}/central/{number}")
    second.get_by_role("button", name="Assumir").first.click()
    row = page.locator(f"tr[data-number='{number}']")
    expect(row).to_contain_text("Rafael Lima")
    expect(row.locator("input[name=number]")).to_be_checked()
    expect(row).to_have_class(re.compile(r"\bcur\b"))
    expect(page.locator("[data-selected]")).to_have_text("1 selecionado")


def test_all_that_match_may_be_chosen_before_they_are_counted(
    page: Page, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    """A page counts no further than is quick; who acts on all of them is told how many."""
    for name, value in (("MOST_LOOKED_AT", 0), ("MOST_READ", 3)):
        monkeypatch.setattr(plans, name, value)
    monkeypatch.setattr(addresses, "PAGE_ROWS", 4)
    for n in range(9):
        instance.opened(f"Contados depois {n}")
    enter(page, instance)
    page.set_viewport_size({"width": 1366, "height": 400})
    page.goto(f"{instance.url}/central?classificacao=LOT&canal=web")
    strip = page.locator("[data-span]")
    expect(strip).to_have_text(re.compile(r"^1–(\d+) de mais de \d+$"))
    page.keyboard.press("x")
    page.get_by_role("button", name="Selecionar todos que combinam").click()
    expect(page.locator("[data-selected]")).to_have_text("Todos que combinam")
    page.keyboard.press("Alt+t")
    title = page.get_by_role("dialog").get_by_role("heading").first
    expect(title).to_have_text(re.compile(r"Encaminhar \d+ chamados"))
    whole = re.sub(r"\D", "", title.inner_text())
    assert int(whole) >= 9
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    expect(strip).to_have_text(f"1–{whole} de {whole}")


def test_all_that_match_are_forwarded_and_brought_back(
    page: Page, instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(addresses, "PAGE_ROWS", 4)
    monkeypatch.setattr(bulk, "STEP", 3)
    found = [instance.opened(f"Todos que combinam {n}") for n in range(9)]
    held = instance.opened("Todos que combinam, preso")
    instance.write(tickets.claim, instance.desk("rafael"), held)
    before = instance.ticket(found[0]).sector_id
    enter(page, instance)
    page.set_viewport_size({"width": 1366, "height": 400})
    page.goto(f"{instance.url}/central?q=combinam&ordem=chamado")
    page.keyboard.press("x")
    page.get_by_role("button", name="Selecionar todos os 10 que combinam").click()
    expect(page.locator("[data-selected]")).to_have_text("Todos os 10 que combinam")
    claim = page.get_by_role("toolbar").get_by_role("button", name="Assumir", exact=False).last
    expect(claim).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Alt+t")
    dialog = page.get_by_role("dialog", name="Encaminhar 10 chamados")
    dialog.get_by_label("Setor").select_option("TIS")
    dialog.get_by_label("Nota para quem recebe").fill("Todos de uma vez")
    assert chromium.axe(page) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/central/lote/**")
    expect(page.locator("#bulk")).to_contain_text("Terminado. 9 feitos, 1 ficou como estava")
    expect(page.get_by_role("row", name=re.compile("preso"))).to_contain_text(
        "Está com Rafael Lima"
    )
    assert chromium.axe(page) == []
    assert len({instance.ticket(n).sector_id for n in found}) == 1
    page.get_by_role("button", name="Desfazer").click()
    expect(page.locator("#bulk")).to_contain_text("Desfeito")
    assert {instance.ticket(n).sector_id for n in found} == {before}
    page.get_by_role("link", name="Voltar à lista").first.click()
    page.wait_for_url("**/central?q=combinam**")
