"""Every notice as a mail program shows it: narrow and wide, light and dark, and in plain text."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from channels.mail.compose import ANSWERABLE
from channels.mail.mime import Attached
from helpdesk.border import Outbound
from tests.channels.mail.letters import RING
from tests.channels.mail.test_compose import NOTICES, letter, plain, read
from tests.channels.mail.test_compose import page as page_of
from tests.doubles import browser as chromium

#: what a program gives a mail: a telephone's screen, the reading pane of a desk
WIDTHS = (360, 700)
#: names and addresses that find no place to break
LONG = (
    "Bom dia, Ana.\n\nVeja https://portal.operadora.example/fale-conosco/"
    + "9" * 60
    + "\n\nPneumoultramicroscopicossilicovulcanoconiotico"
    + "o" * 40
)
FILE = Attached(f"demonstrativo-{'lote' * 20}.pdf", "application/pdf", b"%PDF" * 3000)
MORE: dict[str, dict[str, object]] = {
    "closed": {"rate_link": "https://portal.ponte.example/avaliar/" + "x" * 80},
    "login_code": {"by_link": True},
    "agent_forwarded": {"agent_id": 3, "answer_token": RING.agent_token(1042, 3), "by": "Rui"},
    "confirm_domain": {"domain": f"{'clinica-' * 6}.example", "link": ""},
    "invitation": {"provider": "Clínica " + "Serena" * 12},
    "account_changed": {"what": "factors_forgotten"},
}


def fullest(notice: str) -> Outbound:
    """The notice with all it can say."""
    said = {"text": LONG, "author": "Ana Souza"} if notice in ANSWERABLE - {"opened"} else {}
    return letter(notice, **{**said, **MORE.get(notice, {})})


def variants(notice: str) -> Iterator[tuple[str, Outbound, list[Attached]]]:
    yield "least", letter(notice), []
    yield "most", fullest(notice), [FILE] if notice == "replied" else []


@pytest.fixture(scope="module")
def pane(browser: Browser) -> Iterator[Page]:
    page = chromium.open_page(browser, width=WIDTHS[0])
    yield page
    page.context.close()


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notice_fits_and_is_readable_wherever_it_is_opened(pane: Page, notice: str):
    for variant, outbound, files in variants(notice):
        pane.set_content(page_of(read(outbound, files)))
        for scheme in ("light", "dark"):
            pane.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                pane.set_viewport_size({"width": width, "height": chromium.HEIGHT})
                seen = f"{variant}, {scheme}, {width}"
                wide = pane.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, seen
                assert chromium.axe(pane) == [], seen
        chromium.photograph(pane, f"mail-{notice}-{variant}")
        if outbound.data.get("link"):
            box = pane.locator(".bta").bounding_box()
            assert box is not None
            assert box["height"] >= 44, "a thumb's breadth"


@pytest.mark.parametrize("notice", NOTICES)
def test_both_parts_of_a_notice_say_the_same(pane: Page, notice: str):
    """Heading and every paragraph of the page stand in the text too, word for word but for what
    only one of them has: a button there, a link here."""
    for _, outbound, files in variants(notice):
        mail = read(outbound, files)
        text = plain(mail)
        pane.set_content(page_of(mail))
        pane.evaluate("document.querySelectorAll('h1,.bta,br').forEach(e => e.append('\\n'))")
        flat = words(text)
        for cell in pane.locator("td.t1, td.t2, td.t3, td.ac").all_inner_texts():
            for line in filter(None, map(words, cell.splitlines())):
                assert line.rstrip(".") in flat, text


@pytest.mark.parametrize("notice", NOTICES)
def test_the_text_of_a_notice_stands_in_paragraphs(notice: str):
    for _, outbound, files in variants(notice):
        text = plain(read(outbound, files))
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]\n", text.replace("-- \n", "--\n")), text
        # The link has a paragraph of its own, else a program runs it into the sentence before.
        for link in re.findall(r"^[^\n]+: https?://\S+$", text, re.MULTILINE):
            if link not in LONG:
                assert f"\n\n{link}\n\n" in text, text


def words(text: str) -> str:
    """One line, without what differs on purpose."""
    return " ".join(text.split()).replace("botão abaixo", "link abaixo")
