"""An administrator's afternoon in a browser, on both databases."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.doubles import browser as chromium
from tests.gateway.console.door import Door
from tests.gateway.console.served import PASSWORD, Instance

pytestmark = pytest.mark.slow


def enter(page: Page, instance: Instance, login: str = "chefe") -> None:
    page.goto(f"{instance.url}/entrar")
    page.get_by_label("Usuário").fill(login)
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page).to_have_url(f"{instance.url}/central")


def go(page: Page, instance: Instance, path: str) -> None:
    page.goto(f"{instance.url}/cadastros/{path}")


def test_a_classification_is_made_from_top_to_bottom(page: Page, door: Door):
    instance = door.instance
    enter(page, instance)
    go(page, instance, "classificacoes")
    assert chromium.axe(page) == []
    page.get_by_role("link", name="Nova classificação").click()
    page.get_by_label("Código").fill("TEL")
    page.get_by_label("Nome", exact=True).fill("Telemedicina")
    page.get_by_label("Setor").select_option("TIS")
    page.get_by_label("Dias em prazo de retorno").fill("3")
    page.get_by_label("Contagem").select_option("business")
    page.get_by_label("Atenção").fill("9")
    page.get_by_role("button", name="Gravar").click()
    # The refused form has everything, and says what is wrong beside it.
    expect(page.get_by_text("Falta corrigir um campo.")).to_be_visible()
    expect(page.get_by_label("Nome", exact=True)).to_have_value("Telemedicina")
    assert chromium.axe(page) == []
    page.get_by_label("Atenção").fill("1")
    page.get_by_role("button", name="Gravar").click()
    expect(page.get_by_role("heading", name="Telemedicina")).to_be_visible()
    expect(page.get_by_text("Criou o cadastro")).to_be_visible()
    page.get_by_role("link", name="Acrescentar").click()
    page.get_by_label("Código").fill("TEL.1")
    page.get_by_label("Nome", exact=True).fill("Chamada que não abre")
    page.get_by_role("button", name="Gravar").click()
    page.get_by_role("link", name="Acrescentar").click()
    page.get_by_label("Código").fill("TEL.1.1")
    page.get_by_label("Nome", exact=True).fill("Navegador antigo")
    page.get_by_role("button", name="Gravar").click()
    go(page, instance, "motivos?q=navegador")
    expect(page.get_by_role("link", name="Navegador antigo")).to_be_visible()
    assert chromium.axe(page) == []
    go(page, instance, "classificacoes?q=tele")
    page.get_by_text("1 subclassificação").click()
    expect(page.get_by_role("link", name="Chamada que não abre")).to_be_visible()


def test_two_edit_one_record_and_nobody_loses_a_word(page: Page, browser: Browser, door: Door):
    instance = door.instance
    other = chromium.open_page(browser)
    for each in (page, other):
        enter(each, instance)
        go(each, instance, "setores/3")
    other.get_by_label("Nome", exact=True).fill("Regulação")
    other.get_by_role("button", name="Gravar").click()
    page.get_by_label("Nome", exact=True).fill("Autorização e regulação")
    page.get_by_role("button", name="Gravar").click()
    expect(page.get_by_text("O cadastro mudou enquanto você escrevia.")).to_be_visible()
    expect(page.get_by_text("Nome: Regulação")).to_be_visible()
    expect(page.get_by_label("Nome", exact=True)).to_have_value("Autorização e regulação")
    page.get_by_role("button", name="Gravar").click()
    expect(page.get_by_role("heading", name="Autorização e regulação")).to_be_visible()
    other.context.close()


def test_a_holiday_shows_what_moves_before_it_is_saved(page: Page, door: Door):
    instance = door.instance
    number = instance.opened("Lote do feriado")
    before = instance.ticket(number).due_at
    day = before.astimezone(instance.runtime.policy.zone).date().isoformat()
    enter(page, instance)
    go(page, instance, "feriados/novo")
    assert chromium.axe(page) == []
    page.get_by_label("Nome", exact=True).fill("Aniversário da cidade")
    page.get_by_label("Data").fill(day)
    page.get_by_role("button", name="Gravar").click()
    expect(page.get_by_text("Nada foi gravado ainda")).to_be_visible()
    expect(page.get_by_role("link", name=str(number), exact=True)).to_be_visible()
    assert chromium.axe(page) == []
    assert instance.ticket(number).due_at == before
    page.get_by_role("button", name="Gravar e mudar").click()
    expect(page.get_by_role("heading", name="Aniversário da cidade")).to_be_visible()
    assert instance.ticket(number).due_at > before
    go(page, instance, f"calendario?ano={day[:4]}")
    expect(page.get_by_text("Aniversário da cidade")).to_be_visible()
    assert chromium.axe(page) == []


def test_a_file_is_looked_at_line_by_line(page: Page, door: Door, tmp_path: Path):
    instance = door.instance
    file = tmp_path / "setores.csv"
    file.write_text("Código;Nome\nFIN;Financeiro\nNOV;Área do futuro\nERR;\n", encoding="utf-8")
    enter(page, instance)
    go(page, instance, "setores/importar")
    assert chromium.axe(page) == []
    page.get_by_label("Arquivo CSV").set_input_files(file)
    page.get_by_role("button", name="Conferir linha por linha").click()
    expect(page.get_by_text("Corrija as linhas com erro")).to_be_visible()
    assert chromium.axe(page) == []
    file.write_text("Código;Nome\nFIN;Financeiro\nNOV;Área do futuro\n", encoding="utf-8")
    page.get_by_role("link", name="Outro arquivo").click()
    page.get_by_label("Arquivo CSV").set_input_files(file)
    page.get_by_role("button", name="Conferir linha por linha").click()
    page.get_by_role("button", name="Gravar 2 linhas").click()
    expect(page.get_by_text("2 cadastros gravados")).to_be_visible()
    expect(page.get_by_role("link", name="Área do futuro")).to_be_visible()


def test_parameters_say_what_they_do_and_who_decided(page: Page, door: Door):
    instance = door.instance
    enter(page, instance)
    go(page, instance, "parametros")
    assert chromium.axe(page) == []
    page.get_by_label("Nome do menu").fill("Canal do prestador")
    page.get_by_role("button", name="Gravar parâmetros").click()
    expect(page.get_by_text("Fale conosco → Canal do prestador")).to_be_visible()
    expect(page.get_by_text("Mudado por Clara Reis").first).to_be_visible()
