"""The portal in a browser: with scripts and without, by keyboard, in both themes and two widths."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.templating import STATIC, manifest
from helpdesk import closing, pendency, tickets
from helpdesk.models import AskedItem, Attachment, Content, Draft, Message, Reading, Ticket
from tests.channels.web.conftest import CARLA, LUCIANA, PASSWORD, Portal, make_portal, serving
from tests.doubles import browser as chromium

pytestmark = pytest.mark.slow

PDF = b"%PDF-1.4 " + b"x" * 4000
BUDGET = 60 * 1024
ASKED = ["Nota fiscal", "Guia assinada", "Relatório médico"]


def pdf(name: str, data: bytes = PDF) -> dict[str, object]:
    return {"name": name, "mimeType": "application/pdf", "buffer": data}


#: the walks that write; how a page looks is no database's affair
BOTH = pytest.mark.parametrize("portal", ["sqlite_url", "postgres_url"], indirect=True)


@pytest.fixture
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    url = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    yield from make_portal(url, tmp_path)


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    with serving(portal.app) as found:
        yield found


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser that runs no scripts."""
    page = chromium.open_page(browser, width=1280, javascript=False)
    yield page
    page.context.close()


def enter(page: Page, address: str, email: str = LUCIANA) -> None:
    page.goto(f"{address}/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Entrar com senha").click()
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url("**/fale-conosco")


def fill(page: Page) -> None:
    page.get_by_label("Título").fill("Glosa nas guias 45871 e 45872")
    page.get_by_label("Classificação", exact=True).select_option("GLO")
    page.get_by_label("Subclassificação").select_option("GLO.2")
    page.get_by_label("Mensagem").fill("Bom dia.\nSegue o recurso. 😀")


@BOTH
def test_the_whole_round_with_scripts(portal: Portal, page: Page, address: str) -> None:
    enter(page, address)
    page.get_by_role("link", name="Novo contato").first.click()
    expect(page.get_by_label("Subclassificação")).to_be_hidden()
    fill(page)
    expect(page.locator("#text-c")).to_have_text("3.973 caracteres restantes de 4.000")
    page.locator("#anexos").set_input_files([pdf("ficha.pdf"), pdf("outra.pdf", PDF + b"2")])
    page.get_by_role("button", name="Remover outra.pdf").click()
    page.get_by_label("Telefone").fill("3222-0101")
    page.get_by_role("button", name="Salvar e enviar").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("[data-error-summary]")).to_contain_text("Faltou o DDD")
    expect(page.get_by_label("Título")).to_have_value("Glosa nas guias 45871 e 45872")
    expect(page.get_by_label("Subclassificação")).to_have_value("GLO.2")
    expect(page.get_by_text("ficha.pdf")).to_have_count(1)
    page.get_by_label("Telefone").fill("(31) 3222-0101")
    page.get_by_role("button", name="Salvar e enviar").dblclick()
    page.wait_for_url("**confirmado=1")
    expect(page.locator("[data-protocol]")).to_have_attribute(
        "data-protocol", "99999720261124000001"
    )
    assert len(portal.all(Ticket)) == 1
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Guardar na agenda").click()
    assert download.value.suggested_filename == "retorno-99999720261124000001.ics"
    portal.do(tickets.reply, 1, "Mande o recibo.")
    page.get_by_role("link", name="Voltar à lista").click()
    expect(page.locator(".badge")).to_contain_text("1")
    with page.expect_response("**/lida"):
        page.get_by_role("link", name="Glosa nas guias").click()
    expect(page.get_by_text("Mande o recibo.")).to_be_visible()
    assert len(portal.all(Reading)) == 1
    page.get_by_label("Mensagem complementar").fill("Segue.")
    page.locator("#anexos").set_input_files([pdf("recibo.pdf")])
    page.get_by_role("button", name="Complementar").click()
    expect(page.locator(".bub").last).to_contain_text("Segue.")
    expect(page.locator(".bub").last).to_contain_text("recibo.pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name="recibo.pdf").click()
    assert Path(download.value.path()).read_bytes() == PDF
    assert page.get_by_label("Mensagem complementar").input_value() == ""


def test_the_whole_round_without_scripts(portal: Portal, plain: Page, address: str) -> None:
    enter(plain, address)
    plain.get_by_role("link", name="Novo contato").first.click()
    plain.get_by_label("Título").fill("Glosa nas guias 45871 e 45872")
    plain.get_by_label("Classificação", exact=True).select_option("GLO")
    plain.get_by_label("Mensagem").fill("Bom dia.")
    plain.locator("#anexos").set_input_files([pdf("ficha.pdf"), pdf("outra.pdf", PDF + b"2")])
    plain.get_by_role("button", name="Mostrar subclassificações").click()
    expect(plain.get_by_label("Mensagem")).to_have_value("Bom dia.")
    expect(plain.locator("optgroup")).to_have_count(1)
    plain.get_by_role("button", name="Remover outra.pdf").click()
    plain.get_by_label("Subclassificação").select_option("GLO.2")
    plain.get_by_label("Telefone").fill("")
    plain.get_by_role("button", name="Salvar e enviar").click()
    expect(plain.locator("#phone-e")).to_have_text("Escreva um telefone com DDD.")
    plain.get_by_label("Telefone").fill("(31) 3222-0101")
    plain.get_by_label("Título").press("Enter")
    plain.wait_for_url("**confirmado=1")
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]
    plain.get_by_role("link", name="Ver contato").click()
    plain.get_by_label("Mensagem complementar").fill("Mais uma coisa.")
    plain.get_by_role("button", name="Complementar").click()
    expect(plain.locator(".bub").last).to_contain_text("Mais uma coisa.")
    plain.get_by_role("button", name="Sair").click()
    expect(plain.get_by_role("button", name="Receber código por e-mail")).to_be_visible()


