"""Mail written to take the console over, from the SMTP door to an agent's browser.

Each fragment is a message of its own, many of them on one page. `{outside}` is a server of a
stranger: whatever reaches it left the page.
"""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Frame, Page
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import Message
from tests.doubles.browser import WIDE, open_page, watch_faults
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.hands import enter
from tests.gateway.console.hostile import FRAGMENTS
from tests.gateway.console.test_broken_mail import arrived, last

MEMBER, STRANGER = "luciana@vila.example", "golpe@alheio.example"
NARROW = 360
#: fewer than a page shows of a conversation
AT_ONCE = 26

#: what of a document acts, loads, takes the keys, or lies where nobody can scroll to
IN_FRAME = """() => {
  const acting = "script, style, link, meta, base, title, form, input, button, select, textarea, "
    + "option, fieldset, output, iframe, frame, object, embed, applet, video, audio, source, track, "
    + "svg, math, dialog, template, portal, marquee, area, map, picture, noscript, [autofocus], "
    + "[tabindex], [accesskey], [contenteditable], [popover], [ping], [srcset], [background], "
    + "[action], [formaction], [poster], [name=csrf], [id=conteudo], [id=talk]";
  const found = [...document.body.querySelectorAll(acting)].map((e) => `is there: ${e.outerHTML.slice(0, 90)}`);
  for (const e of document.body.querySelectorAll("*")) {
    const styled = getComputedStyle(e);
    const handlers = e.getAttributeNames().filter((name) => name.startsWith("on"));
    if (handlers.length) found.push(`handler: ${handlers}`);
    if (styled.position !== "static" || styled.float !== "none" || styled.transform !== "none") found.push(`placed: ${e.getAttribute("style")}`);
    if (styled.backgroundImage !== "none") found.push(`loads: ${e.getAttribute("style")}`);
    const { left, top, width, height } = e.getBoundingClientRect();
    if (width && height && (left + scrollX < -1 || top + scrollY < -1)) found.push(`out of reach: ${left} ${top} ${e.outerHTML.slice(0, 90)}`);
    if (e.localName === "a" && e.hasAttribute("href")) {
      if (!/^(https?:|mailto:|tel:)/.test(e.href) || e.target !== "_blank" || !e.rel.includes("noopener")) found.push(`leads: ${e.outerHTML}`);
    }
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const line = document.createRange();
    line.selectNodeContents(texts.currentNode);
    for (const { left, top, width } of line.getClientRects())
      if (width && (left + scrollX < -1 || top + scrollY < -1)) found.push(`text out of reach: ${left} ${top} ${texts.currentNode.data.slice(0, 40)}`);
  }
  if (document.activeElement && document.activeElement !== document.body) found.push("took the focus");
  return found;
}"""
#: the page around them: as wide as its window, its tools on top, nothing of it named twice
ON_PAGE = """() => {
  const found = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`scrolls sideways: ${wide} of ${innerWidth}`);
  for (const frame of document.querySelectorAll("details[data-frame] iframe")) {
    const [inner, outer] = [frame, frame.closest("article, .mailtx")].map((e) => e.getBoundingClientRect());
    if (inner.left < outer.left || inner.right > outer.right + 1 || inner.top < outer.top || inner.bottom > outer.bottom + 1)
      found.push(`frame out of its message: ${frame.src}`);
  }
  for (const body of document.querySelectorAll("article .body, .mailtx")) {
    const { right, bottom } = body.getBoundingClientRect();
    for (const e of body.querySelectorAll("*")) {
      const box = e.getBoundingClientRect();
      if (box.width && e.checkVisibility() && (box.right > Math.max(right, innerWidth) + 1 || box.bottom > bottom + 1)) found.push(`out of its message: ${e.localName} ${box.right} ${right} ${e.textContent.slice(0, 40)}`);
    }
  }
  for (const tool of document.querySelectorAll("[role=toolbar] :is(a, button)")) {
    const { left, top, width, height } = tool.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    if (!width || x < 0 || x > innerWidth || y < 0 || y > innerHeight) continue;
    if (!tool.contains(document.elementFromPoint(x, y))) found.push(`covered: ${tool.textContent}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`));
  if (document.activeElement?.localName === "iframe") found.push("a frame took the focus");
  if ("taken" in window) found.push("a script ran");
  return found;
}"""


