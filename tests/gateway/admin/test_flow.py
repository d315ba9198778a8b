"""An administrator's afternoon in a browser, on both databases."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk import surveys
from tests.doubles import browser as chromium
from tests.gateway.console.door import Door
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance

pytestmark = pytest.mark.slow


def go(page: Page, instance: Instance, path: str) -> None:
    page.goto(f"{instance.url}/cadastros/{path}")


def test_a_classification_is_made_from_top_to_bottom(page: Page, door: Door):
    instance = door.instance
    enter(page, instance, "chefe")
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
        enter(each, instance, "chefe")
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
    enter(page, instance, "chefe")
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
    enter(page, instance, "chefe")
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
    enter(page, instance, "chefe")
    go(page, instance, "parametros")
    assert chromium.axe(page) == []
    page.get_by_label("Nome do menu").fill("Canal do prestador")
    page.get_by_role("button", name="Gravar parâmetros").click()
    expect(page.get_by_text("Fale conosco → Canal do prestador")).to_be_visible()
    expect(page.get_by_text("Mudado por Clara Reis").first).to_be_visible()


def make_survey(page: Page, instance: Instance) -> int:
    """By hand, in the registers; returns the form's id."""
    go(page, instance, "formularios")
    page.get_by_role("link", name="Novo formulário").click()
    page.get_by_label("Código", exact=True).fill("SAT")
    page.get_by_label("Nome", exact=True).fill("Satisfação")
    page.get_by_role("checkbox", name="Faturamento e lotes", exact=True).check()
    assert chromium.axe(page) == []
    page.get_by_role("button", name="Gravar").click()
    for code, label, kind, options, required in (
        ("NOTA", "Que nota dá ao atendimento?", "scale5", "", True),
        ("CAUSA", "O que pesou?", "one", "Rapidez\nClareza", False),
        ("DISSE", "O que disse", "long", "", False),
    ):
        page.get_by_role("link", name="Acrescentar").click()
        page.get_by_label("Chave").fill(code)
        page.get_by_label("Pergunta", exact=True).fill(label)
        page.get_by_label("Tipo").select_option(kind)
        page.get_by_label("Opções").fill(options)
        page.get_by_label("Obrigatória").set_checked(required)
        page.get_by_role("button", name="Gravar").click()
        expect(page.get_by_role("heading", name=label, level=1)).to_be_visible()
        go(page, instance, "formularios")
        page.get_by_role("link", name="Satisfação").click()
    assert chromium.axe(page) == []
    return int(page.url.rpartition("/")[2])


def fill_survey(page: Page, instance: Instance, number: int) -> None:
    """By keyboard alone."""
    page.goto(f"{instance.url}/central/{number}")
    page.keyboard.press("q")
    dialog = page.get_by_role("dialog", name="Satisfação")
    expect(dialog).to_be_visible()
    assert chromium.axe(page) == []
    chromium.photograph(page, "pesquisa")
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    # What was filled in is not lost by a key.
    expect(dialog.get_by_text("ainda não foi gravado")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("4", exact=True)).to_be_checked()
    dialog.get_by_label("4", exact=True).press("Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.type("Resposta rápida.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Pesquisa gravada")).to_be_visible()
    tab = page.get_by_role("tabpanel", name="Pesquisas")
    expect(tab).to_contain_text("Que nota dá ao atendimento?")
    expect(tab).to_contain_text("Resposta rápida.")
    assert chromium.axe(page) == []
    chromium.photograph(page, "pesquisas")


def correct_survey(page: Page, instance: Instance, number: int, form_id: int) -> None:
    tab, dialog = page.get_by_role("tabpanel", name="Pesquisas"), page.get_by_role("dialog")
    # Somebody else corrects it while it is being corrected: both are seen, nobody is overwritten.
    tab.get_by_role("link", name="Corrigir").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("2", exact=True).check()
    ana = instance.desk("ana")
    opened = instance.read(surveys.open_form, ana.actor, number, form_id)
    given = {opened.questions[0].field: ["5"]}
    instance.write(surveys.fill, ana, number, form_id, given, 1)
    page.keyboard.press("Control+Enter")
    expect(
        page.get_by_text("Ana Souza gravou esta pesquisa enquanto você preenchia")
    ).to_be_visible()
    expect(page.get_by_label("2", exact=True)).to_be_checked()
    assert chromium.axe(page) == []
    page.get_by_role("button", name="Gravar correção").click()
    page.wait_for_url("**aba=pesquisas*")
    expect(page.get_by_role("tabpanel", name="Pesquisas")).to_contain_text(
        "corrigida por Clara Reis"
    )


def test_a_survey_is_made_filled_in_by_keyboard_counted_and_taken_along(page: Page, door: Door):
    instance = door.instance
    number = instance.opened("Lote a pesquisar")
    enter(page, instance, "chefe")
    form_id = make_survey(page, instance)
    fill_survey(page, instance, number)
    correct_survey(page, instance, number, form_id)
    page.goto(f"{instance.url}/central/painel?classificacao=LOT")
    table = page.get_by_role("table", name="Que nota dá ao atendimento?")
    expect(table.get_by_role("row", name="2 1 100 %")).to_be_visible()
    assert chromium.axe(page) == []
    chromium.photograph(page, "painel-pesquisas")
    table.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_text("Que nota dá ao atendimento?: 2, de")).to_be_visible()
    expect(page.get_by_role("link", name="Lote a pesquisar")).to_be_visible()
    answer = page.request.get(f"{instance.url}/central/pesquisas/{form_id}/respostas.csv")
    head, line = answer.text().removeprefix("\ufeff").splitlines()
    assert head.endswith("Corrigida em;Que nota dá ao atendimento?;O que pesou?;O que disse")
    assert line.startswith(f"{number};")
    assert line.endswith(";2;Rapidez;Resposta rápida.")
