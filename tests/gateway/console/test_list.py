"""The list's columns, views, filters, choices and files, on both databases."""

import csv
import io
import re
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from gateway.console import addresses, columns
from gateway.console.list_words import LIST
from gateway.console.views import counted
from tests.gateway.console.door import Door
from tests.gateway.console.served import Instance, csrf

ROW = re.compile(r'<tr data-number="(\d+)" data-version="(\d+)"')


@pytest.fixture
def desk(door: Door) -> Instance:
    return door.instance


def numbers(page: httpx.Response) -> list[int]:
    return [int(number) for number, _ in ROW.findall(page.text)]


def head(page: httpx.Response) -> list[str]:
    return re.findall(r'<th scope="col" data-column="(\w+)"', page.text)


def form_of(page: httpx.Response) -> list[tuple[str, str]]:
    """What the columns' form would send, untouched."""
    order = re.findall(r'name="column" value="(\w+)"', page.text)
    shown = re.findall(r'name="show" value="(\w+)" checked', page.text)
    widths = re.findall(r'name="(width-\w+)" value="(\d+)"', page.text)
    return [*(("column", c) for c in order), *(("show", c) for c in shown), *widths]


def post(client: httpx.Client, path: str, fields: list[tuple[str, str]]) -> httpx.Response:
    token = csrf(client.get("/central"))
    data: dict[str, list[str]] = {"csrf": [token]}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return client.post(path, data=data)


def test_columns_are_each_agents_own(desk: Instance):
    desk.opened("Colunas minhas")
    with desk.client("rafael") as client:
        assert head(client.get("/central")) == list(columns.COLUMNS)[:14]
        page = client.get("/central/colunas?q=Colunas")
        assert "Voltar à lista" in page.text
        moved = post(client, "/central/colunas", [*form_of(page), ("move", "up.opened")])
        assert form_of(moved)[:2] == [("column", "opened"), ("column", "number")]
        kept = [f for f in form_of(moved) if f[0] == "column" or f[1] in {"opened", "protocol"}]
        widths = [("show", "status"), ("width-opened", "200"), ("width-protocol", "99999")]
        saved = post(client, "/central/colunas?q=Colunas", [*kept, *widths, ("do", "save")])
        assert saved.headers["location"] == "/central?q=Colunas"
        page = client.get("/central?q=Colunas")
        assert head(page) == ["opened", "number", "title", "protocol", "status"]
        assert '<col data-column="opened" data-default="92" width="200">' in page.text
        assert 'width="800"' in page.text
        assert "Colunas alteradas" in page.text
        lines = client.get("/central/exportar.csv?q=Colunas").content.decode("utf-8-sig")
        assert next(csv.reader(io.StringIO(lines), delimiter=";")) == [
            "Abertura", "N.º Chamado", "Título", "Protocolo", "Status",
        ]  # fmt: skip
        one = client.get(f"/central/linha/{numbers(page)[0]}")
        assert one.text.count("<td") + one.text.count("<th") == 7
        assert post(client, "/central/colunas/number/largura", [("width", "150")]).is_success
        assert 'data-column="number" data-default="72" width="150"' in client.get("/central").text
        assert post(client, "/central/colunas/cor/largura", [("width", "9")]).status_code == 404
        post(client, "/central/colunas", [("do", "reset")])
        assert head(client.get("/central")) == list(columns.COLUMNS)[:14]
    with desk.client("ana") as client:
        assert len(head(client.get("/central"))) == 14


def test_every_column_is_shown_and_exported(desk: Instance):
    desk.opened("Todas as colunas")
    with desk.client("leo") as client:
        every = [(name, c) for c in columns.COLUMNS for name in ("column", "show")]
        post(client, "/central/colunas", [*every, ("do", "save")])
        page = client.get("/central?q=Todas+as+colunas")
        assert head(page) == list(columns.COLUMNS)
        assert set(columns.COLUMNS) == set(LIST["column"])
    orders = {column.order for column in columns.COLUMNS.values() if column.order}
    assert orders == set(addresses.ORDERS)


