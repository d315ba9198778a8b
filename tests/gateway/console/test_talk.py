"""The ticket page by plain requests, on both databases: parts of a conversation, canned texts,
mentions, previews, where answers go, logs, who is there."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fpdf import FPDF
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from gateway.console import attached
from helpdesk import alerts, canned, registers, secrecy, sessions, tickets
from helpdesk.attachments import TYPES
from helpdesk.border import File
from helpdesk.endpoints import NewEndpoint, write
from helpdesk.errors import Claimed
from helpdesk.models import (
    Access,
    Agent,
    Delivery,
    Endpoint,
    Log,
    LogPrivate,
    Message,
    Profile,
)
from tests.gateway.console.door import Door
from tests.gateway.console.served import Instance, csrf, send

ROOT = Path(__file__).resolve().parents[3]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TALK = (
    "Bom dia, Luciana. Conferimos o demonstrativo de pagamento de outubro e a guia 4711 foi paga "
    "em 12/11, junto do lote 0112. O valor glosado de R$ 318,40 é do procedimento 40304361, que "
    "veio sem a justificativa. Para o recurso, envie o laudo e o relatório pelo portal, e nós "
    "devolvemos o resultado em até cinco dias úteis. Qualquer dúvida, é só responder aqui."
)


@pytest.fixture
def both(door: Door) -> Instance:
    """On each database."""
    return door.instance


def long_talk(instance: Instance, count: int = 200) -> tuple[int, list[int]]:
    """A ticket of so many messages of life's size, some quoted, some with deliveries, and its log."""
    number = instance.mailed("Demonstrativo de outubro", TALK)

    def fill(session: Session) -> list[int]:
        first = session.scalars(select(Message).where(Message.number == number)).one()
        ours = instance.desk("ana").actor
        rows = [
            {
                "number": number,
                "kind": "complement" if at % 2 else "reply",
                "direction": "inbound" if at % 2 else "outbound",
                "audience": "public",
                "channel": "mail",
                "author_kind": "person" if at % 2 else "agent",
                "author_id": None if at % 2 else ours.id,
                "author_name": "Luciana Reis" if at % 2 else ours.name,
                "at": instance.now,
                "text": f"{at}: {TALK}",
                "quoted": f"> {TALK}\n" * 2 if at % 2 else "",
                "endpoint_id": first.endpoint_id,
                "judged": "",
            }
            for at in range(1, count)
        ]
        ids = list(session.scalars(insert(Message).returning(Message.id), rows))
        session.execute(
            insert(Delivery),
            [
                {"message_id": each, "number": number, "channel": "mail", "state": "delivered",
                 "recipient": "luciana@vila.example", "at": instance.now}
                for each in ids[1::2]
            ],
        )  # fmt: skip
        logs = session.scalars(
            insert(Log).returning(Log.id),
            [
                {"number": number, "at": instance.now, "actor_kind": "agent", "actor_id": ours.id,
                 "action": "replied", "private_digest": "0" * 64, "digest": f"{at:064}"}
                for at in range(count)
            ],
        )  # fmt: skip
        values = {"actor": ours.name, "changes": [], "note": ""}
        rows = [{"log_id": each, "salt": "0" * 32, "values": values} for each in logs]
        session.execute(insert(LogPrivate), rows)
        return [first.id, *ids]

    return number, sorted(instance.write(fill))


def test_two_hundred_messages_are_a_light_page(both: Instance):
    number, ids = long_talk(both)
    with both.client() as client:
        client.get(f"/central/{number}")
        page = client.get(f"/central/{number}")
    assert len(page.content) <= 100_000
    shown = [int(each) for each in re.findall(r'data-message="(\d+)"', page.text)]
    assert shown == ids[-30:]
    assert "Mostrar 50 de 170 anteriores" in page.text