def test_a_code_without_scripts(portal: Portal, plain: Page, address: str) -> None:
    plain.goto(f"{address}/fale-conosco/novo")
    plain.get_by_label("E-mail").fill(LUCIANA)
    plain.get_by_label("E-mail").press("Enter")
    expect(plain.get_by_text("o código chega em instantes")).to_be_visible()
    (notice,) = portal.notices("login_code")
    plain.get_by_label("Código").fill(str(notice.data["code"]))
    plain.get_by_label("Código").press("Enter")
    plain.wait_for_url("**/fale-conosco/novo")


@BOTH
def test_what_was_asked_is_brought_with_scripts(portal: Portal, page: Page, address: str) -> None:
    portal.open()
    portal.do(tickets.pending, 1, ask=ASKED)
    enter(page, address)
    expect(page.get_by_text("faltam 3 itens")).to_be_visible()
    page.get_by_role("link", name="Glosa").click()
    page.get_by_label("Anexar: Guia assinada").set_input_files([pdf("a.pdf"), pdf("b.pdf")])
    page.get_by_role("button", name="Remover b.pdf").click()
    page.locator("#anexos").set_input_files([pdf("outro.pdf", PDF + b"2")])
    page.locator("#item-3").set_input_files([pdf("relatorio.pdf", b"MZ")])
    expect(page.get_by_text("O arquivo relatorio.pdf não foi aceito")).to_be_visible()
    assert portal.all(Message, Message.kind == "complement") == []
    slot = page.get_by_role("listitem").filter(has=page.locator("#item-2"))
    expect(slot.get_by_text("a.pdf", exact=True)).to_be_visible()
    expect(slot.get_by_text("outro.pdf")).to_have_count(0)
    page.get_by_role("checkbox").nth(0).check()
    page.get_by_role("button", name="Complementar").dblclick()
    expect(page.locator(".bub.mine").last).to_contain_text("Guia assinada: a.pdf")
    expect(page.get_by_text("Recebido em")).to_have_count(2)
    assert {a.filename for a in portal.all(Attachment)} == {"outro.pdf", "a.pdf"}
    assert len(portal.all(Message, Message.kind == "complement")) == 1
    page.goto(f"{address}/fale-conosco")
    page.get_by_role("link", name="Todos").click()
    expect(page.get_by_text("falta 1 item")).to_be_visible()


