import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.console import addresses
from gateway.console.commands import COMMANDS, HINTS
from gateway.labels import LABELS
from helpdesk import tickets
from tests.gateway.console.served import Instance, send

COLUMNS = [
    "N.º",
    "Abertura",
    "Prazo de retorno",
    "Cliente",
    "Aberto por",
    "Título",
    "Classificação",
    "Subclassificação",
    "Motivo",
    "Fecham.",
    "Em andamento com",
    "Setor",
    "Dias",
    "Protocolo",
]


def numbers(page: httpx.Response) -> list[int]:
    return [int(n) for n in re.findall(r'<tr data-number="(\d+)"', page.text)]


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_columns_are_the_seeds_fourteen(instance: Instance):
    instance.opened()
    with instance.client() as client:
        page = client.get("/central").text
    head = plain(page[page.index("<thead>") : page.index("</thead>")])
    at = [head.index(name) for name in COLUMNS]
    assert at == sorted(at)


@pytest.mark.parametrize("word", addresses.ORDERS)
def test_each_order_runs_both_ways(instance: Instance, word: str):
    for title in ("Beta", "alfa", "Gama"):
        instance.opened(f"Ordem {title}", provider="P2" if title == "alfa" else "P1")
    with instance.client() as client:
        up = numbers(client.get(f"/central?q=Ordem&situacao=abertos&ordem={word}"))
        down = numbers(client.get(f"/central?q=Ordem&situacao=abertos&ordem={word}&sentido=desc"))
    assert len(up) >= 3
    assert up == down[::-1]


@pytest.fixture
def in_service(instance: Instance) -> Iterator[None]:
    """A Tuesday at noon: before eight, what is two days' work is not yet in its last two days."""
    with instance.standing_still(datetime(2026, 11, 24, 15, tzinfo=UTC)):
        yield


@pytest.mark.usefixtures("in_service")
def test_filters_are_in_the_address_and_say_themselves(instance: Instance):
    mine, other = instance.opened("Filtro meu"), instance.opened("Filtro outro")
    instance.write(tickets.claim, instance.desk("ana"), mine)
    instance.write(tickets.pending, instance.desk("ana"), other, body="Mande o XML")
    today = instance.runtime.policy.day(instance.now).isoformat()
    with instance.client() as client:
        assert numbers(client.get("/central?q=Filtro&responsavel=eu&situacao=abertos")) == [
            mine,
            other,
        ]
        assert numbers(client.get("/central?q=Filtro&situacao=pendentes-do-operador")) == [other]
        assert numbers(client.get("/central?q=Filtro&status=AGP")) == [other]
        assert numbers(client.get("/central?q=Filtro&status=prazo-expirado")) == []
        both = client.get(f"/central?q=Filtro&prazo=atencao&classificacao=LOT&de={today}")
        assert numbers(both) == [mine, other]
        assert "atenção ao prazo" in both.text
        computed = client.get("/central?q=Filtro&status=dentro-do-prazo")
        assert "dentro do prazo" in computed.text
        assert "Faturamento e lotes" in both.text
        assert "desde " in plain(both.text)
        assert numbers(client.get("/central?q=Filtro&classificacao=GLO")) == []
        assert "Nenhum chamado aqui" in client.get("/central?q=Filtro&classificacao=GLO").text
        assert numbers(client.get(f"/central?q={instance.ticket(mine).protocol}")) == [mine]


def test_pages_go_on_and_come_back(instance: Instance):
    for n in range(55):
        instance.opened(f"Pagina {n:02}")
    with instance.client() as client:
        first = client.get("/central?q=Pagina&ordem=titulo")
        following = re.search(r'rel="next" href="([^"]+)"', first.text)
        assert following
        second = client.get(following[1].replace("&amp;", "&"))
        back = re.search(r'rel="prev" href="([^"]+)"', second.text)
        assert back
        again = client.get(back[1].replace("&amp;", "&"))
    assert len(numbers(first)) == 50
    assert "1–50 de 55" in first.text
    assert "51–55 de 55" in second.text
    assert not set(numbers(first)) & set(numbers(second))
    assert numbers(again) == numbers(first)


@pytest.mark.parametrize(
    "query",
    [
        "situacao=nada",
        "de=31/02/2026",
        "ordem=cor",
        "canal=fax",
        "prazo=ontem",
        "classificacao=%00",
    ],
)
def test_an_address_with_a_wrong_filter_still_opens(instance: Instance, query: str):
    with instance.client() as client:
        assert client.get(f"/central?{query}").status_code == 200


def test_a_cursor_of_another_list_begins_anew(instance: Instance):
    with instance.client() as client:
        answer = client.get("/central?ordem=prazo&cursor=lixo&antes=x")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/central?ordem=prazo"


