"""What people do in their browsers."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from tests.flows.instance import ANA, PASSWORD


def enter_console(page: Page, url: str, login: str = ANA, password: str = PASSWORD) -> None:
    page.goto(f"{url}/entrar")
    page.fill("#login", login)
    page.fill("#password", password)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url(f"{url}/central**")


def enter_portal(page: Page, url: str, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/?com=senha")
    page.fill("#email", email)
    page.fill("#password", password)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url(f"{url}/fale-conosco**")


def open_contact(
    page: Page, url: str, title: str, text: str, files: Sequence[FilePayload] = ()
) -> str:
    """Fill in the form; returns the protocol the confirmation shows."""
    page.goto(f"{url}/fale-conosco/novo")
    page.fill("#title", title)
    page.select_option("#classification", index=1)
    if page.locator("#subclassification option:not([value=''])").count():
        page.select_option("#subclassification", index=1)
    page.fill("#phone", "(31) 3222-0101")
    page.fill("#text", text)
    if files:
        page.set_input_files("#anexos", list(files))
    page.get_by_role("button", name="Salvar e enviar").click()
    page.wait_for_url("**confirmado=1")
    protocol = page.locator("[data-protocol]").get_attribute("data-protocol")
    assert protocol
    return protocol


def complement(page: Page, address: str, text: str) -> None:
    page.goto(address)
    page.fill("#text", text)
    page.get_by_role("button", name="Complementar").last.click()
    expect(page.get_by_role("log")).to_contain_text(text)


def open_ticket(page: Page, url: str, number: int) -> None:
    """The stream is open when it returns: what happens from now on shows by itself."""
    page.goto(f"{url}/central/{number}")
    is_live(page)


def is_live(page: Page) -> None:
    """Wait for the stream of events."""
    expect(page.locator("body")).to_have_attribute("data-stream", "open")


def answer(page: Page, text: str, files: Sequence[FilePayload] = ()) -> None:
    """Answer by what the ticket proposes."""
    page.fill("#texto", text)
    if files:
        page.locator("#compose input[type=file]").set_input_files(list(files))
    page.get_by_role("button", name="Responder").first.click()
    expect(talk(page)).to_contain_text(text)


def talk(page: Page) -> Any:
    return page.get_by_role("log")


def file(name: str, data: bytes, kind: str = "application/pdf") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}
