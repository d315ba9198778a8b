"""What an agent's hand feels: from a key to the paint it causes, and what moves by itself.

A list of 500 rows in Chromium, beside a page that does nothing with the key. Bars: 50 ms from key
to paint, 0.02 of layout shift. Needs Chromium and Playwright of the development tools.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.bench import Skipped
from gateway.bench.fill import LOOKS, fill
from gateway.bench.process import free_port, ponte, served
from gateway.identity import AGENT_COOKIE
from gateway.work import Work
from helpdesk import migrations, sessions
from helpdesk.models import Agent, Ticket
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring

TITLE = "page: milliseconds from a key to its paint in Chromium, 500 rows; layout shift"
TICKETS, ROWS, PRESSES = 600, 500, 40
SECRET = "bench" * 8
#: as root Chromium has no sandbox
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
WATCH_PAINTS = """() => {
  window.paints = [];
  addEventListener("keydown", (event) => {
    if (["Control", "Shift"].includes(event.key)) return;
    const began = event.timeStamp;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.paints.push(performance.now() - began);
      painted.port2.postMessage(0);
    });
  }, true);
}"""
#: goes to the end of the list, as one scrolls, until more rows have come than there were
GROWN = """(known) => {
  const list = document.querySelector("[data-keep-scroll]");
  list.scrollTop = list.scrollHeight;
  return list.querySelectorAll("[data-number]").length > known;
}"""
SHOWN = "document.querySelectorAll('[data-rows] [data-number]').length"
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((seen) => {
    for (const shift of seen.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 200)));
})"""


def measure() -> dict[str, float]:
    """Raises `Skipped` when there is no browser to measure in."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        driver: Any = import_module("playwright.sync_api")
    except ImportError:
        driver = None
    if program is None or driver is None:
        msg = "page: needs Chromium and Playwright (pip install playwright)"
        raise Skipped(msg)
    with tempfile.TemporaryDirectory(prefix="ponte-bench-") as folder:
        url = f"sqlite:///{folder}/ponte.db"
        token, number = _filled(url)
        port = free_port()
        environ = {
            "PONTE_DATABASE__URL": url,
            "PONTE_BLOBS__URL": f"file:{folder}/blobs",
            "PONTE_SECRET_KEY": SECRET,
            "PONTE_WEB__PORT": str(port),
            "PONTE_INSURER__NAME": "Bench",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
        }
        with served(ponte("serve"), environ, port), driver.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            try:
                return _figures(browser, f"http://127.0.0.1:{port}", token, number)
            finally:
                browser.close()


def _filled(url: str) -> tuple[str, int]:
    """A database with a history; an agent's session, and a ticket."""
    Path(url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    work = Work(url)
    now = datetime.now(UTC)
    with work.engine.begin() as connection:
        migrations.upgrade(connection)
    policy = Policy(keyring=Keyring([SECRET.encode()]), ans_registration="999997")
    fill(work, TICKETS, policy, now)

    def enter(session: Session) -> tuple[str, int]:
        agent = session.scalar(select(Agent.id).where(Agent.login == LOOKS)) or 0
        number = session.scalar(select(Ticket.number).order_by(Ticket.number).limit(1)) or 0
        return sessions.start(session, "agent", agent, now=now), number

    entered = work.write_now(enter)
    work.close()
    return entered


def _figures(browser: Any, url: str, token: str, number: int) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": AGENT_COOKIE, "value": token, "url": url}])
    page = context.new_page()
    page.goto(f"data:text/html,<p>{'.' * ROWS}")
    page.evaluate(WATCH_PAINTS)
    figures = _spread("a page that does nothing", _presses(page, "j"))
    page.goto(f"{url}/central?situacao=todos")
    figures["layout shift, list"] = page.evaluate(SHIFTS)
    while (shown := page.evaluate(SHOWN)) < ROWS:
        page.wait_for_function(GROWN, arg=shown)
    page.evaluate("document.querySelector('[data-keep-scroll]').scrollTop = 0")
    page.evaluate(WATCH_PAINTS)
    figures |= _spread("next row", _presses(page, "j"))
    figures |= _spread("select a row", _presses(page, "x"))
    figures |= _spread("select up to a row", _presses(page, "j", "Shift+X"))
    figures |= _spread("open the palette", _presses(page, "Escape", "Control+k"))
    figures |= _spread("type into the palette", _presses(page, "Backspace", "e"))
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('busca').focus()")
    figures |= _spread("type a letter", _presses(page, "g"))
    page.goto(f"{url}/central/{number}")
    figures["layout shift, ticket"] = page.evaluate(SHIFTS)
    return figures


def _presses(page: Any, *keys: str) -> list[float]:
    """Presses them in turn; how long the last of them took each time, the shortest first."""
    page.evaluate("window.paints.length = 0")
    press: Callable[[str], None] = page.keyboard.press
    for count, key in enumerate(keys * PRESSES, start=1):
        press(key)
        page.wait_for_function("(n) => window.paints.length >= n", arg=count)
    taken: list[float] = page.evaluate("window.paints")
    return sorted(taken[len(keys) - 1 :: len(keys)])


def _spread(name: str, taken: list[float]) -> dict[str, float]:
    return {f"{name}, p50": taken[len(taken) // 2], f"{name}, p95": taken[int(len(taken) * 0.95)]}
