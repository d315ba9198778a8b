"""An agent at the keyboard, and how often a key went down."""

from dataclasses import dataclass

from playwright.sync_api import Page

from gateway.identity import AGENT_COOKIE
from tests.gateway.console.served import Instance


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


def let_in(page: Page, instance: Instance, login: str = "ana") -> None:
    """Without the log-in, which has tests of its own."""
    token = instance.session_of(login)
    page.context.add_cookies([{"name": AGENT_COOKIE, "value": token, "url": instance.url}])


def enter(page: Page, instance: Instance, login: str = "ana", path: str = "/central") -> Hands:
    let_in(page, instance, login)
    page.goto(f"{instance.url}{path}")
    return Hands(page)