def test_what_was_asked_is_brought_without_scripts(
    portal: Portal, plain: Page, address: str
) -> None:
    portal.open()
    portal.do(tickets.pending, 1, ask=ASKED[:1])
    enter(plain, address)
    plain.get_by_role("link", name="Glosa").click()
    plain.get_by_label("Anexar: Nota fiscal").set_input_files([pdf("nota.pdf")])
    plain.get_by_role("button", name="Complementar").dblclick()
    expect(plain.locator(".bub.mine").last).to_contain_text("Nota fiscal: nota.pdf")
    expect(plain.get_by_text("Tudo o que a operadora pediu foi recebido")).to_be_visible()
    assert len(portal.all(Message, Message.kind == "complement")) == 1


@BOTH
def test_a_session_that_ended_gives_the_form_back(
    portal: Portal, plain: Page, address: str
) -> None:
    """With a script the log-in opens over the form: `test_sending`."""
    enter(plain, address)
    plain.goto(f"{address}/fale-conosco/novo")
    fill(plain)
    plain.locator("#anexos").set_input_files([pdf("ficha.pdf")])
    portal.now = portal.now.replace(hour=20)
    plain.get_by_role("button", name="Salvar e enviar").click()
    expect(plain.get_by_text("O que você escreveu está guardado")).to_be_visible()
    plain.get_by_label("E-mail").fill(LUCIANA)
    plain.get_by_role("button", name="Entrar com senha").click()
    plain.get_by_label("Senha").fill(PASSWORD)
    plain.get_by_role("button", name="Entrar", exact=True).click()
    expect(plain.get_by_text("Recuperamos o que você tinha escrito")).to_be_visible()
    expect(plain.get_by_label("Título")).to_have_value("Glosa nas guias 45871 e 45872")
    expect(plain.get_by_label("Subclassificação")).to_have_value("GLO.2")
    plain.get_by_role("button", name="Salvar e enviar").click()
    plain.wait_for_url("**confirmado=1")
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]


def test_a_double_click_without_scripts_gives_one_protocol(
    portal: Portal, plain: Page, address: str
) -> None:
    enter(plain, address)
    plain.goto(f"{address}/fale-conosco/novo")
    fill(plain)
    plain.get_by_role("button", name="Salvar e enviar").dblclick()
    plain.wait_for_url("**confirmado=1")
    assert len(portal.all(Ticket)) == 1
    assert len(portal.all(Message)) == 1
    assert len(portal.all(Content)) == 1


def test_the_counter_counts_as_the_server_does(portal: Portal, page: Page, address: str) -> None:
    enter(page, address)
    page.goto(f"{address}/fale-conosco/novo")
    fill(page)
    page.get_by_label("Mensagem").fill("😀" * 3999 + "é\n")
    expect(page.locator("#text-c")).to_have_text("1 caracteres acima de 4.000")
    page.get_by_role("button", name="Salvar e enviar").click()
    expect(page.locator("#text-e")).to_have_text("Passou de 4.000 caracteres. Corte 1.")
    page.get_by_label("Mensagem").fill("😀" * 3999 + "é")
    expect(page.locator("#text-c")).to_have_text("0 caracteres restantes de 4.000")
    page.get_by_role("button", name="Salvar e enviar").click()
    page.wait_for_url("**confirmado=1")


def test_what_is_typed_is_there_after_a_closed_tab(
    portal: Portal, page: Page, address: str
) -> None:
    enter(page, address)
    page.goto(f"{address}/fale-conosco/novo")
    page.get_by_label("Título").fill("Glosa nas guias 45871")
    expect(page.get_by_text("Rascunho guardado às")).to_be_visible()
    page.get_by_label("Mensagem").fill("Bom dia.")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Cancelar").click()
    page.wait_for_url("**/fale-conosco")
    # what was typed last leaves with the page, beside the next one
    for _ in range(500):
        if [draft.fields["text"] for draft in portal.all(Draft)] == ["Bom dia."]:
            break
        page.wait_for_timeout(20)
    page.goto(f"{address}/fale-conosco/novo")
    expect(page.get_by_text("Recuperamos o que você tinha escrito")).to_be_visible()
    expect(page.get_by_label("Título")).to_have_value("Glosa nas guias 45871")
    expect(page.get_by_label("Mensagem")).to_have_value("Bom dia.")
    page.get_by_role("button", name="Descartar").click()
    expect(page.get_by_label("Título")).to_have_value("")


