"""Debian's Chromium through Playwright, axe-core, and screenshots that stay as test output."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.doubles.processes import NotRunning, find_program

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "test-output"
AXE = ROOT / "gateway/frontend/node_modules/axe-core/axe.min.js"
WIDE, NARROW = 1440, 390
HEIGHT = 900
#: of a page, in ms: other tests may be using the machine
PATIENCE = 40_000
expect.set_options(timeout=PATIENCE)

#: as root there is no sandbox; the rest keeps Chromium from asking the network for its own sake
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=find_program("chromium"), args=list(ARGUMENTS)
    )


def open_page(browser: Browser, *, width: int = WIDE, javascript: bool = True) -> Page:
    """Open a page in a profile of its own, as a person in São Paulo sees it."""
    context = browser.new_context(
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        viewport={"width": width, "height": HEIGHT},
        java_script_enabled=javascript,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def watch_faults(page: Page) -> list[str]:
    """Collect uncaught errors of scripts and refusals of the content security policy."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda entry: (
            faults.append(entry.text) if "Content Security Policy" in entry.text else None
        ),
    )
    return faults


def axe(page: Page) -> list[str]:
    """List what axe-core finds wrong on the page: rule, impact, places. Empty is good."""
    if not AXE.is_file():
        raise NotRunning(f"{AXE} is missing: `make static` installs it")
    # Evaluated, not added as a tag, which the pages' content security policy refuses.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: "
        + "; ".join(json.dumps(node["target"]) for node in rule["nodes"])
        for rule in found["violations"]
    ]


def photograph(page: Page, name: str) -> None:
    """Save `test-output/<name>-{light,dark}-{1440,390}.png`, whole page, and leave it as it was.
    Where nobody made that folder, nobody wants to look."""
    if not OUTPUT.is_dir():
        return
    before = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.screenshot(path=OUTPUT / f"{name}-{scheme}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if before is not None:
        page.set_viewport_size(before)


def plug_in(page: Page) -> None:
    """A key that asks for a finger, and gets one."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