def test_earlier_ones_come_in_parts_without_gap_and_without_a_script(both: Instance):
    number, ids = long_talk(both, 120)
    with both.client() as client:
        shown: list[int] = []
        part = client.get(f"/central/{number}").text
        while True:
            shown = [int(each) for each in re.findall(r'data-message="(\d+)"', part)] + shown
            following = re.search(r'hx-get="([^"]*antes=\d+)"', part)
            if following is None:
                break
            part = client.get(following[1]).text
        assert shown == ids
        plain = client.get(f"/central/{number}?mostrar=80").text
        assert len(re.findall(r"data-message=", plain)) == 80
        assert "Mostrar 40 anteriores" in plain
        linked = client.get(f"/central/{number}?mensagem={ids[3]}").text
        assert f'id="m{ids[3]}"' in linked
        odd = client.get(f"/central/{number}?mensagem=x&mostrar=-9").text
        assert len(re.findall(r"data-message=", odd)) == 30


def test_the_place_in_the_list_keeps_filter_and_order(both: Instance):
    numbers = [both.opened(f"Vizinho {n}") for n in range(3)]
    with both.client() as client:
        query = "q=Vizinho&ordem=chamado"
        page = client.get(f"/central/{numbers[1]}?{query}").text
    place = (
        re.search(r'rel="prev" href="([^"]+)"', page),
        re.search(r'rel="next" href="([^"]+)"', page),
    )
    before, after = (found[1].replace("&amp;", "&") for found in place if found)
    assert {int(re.findall(r"/central/(\d+)", each)[0]) for each in (before, after)} == {
        numbers[0], numbers[2]
    }  # fmt: skip
    assert all("q=Vizinho" in each and "ordem=chamado" in each for each in (before, after))


def test_canned_texts_are_kept_found_and_filled(both: Instance):
    number = both.opened("Prazo do recurso")
    with both.client() as client:
        wrong = send(client, "/central/textos", shortcut="Não vale", title="", body="{foo}",
                     scope="personal")  # fmt: skip
        assert wrong.status_code == 422
        assert "Não existe a variável {foo}" in wrong.text
        saved = send(
            client, "/central/textos", shortcut="prazo", title="Prazo do recurso",
            body="Olá, {Contato}. O {título} de {prestador} vence em {prazo}. {atendente}",
            scope="personal",
        )  # fmt: skip
        assert saved.status_code == 303
        page = client.get("/central/textos").text
        assert "::prazo" in page
        assert "{contato}" in page
        found = client.get(f"/central/{number}/textos/achar?q=pra").json()
        [one] = [each for each in found if each["key"] == "prazo"]
        assert one["text"].startswith(
            "Olá, Luciana Reis. O Prazo do recurso de Clínica Vila Serena"
        )
        assert one["blanks"] == []
        choice = client.get(f"/central/{number}/textos").text
        link = re.search(rf'href="(/central/{number}\?texto={one["id"]})"', choice)
        assert link
        assert "Olá, Luciana Reis." in client.get(link[1]).text
        with both.client("rafael") as other:
            assert other.get(f"/central/{number}/textos/achar?q=prazo").json() == []
            assert other.get(f"/central/{number}?texto={one['id']}").status_code == 404
        edited = client.get(f"/central/textos?editar={one['id']}").text
        assert "{titulo}" in edited
        assert send(client, f"/central/textos/{one['id']}/retirar").status_code == 303
        assert client.get(f"/central/{number}/textos/achar?q=prazo").json() == []


def test_what_a_ticket_has_no_value_for_is_named_and_not_sent(both: Instance):
    number = both.mailed("Sem setor", "Bom dia")
    desk = both.desk("ana")
    both.write(
        canned.save,
        desk,
        shortcut="setor",
        title="Setor",
        body="Do setor {sector}",
        scope="personal",
    )
    with both.client() as client:
        [one] = client.get(f"/central/{number}/textos/achar?q=setor").json()
        if one["blanks"]:
            assert one["text"] == "Do setor {setor}"
        refused = send(client, f"/central/{number}/responder", text="Olá {Contato} e {título}")
        assert refused.status_code == 422
        assert "Ainda tem o que preencher: {contato}, {titulo}" in refused.text
        sent = send(client, f"/central/{number}/responder", text='Um JSON {"a": 1} e {outra}')
        assert sent.status_code == 303