def test_more_than_everything_ends_in_words(portal: Portal, plain: Page, address: str) -> None:
    enter(plain, address)
    plain.goto(f"{address}/fale-conosco/novo")
    fill(plain)
    plain.locator("#anexos").set_input_files([pdf("enorme.pdf", b"x" * 20_000_000)])
    plain.get_by_role("button", name="Salvar e enviar").click()
    expect(plain.get_by_role("heading", name="O envio é grande demais")).to_be_visible()
    plain.go_back()
    expect(plain.get_by_label("Título")).to_have_value("Glosa nas guias 45871 e 45872")


def test_every_page_is_accessible_and_looks_its_part(
    portal: Portal, page: Page, address: str
) -> None:
    portal.open(
        title="Lote 0112 sem protocolo de recebimento", files=(portal.store("lote.pdf", PDF),)
    )
    portal.open(title="Mudança de endereço a partir de 01/12", email_given="outra@clinica.example")
    closed = portal.open(title="Recurso da guia 4411")
    gone = portal.open(title="Aberto por engano")
    portal.do(tickets.reply, 1, "Bom dia.\n\n1. Qual versão?\n2. Qual usuário?")
    asked = portal.open(title="Recurso da guia 4412")
    portal.do(tickets.pending, asked.number, body="Faltam três itens.", ask=ASKED)
    first = portal.all(AskedItem)[0].id
    portal.do(pendency.settle, asked.number, first, there=True)
    portal.do(closing.close, closed.number, status="EPR", body="Pago em 30/11.")
    portal.do(tickets.delete, gone.number, justification="por engano")
    pages = {
        "door": "/",
        "door-password": "/?com=senha",
        "list": "/fale-conosco",
        "list-all": "/fale-conosco?situacao=todos",
        "list-none": "/fale-conosco?protocolo=123",
        "form": "/fale-conosco/novo",
        "confirmation": "/fale-conosco/n2?confirmado=1",
        "conversation": "/fale-conosco/n1",
        "conversation-asked": f"/fale-conosco/n{asked.number}",
        "conversation-closed": f"/fale-conosco/n{closed.number}",
        "conversation-cancelled": f"/fale-conosco/n{gone.number}",
        "notices": "/conta/avisos",
        "accessibility": "/acessibilidade",
        "period": "/fale-conosco?situacao=todos&de=2026-11-01&ate=2026-11-30",
        "void": "/confirmar/x",
        "not-found": "/fale-conosco/n99",
    }
    found: list[str] = []
    for name, path in pages.items():
        if name == "list":
            enter(page, address, CARLA)
        page.goto(address + path)
        found += check(page, name)
    page.goto(f"{address}/fale-conosco/novo")
    page.get_by_role("button", name="Salvar e enviar").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    found += check(page, "form-refused")
    page.goto(f"{address}/fale-conosco/n{asked.number}")
    page.get_by_label("Anexar: Guia assinada").set_input_files([pdf("guia.pdf")])
    page.get_by_label("Anexar: Relatório médico").set_input_files([pdf("vazio.exe.pdf", b"MZ")])
    expect(page.get_by_text("O arquivo vazio.exe.pdf não foi aceito")).to_be_visible()
    found += check(page, "asked-refused")
    assert found == []


def check(page: Page, name: str) -> list[str]:
    """Photograph it and let axe see it in each theme and width."""
    chromium.photograph(page, f"portal-{name}")
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{name} is {wide} px wide on {width}")
            found += [f"{name} {scheme} {width}: {fault}" for fault in chromium.axe(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def test_a_page_costs_a_poor_line_little(portal: Portal, page: Page, address: str) -> None:
    page.goto(f"{address}/")
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page.content())
    assert len(addresses) == 2
    files = manifest()
    sizes = [
        len(gzip.compress((STATIC / files[n]).read_bytes())) for n in ("portal.css", "portal.js")
    ]
    assert sum(sizes) <= BUDGET
