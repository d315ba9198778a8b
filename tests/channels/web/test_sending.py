"""Files sent in pieces: whatever breaks on the way, what is there is not sent again."""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels import web
from channels.web.pieces import PIECE
from gateway import forgetting
from gateway import runtime as composing
from gateway.app import create_app
from helpdesk import sessions
from helpdesk.models import Attachment, Blob, Draft, Message, Ticket, Upload
from helpdesk.models import Session as Login
from tests.channels.web.conftest import (
    AURORA,
    BRUNO,
    CARLA,
    LUCIANA,
    PASSWORD,
    PEOPLE,
    Portal,
    Visit,
    make_portal,
    serving,
)
from tests.doubles.browser import axe
from tests.doubles.clamd import EICAR, Clamd
from tests.doubles.line import Line

NEW, SENDING = "/fale-conosco/novo", "/fale-conosco/envios"
#: two whole pieces and a rest
PDF = b"%PDF-1.4 " + bytes(range(256)) * 5000
FIELDS = {
    "title": "Glosa nas guias",
    "classification": "GLO",
    "subclassification": "GLO.2",
    "name": "Luciana Reis",
    "phone": "(31) 3222-0101",
    "email": LUCIANA,
    "text": "Bom dia.",
}


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    yield from make_portal(database_url, tmp_path, PONTE_LIMITS__ATTACHMENT_SIZE="3000000")


