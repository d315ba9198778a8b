"""Files in pieces over a line that breaks and a server that dies, from a form of the portal to an
answer of the console."""

import random
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.web.pieces import PIECE
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk.models import Attachment, Upload
from tests.doubles.browser import axe, photograph
from tests.doubles.clamd import EICAR, Clamd
from tests.doubles.line import Line
from tests.flows import hands
from tests.flows.conftest import Launch, Seat
from tests.flows.instance import LUCIANA

STOPPED = "A conexão falhou. Tentamos de novo em instantes."
GOING = "Os arquivos ainda estão subindo"
ASKED, ANSWERED, INFECTED = "Relação de guias.pdf", "Prévia da análise 📎.pdf", "Doente.pdf"


def test_a_file_goes_on_after_whatever_broke(launch: Launch, seat: Seat, tmp_path: Path) -> None:
    # No piece is like another: one that is lost or comes twice shows.
    chance = random.Random(27)
    data = {name: b"%PDF-1.4 " + chance.randbytes(3 * PIECE) for name in (ASKED, ANSWERED)}
    data[INFECTED] = b"%PDF-1.4 " + bytes(PIECE - 30) + EICAR
    for name, octets in data.items():
        (tmp_path / name).write_bytes(octets)
    with Clamd() as clamd:
        instance = launch(PONTE_SCANNER__CLAMD=clamd.address)
        with Line(instance.port) as line:
            luciana, ana = seat(), seat()
            hands.enter_portal(luciana, line.url, LUCIANA)
            luciana.goto(f"{line.url}/fale-conosco/novo")
            fill(luciana)
            break_within(line, luciana, tmp_path / ASKED)
            instance.kill()
            line.mend()
            luciana.get_by_role("button", name="Salvar e enviar").click()
            expect(luciana.get_by_text(GOING)).to_be_visible()
            instance.start()
            luciana.wait_for_url("**confirmado=1")
            assert line.sent < len(data[ASKED])

            (ticket,) = instance.tickets()
            hands.enter_console(ana, line.url)
            hands.open_ticket(ana, line.url, ticket["number"])
            ana.fill("#texto", "Segue a prévia.")
            ana.set_input_files("#anexos", tmp_path / INFECTED)
            expect(ana.get_by_text(f"O arquivo {INFECTED} contém um vírus")).to_be_visible()
            expect(ana.locator("[data-chosen] li")).to_have_count(0)
            break_within(line, ana, tmp_path / ANSWERED)
            ana.get_by_role("button", name="Responder").first.click()
            expect(ana.get_by_text(GOING)).to_be_visible()
            assert axe(ana) == []
            photograph(ana, "pieces-console")
            line.mend()
            expect(ana.get_by_role("log")).to_contain_text("Segue a prévia.")
            assert line.sent < len(data[ANSWERED])
    found, under_way = at_rest(instance.database)
    blobs = FileBlobs(tmp_path / "blobs")
    assert {name: blobs.get(sha256) for name, sha256 in found} == {
        name: data[name] for name in (ASKED, ANSWERED)
    }
    # Of the console's form the pieces stay for the day; those of the others went.
    assert under_way == 1


def break_within(line: Line, page: Page, file: Path) -> None:
    """After a piece and a half; from then on `line.sent` counts what goes again."""
    line.cut_after(PIECE + PIECE // 2)
    page.set_input_files("#anexos", file)
    expect(page.locator("[data-chosen] [data-state]")).to_have_text(STOPPED)
    line.sent = 0


def fill(page: Page) -> None:
    page.fill("#title", "Relação de guias")
    page.select_option("#classification", index=1)
    if page.locator("#subclassification option:not([value=''])").count():
        page.select_option("#subclassification", index=1)
    page.fill("#phone", "(31) 3222-0101")
    page.fill("#text", "Segue a relação.")


def at_rest(url: str) -> tuple[Sequence[tuple[str, str]], int]:
    """What is attached (name, sha256), and how many files are on their way."""

    def load(session: Session) -> tuple[Sequence[tuple[str, str]], int]:
        found = session.execute(select(Attachment.filename, Attachment.sha256)).all()
        under_way = session.scalar(select(func.count()).select_from(Upload)) or 0
        return [(name, sha256) for name, sha256 in found], under_way

    work = Work(url)
    try:
        return work.read_now(load)
    finally:
        work.close()