def test_who_is_named_in_a_note_is_told_and_led_to_it(both: Instance):
    number = both.opened("Menção")
    with both.client() as client:
        found = client.get(f"/central/{number}/colegas?q=raf").json()
        assert [each["text"] for each in found] == ["@rafael "]
        send(client, f"/central/{number}/nota", text="@rafael, pode ver o lote?")
    rafael = both.desk("rafael").actor
    alert = both.read(alerts.listing, rafael)[0]
    assert (alert.kind, alert.number) == ("mentioned", number)
    with both.client("rafael") as client:
        led = send(client, f"/central/avisos/{alert.id}")
    assert (
        led.headers["location"]
        == f"/central/{number}?mensagem={alert.message_id}#m{alert.message_id}"
    )


def one_page(text: str) -> bytes:
    """A PDF a viewer can show."""
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=16)
    document.cell(text=text)
    return bytes(document.output())


FILES = {
    "foto.png": (PNG, "picture"),
    "guia.pdf": (one_page("Guia 4711"), "pdf"),
    "nota.txt": ("ação <b>x</b>".encode("cp1252"), "text"),
    "lote.xml": (b'<?xml version="1.0"?><l><g n="1">57</g></l>', "xml"),
    "plano.zip": (b"PK\x03\x04" + bytes(30), ""),
}


def filed(instance: Instance, name: str) -> tuple[int, str]:
    number = instance.opened(f"Com {name}")
    data, _ = FILES[name]
    kind = TYPES[name.rpartition(".")[2]]
    sha256 = instance.runtime.kit.blobs.put(data)
    instance.complemented(number, "Segue o arquivo", (File(name, kind, len(data), sha256),))
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
    found = re.search(r'href="/central/anexos/([0-9a-f]{32})"( data-preview)?', page)
    assert found
    assert bool(found[2]) == bool(FILES[name][1])
    return number, found[1]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_shown_from_an_address_that_runs_nothing(instance: Instance, name: str):
    _, public_id = filed(instance, name)
    with instance.client() as client:
        shown = client.get(f"/central/anexos/{public_id}/ver")
        dialog = client.get(f"/central/anexos/{public_id}/previa")
    if not FILES[name][1]:
        assert shown.status_code == 404
        assert "Baixe para abrir" in dialog.text
        return
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert ("sandbox" in policy) == (name != "guia.pdf")
    assert (" sandbox>" in dialog.text) == (name != "guia.pdf")
    if name == "nota.txt":
        assert "ação &lt;b&gt;x&lt;/b&gt;" in shown.text
    if name == "lote.xml":
        assert "&lt;g n=&#34;1&#34;&gt;57&lt;/g&gt;\n" in shown.text


def test_a_file_that_is_not_what_it_says_is_not_shown(instance: Instance):
    number = instance.opened("Falso")
    sha256 = instance.runtime.kit.blobs.put(b"<script>alert(1)</script>")
    liar = File("foto.png", "image/png", 25, sha256)
    instance.complemented(number, "Segue", (liar,))
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
        public_id = re.findall(r"/central/anexos/([0-9a-f]{32})", page)[0]
        assert client.get(f"/central/anexos/{public_id}/ver").status_code == 404


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_an_xml_are_not_expanded(encoding: str):
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    shown = attached._xml(bomb.encode(encoding))
    assert b"&amp;b;" in bytes(shown.content)
    assert b"bbbb&#34;" in bytes(shown.content)


def test_templates_offer_what_the_server_shows():
    written = (ROOT / "templates/console/message.html").read_text()
    offered = re.search(r"set previewed = \(([^)]*)\)", written)
    assert offered
    assert set(re.findall(r'"([^"]+)"', offered[1])) == {
        *attached.PICTURES,
        attached.PDF,
        *attached.TEXTS,
    }