def test_a_view_is_saved_shared_changed_and_brought_back(desk: Instance):
    desk.opened("Visto de longe")
    with desk.client("ana") as ana, desk.client("rafael") as rafael:
        assert "só meu" in ana.get("/central/visoes/nova?q=longe").text
        scopes = ana.get("/central/visoes/nova").text
        assert 'value="sector"' in scopes
        assert 'value="all"' not in scopes
        refused = post(ana, "/central/visoes/nova?q=longe", [("name", " "), ("scope", "personal")])
        assert refused.status_code == 422
        query = "/central/visoes/nova?q=longe&ordem=titulo&linhas=200"
        saved = post(ana, query, [("name", "Longe"), ("scope", "personal")])
        assert saved.headers["location"] == "/central?q=longe&ordem=titulo"
        page = ana.get(saved.headers["location"])
        assert "Visão salva" in page.text
        found = re.search(
            r'data-label="Longe" aria-current="page".*?data-count="v(\d+)"', page.text
        )
        assert found
        view = found[1]
        assert ana.get("/central/contagens").json()[f"v{view}"] == "1"
        assert 'data-label="Longe"' not in rafael.get("/central").text
        post(ana, "/central/visoes/nova?q=perto", [("name", "Perto"), ("scope", "personal")])
        organise = ana.get("/central/visoes")
        mine = re.findall(r'name="view" value="(\d+)"', organise.text)
        assert mine == [view, str(int(view) + 1)]
        order = [("view", mine[1]), ("view", mine[0])]
        names = [(f"name-{view}", "Bem longe"), (f"scope-{view}", "personal")]
        same = [(f"name-{mine[1]}", "Perto"), (f"scope-{mine[1]}", "personal")]
        moved = post(
            ana, "/central/visoes", [("view", n) for n in mine] + [("move", f"down.{view}")]
        )
        assert re.findall(r'name="view" value="(\d+)"', moved.text) == mine[::-1]
        taken = post(ana, "/central/visoes", [*order, *same, (f"name-{view}", "Perto")])
        assert taken.status_code == 422
        post(ana, "/central/visoes", [*order, *names, *same])
        labels = re.findall(r'data-label="(Perto|Bem longe)"', ana.get("/central").text)
        assert labels == ["Perto", "Bem longe"]
        gone = post(ana, "/central/visoes", [*order, *names, *same, ("remove", view)])
        page = ana.get(gone.headers["location"])
        assert f'action="/central/visoes/{view}/restaurar"' in page.text
        assert 'data-label="Bem longe"' not in page.text
        assert post(rafael, f"/central/visoes/{view}/restaurar", []).status_code == 404
        post(ana, f"/central/visoes/{view}/restaurar", [])
        assert 'data-label="Bem longe"' in ana.get("/central").text
    with desk.client("chefe") as chefe, desk.client("rafael") as rafael:
        post(chefe, "/central/visoes/nova?prazo=expirado", [("name", "Da casa"), ("scope", "all")])
        page = rafael.get("/central").text
        assert page.index("Da equipe") < page.index('data-label="Da casa"')
        assert "Organizar minhas visões" in page
        assert 'name="view"' not in rafael.get("/central/visoes").text
        assert (
            post(rafael, "/central/visoes/nova", [("name", "X"), ("scope", "all")]).status_code
            == 403
        )


def test_who_may_share_with_everybody_renames_and_removes_what_others_share(desk: Instance):
    with desk.client("chefe") as chefe, desk.client("ana") as ana:
        post(ana, "/central/visoes/nova?q=longe", [("name", "Só minha"), ("scope", "personal")])
        post(ana, "/central/visoes/nova?q=perto", [("name", "Do setor"), ("scope", "sector")])
        assert "por outros" not in ana.get("/central/visoes").text
        page = chefe.get("/central/visoes").text
        found = re.search(r'name="name-(\d+)" value="Do setor"', page)
        assert found
        assert 'value="Só minha"' not in page
        theirs = found[1]
        blank = post(chefe, "/central/visoes", [(f"name-{theirs}", " ")])
        assert blank.status_code == 422
        post(chefe, "/central/visoes", [(f"name-{theirs}", "Setor, perto")])
        assert 'data-label="Setor, perto"' in ana.get("/central").text
        gone = post(chefe, "/central/visoes", [("remove", theirs)])
        assert f"/central/visoes/{theirs}/restaurar" in chefe.get(gone.headers["location"]).text
        assert 'data-label="Setor, perto"' not in ana.get("/central").text
        post(chefe, f"/central/visoes/{theirs}/restaurar", [])
        assert 'data-label="Setor, perto"' in ana.get("/central").text


