"""Made from the registry, in a browser: each command by palette, by a visible control and by key."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Response, Route, expect

from gateway.console import commands
from gateway.console.commands import HELD, LIST, OTHER, TICKET
from helpdesk import closing, rows, tickets
from helpdesk.models import Ticket
from helpdesk.rows import Row
from tests.gateway.console.hands import enter
from tests.gateway.console.served import Instance
from tests.gateway.console.test_held import held

__all__ = ["held"]
pytestmark = pytest.mark.slow

#: states of a page that between them admit every command
STATES = {
    "list": (LIST, "/central?q=Alcance&ordem=chamado"),
    "ticket": (TICKET, "/central/{fresh}"),
    "ticket held by oneself": (TICKET, "/central/{mine}"),
    "closed ticket": (TICKET, "/central/{closed}"),
    "quarantine": (HELD, "/central/quarentena/{held}"),
    "other": (OTHER, "/central/atalhos"),
}


@dataclass
class Place:
    """A page as one agent sees it, and what the registry says of it."""

    page: Page
    url: str
    listed: list[dict[str, Any]]

    def open(self) -> None:
        """Afresh: the first row is the current one, nothing is selected or written."""
        self.page.goto(self.url)
        self.page.evaluate("sessionStorage.clear()")
        self.page.goto(self.url)

    def hold_back(self) -> None:
        """From here on pages and fragments are asked for in vain, so that this one stays."""
        self.page.route("**/central**", _refuse)

    def let_go(self) -> None:
        self.page.unroute("**/central**", _refuse)

    @property
    def row(self) -> Any:
        return self.page.locator("[data-rows] [data-number]")

    def asks(self, method: str, path: str, press: Callable[[], None]) -> None:
        address = self.url.split("/central")[0] + path

        def fits(response: Response) -> bool:
            return response.request.method == method and response.url.startswith(address)

        # Not only asked for: answered in vain, before the next key.
        with self.page.expect_response(fits):
            press()


def _refuse(route: Route) -> None:
    request = route.request
    if request.is_navigation_request() or "hx-request" in request.headers:
        route.fulfill(status=204)
    else:
        route.continue_()


@pytest.fixture(scope="module")
def tickets_of(instance: Instance) -> dict[str, int]:
    fresh, mine, closed = (instance.opened(f"Alcance {n}") for n in (1, 2, 3))
    chief = instance.desk("chefe")
    instance.write(tickets.claim, chief, mine)
    instance.write(closing.close, chief, closed, status="EPR", body="Pago em 30/11 por TED.")
    return {"fresh": fresh, "mine": mine, "closed": closed}


@pytest.fixture
def place(
    request: pytest.FixtureRequest,
    page: Page,
    instance: Instance,
    tickets_of: dict[str, int],
    held: str,
) -> Place:
    kind, path = STATES[request.param]
    enter(page, instance, "chefe")
    desk = instance.desk("chefe")

    def row(number: int) -> Row:
        found = instance.read(
            rows.listing, desk.actor, Ticket.number == number, desk.policy, desk.now
        )
        return found[0]

    name = path.removeprefix("/central/{").removesuffix("}")
    shown = row(tickets_of[name]) if name in tickets_of else None
    listed = commands.for_page(desk.actor, kind, "chefe", shown)
    if kind == LIST:  # the first row decides what may be done to it
        cannot = commands.impossible(row(tickets_of["fresh"]), "chefe").split()
        listed = [c | ({"disabled": True} if c["id"] in cannot else {}) for c in listed]
    where = Place(page, instance.url + path.format(held=held, **tickets_of), listed)
    where.open()
    return where


every_state = pytest.mark.parametrize("place", STATES, indirect=True)


@every_state
def test_the_palette_offers_each_command_that_may_be_used(place: Place):
    place.page.keyboard.press("Control+k")
    palette = place.page.get_by_role("dialog", name="Comandos")
    expect(palette).to_be_visible()
    listed = [c for c in place.listed if c["scope"] != "message"]  # no message was chosen
    offered = set(palette.locator("[role=group] [role=option] > span").all_text_contents())
    usable = {c["label"] for c in listed if "disabled" not in c and c["id"] != "palette"}
    barred = {c["label"] for c in listed if "disabled" in c} - usable
    assert usable - offered == set()
    assert barred & offered == set()


@every_state
def test_each_command_has_a_control_that_is_seen(place: Place):
    page = place.page
    page.locator("#account > summary").click()
    for command in place.listed:
        if command["scope"] == "page" and command["id"] != "leave":
            expect(page.locator(f"#account [data-command='{command['id']}']")).to_be_visible()
    expect(page.locator("#sair button")).to_be_visible()
    page.keyboard.press("Escape")
    about_ticket = [c for c in place.listed if c["scope"] == "ticket"]
    if about_ticket:
        page.locator("[data-row-menu]:visible").first.click()
    menu = page.get_by_role("menu", name="Ações do chamado")
    for command in about_ticket:
        item = menu.locator(f"[data-command='{command['id']}']")
        expect(item).to_be_visible()
        if "disabled" in command:
            expect(item).to_have_attribute("aria-disabled", "true")
        else:
            expect(item).not_to_have_attribute("aria-disabled", "true")


@every_state
def test_each_key_runs_its_command(place: Place):
    for command in place.listed:
        for key in command["keys"] if "disabled" not in command else ():
            place.open()
            place.hold_back()
            try:
                _prove(place, command, lambda key=key: place.page.keyboard.press(_spelled(key)))
            except Exception as error:
                error.add_note(f"{key} for {command['id']}")
                raise
            place.let_go()


@pytest.mark.parametrize("place", ["ticket", "closed ticket"], indirect=True)
def test_each_command_of_a_message_is_reached_from_the_message(place: Place):
    """One goes to the message by key; its menu, by key or by what is seen, and the palette then
    hold its commands; each runs from there."""
    page = place.page
    listed = [c for c in place.listed if c["scope"] == "message"]
    said = page.locator("[data-message]").last
    menu = page.get_by_role("menu", name="Na mensagem")
    page.keyboard.press("k")
    expect(said).to_be_focused()
    expect(said).not_to_have_css("outline-style", "none")
    barred = {c["id"] for c in listed if "disabled" in c}
    barred |= set((said.get_attribute("data-cannot") or "").split())
    said.locator("[data-message-menu]").click()
    for command in listed:
        item = menu.locator(f"[data-command='{command['id']}']")
        expect(item).to_be_visible()
        if command["id"] in barred:
            expect(item).to_have_attribute("aria-disabled", "true")
        else:
            expect(item).not_to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    group = page.get_by_role("dialog", name="Comandos").get_by_role("group", name="Na mensagem")
    expect(group.locator("[role=option] > span")).to_have_text(
        [c["label"] for c in listed if c["id"] not in barred]
    )
    for command in listed:
        if command["id"] in barred:
            continue
        place.open()
        place.hold_back()

        def press(id: str = command["id"]) -> None:
            page.keyboard.press("k")
            page.keyboard.press("Shift+F10")
            expect(menu).to_be_visible()
            menu.locator(f"[data-command='{id}']").press("Enter")

        _prove(place, command, press)
        place.let_go()


def _spelled(key: str) -> str:
    """As Playwright spells it, letters without a Shift of their own."""
    *held_down, last = key.replace("Ctrl", "Control").split("+")
    return "+".join([*held_down, last.lower() if len(last) == 1 else last])


def _prove(place: Place, command: dict[str, Any], press: Callable[[], None]) -> None:
    how = next(h for h in ("url", "load", "post", "form", "focus", "action") if h in command)
    what = command[how]
    if how == "action":
        ACTIONS[what](place, press)
    elif how == "focus":
        press()
        expect(place.page.locator(f"#{what}")).to_be_focused()
    elif how == "form":
        action = place.page.locator(f"form#{what}").get_attribute("action") or "?"
        place.asks("POST", action, press)
    else:
        target = place.page.locator("[data-rows] .cur, main[data-number]")
        number = target.first.get_attribute("data-number") if "{number}" in what else ""
        message = place.page.locator("[data-message]").last
        said = message.get_attribute("data-message") if "{message}" in what else ""
        method = "POST" if how == "post" else "GET"
        asked = what.replace("{number}", number or "").replace("{message}", said or "")
        place.asks(method, asked, press)


Press = Callable[[], None]


def _down(place: Place, press: Press) -> None:
    press()
    expect(place.row.nth(min(1, place.row.count() - 1))).to_have_class(re.compile(r"\bcur\b"))


def _up(place: Place, press: Press) -> None:
    place.page.keyboard.press("ArrowDown")
    press()
    expect(place.row.first).to_have_class(re.compile(r"\bcur\b"))


def _select(place: Place, press: Press) -> None:
    press()
    expect(place.row.locator("input[type=checkbox]:checked")).to_have_count(1)


def _select_page(place: Place, press: Press) -> None:
    press()
    expect(place.row.locator("input[type=checkbox]:checked")).to_have_count(place.row.count())


def _open(place: Place, press: Press) -> None:
    first = place.row.first
    address = first.get_attribute("data-url") or first.locator("a").first.get_attribute("href")
    place.row.first.focus()
    place.asks("GET", address or "?", press)


def _copy(place: Place, press: Press) -> None:
    place.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press()
    protocol = place.page.locator("[data-protocol]").first.get_attribute("data-protocol")
    place.page.wait_for_function(
        "p => navigator.clipboard.readText().then(t => t === p)", arg=protocol
    )


def _next_tab(place: Place, press: Press) -> None:
    press()
    expect(place.page.get_by_role("tab").nth(1)).to_have_attribute("aria-selected", "true")


def _message_next(place: Place, press: Press) -> None:
    press()
    expect(place.page.locator("[data-message]").last).to_be_focused()


def _message_copy(place: Place, press: Press) -> None:
    place.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press()
    place.page.wait_for_function(
        "navigator.clipboard.readText().then(t => t.startsWith('Enviamos o lote 0112'))"
    )


def _message_quote(place: Place, press: Press) -> None:
    press()
    expect(place.page.locator("#texto")).to_have_value(re.compile("^> Enviamos o lote 0112"))
    expect(place.page.locator("#texto")).to_be_focused()


def _show_new(place: Place, press: Press) -> None:
    place.page.evaluate("document.querySelector('[data-fresh]').hidden = false")
    place.asks("GET", place.url.partition("/central")[1], press)


def _opens(selector: str) -> Callable[[Place, Press], None]:
    def prove(place: Place, press: Press) -> None:
        press()
        expect(place.page.locator(selector)).to_be_visible()

    return prove


#: what is seen when the script's own actions were done; one without a line here is not proved
ACTIONS: dict[str, Callable[[Place, Press], None]] = {
    "next": _down,
    "previous": _up,
    "select": _select,
    "select-range": _select,
    "select-page": _select_page,
    "open": _open,
    "copy-protocol": _copy,
    "next-tab": _next_tab,
    "message-next": _message_next,
    "message-previous": _message_next,
    "message-copy": _message_copy,
    "message-quote": _message_quote,
    "show-new": _show_new,
    "menu": _opens("#row-menu"),
    "palette": _opens("#palette"),
    "help": _opens("#help"),
}