def test_a_secret_file_is_for_its_group_and_looking_is_kept(both: Instance):
    number, public_id = filed(both, "nota.txt")
    desk = both.desk("sara")
    both.write(registers_group, "chefe")
    chief = both.desk("chefe")
    message = both.read(
        lambda s: max(s.scalars(select(Message.id).where(Message.number == number)))
    )
    both.write(secrecy.hide_message, chief, number, message, "sigilo")
    with both.client("ana") as ana, both.client("sara") as sara:
        for path in ("", "/ver", "/previa"):
            assert ana.get(f"/central/anexos/{public_id}{path}").status_code == 404
        assert sara.get(f"/central/anexos/{public_id}/ver").status_code == 200
        looks = sara.get(f"/central/{number}/logs?ver=consultas").text
    assert "Sara Dias" in looks
    assert "abriu um anexo sigiloso" in looks
    kept = both.read(lambda s: list(s.scalars(select(Access).where(Access.number == number))))
    assert [(row.what, row.actor_id, row.detail) for row in kept] == [
        ("attachment", desk.actor.id, public_id)
    ]


def registers_group(session: Session, login: str) -> None:
    """The admins read what is kept for the group too, so that one may keep something for it."""
    profile = session.scalars(
        select(Profile).join(Agent, Agent.profile_id == Profile.id).where(Agent.login == login)
    ).one()
    profile.groups = ["sigilo"]


def test_an_answer_goes_where_the_agent_says_and_vouches(both: Instance):
    number = both.mailed("Endereço novo", "Bom dia")
    [end] = both.write(
        lambda s: write(s, [NewEndpoint(number, "mail", "nova@vila.example", state="reading")])
    )
    with both.client() as client:
        page = client.get(f"/central/{number}").text
        assert "nova@vila.example (precisa de confirmação)" in page
        assert "O texto e os anexos vão por aqui" in page
        refused = send(client, f"/central/{number}/responder", text="Olá", endpoint=str(end))
        assert refused.status_code == 422
        assert "Marque a confirmação" in refused.text
        assert f'<option value="{end}"' in refused.text
        sent = send(
            client, f"/central/{number}/responder", text="Olá", endpoint=str(end), vouched="1"
        )
        assert sent.status_code == 303
        foreign = send(
            client, f"/central/{number}/responder", text="Olá", endpoint="mail:a@b.example"
        )
        assert foreign.status_code == 422
    last = both.read(
        lambda s: s.scalars(
            select(Message).where(Message.number == number).order_by(Message.id.desc())
        ).first()
    )
    assert (last.text, last.endpoint_id) == ("Olá", end)
    assert both.read(lambda s: s.get(Endpoint, end)).state == "active"


def test_several_recipients_are_summed_up_with_their_detail(both: Instance):
    number = both.opened("Dois destinos")
    sent = both.write(tickets.reply, both.desk("ana"), number, "Resposta a dois")
    rows = both.read(lambda s: list(s.scalars(select(Delivery).where(Delivery.message_id == sent))))
    assert len(rows) > 1
    with both.client() as client:
        page = client.get(f"/central/{number}").text
        assert re.search(r'<details class="fared"><summary>.*de 2 saíram', page)
        both.write(
            lambda s: s.execute(
                update(Delivery).where(Delivery.message_id == sent).values(state="delivered")
            )
        )
        assert "Entregue a 2 destinos" in client.get(f"/central/{number}").text
        both.write(
            lambda s: s.execute(
                update(Delivery)
                .where(Delivery.message_id == sent, Delivery.channel == "mail")
                .values(state="failed", detail="552 cheia")
            )
        )
        page = client.get(f"/central/{number}").text
    assert re.search(r'<details class="fared" open>', page)
    assert "1 de 2 não chegou" in page


def test_logs_are_sifted_and_paged(both: Instance):
    number, _ = long_talk(both, 120)
    both.write(tickets.claim, both.desk("rafael"), number)
    with both.client() as client:
        assert 'class="logs"' not in client.get(f"/central/{number}").text
        whole = client.get(f"/central/{number}?aba=logs").text
        assert whole.count("ainda sem selo") + whole.count("· selo ") == 50
        seen, part = 0, whole
        while True:
            seen += part.count("ainda sem selo") + part.count("· selo ")
            more = re.search(r'hx-get="([^"]*log_antes=\d+[^"]*)"', part)
            if more is None:
                break
            part = client.get(more[1].replace("&amp;", "&")).text
        assert seen == both.read(
            lambda s: len(list(s.scalars(select(Log.id).where(Log.number == number))))
        )
        course = client.get(f"/central/{number}/logs?log_tipo=course").text
        assert "assumiu" in course
        assert "respondeu" not in course
        nobody = client.get(
            f"/central/{number}/logs?log_ate=2001-01-01&log_quem=x&log_de=ontem"
        ).text
        assert "Nada com este filtro" in nobody


