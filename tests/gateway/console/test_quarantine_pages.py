"""The quarantine in a browser: seen in both themes and widths, worked by keyboard, live."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from helpdesk import alarms
from helpdesk.alarms import Found
from helpdesk.models import Held
from tests.doubles import browser as chromium
from tests.gateway.console import hands
from tests.gateway.console.door import Door, soon

pytestmark = pytest.mark.slow

#: milliseconds
PATIENCE = 30_000


@pytest.fixture(scope="module")
def filled(door: Door) -> Door:
    number = door.instance.opened("Lote 0112 sem protocolo de recebimento")
    said = door.instance.ticket(number).protocol
    door.mail("contas@aurora.example", "Alteração de dados bancários", result="fail")
    door.mail("nfe@contabil.example", "Nota fiscal 8812")
    door.mail("nfe@contabil.example", "Nota fiscal 8813", result="")
    door.mail(
        "luciana.reis@mail.example",
        f"Re: Protocolo {said}",
        "Escrevo do meu e-mail pessoal: a caixa do faturamento encheu.\n\nO lote já aparece?",
    )
    return door


def enter(page: Page, door: Door, path: str = "/central/quarentena") -> None:
    hands.enter(page, door.instance, path=path)


def test_every_page_is_accessible_in_both_themes_and_widths(page: Page, filled: Door):
    enter(page, filled)
    paths = {
        "list": "/central/quarentena",
        "ticket": "/central/quarentena?chamado=1",
        "trusted": "/central/quarentena/confiados",
        "arrivals": "/central/quarentena/entradas",
        "arrival": "/central/quarentena/entradas/1",
    }
    first = page.locator("[data-rows] a").first.get_attribute("href")
    paths["provider"] = f"{first}?prestador=a"
    for name, path in paths.items():
        page.goto(f"{filled.instance.url}{path}")
        if page.locator("details.trust").count():
            page.locator("details.trust > summary").click()
            page.locator("details.q > summary").last.click()
        chromium.photograph(page, f"quarantine-{name}")
        for width in (chromium.WIDE, chromium.NARROW):
            page.set_viewport_size({"width": width, "height": chromium.HEIGHT})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                assert chromium.axe(page) == [], f"{name} {width} {theme}"
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} {width}"
        page.set_viewport_size({"width": chromium.WIDE, "height": chromium.HEIGHT})


def test_an_alarm_is_a_banner_over_every_page(
    page: Page, filled: Door, monkeypatch: pytest.MonkeyPatch
):
    code = "outbox of the test"
    # The look every 20 seconds, which finds nothing wrong, leaves it to the test.
    others = tuple(kind for kind in alarms.OF_DATABASE if kind != "outbox")
    monkeypatch.setattr(alarms, "OF_DATABASE", others)

    def settle(*found: Found) -> None:
        filled.instance.write(alarms.settle, found, [code], now=filled.instance.now)

    enter(page, filled)
    expect(page.locator(".banner.exp")).to_have_count(0)
    settle(Found(code, "outbox", filled.instance.now))
    # By itself: the page is told what came since it was made, as soon as it listens
    expect(page.locator(".banner.exp")).to_contain_text("ninguém está", timeout=PATIENCE)
    for path in ("/central", "/central/quarentena", "/central/1"):
        page.goto(f"{filled.instance.url}{path}")
        expect(page.locator(".banner.exp")).to_contain_text("ninguém está enviando")
        chromium.photograph(page, f"quarantine-alarm{path.replace('/', '-')}")
        assert chromium.axe(page) == []
    page.get_by_role("link", name="Ver o que fazer").click()
    expect(page.locator(".alarms")).to_contain_text("Confira o servidor de saída")
    settle()
    expect(page.locator(".banner.exp")).to_have_count(0, timeout=PATIENCE)


def test_it_is_worked_by_keyboard(page: Page, filled: Door):
    door = filled
    ids = [door.mail("teclas@fora.example", f"Por teclado {n}") for n in range(3)]
    enter(page, door, "/central/quarentena?busca=teclado")
    expect(page.get_by_role("heading", level=1)).to_have_text("Por teclado 2")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Por teclado 1")
    page.keyboard.press("s")
    expect(page.locator(".flash")).to_contain_text("Mensagem marcada como spam")
    expect(page.get_by_role("heading", level=1)).to_have_text("Por teclado 0")
    page.get_by_role("button", name="Desfazer").click()
    expect(page.locator(".flash")).to_contain_text("de volta à quarentena")
    page.goto(f"{door.instance.url}/central/quarentena?busca=teclado")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.locator("#held-several")
    expect(bar).to_contain_text("2 marcadas")
    bar.get_by_role("button", name="É spam").click()
    expect(page.locator(".flash")).to_contain_text("Marcadas como spam: 2")
    states = door.instance.read(
        lambda s: list(s.scalars(select(Held.state).where(Held.public_id.in_(ids))))
    )
    assert sorted(states) == ["held", "spam", "spam"]


def test_new_ones_say_so_and_wait_to_be_shown(page: Page, filled: Door):
    enter(page, filled)
    expect(page.locator("body")).to_have_attribute("data-stream", "open")
    for n in range(2):
        filled.mail("agora@fora.example", f"Acabou de chegar {n}")
    bar = page.locator("[data-fresh]")
    expect(bar).to_have_text(re.compile("2 novas · mostrar"))
    expect(page.locator("[data-rows]")).not_to_contain_text("Acabou de chegar")
    bar.click()
    expect(page.locator("[data-rows]")).to_contain_text("Acabou de chegar 1")


def test_a_suggestion_is_taken_by_its_key(page: Page, filled: Door):
    number = filled.instance.opened("Tecla A")
    said = filled.instance.ticket(number).protocol
    held_id = filled.mail("tecla.a@mail.example", f"Re: {said}")
    enter(page, filled, f"/central/quarentena/{held_id}")
    page.keyboard.press("a")
    expect(page.locator(".flash")).to_contain_text(f"{number} · Mensagem anexada ao chamado")
    state = soon(
        lambda: filled.instance.read(
            lambda s: s.scalar(select(Held.state).where(Held.public_id == held_id))
        )
    )
    assert state == "attached"
