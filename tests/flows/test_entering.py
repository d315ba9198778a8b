"""A manager invites, the invited enter by what the mail says, an app guards them, one person serves
two providers: mail through a relay, pages in Chromium."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import registers, sessions
from helpdesk.models import Membership, Passkey, Person
from tests.conftest import MigratedCopy
from tests.doubles.browser import axe, open_page, photograph, plug_in
from tests.doubles.passwords import quick_hash
from tests.doubles.relay import Handed, Relay
from tests.gateway.console.door import soon
from tests.gateway.console.guarded import Guarded, guarded_instance

LUCIANA = "luciana@vila.example"
NINA = "nina@vila.example"
PASSWORD = "girassol tardio 88"


@pytest.fixture(params=["sqlite", "postgres"])
def ponte(
    request: pytest.FixtureRequest, migrated_copy: MigratedCopy, tmp_path: Path, relay: Relay
) -> Iterator[Guarded]:
    url = migrated_copy(request.param, tmp_path)
    more = {
        "PONTE_MAIL__ADDRESS": "atendimento@op.example",
        "PONTE_MAIL__RELAY_URL": relay.url,
    }
    with guarded_instance(url, tmp_path, **more) as instance:
        instance.write(_manager)
        yield instance


def _manager(session: Session) -> None:
    session.execute(update(Membership).values(role="manager"))
    person = session.scalars(select(Person).where(Person.email == LUCIANA)).one()
    person.password_hash = quick_hash(PASSWORD)


def link_in(handed: Handed, part: str) -> str:
    found = re.search(rf"http://\S+{part}\S+", _text(handed))
    assert found
    return found[0]


def _text(handed: Handed) -> str:
    body = handed.message.get_body(("plain",))
    assert body is not None
    return body.get_content()


def mailed(relay: Relay, address: str, subject: str, after: int = 0) -> Handed:
    """The last mail of that subject to the address, once one came `after` so many."""

    def last() -> Handed | None:
        came = reversed(relay.sent_to(address)[after:])
        return next((h for h in came if h.message["Subject"] == subject), None)

    return soon(last)


def set_up_app(page: Page, ponte: Guarded) -> str:
    """By the account's page; returns a recovery code."""
    page.locator(".who > summary").click()
    page.get_by_role("link", name="Sua conta").click()
    assert axe(page) == []
    photograph(page, "portal-account")
    page.get_by_role("link", name="Ativar").click()
    page.get_by_text("Não consigo ler o quadro").click()
    assert axe(page) == []
    photograph(page, "portal-app")
    seed = (page.locator(".seed").text_content() or "").replace(" ", "")
    page.get_by_label("Código que o aplicativo mostra").fill(pyotp.TOTP(seed).at(ponte.now))
    page.get_by_role("button", name="Ativar").click()
    expect(page.locator(".codes li")).to_have_count(10)
    return page.locator(".codes li").first.text_content() or ""


def enter_by_code(page: Page, relay: Relay, email: str = NINA) -> None:
    before = len(relay.sent_to(email))
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Receber código por e-mail").click()
    expect(page.get_by_label("Código")).to_be_visible()
    found = re.search(r"Código: (\d{8})", _text(mailed(relay, email, "Código de acesso", before)))
    assert found
    page.get_by_label("Código").fill(found[1])
    page.get_by_role("button", name="Entrar", exact=True).click()


def test_from_the_invitation_to_two_providers(
    ponte: Guarded, relay: Relay, page: Page, browser: Browser
):
    page.goto(f"{ponte.url}/?com=senha&voltar=/conta/pessoas")
    page.get_by_label("E-mail").fill(LUCIANA)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("heading", name="Pessoas que falam por")).to_be_visible()
    page.get_by_label("Nome").fill("Nina Alves")
    page.get_by_label("E-mail").fill(NINA)
    page.get_by_role("button", name="Enviar convite").click()
    expect(page.get_by_role("status")).to_contain_text("Convite enviado")
    page.locator("summary", has_text="Mudar Nina").click()
    assert axe(page) == []
    photograph(page, "portal-people")

    other = open_page(browser)
    try:
        invited = mailed(relay, NINA, "Convite para o portal do prestador")
        other.goto(link_in(invited, "/convite/"))
        other.get_by_label("Senha").fill("senha1234567")
        other.get_by_role("button", name="Criar senha e entrar").click()
        expect(other.locator("#password-e")).to_contain_text("listas de senhas vazadas")
        other.get_by_label("Senha").fill("mesa azul de canto")
        other.get_by_role("button", name="Criar senha e entrar").click()
        other.wait_for_url("**/fale-conosco")

        recovery = set_up_app(other, ponte)
        other.get_by_role("button", name="Sair").click()
        enter_by_code(other, relay)
        expect(other.get_by_role("heading", name="Confirme que é você")).to_be_visible()
        assert axe(other) == []
        photograph(other, "portal-second")
        other.get_by_label("Código do aplicativo").fill(recovery)
        other.get_by_role("button", name="Continuar").click()
        other.wait_for_url("**/fale-conosco")

        # One more provider, and the switch between the two.
        ponte.write(registers.invite, "P2", NINA, ponte.runtime.policy, now=ponte.now)
        other.reload()
        other.locator(".who > summary").click()
        assert axe(other) == []
        photograph(other, "portal-switch")
        other.get_by_role("button", name="Laboratório Aurora").click()
        expect(other.locator(".who > summary")).to_contain_text("Laboratório Aurora")
    finally:
        other.context.close()


