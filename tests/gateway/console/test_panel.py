"""The panel as pages: each number leads to a list as long as it says, for whoever looks."""

import csv
import io
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import charts
from gateway.console.charts import Series, Span
from helpdesk import closing, intake, secrecy, tickets
from helpdesk.border import Address, Channel, Contact, File, Inbound
from helpdesk.desk import Desk
from helpdesk.models import Attachment, Provider
from tests.doubles import browser as chromium
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance

COUNTED = re.compile(r'<a href="(/central\?[^"]+)"[^>]*>([\d.]+)</a>')
TOTAL = re.compile(r'<span class="mute num"[^>]*>\s*([\d.]+) chamado')
MAIN = re.compile(r"<main.*</main>", re.DOTALL)
NAMES = ("dias", "fila", "tempos", "horas", "grupos")
KINDS = ("LOT", "GLO", "XML")


def history(session: Session, ana: Desk, rafael: Desk, now: datetime) -> None:
    """A ticket every fourteen hours of ten days; most are answered, some ended, one is secret."""
    provider = session.scalar(select(Provider.id).order_by(Provider.id))
    for n in range(17):
        at = now - timedelta(hours=14 * n + 1)
        asked = Inbound(
            Channel.PHONE,
            Address(Channel.PHONE, "+553132220101"),
            "Ligação sobre pagamento.",
            f"panel:{n}",
            at,
            title=f"Do painel {n}",
            provider_id=provider,
            agent_id=ana.actor.id,
            classification=KINDS[n % 3],
            contact=Contact("Luciana", "(31) 3222-0101", "luciana@vila.example"),
        )
        number = intake.receive_many(session, [asked], ana.policy, now=at)[0].number
        session.flush()
        session.expire_all()
        desk = replace((ana, rafael)[n % 2], now=at + timedelta(minutes=30))
        if n % 4 != 3:
            tickets.reply(session, desk, number, "Segue a resposta.")
        if n % 2 and n > 2:
            end = replace(desk, now=at + timedelta(hours=20 + n))
            closing.close(session, end, number, status="EPR", body="Pago em 24/11.")
        session.flush()
        session.expire_all()


@pytest.fixture(scope="module")
def told(instance: Instance) -> Instance:
    instance.write(history, instance.desk("ana"), instance.desk("rafael"), instance.now)
    return instance


def shown(client: httpx.Client, path: str = "/central/painel") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("by", ["", "?por=setor", "?por=pessoa", "?classificacao=GLO"])
def test_each_number_leads_to_a_list_as_long(told: Instance, by: str):
    with told.client() as client:
        page = shown(client, f"/central/painel{by}")
        counted = {unescape(url): text for url, text in COUNTED.findall(page)}
        assert len(counted) > 10
        for url, text in counted.items():
            total = TOTAL.search(shown(client, url))
            assert total, url
            assert total[1] == text, url


def test_tables_are_files_too(told: Instance):
    with told.client() as client:
        for name in NAMES:
            answer = client.get(f"/central/painel/{name}.csv?classificacao=GLO")
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert f"painel-{name}-" in answer.headers["content-disposition"]
            assert answer.text.startswith("\ufeff")
            rows = list(csv.reader(io.StringIO(answer.text[1:]), delimiter=";"))
            assert len({len(row) for row in rows}) == 1
        assert rows[0][:3] == ["Classificação", "Abertos", "1ª resposta, mediana (h úteis)"]
        assert [row[0] for row in rows[1:]] == ["Glosa"]
        days = client.get("/central/painel/dias.csv?classificacao=GLO").text.splitlines()
        assert len(days) == 31
        assert sum(int(line.split(";")[1]) for line in days[1:]) == int(rows[1][1])
        assert client.get("/central/painel/outra.csv").status_code == 404
    with told.client("leo") as client:
        assert client.get("/central/painel").status_code == 403
        assert client.get("/central/painel/dias.csv").status_code == 403
        assert "/central/painel" not in client.get("/central").text


def test_an_old_or_broken_address_still_opens(told: Instance):
    with told.client() as client:
        whole = MAIN.findall(shown(client))
        for query in (
            "classificacao=NADA&setor=x",
            "de=ontem&ate=2026-13-01",
            "por=outro&de=0001-01-01",
        ):
            assert MAIN.findall(shown(client, f"/central/painel?{query}")) == whole
        late = shown(client, "/central/painel?de=2020-01-01&ate=2999-12-31")
        assert 'class="fig' in late
        empty = shown(client, "/central/painel?de=2001-01-01&ate=2001-01-31")
        assert "Nada neste período" in empty
        assert "01/01/2001 a 31/01/2001" in empty
        years = shown(client, "/central/painel?de=2025-12-20&ate=2026-01-10")
        assert "20/12/2025 a 10/01/2026" in years


def test_a_list_can_be_asked_for_what_the_panel_counts(told: Instance):
    with told.client() as client:
        for query, said in {
            "situacao=todos&hora=seg-9": "um filtro que não existe",
            "situacao=todos&hora=seg-99&de=2026-11-01&ate=2026-11-30": "um filtro que não existe",
            "situacao=todos&hora=seg-9&de=1999-01-01&ate=2026-11-30": "um filtro que não existe",
            "situacao=todos&fechado-de=9999-12-31": "um filtro que não existe",
        }.items():
            assert said in shown(client, f"/central?{query}")


