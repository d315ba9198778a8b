"""`ponte demo` as a person uses it: from an empty folder, in a browser, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.doubles.processes import PATIENCE, free_port, wait_until
from tests.flows import hands
from tests.flows.conftest import Seat

PASSWORD = "ponte-demo"
LUCIANA = "faturamento@vilaserena.example"


class Demo:
    """The command as a process; `said` is what it printed."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = folder / f"demo-{self.port}.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "demo", *self._options(data)],
                cwd=folder,
                env={k: v for k, v in os.environ.items() if not k.startswith("PONTE_")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def ready(self) -> None:
        wait_until(self._is_ready, lambda: self.said)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def _options(self, data: Path) -> list[str]:
        return ["--port", str(self.port), "--data", str(data)]

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said
        return "Ctrl-C stops." in self.said


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder / "data", folder)
    demo.ready()
    yield demo
    assert demo.stop() == 0, demo.said
    assert "Traceback" not in demo.said, demo.said


@pytest.fixture
def run_demo(tmp_path: Path) -> Iterator[Callable[[Path], Demo]]:
    """Start one; whatever still runs when the test has failed is killed."""
    started: list[Demo] = []

    def run(data: Path) -> Demo:
        started.append(Demo(data, tmp_path))
        return started[-1]

    yield run
    for demo in started:
        demo.process.kill()
        demo.process.wait(PATIENCE)


def test_stops_cleanly_and_keeps_the_data(
    tmp_path: Path, run_demo: Callable[[Path], Demo], seat: Seat
):
    data = tmp_path / "new" / "data"
    first = run_demo(data)
    first.ready()
    for path in ("/", "/entrar", "/demo/caixa", "/chat"):
        assert f"{first.url}{path}" in first.said
    second = run_demo(data)
    assert second.process.wait(PATIENCE) == 1
    assert "A demo runs already on this data" in second.said
    assert "Traceback" not in second.said

    luciana, ana = seat(), seat()
    hands.enter_portal(luciana, first.url, LUCIANA, PASSWORD)
    protocol = hands.open_contact(luciana, first.url, "Guarde isto", "Para depois.")
    hands.enter_console(ana, first.url, password=PASSWORD)
    hands.is_live(ana)
    assert first.stop() == 0, first.said
    assert "Traceback" not in first.said, first.said

    again = run_demo(data)
    again.ready()
    # Her session lives in the data as well.
    luciana.goto(f"{again.url}/fale-conosco/{protocol}")
    expect(luciana.get_by_role("log")).to_contain_text("Para depois.")
    assert again.stop() == 0, again.said


def test_form_mailbox_console_mailbox(demo: Demo, seat: Seat):
    luciana, ana = seat(), seat()
    hands.enter_portal(luciana, demo.url, LUCIANA, PASSWORD)
    protocol = hands.open_contact(luciana, demo.url, "Glosa do lote 18", "Segue a glosa.")
    read_letter(luciana, demo, protocol, 1)
    answer_letter(luciana, "A guia é a 45871.")

    hands.enter_console(ana, demo.url, password=PASSWORD)
    find_ticket(ana, demo, protocol)
    expect(hands.talk(ana)).to_contain_text("A guia é a 45871.")
    hands.answer(ana, "Revertemos a glosa da guia.")
    letter = read_letter(luciana, demo, protocol, 2)
    expect(letter).to_contain_text("Revertemos a glosa da guia.")
    luciana.goto(f"{demo.url}/fale-conosco/{protocol}")
    expect(luciana.get_by_role("log")).to_contain_text("Revertemos a glosa da guia.")


def test_mail_written_in_the_mailbox(demo: Demo, seat: Seat):
    luciana, ana = seat(), seat()
    luciana.goto(f"{demo.url}/demo/caixa")
    if not luciana.locator("#de").is_visible():
        luciana.locator("details summary", has_text="Escrever").click()
    luciana.fill("#de", LUCIANA)
    luciana.fill("#assunto", "Senha vencida")
    luciana.fill("#novo", "A senha da internação venceu.")
    luciana.get_by_role("button", name="Enviar", exact=True).click()
    expect(luciana.get_by_role("status")).to_contain_text("Enviado")
    letter = read_letter(luciana, demo, "Senha vencida", 1)
    found = re.search(r"\d{20}", letter.inner_text().replace(".", "").replace(" ", ""))
    assert found, letter.inner_text()

    hands.enter_console(ana, demo.url, password=PASSWORD)
    find_ticket(ana, demo, found[0])
    expect(hands.talk(ana)).to_contain_text("A senha da internação venceu.")
    hands.answer(ana, "Emitimos outra senha.")
    expect(read_letter(luciana, demo, "Senha vencida", 2)).to_contain_text("Emitimos outra senha.")


def test_chat_page(demo: Demo, seat: Seat):
    luciana, ana = seat(), seat()
    hands.enter_portal(luciana, demo.url, LUCIANA, PASSWORD)
    luciana.goto(f"{demo.url}/chat")
    write(luciana, "/novo")
    press(luciana, "Glosa")
    press(luciana, "Glosa técnica")
    expect(newest(luciana, "título")).to_be_visible()
    write(luciana, "Glosa pelo chat")
    write(luciana, "A guia 45871 foi glosada duas vezes.")
    press(luciana, "Enviar")
    press(luciana, "Confirmar e abrir")
    opened = newest(luciana, "Contato aberto")
    expect(opened).to_be_visible()
    found = re.search(r"Protocolo (\d+)", opened.inner_text())
    assert found, opened.inner_text()

    hands.enter_console(ana, demo.url, password=PASSWORD)
    find_ticket(ana, demo, found[1])
    hands.answer(ana, "Revertemos uma delas.")
    expect(hands.talk(luciana)).to_contain_text("Revertemos uma delas.")


def write(page: Page, text: str) -> None:
    page.fill("#texto", text)
    page.get_by_role("button", name="Enviar mensagem").click()
    expect(page.locator("[data-chat] article.mine").last).to_contain_text(text)
    expect(page.locator("#texto")).to_have_value("")


def press(page: Page, words: str) -> None:
    page.locator("[data-chat] article").last.get_by_role("button", name=words, exact=True).click()


def newest(page: Page, words: str) -> Locator:
    return page.locator("[data-chat] article").last.filter(has_text=words)


def read_letter(page: Page, demo: Demo, words: str, count: int) -> Locator:
    """Wait for so many letters with these words, and open the newest; returns its frame."""

    def arrived() -> bool:
        page.goto(f"{demo.url}/demo/caixa?q={words}")
        return page.locator("section.list li").count() >= count

    wait_until(arrived, lambda: demo.said)
    page.locator("section.list li a").first.click()
    return page.frame_locator("iframe.letter").locator("body")


def answer_letter(page: Page, text: str) -> None:
    page.fill("#texto", text)
    page.get_by_role("button", name="Enviar como prestador").click()
    expect(page.get_by_role("status")).to_contain_text("Enviado")


def find_ticket(page: Page, demo: Demo, protocol: str) -> None:
    """Looked up by its protocol in the grid."""
    page.goto(f"{demo.url}/central?q={protocol}")
    page.locator("main [data-number] a").first.click()
    expect(page.locator("[data-protocol]")).to_have_attribute("data-protocol", protocol)