@pytest.fixture
def scanned(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    with Clamd() as clamd:
        more = {"PONTE_LIMITS__ATTACHMENT_SIZE": "3000000", "PONTE_SCANNER__CLAMD": clamd.address}
        yield from make_portal(database_url, tmp_path, **more)


@pytest.fixture
def infirmary(scanned: Portal) -> Iterator[Visit]:
    with serving(scanned.app) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield Visit(client)


@pytest.fixture
def luciana(visit: Visit) -> Visit:
    visit.enter()
    visit.get(NEW)
    return visit


def begin(visit: Visit, data: bytes = PDF, name: str = "ficha.pdf", **more: str) -> Any:
    form = {"name": name, "size": str(len(data)), "type": "application/pdf", "mark": "1", **more}
    return visit.client.post(SENDING, data=form, headers={"x-csrf-token": visit.csrf})


def add(visit: Visit, place: str, offset: int, data: bytes, digest: str = "") -> Any:
    headers = {"x-csrf-token": visit.csrf, "content-type": "application/octet-stream"}
    if digest:
        headers["content-digest"] = f"sha-256=:{digest}:"
    return visit.client.post(f"{place}?desde={offset}", content=data, headers=headers)


def test_what_came_is_kept_and_the_rest_follows_in_another_process(
    portal: Portal, luciana: Visit, tmp_path: Path
) -> None:
    begun = begin(luciana).json()
    assert (begun["offset"], begun["piece"]) == (0, PIECE)
    place = f"{SENDING}/{begun['id']}"
    first = base64.b64encode(hashlib.sha256(PDF[:PIECE]).digest()).decode()
    assert add(luciana, place, 0, PDF[:PIECE], first).json()["offset"] == PIECE
    elsewhere = composing.build(portal.runtime.settings)
    kit = replace(elsewhere.kit, clock=lambda: portal.now)
    app = create_app(replace(elsewhere, kit=kit, channels={"web": web.connect(kit, None)}))
    with serving(app) as address:
        luciana.client.base_url = address
        again = begin(luciana).json()
        assert (again["id"], again["offset"]) == (begun["id"], PIECE)
        assert again["pieces"] == [hashlib.sha256(PDF[:PIECE]).hexdigest()]
        assert add(luciana, place, PIECE, PDF[PIECE : 2 * PIECE]).json()["offset"] == 2 * PIECE
        done = add(luciana, place, 2 * PIECE, PDF[2 * PIECE :]).json()
        assert done["kept"]
        # The answer was lost: asked again it is the same.
        assert luciana.client.get(place).json()["kept"]
        assert add(luciana, place, len(PDF), b"").json()["kept"]
        answer = luciana.post(NEW, FIELDS | {"kept_file": done["kept"]})
        assert answer.status_code == 303, answer.text
    elsewhere.close()
    (attached,) = portal.all(Attachment)
    assert (attached.filename, attached.content_type) == ("ficha.pdf", "application/pdf")
    assert portal.runtime.blobs.get(attached.sha256) == PDF
    assert portal.all(Upload) == []


def test_what_does_not_fit_is_refused_and_what_is_there_stays(
    portal: Portal, luciana: Visit, other: Visit
) -> None:
    place = f"{SENDING}/{begin(luciana).json()['id']}"
    add(luciana, place, 0, PDF[:PIECE])
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    refused = {
        "again": (add(luciana, place, 0, PDF[:PIECE]), 409),
        "a gap": (add(luciana, place, 2 * PIECE, b"x"), 409),
        "damaged": (add(luciana, place, PIECE, b"x", wrong), 422),
        "beyond the end": (add(luciana, place, len(PDF), b"x"), 422),
        "more than a piece": (add(luciana, place, PIECE, b"x" * (PIECE + 1)), 413),
        "unknown": (add(luciana, f"{SENDING}/{'0' * 32}", 0, b"x"), 404),
        "no number": (luciana.client.get(f"{place}?desde=x"), 200),
    }
    assert {name: answer.status_code for name, (answer, _) in refused.items()} == {
        name: status for name, (_, status) in refused.items()
    }
    other.enter(BRUNO)
    other.get(NEW)
    foreign = [
        other.client.get(place),
        add(other, place, PIECE, b"x"),
        other.client.post(f"{place}/remover", headers={"x-csrf-token": other.csrf}),
    ]
    assert {answer.status_code for answer in foreign} == {404}
    assert luciana.client.get(place).json()["offset"] == PIECE
    for data, name, said in (
        (b"x" * 3_000_001, "grande.pdf", "O limite é"),
        (b"", "vazio.pdf", "está vazio"),
        (b"x", "laudo.exe", "não foi aceito"),
    ):
        answer = begin(luciana, data, name)
        assert answer.status_code == 422
        assert said in answer.json()["problem"]
    # What it really is shows only at the end.
    place = f"{SENDING}/{begin(luciana, b'MZ' * 9, 'laudo.pdf').json()['id']}"
    answer = add(luciana, place, 0, b"MZ" * 9)
    assert answer.status_code == 422
    assert "O arquivo laudo.pdf não foi aceito" in answer.json()["problem"]
    assert luciana.client.get(place).status_code == 404
    for n in range(199):
        assert begin(luciana, mark=f"n{n}").status_code == 200
    assert begin(luciana, mark="one more").status_code == 429


def test_a_file_with_malware_is_told_and_kept_nowhere_whichever_way_it_came(
    scanned: Portal, infirmary: Visit, tmp_path: Path
) -> None:
    visit = infirmary
    visit.enter()
    visit.get(NEW)
    bad, said = PDF[:PIECE] + EICAR, "O arquivo ficha.pdf contém um vírus e não foi guardado"
    place = f"{SENDING}/{begin(visit, bad).json()['id']}"
    assert add(visit, place, 0, bad[:PIECE]).status_code == 200
    in_pieces = add(visit, place, PIECE, bad[PIECE:])
    assert in_pieces.status_code == 422
    assert said in in_pieces.json()["problem"]
    assert visit.client.get(place).status_code == 404
    at_once = visit.post(NEW, FIELDS, files={"attachments": ("ficha.pdf", bad)})
    assert at_once.status_code == 422
    assert said in at_once.text
    # The form is held with what was typed; without the file it goes.
    assert FIELDS["title"] in at_once.text
    assert (scanned.all(Ticket), scanned.all(Upload)) == ([], [])
    scanned.now += timedelta(hours=25)
    asyncio.run(forgetting.once(scanned.runtime.kit, tmp_path / "ledger"))
    assert scanned.all(Blob) == []


def test_what_nobody_goes_on_with_is_forgotten_after_a_day(
    portal: Portal, luciana: Visit, tmp_path: Path
) -> None:
    place = f"{SENDING}/{begin(luciana).json()['id']}"
    add(luciana, place, 0, PDF[:PIECE])
    (blob,) = portal.all(Blob)
    portal.now += timedelta(hours=23)
    luciana.enter()
    add(luciana, place, PIECE, PDF[PIECE : 2 * PIECE])
    portal.now += timedelta(hours=23)
    asyncio.run(forgetting.once(portal.runtime.kit, tmp_path / "ledger"))
    assert portal.runtime.blobs.get(blob.sha256) == PDF[:PIECE]
    portal.now += timedelta(hours=2)
    asyncio.run(forgetting.once(portal.runtime.kit, tmp_path / "ledger"))
    assert (portal.all(Upload), portal.all(Blob)) == ([], [])
    with pytest.raises(FileNotFoundError):
        portal.runtime.blobs.get(blob.sha256)


def test_a_form_is_its_writers_alone(portal: Portal, luciana: Visit) -> None:
    """Somebody else logged in meanwhile, in the same browser."""
    sent = luciana.hidden() | FIELDS
    luciana.client.cookies.delete("ponte_person")
    luciana.enter(CARLA)
    luciana.page = None
    assert luciana.post("/fale-conosco/rascunho", sent | {"ref": ""}).status_code == 409
    assert portal.all(Draft) == []
    assert begin(luciana, writer=sent["writer"][0]).status_code == 401
    answer = luciana.post(NEW, sent)
    assert answer.status_code == 409
    assert "Outra pessoa entrou" in answer.text
    assert portal.all(Ticket) == []
    assert [(d.owner_id, d.fields["text"]) for d in portal.all(Draft)] == [
        (PEOPLE[LUCIANA], FIELDS["text"])
    ]
    assert FIELDS["text"] not in luciana.get(NEW).text


def log_in(page: Page, address: str, email: str = LUCIANA) -> None:
    page.goto(f"{address}/?com=senha")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/fale-conosco")


def fill(page: Page) -> None:
    for name in ("title", "text"):
        page.fill(f"#{name}", FIELDS[name])
    for name in ("classification", "subclassification"):
        page.select_option(f"#{name}", FIELDS[name])


def choose(page: Page, folder: Path, name: str = "ficha.pdf", data: bytes = PDF) -> None:
    """A file on a disk: its time of change is the same when it is chosen again."""
    if not (folder / name).exists():
        (folder / name).write_bytes(data)
    page.set_input_files("#anexos", folder / name)


@pytest.fixture
def here(sqlite_url: str, tmp_path: Path) -> Iterator[Portal]:
    yield from make_portal(sqlite_url, tmp_path, PONTE_LIMITS__ATTACHMENT_SIZE="3000000")


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_a_broken_line_costs_a_piece_and_the_form_follows(
    here: Portal, page: Page, tmp_path: Path
) -> None:
    """Also when the session ended while the line was dead."""
    name = "Relação de guias, março 📎.pdf"
    with serving(here.app) as address, Line(port(address)) as line:
        log_in(page, line.url)
        page.goto(f"{line.url}{NEW}")
        fill(page)
        line.sent = 0
        line.cut_after(PIECE + PIECE // 2)
        choose(page, tmp_path, name)
        state = page.locator("[data-chosen] [data-state]")
        expect(state).to_have_text("A conexão falhou. Tentamos de novo em instantes.")
        page.context.set_offline(True)
        expect(state).to_have_text("Sem conexão. Continua sozinho quando voltar.")
        # The form is sent meanwhile: it waits.
        page.get_by_role("button", name="Salvar e enviar").click()
        expect(page.get_by_text("Os arquivos ainda estão subindo")).to_be_visible()
        assert axe(page) == []
        here.write(sessions.end_all, "person", PEOPLE[LUCIANA], now=here.now)
        line.mend()
        page.context.set_offline(False)
        dialog = page.get_by_role("dialog", name="Sua sessão terminou")
        password = dialog.get_by_label("Senha", exact=True)
        expect(password).to_be_focused()
        expect(state).to_have_text("Esperando você entrar de novo.")
        # Closed, it calls the sending off; it opens again for who sends again.
        page.keyboard.press("Escape")
        expect(page.get_by_text("Os arquivos ainda estão subindo")).to_be_hidden()
        page.get_by_role("button", name="Salvar e enviar").click()
        password.fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**?confirmado=1")
        assert line.sent < len(PDF) + 2 * PIECE
    (attached,) = here.all(Attachment)
    assert attached.filename == name
    assert here.runtime.blobs.get(attached.sha256) == PDF


def test_the_page_and_the_server_are_new_and_the_file_goes_on(
    here: Portal, page: Page, tmp_path: Path
) -> None:
    with Line(0) as line:
        with serving(here.app) as address:
            line.target = port(address)
            log_in(page, line.url)
            page.goto(f"{line.url}{NEW}")
            page.fill("#text", FIELDS["text"])
            choose(page, tmp_path, "guia.pdf", PDF[:2048])
            expect(page.get_by_text("Enviado · 2 KB", exact=True)).to_be_visible()
            expect(page.locator("[data-draft-word]")).to_contain_text("guardado")
            line.cut_after(PIECE + PIECE // 2)
            choose(page, tmp_path)
            expect(page.locator(".stopped")).to_have_count(1)
        with serving(here.app) as address:
            line.target = port(address)
            line.mend()
            page.once("dialog", lambda dialog: dialog.accept())
            page.goto(f"{line.url}{NEW}")
            stopped = page.get_by_text("Parou em 512 KB de 1,2 MB")
            expect(stopped).to_be_visible()
            assert page.input_value("#text") == FIELDS["text"]
            assert axe(page) == []
            line.sent = 0
            choose(page, tmp_path)
            expect(page.get_by_text("Enviado · 1,2 MB", exact=True)).to_be_visible()
            expect(stopped).to_have_count(0)
            # What was there already went no second time.
            assert line.sent < len(PDF)
            page.get_by_role("button", name="Remover ficha.pdf").click()
            expect(page.locator("#anexos")).to_be_focused()
            wrong = {"vazio.pdf": (b"", "está vazio"), "grande.pdf": (PDF * 3, "passa de 2,9 MB")}
            for name, (data, said) in wrong.items():
                choose(page, tmp_path, name, data)
                expect(page.get_by_text(said)).to_be_visible()
            # Two at once; one is called off on its way.
            line.cut_after(PIECE)
            for name in ("a.pdf", "b.pdf"):
                (tmp_path / name).write_bytes(PDF)
            page.set_input_files("#anexos", [tmp_path / "a.pdf", tmp_path / "b.pdf"])
            expect(page.locator(".stopped")).to_have_count(2)
            page.get_by_role("button", name="Cancelar o envio de a.pdf").click()
            line.mend()
            expect(page.get_by_text("Enviado · 1,2 MB", exact=True)).to_have_count(1)
            fill(page)
            page.get_by_role("button", name="Salvar e enviar").click()
            page.wait_for_url("**?confirmado=1")
    assert {f.filename for f in here.all(Attachment)} == {"guia.pdf", "b.pdf"}


def test_a_session_that_ends_under_a_form_begins_again_over_it(
    here: Portal, page: Page, tmp_path: Path
) -> None:
    with serving(here.app) as address:
        log_in(page, address, CARLA)
        here.write(_switch, AURORA)
        page.goto(f"{address}{NEW}")
        fill(page)
        choose(page, tmp_path)
        expect(page.get_by_text("Enviado · 1,2 MB", exact=True)).to_be_visible()
        here.write(sessions.end_all, "person", PEOPLE[CARLA], now=here.now)
        send = page.get_by_role("button", name="Salvar e enviar")
        send.click()
        dialog = page.get_by_role("dialog", name="Sua sessão terminou")
        password = dialog.get_by_label("Senha", exact=True)
        expect(password).to_be_focused()
        assert axe(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(send).to_be_focused()
        send.click()
        password.fill("errada")
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("E-mail ou senha não conferem")).to_be_visible()
        # What stands under the dialog is Carla's: nobody else enters over it.
        dialog.get_by_label("E-mail").fill(LUCIANA)
        password.fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("Esta página é de outra pessoa")).to_be_visible()
        assert axe(page) == []
        dialog.get_by_label("E-mail").fill(CARLA)
        password.fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**?confirmado=1")
        # An addition, by the code that is mailed.
        page.goto(f"{address}/fale-conosco/n1")
        page.fill("#text", "Falta uma guia.")
        here.write(sessions.end_all, "person", PEOPLE[CARLA], now=here.now)
        page.get_by_role("button", name="Complementar").last.click()
        dialog.get_by_role("button", name="Receber código por e-mail").click()
        code = dialog.get_by_label("Código")
        expect(code).to_be_visible()
        code.fill(here.notices("login_code")[-1].data["code"])
        dialog.get_by_role("button", name="Entrar", exact=True).click()
        expect(page.locator(".bub.mine")).to_have_count(2)
    (ticket,) = here.all(Ticket)
    assert ticket.provider_id == AURORA
    assert [m.text for m in here.all(Message)] == [FIELDS["text"], "Falta uma guia."]
    (attached,) = here.all(Attachment)
    assert here.runtime.blobs.get(attached.sha256) == PDF


def _switch(session: Session, provider_id: int) -> None:
    row = session.scalars(select(Login).order_by(Login.id.desc())).first()
    assert row is not None
    sessions.switch(session, row.id, provider_id)