def test_the_views_count_what_they_show(instance: Instance):
    instance.opened()
    with instance.client() as client:
        page = client.get("/central").text
        counts = client.get("/central/contagens").json()
    keys = dict(re.findall(r'data-label="(\w+)".*?data-count="(\w+)"', page, re.DOTALL))
    assert list(keys) == [
        "Abertos",
        "Meus",
        "Perfil",
        "Expirados",
        "Pendentes",
        "Encerrados",
        "Todos",
    ]
    assert set(keys.values()) <= set(counts)
    total = re.search(r'<span class="mute num">([\d.]+) chamado', page)
    assert total
    assert counts[keys["Abertos"]] == total[1]


def test_one_row_comes_alone(instance: Instance):
    number = instance.opened("Linha sozinha")
    with instance.client() as client:
        row = client.get(f"/central/linha/{number}").text
    assert row.strip().startswith(f'<tr data-number="{number}"')
    assert "Linha sozinha" in row


def test_the_palette_finds_tickets(instance: Instance):
    number = instance.opened("Quimioterapia parada")
    with instance.client() as client:
        found = client.get("/central/achar", params={"q": "quimioterápia"}).text
    assert f'href="/central/{number}"' in found


@pytest.mark.parametrize("words", ["vila serena", "CLINICA", "p1"])
def test_a_providers_name_leads_to_its_tickets(instance: Instance, words: str):
    number = instance.opened("Sem o nome de quem pede")
    with instance.client() as client:
        told = client.get("/central", params={"q": words}).text
        assert "Prestador encontrado:" in told
        lead = "/central?situacao=todos&amp;prestador=P1"
        assert f'href="{lead}"' in told
        assert f'href="{lead}"' in client.get("/central/achar", params={"q": words}).text
        newest = lead.replace("&amp;", "&") + "&ordem=chamado&sentido=desc"
        assert number in numbers(client.get(newest))
        assert "Prestador encontrado" not in client.get("/central?q=Sem+o+nome").text


def test_a_ticket_is_opened_for_a_provider_once(instance: Instance):
    form = {
        "provider": "P2",
        "key": "uma-chave",
        "channel": "phone",
        "title": "Ligou pelo lote 18",
        "classification": "LOT",
        "subclassification": "",
        "contact.name": "Edu",
        "contact.phone": "(31) 3222-0101",
        "contact.email": "lab@aurora.example",
        "text": "Pediu o protocolo do lote 18.",
    }
    with instance.client() as client:
        assert "Laboratório Aurora" in client.get("/central/novo?q=aurora").text
        assert 'value="lab@aurora.example"' in client.get("/central/novo?prestador=P2").text
        refused = send(client, "/central/novo", **form | {"title": "", "contact.phone": "12"})
        assert refused.status_code == 422
        assert "Falta corrigir 2 campos" in refused.text
        assert "Pediu o protocolo do lote 18." in refused.text
        opened = [send(client, "/central/novo", **form) for _ in range(2)]
        page = client.get(opened[0].headers["location"]).text
    assert opened[0].headers["location"] == opened[1].headers["location"]
    assert "Ligou pelo lote 18" in page
    assert "por Ana Souza" in page
    assert "Telefone" in page


@given(
    st.lists(
        st.tuples(st.sampled_from([*addresses.KNOWN, "outro"]), st.text(max_size=20)), max_size=6
    )
)
def test_any_address_is_read_and_keeps_what_it_means(items: list[tuple[str, str]]):
    asked = addresses.parse(items, "ana")
    again = addresses.parse(asked.address.params, "ana")
    assert again.filter == asked.filter
    assert again.order == asked.order


def test_every_command_has_its_words_and_no_key_serves_two_on_one_page():
    for command in COMMANDS:
        assert command.id in LABELS["command"]
        assert command.group in LABELS["command_group"]
    for page in HINTS:
        keys = [k for c in COMMANDS if page in c.pages & c.keys_on for k in c.keys]
        assert len(keys) == len(set(keys)), page
        with_keys = {c.id for c in COMMANDS if page in c.pages & c.keys_on and c.keys}
        assert set(HINTS[page]) <= with_keys


def test_a_new_ticket_says_all_that_is_wrong(instance: Instance):
    with instance.client() as client:
        no_channel = send(client, "/central/novo", provider="P2", channel="fax", title="x")
        assert no_channel.status_code == 422
        unknown = send(client, "/central/novo", provider="P9", channel="phone", title="x")
        assert unknown.status_code == 422
        assert "Escolha de novo o prestador" in unknown.text
        with_file = send(
            client,
            "/central/novo",
            provider="P2",
            channel="mail",
            title="Arquivo errado",
            text="Segue",
            classification="LOT",
            files={"attachments": ("x.exe", b"MZ", "application/pdf")},
            **{
                "contact.name": "Edu",
                "contact.phone": "(31) 3222-0101",
                "contact.email": "lab@aurora.example",
            },
        )
        assert with_file.status_code == 422
        assert "não é aceito" in with_file.text
        assert numbers(client.get("/central?q=Arquivo+errado")) == []