def test_an_outsider_reads_the_same_bytes_whether_the_secret_is_there(told: Instance):
    paths = ["/central/painel", "/central/painel?por=pessoa"]
    files = [f"/central/painel/{name}.csv" for name in NAMES]

    def read(client: httpx.Client) -> list[str]:
        pages = [MAIN.findall(shown(client, path))[0] for path in paths]
        return [*pages, *(shown(client, path) for path in files)]

    def keep(session: Session, desk: Desk, number: int) -> None:
        secrecy.hide(session, desk, number, "sigilo")
        tickets.reply(session, desk, number, "Segue a resposta.")

    with told.client("rafael") as client, told.client("sara") as inside:
        before = read(client)
        number = told.opened("Do sigilo")
        with_it = read(client)
        assert with_it != before
        told.write(keep, replace_groups(told.desk("chefe")), number)
        assert read(client) == before
        assert inside.get("/central/painel").status_code == 403


def replace_groups(desk: Desk) -> Desk:
    return replace(desk, actor=replace(desk.actor, groups=frozenset({"sigilo"})))


def test_the_bars_and_lines_keep_to_their_picture():
    flat = charts.lines("Nada.", [], [Series("c1", "abertos", [])])
    assert "<path" in flat
    one = charts.lines("Um dia.", ["01/11"], [Series("c1", "abertos", [0]), Series("c2", "x", [0])])
    places = [float(y) for y in re.findall(r'class="lb[^"]*" x="[\d.]+" y="([\d.]+)"', one)]
    assert max(places) <= charts.BOTTOM
    assert places[1] - places[0] >= charts.LINE
    assert 'role="img" aria-label="Um dia."' in one
    assert charts.ceiling(0) == 4
    assert [charts.ceiling(n) for n in (9, 10, 17)] == [12, 12, 20]
    assert charts.ceiling(1_001) == 1_200
    assert "9 999" not in charts.stacks("x", ["a"], [Series("within", "no prazo", [9_999])])
    assert charts.stacks("x", [], [Series("within", "no prazo", [])])
    assert 'class="sp"' not in charts.spans("x", [("t", "h", [Span("a", None, None)])])
    assert 'class="ht h4"' in charts.heat("x", ["seg"], ["8 h"], {(0, 0): 5})
    assert 'class="ht h0"' in charts.heat("x", ["seg"], ["8 h"], {})


@pytest.mark.slow
def test_the_panel_is_used_by_keyboard_and_read_by_everybody(page: Page, told: Instance):
    enter(page, told)
    page.get_by_role("link", name="Painel", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Painel")
    expect(page.get_by_role("img")).to_have_count(4)
    assert chromium.axe(page) == []
    for summary in page.locator(".behind summary").all():
        summary.press("Enter")
    expect(page.get_by_role("table", name="Quando chegam")).to_be_visible()
    assert chromium.axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert chromium.axe(page) == []
    page.emulate_media(color_scheme="light", forced_colors="active")
    assert chromium.axe(page) == []
    page.emulate_media(forced_colors="none")
    chromium.photograph(page, "painel")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert chromium.axe(page) == []
    page.set_viewport_size({"width": 1366, "height": 900})
    page.get_by_role("link", name="Pessoa").click()
    expect(page.get_by_role("table", name="Por pessoa")).to_contain_text("Rafael Lima")
    page.locator("summary", has_text="qualquer classificação").click()
    page.get_by_role("link", name="Glosa", exact=True).click()
    expect(page.get_by_role("link", name="Tirar o filtro classificação: Glosa")).to_be_visible()
    page.locator("summary", has_text="Período").click()
    page.get_by_role("link", name="últimos 7 dias").click()
    assert "por=pessoa" in page.url
    assert "classificacao=GLO" in page.url
    page.locator("summary", has_text="Período").click()
    page.get_by_label("De", exact=True).fill("2001-01-01")
    page.get_by_label("Até", exact=True).fill("2001-01-31")
    page.get_by_role("button", name="Mostrar").click()
    page.wait_for_url("**de=2001-01-01*")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()


@pytest.mark.slow
def test_the_panel_needs_no_script(browser: Browser, told: Instance):
    page = chromium.open_page(browser, javascript=False)
    enter(page, told)
    page.goto(f"{told.url}/central/painel")
    page.locator(".behind summary").first.click()
    expect(page.get_by_role("table", name="Abertos e encerrados por dia")).to_be_visible()
    expect(page.get_by_role("button", name="Imprimir")).to_be_hidden()
    page.context.close()


@pytest.mark.slow
def test_what_an_attachment_says_is_found_and_what_was_not_read_is_said(
    page: Page, instance: Instance
):
    number = instance.opened("Com anexos")
    store = instance.runtime.blobs
    said, broken = b"O laudo fala de jabuticabeiras.", b"%PDF-1.4 cortado"
    files = (
        File("laudo.txt", "text/plain", len(said), store.put(said)),
        File("guia.pdf", "application/pdf", len(broken), store.put(broken)),
    )
    instance.complemented(number, "Seguem os anexos.", files)

    def left(session: Session) -> int:
        waiting = select(Attachment.id).where(Attachment.text_state == "waiting")
        return len(session.scalars(waiting).all())

    enter(page, instance)
    for _ in range(600):
        if not instance.read(left):
            break
        page.wait_for_timeout(100)
    page.goto(f"{instance.url}/central?q=jabuticabeira")
    expect(page.get_by_role("link", name="Com anexos")).to_be_visible()
    page.goto(f"{instance.url}/central/{number}")
    expect(page.get_by_role("link", name="guia.pdf")).to_contain_text("texto não lido")
    expect(page.get_by_role("link", name="laudo.txt")).not_to_contain_text("texto não lido")
    assert chromium.axe(page) == []
