"""An agent at the keyboard, and how often a key went down."""

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.gateway.console.served import PASSWORD, Instance


@dataclass
class Hands:
    """A chord is one stroke. What is written for somebody to read is not counted: it is as long as
    it has to be; a shortcut of a canned text is counted letter by letter."""

    page: Page
    strokes: int = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)


def enter(page: Page, instance: Instance, login: str = "ana") -> Hands:
    page.goto(f"{instance.url}/entrar")
    page.get_by_label("Usuário").fill(login)
    page.get_by_label("Senha", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url("**/central")
    return Hands(page)