def test_one_of_fifty_claims_wins(both: Instance):
    number = both.opened("Disputado")
    both.write(make_fifty)
    desks = [both.desk(f"a{n}") for n in range(50)]

    def claims(at: int) -> str:
        try:
            both.write(tickets.claim, desks[at], number)
        except Claimed as lost:
            return lost.holder
        return ""

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(claims, range(50)))
    assert said.count("") == 1
    winner = f"Agente {said.index('')}"
    assert {holder for holder in said if holder} == {winner}


def make_fifty(session: Session) -> None:
    now = datetime.now(UTC)
    for n in range(50):
        registers.add_agent(session, f"a{n}", f"Agente {n}", f"a{n}@op.example", "", now=now)


def heard(client: httpx.Client, path: str, wanted: Callable[[dict], bool]) -> dict:
    """The first presence that fits."""
    with client.stream("GET", path) as answer:
        kind = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind == "presence" and wanted(json.loads(value)):
                return json.loads(value)
    raise AssertionError


def test_others_see_who_looks_and_who_writes_but_not_at_a_secret_ticket(both: Instance):
    number, hidden = both.opened("Com gente"), both.opened("Escondido")
    both.write(registers_group, "chefe")
    both.write(secrecy.hide, both.desk("chefe"), hidden, "sigilo")
    with both.client("rafael") as rafael, both.client("ana") as ana, both.client("sara") as sara:
        assert send(sara, f"/central/{hidden}/presenca", estado="vendo").status_code == 204
        assert send(rafael, f"/central/{number}/presenca", estado="escrevendo").status_code == 204
        assert send(ana, f"/central/{hidden}/presenca", estado="vendo").status_code == 404
        seen = heard(ana, "/central/eventos", lambda data: str(number) in data["here"])
        assert seen["here"] == {str(number): [["Rafael Lima", True]]}
        assert "Rafael Lima está escrevendo" in ana.get(f"/central/{number}").text
        send(rafael, f"/central/{number}/presenca", estado="saiu")
        assert "Rafael Lima está escrevendo" not in ana.get(f"/central/{number}").text


def test_a_page_learns_that_its_session_is_over(both: Instance):
    with both.client() as client:
        assert client.get("/central/sessao").status_code == 204
        client.cookies.delete("ponte_agent")
        assert client.get("/central/sessao").status_code == 303


def test_a_message_has_a_page_of_its_own_actions(both: Instance):
    number = both.mailed("Ações", "Bom dia a todos")
    with both.client() as client:
        page = client.get(f"/central/{number}").text
        message = re.findall(r'data-message="(\d+)"', page)[0]
        menu = client.get(f"/central/{number}/mensagens/{message}").text
        assert "Bom dia a todos" in menu
        assert f'href="/central/{number}/separar?message={message}"' in menu
        assert "Baixar a mensagem original" not in menu  # it has none
        split = client.get(f"/central/{number}/separar?message={message}")
        assert split.status_code == 200
        assert client.get(f"/central/{number}/mensagens/{10**9}").status_code == 404


def test_a_refused_log_in_keeps_no_other_agents_text(both: Instance):
    """What is written after the session ended is the draft of the agent whose session it was."""
    number = both.opened("Sessão")
    with both.client() as client:
        token = csrf(client.get("/central"))
        kept = client.cookies["ponte_agent"]
        both.write(sessions.end, kept, now=both.now)
        client.post(f"/central/{number}/responder", data={"csrf": token, "text": "Quase pronto"})
    with both.client("rafael") as other:
        assert "Quase pronto" not in other.get(f"/central/{number}").text
    with both.client() as again:
        assert "Quase pronto" in again.get(f"/central/{number}").text