def test_counts_say_as_much_as_there_is_room_for():
    assert counted(7, exact=True) == "7"
    assert counted(9_999, exact=True) == "9.999"
    assert counted(10_000, exact=True) == "9.999+"
    assert counted(10_000, exact=False) == "9.999+"
    assert counted(5_000, exact=False) == "5.000+"


def test_filters_mean_any_of_what_is_marked(desk: Instance):
    one = desk.opened("Qualquer um de dois")
    other = desk.opened("Qualquer outro de dois", provider="P2")
    with desk.client("rafael") as client:
        page = client.get("/central?q=Qualquer&classificacao=LOT&classificacao=GLO")
        assert sorted(numbers(page)) == [one, other]
        assert "Faturamento e lotes ou Glosa" in page.text
        for known in ("prestador=P1&prestador=P2", "canal=web&canal=mail", "status=ABE&status=AGP"):
            assert len(numbers(client.get(f"/central?q=Qualquer&{known}"))) == 2
        page = client.get("/central?q=Qualquer&de=2020-01-01&ate=2199-12-31&prestador=P1")
        assert "entre 01/01/2020 e 31/12/2199" in page.text
        assert "do prestador" in page.text
        assert "Clínica Vila Serena" in page.text
        form = client.get("/central/filtros?classificacao=LOT&motivo=LOT.1.1&q=Qualquer")
        for name in ("subclassificacao", "motivo", "responsavel", "status", "setor", "canal"):
            assert f'name="{name}"' in form.text
        assert 'name="classificacao" value="LOT" checked' in form.text
        sent = client.get("/central/filtrar?q=&situacao=todos&classificacao=LOT&procura=aurora")
        assert sent.headers["location"] == "/central?situacao=todos&classificacao=LOT&prestador=P2"
        several = client.get("/central/filtrar?procura=a&prestador=P1")
        assert several.status_code == 200
        assert "Nenhum prestador combina" in client.get("/central/filtrar?procura=zzz").text


@pytest.mark.parametrize("text", ["Clínica Vila", "P1"])
def test_a_provider_is_found_by_name_or_code(desk: Instance, text: str):
    with desk.client("leo") as client:
        sent = client.get("/central/filtrar", params={"procura": text})
    assert dict(parse_qsl(urlsplit(sent.headers["location"]).query)) == {"prestador": "P1"}


def test_a_list_goes_on_where_it_was_left(desk: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(addresses, "PAGE_ROWS", 3)
    found = [desk.opened(f"Segue {n:02}") for n in range(10)]
    with desk.client("rafael") as client:
        first = client.get("/central?q=Segue&ordem=titulo")
        assert numbers(first) == found[:3]
        following_page = re.search(r'data-more="([^"]+)"', first.text)
        assert following_page
        address = following_page[1].replace("&amp;", "&")
        more = client.get(address.replace("/central?", "/central/linhas?"))
        assert numbers(more) == found[3:6]
        beyond = re.search(r'data-next="([^"]+)"', more.text)
        assert beyond
        page = client.get(beyond[1].replace("&amp;", "&"))
        assert numbers(page) == found[6:9]
        assert "7–9 de 10" in page.text
        back = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert back
        assert "4–6 de 10" in client.get(back[1].replace("&amp;", "&")).text
        whole = client.get("/central?q=Segue&ordem=titulo&linhas=9")
        assert numbers(whole) == found[:9]
        rest = re.search(r'rel="next" href="([^"]+)"', whole.text)
        assert rest
        last = client.get(rest[1].replace("&amp;", "&"))
        assert numbers(last) == found[9:]
        assert "10–10 de 10" in last.text
        end = client.get(rest[1].replace("&amp;", "&").replace("/central?", "/central/linhas?"))
        assert 'data-next=""' in end.text


def test_what_happened_is_news_only_where_it_fits(desk: Instance):
    one, other = desk.opened("Novo daqui"), desk.opened("Novo de lá", provider="P2")
    hidden = 10**15
    with desk.client("rafael") as client:
        asked = f"number={one}&number={other}&number={hidden}&number=x"
        assert client.get(f"/central/combinam?prestador=P1&{asked}").json() == [one]
        assert client.get(f"/central/combinam?q=Novo&{asked}").json() == [one, other]
        assert client.get("/central/combinam?q=Novo").json() == []
