"""The ways into the console in Chromium: passkeys by a virtual authenticator, an app, a dialog."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from helpdesk import sessions
from helpdesk.models import Passkey
from tests.doubles.browser import axe, open_page, photograph, plug_in
from tests.gateway.console.guarded import Guarded
from tests.gateway.console.served import PASSWORD


@pytest.fixture
def here(guarded: Guarded) -> Iterator[str]:
    yield guarded.url
    guarded.skew = timedelta()


def enter(page: Page, url: str, login: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/entrar")
    page.get_by_label("Usuário").fill(login)
    page.get_by_label("Senha", exact=True).fill(password)
    page.get_by_role("button", name="Entrar", exact=True).click()


def test_a_passkey_is_made_and_opens_the_console(guarded: Guarded, here: str, page: Page):
    agent_id = guarded.agent("chaveiro")
    plug_in(page)
    enter(page, here, "chaveiro")
    page.wait_for_url(f"{here}/central")
    page.goto(f"{here}/central/conta")
    page.get_by_label("Nova chave de acesso").fill("Computador da mesa 4")
    page.get_by_role("button", name="Cadastrar chave de acesso").click()
    expect(page.get_by_text("Chave de acesso cadastrada", exact=True)).to_be_visible()
    expect(page.get_by_text("Computador da mesa 4", exact=True)).to_be_visible()
    assert axe(page) == []
    photograph(page, "account")
    before = guarded.read(lambda s: s.query(Passkey).filter_by(agent_id=agent_id).one())
    assert before.used_at is None

    page.context.clear_cookies()
    page.goto(f"{here}/entrar?voltar=/central/quarentena")
    assert axe(page) == []
    photograph(page, "door")
    page.get_by_role("button", name="Chave de acesso").click()
    page.wait_for_url(f"{here}/central/quarentena")
    after = guarded.read(lambda s: s.query(Passkey).filter_by(agent_id=agent_id).one())
    assert after.used_at is not None

    # With a password it is the second factor.
    page.context.clear_cookies()
    enter(page, here, "chaveiro")
    expect(page.get_by_role("heading", name="Confirme que é você")).to_be_visible()
    page.get_by_role("button", name="Chave de acesso").click()
    page.wait_for_url(f"{here}/central")

    page.goto(f"{here}/central/conta")
    page.get_by_role("button", name=re.compile("Remover a chave")).click()
    expect(page.get_by_text("Chave de acesso removida")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{here}/entrar")
    page.get_by_role("button", name="Chave de acesso").click()
    expect(page.get_by_text("A chave de acesso não foi aceita")).to_be_visible()


def test_a_passkey_opens_over_what_was_being_written(guarded: Guarded, here: str, page: Page):
    agent_id = guarded.agent("reentra")
    number = guarded.opened("Lote que espera a resposta")
    plug_in(page)
    enter(page, here, "reentra")
    page.wait_for_url(f"{here}/central")
    page.goto(f"{here}/central/conta")
    page.get_by_label("Nova chave de acesso").fill("Mesa 5")
    page.get_by_role("button", name="Cadastrar chave de acesso").click()
    expect(page.get_by_text("Mesa 5", exact=True)).to_be_visible()
    page.goto(f"{here}/central/{number}")
    page.get_by_label("Texto da resposta").fill("Escrito antes de a sessão terminar")
    guarded.write(sessions.end_all, "agent", agent_id, now=guarded.now)
    page.get_by_role("button", name="Responder", exact=False).first.click()
    dialog = page.get_by_role("dialog", name="Sua sessão terminou")
    key = dialog.get_by_role("button", name="Chave de acesso")
    expect(key).to_be_visible()
    assert axe(page) == []
    photograph(page, "door-again-passkey")
    found = select(Passkey).where(Passkey.agent_id == agent_id)
    row = guarded.read(lambda s: s.scalars(found).one())
    guarded.set(Passkey, row.id, credential="gone")
    key.click()
    expect(dialog.get_by_role("alert").first).to_contain_text("não foi aceita")
    guarded.set(Passkey, row.id, credential=row.credential)
    key.click()
    expect(page.get_by_role("log")).to_contain_text("Escrito antes de a sessão terminar")


def test_a_device_that_says_no_leaves_the_other_ways(guarded: Guarded, here: str, page: Page):
    guarded.agent("semchave")
    plug_in(page)
    page.goto(f"{here}/entrar")
    page.get_by_role("button", name="Chave de acesso").click()
    expect(page.get_by_text("A chave de acesso não respondeu")).to_be_visible()
    enter(page, here, "semchave")
    page.wait_for_url(f"{here}/central")


def test_an_app_is_set_up_by_who_owes_a_second_factor(guarded: Guarded, here: str, page: Page):
    guarded.agent("rigido", guarded.strict_profile())
    enter(page, here, "rigido")
    page.wait_for_url(f"{here}/central/conta")
    expect(page.get_by_role("heading", name="Falta o segundo fator")).to_be_visible()
    assert axe(page) == []
    photograph(page, "account-owed")
    page.get_by_role("link", name="Ativar").click()
    assert axe(page) == []
    photograph(page, "app-form")
    page.get_by_text("Não consigo ler o quadro").click()
    seed = (page.locator(".seed").text_content() or "").replace(" ", "")
    page.get_by_label("Código que o aplicativo mostra").fill("000000")
    page.get_by_role("button", name="Ativar").click()
    expect(page.locator("#code-e")).to_contain_text("O código não confere")
    page.get_by_label("Código que o aplicativo mostra").fill(pyotp.TOTP(seed).at(guarded.now))
    page.get_by_role("button", name="Ativar").click()
    expect(page.get_by_role("heading", name="Guarde estes códigos agora")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    assert axe(page) == []
    photograph(page, "account-codes")
    page.get_by_role("link", name="Ir para a central").click()
    page.wait_for_url(f"{here}/central")

    page.context.clear_cookies()
    guarded.skew = timedelta(minutes=1)
    enter(page, here, "rigido")
    expect(page.get_by_label("Código do aplicativo")).to_be_focused()
    assert axe(page) == []
    photograph(page, "door-second")
    page.get_by_label("Código do aplicativo").fill(pyotp.TOTP(seed).at(guarded.now))
    page.get_by_role("button", name="Continuar").click()
    page.wait_for_url(f"{here}/central")


def test_a_session_ended_elsewhere_is_over(
    guarded: Guarded, here: str, page: Page, browser: Browser
):
    guarded.agent("dois")
    enter(page, here, "dois")
    page.wait_for_url(f"{here}/central")
    other = open_page(browser)
    try:
        enter(other, here, "dois")
        other.wait_for_url(f"{here}/central")
        other.goto(f"{here}/central/conta")
        other.get_by_role("button", name="Encerrar a sessão").click()
        expect(other.get_by_text("Sessão encerrada")).to_be_visible()
    finally:
        other.context.close()
    page.goto(f"{here}/central/quarentena")
    expect(page.get_by_role("heading", name="Entrar na central")).to_be_visible()


def test_many_wrong_passwords_say_how_long_to_wait(guarded: Guarded, here: str, page: Page):
    guarded.agent("apressado")
    for _ in range(9):
        enter(page, here, "apressado", "errada")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Espere 15 minutos")
    assert axe(page) == []
    photograph(page, "door-throttled")


def test_forgotten_pages(guarded: Guarded, here: str, page: Page):
    guarded.agent("esquecido")
    page.goto(f"{here}/entrar")
    page.get_by_role("link", name="Esqueci a senha").click()
    assert axe(page) == []
    photograph(page, "forgotten")
    page.get_by_label("Usuário ou e-mail").fill("esquecido")
    page.get_by_role("button", name="Enviar link").click()
    expect(page.get_by_role("status")).to_contain_text("o link chega")
    (notice,) = guarded.notices("password_reset", "esquecido@op.example")
    page.goto(str(notice.data["link"]))
    page.get_by_label("Nova senha").fill("senha12345678")
    page.get_by_role("button", name="Gravar a senha e entrar").click()
    expect(page.locator("#password-e")).to_contain_text("listas de senhas vazadas")
    assert axe(page) == []
    photograph(page, "new-password")
    page.get_by_label("Nova senha").fill("girassol tardio 88")
    page.get_by_role("button", name="Gravar a senha e entrar").click()
    page.wait_for_url(f"{here}/central")


def test_without_a_script_the_password_is_enough(guarded: Guarded, here: str, browser: Browser):
    guarded.agent("semscript")
    page = open_page(browser, javascript=False)
    try:
        page.goto(f"{here}/entrar")
        expect(page.get_by_role("button", name="Chave de acesso")).to_have_count(0)
        enter(page, here, "semscript")
        page.wait_for_url(f"{here}/central")
    finally:
        page.context.close()


def test_without_a_line_nothing_is_sent_and_nothing_is_lost(
    guarded: Guarded, here: str, page: Page
):
    guarded.agent("semlinha")
    number = guarded.opened("Lote sem linha")
    enter(page, here, "semlinha")
    page.wait_for_url(f"{here}/central")
    page.goto(f"{here}/central/{number}")
    answer = page.get_by_label("Texto da resposta")
    answer.fill("Escrito sem linha")
    page.context.set_offline(offline=True)
    page.keyboard.press("Control+Enter")
    alert = page.get_by_role("alert").filter(has_text="Não foi enviado: sem conexão")
    expect(alert).to_be_visible()
    expect(answer).to_have_value("Escrito sem linha")
    assert axe(page) == []
    page.context.set_offline(offline=False)
    expect(alert).to_be_hidden()

    # Over a dialog that holds what was typed it is said, too.
    page.get_by_role("toolbar").get_by_role("link", name="Encaminhar").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nota").fill("Para quem tiver linha")
    page.context.set_offline(offline=True)
    page.keyboard.press("Control+Enter")
    expect(alert).to_be_visible()
    expect(dialog.get_by_label("Nota")).to_have_value("Para quem tiver linha")
    page.context.set_offline(offline=False)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Responder", exact=False).first.click()
    expect(page.get_by_role("log")).to_contain_text("Escrito sem linha")
