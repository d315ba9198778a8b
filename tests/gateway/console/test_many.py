"""Actions on many tickets, and files of a list, on both databases."""

import asyncio
import io
import re
import threading
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy.orm import Session

from gateway import listings
from gateway.console import progress
from gateway.console.list_words import LIST
from helpdesk import bulk, putting_back, tickets
from helpdesk.border import Actor
from helpdesk.errors import Claimed
from helpdesk.models import Bulk
from helpdesk.rows import Row
from tests.gateway.console.door import Door, soon
from tests.gateway.console.served import Instance, send
from tests.gateway.console.test_list import ROW, post


@pytest.fixture
def desk(door: Door) -> Instance:
    return door.instance


def items(page: httpx.Response) -> list[str]:
    return [f"{number}.{version}" for number, version in ROW.findall(page.text)]


def many(client: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    sent = [("item", item) for item in items(page)]
    return post(client, "/central/em-lote/encaminhar?q=Lote+de", [*sent, *fields.items()])


def test_several_are_forwarded_and_come_back(desk: Instance):
    found = [desk.opened(f"Lote de três {n}") for n in range(3)]
    before = {desk.ticket(n).sector_id for n in found}
    with desk.client("ana") as client:
        page = client.get("/central?q=Lote+de+três")
        form = client.get("/central/em-lote/encaminhar", params=[("item", i) for i in items(page)])
        assert "Encaminhar 3 chamados" in form.text
        assert "Lote de três 0" in form.text
        refused = many(client, page, note="", sector="TIS")
        assert refused.status_code == 422
        assert 'name="item"' in refused.text
        done = many(client, page, note="Todos juntos", sector="TIS")
        assert done.headers["location"] == "/central?q=Lote+de"
        said = client.get(done.headers["location"]).text
        assert "Encaminhados: 3" in said
        undo = re.search(r'action="(/central/lote/\d+/desfazer)"', said)
        assert undo
        assert {desk.ticket(n).sector_id for n in found} != before
        progress_page = post(client, undo[1], []).headers["location"]
        soon(lambda: "Desfeito" in client.get(progress_page).text)
        assert {desk.ticket(n).sector_id for n in found} == before


def test_all_that_match_are_closed_and_what_changed_is_listed(
    desk: Instance, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 2)
    found = [desk.opened(f"Fechar tudo {n}") for n in range(5)]
    held = desk.opened("Fechar tudo preso")
    desk.write(tickets.claim, desk.desk("rafael"), held)
    with desk.client("ana") as client:
        page = client.get("/central?q=Fechar+tudo")
        seen = re.search(r'data-seen="([\d.]+)"', page.text)
        assert seen
        desk.write(tickets.note, desk.desk("rafael"), found[0], "Mudou")
        late = desk.opened("Fechar tudo tarde demais")
        query = "/central/em-lote/encerrar?q=Fechar+tudo"
        assert "Encerrar 7 chamados" in client.get(f"{query}&todos=1&visto={seen[1]}").text
        asked = [("todos", "1"), ("visto", seen[1]), ("status", "EPR")]
        refused = post(client, query, [*asked, ("text", "Resolvido.")])
        assert refused.status_code == 422
        assert desk.ticket(found[1]).situation == "open"
        sent = post(client, query, [*asked, ("text", "Lote 0112 aceito em 24/11, 57 guias.")])
        place = sent.headers["location"]
        assert place.endswith("?q=Fechar+tudo")
        soon(lambda: "Terminado" in client.get(place).text)
        told = client.get(place).text
        assert "4 feitos, 2 ficaram como estavam" in told
        assert "Mudou depois que você viu a lista" in told
        assert "Está com Rafael Lima" in told
        assert "Dá para desfazer até" in told
        part = urlsplit(place)
        assert "hx-get" not in client.get(f"{part.path}/andamento?{part.query}").text
        assert [desk.ticket(n).situation for n in [*found, held, late]] == [
            "open", "closed", "closed", "closed", "closed", "open", "open",
        ]  # fmt: skip
        banner = client.get("/central").text
        assert "4 chamados. Os avisos saem às" in banner
        desk.write(tickets.note, desk.desk("rafael"), found[1], "Já olhei")
        undo = re.search(r'action="(/central/lote/\d+/desfazer[^"]*)"', banner)
        assert undo
        with monkeypatch.context() as later:
            later.setattr(putting_back, "GRACE", timedelta())
            assert "Tarde demais" in client.get(post(client, undo[1], []).headers["location"]).text
        for _ in range(2):
            assert post(client, undo[1], []).is_redirect
        soon(lambda: "Desfeito" in client.get(place).text)
        assert [desk.ticket(n).situation for n in found] == ["open", "closed", *["open"] * 3]
        assert "Os avisos saem às" not in client.get("/central").text
    with desk.client("rafael") as other:
        assert other.get(place).status_code == 404


def test_what_a_dead_process_left_goes_on(desk: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "STEP", 1)
    found = [desk.opened(f"Morreu no meio {n}") for n in range(3)]
    mine = desk.desk("ana")
    pairs = [(n, desk.ticket(n).version) for n in found]
    given = {"sector": ["TIS"], "note": ["Parou"]}
    number = desk.write(bulk.start, mine, "forward", given, pairs)

    def age(session: Session) -> None:
        session.get_one(Bulk, number).held_until = desk.now - bulk.HELD

    desk.write(age)
    with desk.client("ana") as client:
        banner = client.get("/central").text
        assert "Parou no meio" in banner
        assert f"/central/lote/{number}" in banner
        assert "Continuar" in client.get(f"/central/lote/{number}").text
        post(client, f"/central/lote/{number}/continuar", [])
        soon(lambda: "Terminado" in client.get(f"/central/lote/{number}").text)
        assert post(client, f"/central/lote/{number}/parar", []).is_redirect
        assert f"/central/lote/{number}" not in client.get("/central").text
    assert len({desk.ticket(n).sector_id for n in found}) == 1


def test_too_many_and_unknown_are_refused(desk: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("helpdesk.bulk_choice.MOST", 1)
    for n in range(2):
        desk.opened(f"Demais para uma vez {n}")
    with desk.client("ana") as client:
        asked = [("todos", "1"), ("sector", "TIS"), ("note", "Todos")]
        answer = post(client, "/central/em-lote/encaminhar?q=Demais", asked)
        assert answer.status_code == 422
        assert "São chamados demais para uma só vez" in answer.text
        assert client.get("/central/em-lote/excluir").status_code == 404
        empty = post(client, "/central/em-lote/encaminhar", [("item", "x.y"), ("note", "Nada")])
        assert empty.status_code == 422
    with desk.client("leo") as client:
        assert client.get("/central/em-lote/encaminhar").status_code == 403


def test_each_action_on_many_has_its_form(desk: Instance):
    number = desk.opened("Formulário de muitos")
    with desk.client("ana") as client:
        for word, field in (
            ("encaminhar", "note"), ("encerrar", "text"), ("classificar", "classification"),
            ("pendente", "until"),
        ):  # fmt: skip
            form = client.get(f"/central/em-lote/{word}?item={number}.1&item=9.1")
            assert f'name="{field}"' in form.text
            dialog = client.get(
                f"/central/em-lote/{word}?item={number}.1", headers={"hx-request": "true"}
            )
            assert dialog.text.lstrip().startswith("<dialog")
        reason = client.get(f"/central/em-lote/encerrar?item={number}.1").text
        assert 'name="reason"' in reason
        other = desk.mailed("Sem subclassificação", "Por quê?")
        mixed = f"/central/em-lote/encerrar?item={number}.1&item={other}.1"
        assert "Aqui não dá para escolher o motivo" in client.get(mixed).text
        item = [("item", f"{number}.{desk.ticket(number).version}")]
        chosen = [("classification", "GLO"), ("subclassification", "GLO.1")]
        answer = post(client, "/central/em-lote/classificar", [*item, *chosen])
        assert "bulk-classify.1." in answer.headers["set-cookie"]
        item = [("item", f"{number}.{desk.ticket(number).version}")]
        answer = post(client, "/central/em-lote/pendente", [*item, ("text", "Mande o XML")])
        assert "bulk-pending.1..;" in answer.headers["set-cookie"]


def test_every_reason_to_leave_a_ticket_has_words():
    codes = {
        "stale", "claimed", "gone", "invalid", "no_reason", "forbidden", "not_allowed", "deleted",
        "merged", "told",
    }  # fmt: skip
    assert set(LIST["bulk_left"]) == codes
    assert set(LIST["bulk_title"]) == set(bulk.VERBS)
    assert Claimed("Ana").code in codes


def test_a_file_says_how_far_it_came(desk: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listings, "STRETCH", 2)
    monkeypatch.setattr(listings, "AT_ONCE", 2)
    for n in range(5):
        desk.opened(f"Acompanhado {n}")
    place = "/central/exportacoes/minha-chave"
    with desk.client("ana") as client, desk.client("rafael") as other:
        assert "Preparando" in client.get(place).text
        with client.stream(
            "GET", "/central/exportar.csv?q=Acompanhado&acompanhar=minha-chave"
        ) as answer:
            lines = "".join(answer.iter_text()).splitlines()
        assert len(lines) == 6
        assert "CSV pronto: 5 linhas" in client.get(place).text
        assert "Preparando" in other.get(place).text
        cancelled = send(client, f"{place}/cancelar")
        assert "CSV pronto" in cancelled.text


def test_a_cancelled_file_ends_and_says_so(desk: Instance, monkeypatch: pytest.MonkeyPatch):
    for n in range(3):
        desk.opened(f"Cancelado no meio {n}")
    monkeypatch.setattr(listings, "AT_ONCE", 1)
    reading, reached, go_on = listings.rows.of_numbers, threading.Event(), threading.Event()
    asked: list[int] = []

    def slow(session: Session, actor: Actor, numbers: Sequence[int], *rest: Any) -> list[Row]:
        # a piece of the file, not a page of the list
        if len(numbers) == 1:
            asked.extend(numbers)
            if len(asked) % 2 == 0:
                reached.set()
                go_on.wait(20)
        return reading(session, actor, numbers, *rest)

    monkeypatch.setattr(listings.rows, "of_numbers", slow)
    files: list[bytes] = []

    def fetch(client: httpx.Client, kind: str) -> None:
        url = f"/central/exportar.{kind}?q=Cancelado&acompanhar=meio-{kind}"
        files.append(client.get(url).content)

    for kind in ("csv", "xlsx"):
        reached.clear()
        go_on.clear()
        place = f"/central/exportacoes/meio-{kind}"
        with desk.client("ana") as client, desk.client("ana") as other:
            thread = threading.Thread(target=fetch, args=[other, kind])
            thread.start()
            assert reached.wait(20)
            assert f"{kind.upper()}: 1 de 3 linhas" in client.get(place).text
            assert "cancelado na linha 1" in send(client, f"{place}/cancelar").text
            go_on.set()
            thread.join(20)
    lines = files[0].decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[-1] == LIST["export"]["cut"]
    with zipfile.ZipFile(io.BytesIO(files[1])) as book:
        assert LIST["export"]["cut"] in book.read("xl/worksheets/sheet1.xml").decode()
    assert len(asked) == 4


async def test_files_are_followed_by_who_asked_and_forgotten_in_time():
    exports = progress.Exports()
    sent = exports.begin("k", progress.Sent(1, "csv", 10, exact=True))
    assert sent.add(4)
    await exports.cancel("k", 2)
    assert sent.add(4)
    await exports.cancel("k", 1)
    assert not sent.add(4)
    assert exports.of("k", 2) is None
    assert exports.of("k", 1) is sent
    assert exports.begin("", sent) is sent
    for n in range(progress.MOST + 1):
        exports.begin(str(n), progress.Sent(1, "csv", 1, exact=True)).end("done")
    assert exports.of("k", 1) is None
    assert len(exports.known) == progress.MOST
    await asyncio.gather(*exports.tasks)


async def test_a_file_of_another_process_is_followed_until_it_falls_silent(
    monkeypatch: pytest.MonkeyPatch,
):
    """What the database carries between them is given from hand to hand."""
    pair: list[progress.Exports] = []

    async def whisper(told: str) -> None:
        for each in pair:
            each.hear(told)

    here, there = pair[:] = [progress.Exports(whisper), progress.Exports(whisper)]
    sent = here.begin("k", progress.Sent(1, "csv", 10, exact=True))
    sent.add(4)
    await asyncio.sleep(0)
    seen = there.of("k", 1)
    assert seen is not None
    assert (seen.rows, seen.state, seen.silent) == (4, "going", False)
    monkeypatch.setattr(progress, "SILENT_SECONDS", -1)
    assert (seen.silent, sent.silent) == (True, False)
    await there.cancel("k", 2)
    assert sent.add(1)
    await there.cancel("k", 1)
    assert not sent.add(1)
    sent.end("done")
    await asyncio.gather(*here.tasks)
    told = there.of("k", 1)
    assert told is not None
    assert (told.rows, told.state, told.silent) == (5, "cancelled", False)
