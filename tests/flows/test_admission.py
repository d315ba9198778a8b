"""A provider comes in without anybody touching a shell: a file, an invitation, the first log-in, a
protocol, its end and what it was worth."""

import re
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.doubles.browser import axe, photograph
from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Seat
from tests.flows.instance import Instance

RITA = "rita@oncovida.example"
PASSWORD = "grampo azul na bateria correta"
HEADER = "Código;Nome;CNPJ ou CPF;CNES;Município;Estado;Tipo;E-mail;Pessoa"
GOOD = (
    "P7;Oncovida Centro de Oncologia;99.ABC.001/0001-57;1234567;Betim;MG;Hospital geral;"
    f"{RITA};Rita Campos"
)
BAD = "P8;;11.111.111/1111-11;1;Betim;MG;;;"
NO_TYPE = "P9;Nova Clínica;;;Betim;MG;Estaleiro;;"
NO_ADDRESS = "P10;Outra Clínica;;;Betim;MG;;;Paulo"
LINK = r"https?://\S+/{}/[\w.-]+"


def link_in(mail: EmailMessage, part: str) -> str:
    found = re.search(LINK.format(part), mails.text_of(mail))
    assert found is not None, mails.text_of(mail)
    return found[0]


def upload(page: Page, url: str, *lines: str) -> None:
    page.goto(f"{url}/cadastros/prestadores/importar")
    data = "\r\n".join((HEADER, *lines)).encode("utf-8-sig")
    page.set_input_files("#arquivo", hands.file("prestadores.csv", data, "text/csv"))
    page.get_by_role("button", name="Conferir linha por linha").click()


def looked_at(page: Page, name: str) -> None:
    assert axe(page) == [], name
    photograph(page, f"admission-{name}")


def test_from_a_file_to_a_rating(instance: Instance, relay: Relay, seat: Seat):
    ana, rita = seat(), seat()
    hands.enter_console(ana, instance.url)
    upload(ana, instance.url, GOOD, BAD, NO_TYPE, NO_ADDRESS)
    for code, said in (("P8", "Errado"), ("P9", "Tipo: não existe"), ("P10", "E-mail: falta")):
        expect(ana.get_by_role("row").filter(has_text=code)).to_contain_text(said)
    expect(ana.get_by_role("button", name="Gravar")).to_have_count(0)
    looked_at(ana, "import-wrong")
    upload(ana, instance.url, GOOD)
    expect(ana.get_by_role("row").filter(has_text="P7")).to_contain_text("Pessoa: Rita Campos")
    looked_at(ana, "import-plan")
    ana.get_by_role("button", name="Gravar 1 linha").click()
    expect(ana.get_by_text("Arquivo importado: 1")).to_be_visible()
    looked_at(ana, "providers")

    ana.get_by_role("link", name="Oncovida Centro de Oncologia").click()
    expect(ana.get_by_label("CNPJ ou CPF")).to_have_value("99ABC001000157")
    looked_at(ana, "provider")
    ana.get_by_role("link", name="Pessoas").click()
    ana.get_by_role("button", name="Enviar convite").click()
    expect(ana.get_by_role("alert")).to_contain_text("Nome")
    looked_at(ana, "people-wrong")
    # The file named her; now she is asked in.
    line = ana.get_by_role("listitem").filter(has_text="Rita Campos")
    expect(line).to_contain_text("Sem convite")
    line.locator("summary").click()
    looked_at(ana, "people-change")
    line.get_by_role("button", name="Convidar").click()
    expect(line).to_contain_text("Convidado")
    looked_at(ana, "people-invited")

    (invitation,) = relay.wait(1, RITA)
    rita.goto(link_in(invitation.message, "convite"))
    rita.fill("#password", PASSWORD)
    rita.get_by_role("button", name="Criar senha e entrar").click()
    rita.wait_for_url(f"{instance.url}/fale-conosco**")
    rita.context.clear_cookies()
    hands.enter_portal(rita, instance.url, RITA, PASSWORD)
    protocol = hands.open_contact(rita, instance.url, "Glosa do lote 18", "Segue a glosa.")
    (ticket,) = instance.tickets()
    assert (ticket["protocol"], ticket["provider"]["code"]) == (protocol, "P7")
    ana.reload()
    expect(ana.get_by_role("listitem").filter(has_text="Rita Campos")).to_contain_text("Entrou")

    closed_and_rated(ana, rita, instance, relay)


def closed_and_rated(ana: Page, rita: Page, instance: Instance, relay: Relay) -> None:
    (ticket,) = instance.tickets()
    hands.open_ticket(ana, instance.url, ticket["number"])
    ana.get_by_role("toolbar").get_by_role("link", name="Encerrar").click()
    dialog = ana.get_by_role("dialog", name="Encerrar")
    dialog.get_by_label("O que foi resolvido").fill("Lote 18 pago em 30/11 com 57 guias.")
    dialog.get_by_label("Status final").select_option("EPR")
    dialog.get_by_role("button", name="Encerrar").click()
    ana.wait_for_url("**/central")
    # By the link of the mail, with nobody logged in.
    *_, closed = relay.wait(3, RITA)
    rita.context.clear_cookies()
    rita.goto(link_in(closed.message, "avaliar"))
    rita.locator("input[name=score][value='5']").check()
    rita.get_by_role("button", name="Enviar avaliação").click()
    expect(rita.get_by_role("heading", name="Avaliação recebida")).to_be_visible()


def test_the_pages_of_who_acts(instance: Instance, seat: Seat):
    ana = seat()
    hands.enter_console(ana, instance.url)
    for slug in ("agentes", "perfis", "tokens", "tipos"):
        ana.goto(f"{instance.url}/cadastros/{slug}")
        looked_at(ana, slug)
    for slug in ("perfis", "agentes", "prazos", "enderecos", "tokens"):
        ana.goto(f"{instance.url}/cadastros/{slug}/novo")
        looked_at(ana, f"{slug}-new")
    ana.goto(f"{instance.url}/cadastros/agentes/1/acesso")
    looked_at(ana, "access")
    # A new profile may nothing; what is ticked is what it may.
    ana.goto(f"{instance.url}/cadastros/perfis/novo")
    expect(ana.locator("input[name=permissions]:checked")).to_have_count(0)
    ana.fill("#code", "leitura")
    ana.fill("#name", "Leitura")
    ana.get_by_label("Ver chamados").check()
    ana.get_by_label("Mudar: Prestadores").check()
    ana.get_by_role("button", name="Gravar").click()
    expect(ana.get_by_text("Cadastro gravado")).to_be_visible()
    expect(ana.locator("input[name=permissions]:checked")).to_have_count(2)
    looked_at(ana, "profile")