def test_the_link_of_a_code_waits_for_its_button(ponte: Guarded, relay: Relay, page: Page):
    ponte.write(registers.invite, "P1", LUCIANA, ponte.runtime.policy, now=ponte.now)
    page.goto(ponte.url)
    assert axe(page) == []
    page.get_by_label("E-mail").fill(LUCIANA)
    page.get_by_role("button", name="Receber código por e-mail").click()
    expect(page.get_by_role("status")).to_contain_text("também traz um link")
    address = link_in(mailed(relay, LUCIANA, "Código de acesso"), "/acesso/")
    page.goto(address)
    expect(page.get_by_role("heading", name="Entrar como Luciana Reis")).to_be_visible()
    assert axe(page) == []
    photograph(page, "portal-link")
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url("**/fale-conosco")
    page.goto(address)
    expect(page.get_by_role("heading", name="Este link não vale mais")).to_be_visible()
    _by_passkey(ponte, relay, page)


def _by_passkey(ponte: Guarded, relay: Relay, page: Page) -> None:
    """A key is one more way in, and closes none."""
    plug_in(page)
    page.goto(f"{ponte.url}/conta")
    page.get_by_label("Nova chave de acesso").fill("Recepção")
    page.get_by_role("button", name="Cadastrar chave de acesso").click()
    expect(page.get_by_role("status")).to_contain_text("Chave de acesso cadastrada")
    assert axe(page) == []
    photograph(page, "portal-passkeys")
    assert "Mudança" in mailed(relay, LUCIANA, "Mudança no seu acesso").message["Subject"]
    page.context.clear_cookies()
    page.goto(f"{ponte.url}/?voltar=/conta/avisos")
    expect(page.get_by_role("button", name="Entrar com chave de acesso")).to_be_visible()
    assert axe(page) == []
    photograph(page, "portal-door-passkey")
    page.get_by_role("button", name="Entrar com chave de acesso").click()
    page.wait_for_url(f"{ponte.url}/conta/avisos")

    _in_place(ponte, page)
    # The code by mail opens as before, and asks for no second step.
    page.context.clear_cookies()
    page.goto(ponte.url)
    enter_by_code(page, relay, LUCIANA)
    page.wait_for_url("**/fale-conosco")
    # The agents' door knows nothing of it, although it stands at the same address.
    page.goto(f"{ponte.url}/entrar")
    page.get_by_role("button", name="Chave de acesso").click()
    expect(page.get_by_text("A chave de acesso não foi aceita")).to_be_visible()
    page.goto(f"{ponte.url}/conta")
    page.get_by_role("button", name="Remover a chave Recepção").click()
    expect(page.get_by_role("status")).to_contain_text("Chave de acesso removida")
    page.context.clear_cookies()
    page.goto(ponte.url)
    page.get_by_role("button", name="Entrar com chave de acesso").click()
    expect(page.get_by_role("alert")).to_contain_text("não foi aceita")


def _in_place(ponte: Guarded, page: Page) -> None:
    """The key opens over a form whose session ended, and what was sent goes on."""
    page.goto(f"{ponte.url}/fale-conosco/novo")
    page.fill("#title", "Guia que vence hoje")
    page.select_option("#classification", index=1)
    if page.locator("#subclassification option:not([value=''])").count():
        page.select_option("#subclassification", index=1)
    page.fill("#phone", "(31) 3222-0101")
    page.fill("#text", "Escrito antes de a sessão terminar.")
    ponte.write(_end_sessions, now=ponte.now)
    page.get_by_role("button", name="Salvar e enviar").click()
    dialog = page.get_by_role("dialog", name="Sua sessão terminou")
    key = dialog.get_by_role("button", name="Entrar com chave de acesso")
    expect(key).to_be_visible()
    assert axe(page) == []
    photograph(page, "portal-again-passkey")
    # A key of somebody else, or one that is gone, leaves the other ways.
    credential = ponte.write(_rename_key, "gone")
    key.click()
    expect(dialog.get_by_role("alert").first).to_contain_text("não foi aceita")
    expect(dialog.get_by_label("E-mail")).to_have_value(LUCIANA)
    ponte.write(_rename_key, credential)
    key.click()
    page.wait_for_url("**?confirmado=1")


def _end_sessions(session: Session, *, now: datetime) -> None:
    person = session.scalars(select(Person.id).where(Person.email == LUCIANA)).one()
    sessions.end_all(session, "person", person, now=now)


def _rename_key(session: Session, credential: str) -> str:
    key = session.scalars(select(Passkey)).one()
    before, key.credential = key.credential, credential
    return before


def test_a_person_forgets_the_password(ponte: Guarded, relay: Relay, page: Page):
    ponte.write(registers.invite, "P1", LUCIANA, ponte.runtime.policy, now=ponte.now)
    page.goto(f"{ponte.url}/?com=senha")
    page.get_by_role("link", name="Esqueci a senha").click()
    page.get_by_label("E-mail").fill(LUCIANA)
    assert axe(page) == []
    photograph(page, "portal-forgotten")
    page.get_by_role("button", name="Enviar link").click()
    page.goto(link_in(mailed(relay, LUCIANA, "Nova senha"), "/nova-senha/"))
    page.get_by_label("Nova senha").fill("mesa azul de canto")
    assert axe(page) == []
    page.get_by_role("button", name="Gravar a senha e entrar").click()
    page.wait_for_url("**/fale-conosco")
    assert (
        "Mudança no seu acesso"
        in mailed(relay, LUCIANA, "Mudança no seu acesso").message["Subject"]
    )
