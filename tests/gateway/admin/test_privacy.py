"""Personal data on its pages: found, handed over, erased, held, and kept no longer than it may."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from gateway import forgetting, ledger
from helpdesk.border import File
from helpdesk.models import Access, Blob, Erasure, Log, Person, Ticket
from tests.doubles import browser as chromium
from tests.doubles.threads import at_once
from tests.gateway.console.door import Door
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance, send

ROOT = "/cadastros/privacidade"
LUCIANA = "luciana@vila.example"


def person_id(instance: Instance, address: str = LUCIANA) -> int:
    return instance.read(lambda s: s.scalar(select(Person.id).where(Person.email == address)))


@pytest.fixture(scope="module")
def instance(door: Door) -> Instance:
    """What is found and erased is the database's affair: on both."""
    return door.instance


@pytest.fixture
def filed(instance: Instance) -> int:
    """A contact with a file, by the first person of P1."""
    sha256 = instance.runtime.blobs.put(b"%PDF-1.4 laudo")
    number = instance.opened("Glosa de Luciana")
    file = File("../laudo.pdf", "application/pdf", 14, sha256)
    instance.complemented(number, "Segue o laudo.", (file,))
    return number


def test_somebody_is_found_by_name_address_and_what_they_typed(instance: Instance, filed: int):
    with instance.client("chefe") as client:
        for asked in ("luciana r", LUCIANA.upper(), "3222-0101"):
            page = client.get(ROOT, params={"q": asked}).text
            assert ("titular?pessoa=" in page) == (asked != "3222-0101"), asked
        assert "Ninguém com" in client.get(ROOT, params={"q": "ninguém"}).text
        assert client.get(f"{ROOT}/titular?pessoa=987654").status_code == 404
        assert client.get(f"{ROOT}/titular?endereco=x@y.example").status_code == 404


def test_their_data_leaves_as_a_file_and_that_is_noted(instance: Instance, filed: int):
    key = person_id(instance)
    with instance.client("chefe") as client:
        answer = client.get(f"{ROOT}/titular.zip?pessoa={key}")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(archive.read("dados.json"))
    assert data["people"][0]["email"] == LUCIANA
    ticket = next(one for one in data["tickets"] if one["number"] == filed)
    assert ticket["messages"][1]["text"] == "Segue o laudo."
    assert archive.read(f"anexos/{filed}-2-1-laudo.pdf") == b"%PDF-1.4 laudo"
    assert "Segue o laudo." in archive.read("leia-me.html").decode()
    seen = instance.read(lambda s: s.scalar(select(Access).where(Access.what == "personal_data")))
    assert seen.detail == f"person {key}"


def test_only_who_has_the_right_sees_the_pages(instance: Instance, filed: int):
    with instance.client() as client:
        assert client.get(ROOT).status_code == 403
        assert client.get(f"{ROOT}/titular?pessoa={person_id(instance)}").status_code == 403
        assert client.get(f"{ROOT}/titular.zip?pessoa={person_id(instance)}").status_code == 403
        assert send(client, f"{ROOT}/apagar", pessoa="1", reason="x").status_code == 403
        assert send(client, f"{ROOT}/prazos", code="GLO", months="1").status_code == 403
        assert send(client, f"{ROOT}/bloqueios", kind="ticket", key="1").status_code == 403


def test_a_hold_is_placed_stands_and_is_released(instance: Instance, filed: int):
    with instance.client("chefe") as client:
        wrong = send(client, f"{ROOT}/bloqueios", kind="ticket", key="987654", reason="")
        assert wrong.status_code == 422
        assert "falta preencher" in wrong.text or "não existe" in wrong.text
        send(client, f"{ROOT}/bloqueios", kind="ticket", key=str(filed), reason="Processo 12")
        page = client.get(ROOT).text
        assert "Processo 12" in page
        held = client.get(f"{ROOT}/titular?pessoa={person_id(instance)}").text
        assert "Nada pode ser apagado agora" in held
        refused = send(
            client, f"{ROOT}/apagar", pessoa=str(person_id(instance)), reason="Pedido",
            address=LUCIANA,
        )  # fmt: skip
        assert refused.status_code == 409
        hold = page.partition(f"{ROOT}/bloqueios/")[2].partition("/")[0]
        send(client, f"{ROOT}/bloqueios/{hold}/liberar")
        assert "Processo 12" not in client.get(ROOT).text


def test_what_is_past_its_time_goes_with_its_bytes(instance: Instance):
    sha256 = instance.runtime.blobs.put(b"%PDF-1.4 antigo")
    number = instance.opened("Antigo")
    instance.complemented(number, "Texto antigo.", (File("a.pdf", "application/pdf", 15, sha256),))
    long_ago = instance.now - timedelta(days=800)
    instance.write(
        lambda s: s.execute(
            update(Ticket)
            .where(Ticket.number == number)
            .values(closed_at=long_ago, situation="closed")
        )
    )
    with instance.client("chefe") as client:
        for months in ("0", "x", "99999"):
            assert send(client, f"{ROOT}/prazos", code="LOT", months=months).status_code == 422
        done = send(client, f"{ROOT}/prazos", code="LOT", months="24")
        assert "Prazo de guarda gravado" in client.get(done.headers["location"]).text
        path = ledger.path_of(instance.runtime.settings)
        # In a thread of its own: Playwright's loop may be running in this one.
        at_once([lambda: asyncio.run(forgetting.once(instance.runtime.kit, path))])
        page = client.get(f"/central/{number}").text
        assert "Texto antigo." not in page
        assert "Conteúdo apagado" in page
        send(client, f"{ROOT}/prazos", code="LOT", months="")
    lines = ledger.read(path)
    assert [line["subject"]["whole"] for line in lines if line["kind"] == "retention"] == [[number]]
    assert sha256 not in set(instance.runtime.blobs.keys())
    assert instance.read(lambda s: s.get(Blob, sha256)) is None


def test_the_steps_from_the_search_to_the_end(instance: Instance, filed: int, page: Page):
    enter(page, instance, "chefe", f"{ROOT}")
    chromium.photograph(page, "privacy")
    faults = chromium.axe(page)
    page.locator("#q").fill("Luciana")
    page.get_by_role("button", name="Procurar").click()
    page.get_by_role("link", name="Luciana Reis").first.click()
    expect(page.get_by_role("heading", name="Luciana Reis")).to_be_visible()
    chromium.photograph(page, "privacy-dossier")
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faults += chromium.axe(page)
    assert faults == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Apagar também").check()
    page.get_by_label("Motivo").fill("Pedido da titular de 24/11/2026")
    page.get_by_label("Para confirmar").fill("outra@vila.example")
    page.get_by_role("button", name="Apagar definitivamente").click()
    expect(page.get_by_text("não é o mesmo").first).to_be_visible()
    expect(page.get_by_label("Motivo")).to_have_value("Pedido da titular de 24/11/2026")
    page.get_by_label("Para confirmar").fill(LUCIANA)
    page.get_by_role("button", name="Apagar definitivamente").click()
    expect(page.get_by_text("Dados apagados")).to_be_visible()
    page.goto(f"{instance.url}/central/{filed}")
    expect(page.get_by_text("Segue o laudo.")).to_have_count(0)
    chromium.photograph(page, "privacy-erased-ticket")
    made = instance.read(lambda s: s.scalar(select(Erasure).where(Erasure.kind == "person")))
    assert made.counts["person"] == 1
    row = instance.read(lambda s: s.scalar(select(Log).where(Log.action == "erased").limit(1)))
    assert row is not None