class Outside(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_error(404)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def outside() -> Iterator[tuple[str, list[str]]]:
    """`host:port` of a server that is not ours, and what it was asked for."""
    seen: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Seen", (Outside,), {"seen": seen})) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", seen
        server.shutdown()


@dataclass
class Trap:
    """What happened in a page that must not: dialogs, loads from elsewhere, windows, refusals of
    our own policy (what it refuses should not have been there)."""

    page: Page
    ours: str
    sprung: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = watch_faults(self.page)
        self.page.on("dialog", lambda dialog: (self.sprung.append("dialog"), dialog.dismiss()))
        self.page.on("popup", lambda popup: self.sprung.append(f"popup {popup.url}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.ours, "data:", "about:")):
            self.sprung.append(url[:200])

    def all(self) -> list[str]:
        return [*self.sprung, *self.faults]


@pytest.fixture
def trap(browser: Browser, door: Door) -> Iterator[Trap]:
    page = open_page(browser)
    yield Trap(page, door.instance.url)
    page.context.close()


def letter(fragment: str, sender: str, serial: str, answers: str = "") -> bytes:
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]
    mail["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, BOX, "Quadro do lote"
    mail["Message-ID"] = f"<{serial}@{domain}>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = f"<{answers}@{domain}>"
    mail.set_content(f"<p>Marca {serial}.</p>{fragment}", subtype="html", cte="base64")
    return mail.as_bytes()


def said(session: Session, number: int) -> int:
    return session.scalar(select(func.count()).where(Message.number == number)) or 0


def shown(page: Page) -> list[Frame]:
    """The frames of all messages of the page, opened and loaded."""
    folds = page.locator("details[data-frame]")
    count: int = folds.evaluate_all("all => all.map((each) => { each.open = true; }).length")
    page.wait_for_function(
        "(count) => document.querySelectorAll('details[data-frame] iframe').length === count",
        arg=count,
    )
    page.wait_for_load_state("networkidle")
    frames = [frame for frame in page.frames if frame.parent_frame == page.main_frame]
    assert len(frames) == count > 0
    return frames


def wrong(page: Page) -> list[str]:
    """What does not stand as it should, at both widths."""
    found: list[str] = []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        for frame in shown(page):
            mark = re.search(r"Marca ([\w-]+)", frame.locator("body").inner_text())
            named = mark[1] if mark else frame.url
            found += [f"{width} {named}: {each}" for each in frame.evaluate(IN_FRAME)]
        found += [f"{width}: {each}" for each in page.evaluate(ON_PAGE)]
    return found


def test_a_trap_catches_what_nobody_cleaned(trap: Trap, outside: tuple[str, list[str]]):
    host, seen = outside
    trap.page.set_content(
        f"<img src=http://{host}/controle><script>alert(1)</script>"
        "<p style='position:fixed;left:-99px'>x</p><input autofocus>"
        "<p dir=rtl style='white-space:nowrap'>" + "palavra " * 900
    )
    trap.page.wait_for_load_state("networkidle")
    assert {"dialog", f"http://{host}/controle"} <= set(trap.all())
    assert seen == ["/controle"]
    seen.clear()
    found = " ".join(trap.page.evaluate(IN_FRAME))
    for what in (
        "is there: <script",
        "is there: <input",
        "placed: position",
        "out of reach",
        "text out",
    ):
        assert what in found


@pytest.mark.parametrize("first", range(0, len(FRAGMENTS), AT_ONCE))
def test_it_stays_in_its_box_and_does_nothing(
    first: int, door: Door, trap: Trap, outside: tuple[str, list[str]]
):
    host, seen = outside
    some = FRAGMENTS[first : first + AT_ONCE]
    before = door.instance.read(last)
    number = 0
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        for at, fragment in enumerate(some):
            written = fragment.format(outside=f"http://{host}", host=host)
            raw = letter(written, MEMBER, f"h{first + at}", f"h{first}" if at else "")
            smtp.sendmail(MEMBER, [BOX], raw)
            number = number or soon(lambda: door.instance.read(arrived, before))
    soon(lambda: door.instance.read(said, number) >= len(some))
    enter(trap.page, door.instance)
    trap.page.goto(f"{door.instance.url}/central/{number}")
    found = [*wrong(trap.page), *trap.all()]
    assert not found, "\n".join(found)
    assert seen == []


def test_nor_does_it_where_a_stranger_waits(door: Door, trap: Trap, outside: tuple[str, list[str]]):
    host, seen = outside
    whole = "".join(each.format(outside=f"http://{host}", host=host) for each in FRAGMENTS)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail(STRANGER, [BOX], letter(whole, STRANGER, "todas"))
    held = soon(lambda: door.held(STRANGER, "Quadro do lote"))
    enter(trap.page, door.instance)
    trap.page.goto(f"{door.instance.url}/central/quarentena/{held}")
    found = [*wrong(trap.page), *trap.all()]
    assert not found, "\n".join(found)
    assert seen == []


def test_a_name_does_not_turn_round_what_stands_beside_it(door: Door, trap: Trap):
    mail = EmailMessage()
    mail["From"] = "\u202egro.aicnerefnoc \u2067lisarB <virado@alheio.example>"
    mail["To"], mail["Message-ID"] = BOX, "<virado@alheio.example>"
    mail["Subject"] = "Assunto \u202eodariv\u2066"
    mail.set_content("Texto.")
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.send_message(mail)
    held = soon(lambda: door.held("virado@alheio.example", "Assunto odariv"))
    enter(trap.page, door.instance)
    trap.page.goto(f"{door.instance.url}/central/quarentena/{held}")
    head = trap.page.locator("article header").first
    assert "gro.aicnerefnoc lisarB <virado@alheio.example>" in head.inner_text()


def test_words_without_an_end_widen_no_page(door: Door, trap: Trap):
    before = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        for sender in (MEMBER, "comprido@alheio.example"):
            mail = EmailMessage()
            domain = sender.rpartition("@")[2]
            mail["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from={domain}"
            mail["From"], mail["To"] = f"{'N' * 300} <{sender}>", BOX
            mail["Cc"] = f"{'c' * 200}@{domain}"
            mail["Subject"], mail["Message-ID"] = "W" * 300, f"<{'m' * 400}@{domain}>"
            mail.set_content("t" * 900 + f"\n\nEm 3 de maio, {BOX} escreveu:\n> " + "q" * 900)
            mail.add_attachment(b"%PDF-1.4", "application", "pdf", filename="f" * 180 + ".pdf")
            smtp.send_message(mail)
    number = soon(lambda: door.instance.read(arrived, before))
    held = soon(lambda: door.held("comprido@alheio.example", "W" * 300))
    enter(trap.page, door.instance)
    found: list[str] = []
    for path in ("", f"/{number}", "/quarentena", f"/quarentena/{held}", "/quarentena/entradas"):
        for width in (WIDE, NARROW):
            trap.page.set_viewport_size({"width": width, "height": 900})
            trap.page.goto(f"{door.instance.url}/central{path}")
            folds = trap.page.locator("details.q:not([data-frame])")
            folds.evaluate_all("all => { for (const each of all) each.open = true; }")
            found += [f"{path} {width}: {each}" for each in trap.page.evaluate(ON_PAGE)]
    assert not found, "\n".join(found)
