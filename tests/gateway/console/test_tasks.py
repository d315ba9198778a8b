"""The ten main tasks as a screen reader tells them, compared with `snapshots/<task>.yaml`.

A snapshot that is missing is written and has to be read before it is kept; figures stand as `#`.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from helpdesk import routing
from tests.doubles import browser as chromium
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance

pytestmark = pytest.mark.slow

SNAPSHOTS = Path(__file__).parent / "snapshots"
WEEKDAYS = "segunda|terça|quarta|quinta|sexta|sábado|domingo"


@pytest.fixture(scope="module")
def agent(browser: Browser, instance: Instance) -> Page:
    number = instance.opened("Lote 0112 sem protocolo")
    # Thirty days: whatever the day, it is within its deadline.
    desk = instance.desk("ana")
    instance.write(routing.classify, desk, number, classification="GLO", subclassification="GLO.1")
    page = chromium.open_page(browser)
    enter(page, instance)
    page.goto(f"{instance.url}/central/{number}")
    return page


def _list(page: Page) -> Locator:
    page.get_by_role("link", name="Voltar à fila").click()
    return page.get_by_role("main")


def _search(page: Page) -> Locator:
    page.keyboard.press("/")
    page.keyboard.type("inexistente")
    page.keyboard.press("Enter")
    page.get_by_text("Nenhum chamado aqui").wait_for()
    return page.get_by_role("main")


def _ticket(page: Page) -> Locator:
    return page.get_by_role("main")


def _provider(page: Page) -> Locator:
    return page.get_by_role("tabpanel", name="Prestador")


def _dialog(key: str, name: str) -> Callable[[Page], Locator]:
    def press(page: Page) -> Locator:
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=name)
        dialog.wait_for()
        return dialog

    return press


def _new(page: Page) -> Locator:
    page.keyboard.press("F3")
    page.get_by_role("heading", name="Novo atendimento").wait_for()
    page.goto(f"{page.url}?prestador=P1")
    return page.get_by_role("main")


def _keys(page: Page) -> Locator:
    page.goto(page.url.split("/central")[0] + "/central/atalhos")
    page.locator("#c-claim summary").click()
    return page.locator("#c-claim")


#: task to what an agent does on the page of a ticket
TASKS: dict[str, Callable[[Page], Locator]] = {
    "ler-o-chamado": _ticket,
    "ver-o-prestador": _provider,
    "encaminhar": _dialog("Alt+t", "Encaminhar"),
    "deixar-pendente": _dialog("F5", "Deixar pendente"),
    "classificar": _dialog("c", "Classificar"),
    "encerrar": _dialog("e", "Encerrar"),
    "escrever-nota": _dialog("n", "Nota interna"),
    "ver-a-fila": _list,
    "buscar": _search,
    "abrir-atendimento": _new,
    "mudar-um-atalho": _keys,
}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_told_as_it_was_read(agent: Page, task: str):
    place = agent.url
    try:
        told = _steady(TASKS[task](agent).aria_snapshot())
    finally:
        agent.goto(place)
    path = SNAPSHOTS / f"{task}.yaml"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
        pytest.fail(f"{path} was written: read it, then keep it")
    assert told == path.read_text(encoding="utf-8")


def _steady(told: str) -> str:
    """Without what another day or another run changes."""
    told = re.sub(rf"\b({WEEKDAYS})(-feira)?\b", "DIA", told)
    told = re.sub(r"\d[\d.]*", "#", told)
    return re.sub(r"(?m)^(\s*- /url: ).*$", r"\1…", told) + "\n"
