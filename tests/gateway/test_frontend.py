"""The built front end, its sources, and what its scripts do in a browser under a strict policy."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gateway import templating
from gateway.console.shell import Area, Shell, View
from gateway.identity import Visitor
from tests.doubles.pages import Pages, serving

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "gateway/frontend"
ZONE = ZoneInfo("America/Sao_Paulo")
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DUE = datetime(2026, 11, 24, 18, tzinfo=ZONE)


def build() -> str:
    script = FRONTEND / "hatch_build.py"
    done = subprocess.run(
        [sys.executable, str(script)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    build()
    return templating.manifest()


def weight(*names: str) -> int:
    return sum(len(gzip.compress((templating.STATIC / name).read_bytes())) for name in names)


def test_unchanged_sources_are_not_built_again(files: dict[str, str]):
    assert build() == "gateway/static is up to date"
    assert {"portal.css", "portal.js", "console.css", "console.js", "icons.svg"} <= set(files)
    for plain, hashed in files.items():
        stem, suffix = plain.split(".")
        assert re.fullmatch(rf"{stem}-[A-Z0-9]{{8}}\.{suffix}", hashed)


def test_pages_stay_within_their_budget(files: dict[str, str]):
    console = weight(files["console.css"], files["console.js"], files["icons.svg"])
    portal = weight(files["portal.css"], files["portal.js"], files["icons.svg"])
    assert console <= 150_000
    assert portal <= 60_000
    assert "hx-get" not in (templating.STATIC / files["portal.js"]).read_text()


def test_the_lock_names_no_addresses():
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in p for path, p in lock["packages"].items() if path)


def test_our_scripts_evaluate_no_text():
    for path in (FRONTEND / "src").rglob("*.js"):
        assert not re.search(
            r"\beval\(|new Function|innerHTML\s*=|document\.write", path.read_text()
        )


def test_only_the_tokens_name_colours():
    for path in (FRONTEND / "src/styles").glob("*.css"):
        if path.name in {"tokens.css", "print.css"}:
            continue
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", path.read_text()), path.name


def test_the_dark_tokens_are_the_same_by_choice_and_by_system():
    text = (FRONTEND / "src/styles/tokens.css").read_text()
    blocks = re.findall(
        r":root(?:\[data-theme=dark\]|:not\(\[data-theme=light\]\)) \{(.*?)\}", text, re.DOTALL
    )
    by_system, by_choice = (re.findall(r"--?[\w-]+: [^;]+", block) for block in blocks)
    assert by_system == by_choice


def test_every_icon_the_templates_name_exists():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (FRONTEND / "src/icons.svg").read_text()))
    for path in (ROOT / "templates").rglob("*.html"):
        assert set(re.findall(r'icon\("([\w-]+)"', path.read_text())) <= sprite, path


def test_templates_carry_no_style_and_no_script_of_their_own():
    for path in (ROOT / "templates").rglob("*.html"):
        if "mail" in path.relative_to(ROOT / "templates").parts:
            continue  # mail clients read inline styles only
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert " src=" in script or 'type="application/json"' in script, path


@pytest.fixture(scope="module")
def pages(files: dict[str, str]) -> Iterator[Pages]:
    env = templating.environment(files, ZONE, insurer="Operadora Modelo", registration="999997")
    env.loader = ChoiceLoader([FileSystemLoader(ROOT / "tests/fixtures/pages"), env.loader])
    rows = [
        SimpleNamespace(number=n, title=f"Chamado {n}", due_at=DUE, left=timedelta(hours=7))
        for n in range(1009, 1015)
    ]
    visitor = Visitor("Luciana Reis", "Clínica Vila Serena")
    context = {"theme": "", "csrf": "token", "visitor": visitor, "shell": shell(), "rows": rows}
    served = Pages(
        get={
            "/form": lambda: templating.render(env, "form.html", context),
            "/central/combinam": lambda: "[2000, 2001]",
            "/central/contagens": lambda: '{"open": "128"}',
            "/list": lambda: templating.render(env, "list.html", context),
            "/linha/1010": lambda: (
                '<tr data-number="1010" data-url="/chamado/1010" hx-get="/linha/1010"'
                ' hx-trigger="refresh" hx-swap="outerHTML"><td></td><th>1010</th><td></td>'
                '<td class="ti">Chamado mudado</td></tr>'
            ),
        }
    )
    with serving(served):
        yield served


def shell() -> Shell:
    ticket = {"group": "No chamado", "scope": "ticket"}
    everywhere = {"group": "Em todo lugar", "scope": "page"}
    commands = [
        {"id": "open", "label": "Abrir", "icon": "file", "keys": ["Enter"], "action": "open"}
        | ticket,
        {"id": "claim", "label": "Assumir", "keys": ["A"], "post": "/assumir/{number}"} | ticket,
        {"id": "forward", "label": "Encaminhar…", "keys": ["Alt+T"], "dialog": "forward"} | ticket,
        {"id": "new", "label": "Novo atendimento", "keys": ["F3"], "url": "/novo"} | everywhere,
        {"id": "next", "label": "Descer", "keys": ["J", "ArrowDown"], "action": "next"}
        | everywhere,
        {"id": "select", "label": "Selecionar", "keys": ["X"], "action": "select"} | everywhere,
        {"id": "search", "label": "Buscar", "keys": ["/"], "focus": "busca"} | everywhere,
        {"id": "palette", "label": "Comandos", "keys": ["Ctrl+K"], "action": "palette"}
        | everywhere,
        {"id": "help", "label": "Atalhos", "keys": ["?"], "action": "help"} | everywhere,
    ]
    return Shell(
        agent="Ana Souza",
        csrf="token",
        views=[
            {"name": "own", "title": "Visões", "items": [View("Abertos", "/list", "open", True)]}
        ],
        areas=[Area("Painel", "/painel", "chart", None, current=False)],
        online=3,
        expired_url="/list",
        commands=commands,
        bulks=[],
        menu={},
        keys=[("?", "atalhos")],
        stream="/stream",
        search="",
        finder="",
        alarms=[],
        unread=0,
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, pages: Pages) -> Iterator[Page]:
    """A page that fails the test when the policy or a script complains (a status is no complaint)."""
    pages.posted.clear()
    pages.post.clear()
    context = chromium.new_context(locale="pt-BR", base_url=pages.url, reduced_motion="reduce")
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert [said for said in complaints if "the server responded with a status" not in said] == []


browser = pytest.mark.slow


@browser
def test_the_counter_counts_as_the_server_does(page: Page):
    page.goto("/form")
    page.fill("#text", "a\u0301🙂\n👩‍👩‍👧")
    # á is one after NFC, the family is five code points, the break is one.
    expect(page.locator("#text-c")).to_have_text("3.992 caracteres restantes de 4.000")
    page.fill("#text", "x" * 4001)
    expect(page.locator("#text-c")).to_have_text("1 caracteres acima de 4.000")


@browser
def test_a_refused_form_takes_focus_at_its_summary(page: Page):
    page.goto("/form")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_role("link", name="Telefone: faltou o DDD").click()
    expect(page.get_by_label("Telefone para contato")).to_be_focused()


@browser
def test_the_subclassification_follows_its_classification(page: Page):
    page.goto("/form")
    assert page.input_value("#subclassification") == "GLO.2"
    page.select_option("#classification", "PAG")
    expect(page.locator("#subclassification")).to_be_hidden()
    page.select_option("#classification", "GLO")
    expect(page.locator("#subclassification")).to_be_visible()


@browser
def test_a_double_click_sends_once(page: Page, pages: Pages):
    page.goto("/form")
    page.get_by_role("button", name="Salvar e enviar").dblclick()
    page.wait_for_url("**/done/**")
    assert len(pages.posted) == 1
    page.go_back()
    expect(page.get_by_role("button", name="Salvar e enviar")).to_be_enabled()


def pick(page: Page, *named: tuple[str, int]) -> None:
    page.set_input_files(
        "#anexos",
        [{"name": n, "mimeType": "application/pdf", "buffer": b"x" * size} for n, size in named],
    )


@browser
def test_files_gather_and_leave_one_by_one(page: Page):
    page.goto("/form")
    pick(page, ("a.pdf", 2048))
    pick(page, ("b.pdf", 2048), ("laudo.exe", 10), ("vazio.pdf", 0))
    listed = page.locator("[data-chosen] b")
    expect(listed).to_have_text(["a.pdf", "b.pdf"])
    # Each that was not taken says why and what to do, also of several at once.
    refused = page.locator("[data-problem] .err")
    expect(refused).to_have_text(
        [re.compile("laudo.exe não foi aceito. Envie PDF"), re.compile("vazio.pdf está vazio")]
    )
    pick(page, *((f"{n}.pdf", 10) for n in range(20)))
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("arquivos ficaram de fora: são no máximo")
    for n in range(listed.count() - 2):
        page.get_by_role("button", name=f"Remover {n}.pdf").click()
    page.get_by_role("button", name="Remover a.pdf").click()
    expect(listed).to_have_text(["b.pdf"])
    expect(page.get_by_role("button", name="Remover b.pdf")).to_be_focused()
    assert page.evaluate("document.getElementById('anexos').files.length") == 1


@browser
def test_cancelling_asks_before_typed_text_is_lost(page: Page):
    page.goto("/form")
    page.fill("#title", "Outro")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="Cancelar").click()
    assert page.url.endswith("/form")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Cancelar").click()
    page.wait_for_url("**/fale-conosco")
    assert len(asked) == 1


@browser
def test_the_theme_is_a_cookie(page: Page):
    page.goto("/form")
    page.get_by_role("button", name="Trocar entre tema claro e escuro").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert "ponte_theme=dark" in page.evaluate("document.cookie")


@browser
def test_keys_move_select_and_open(page: Page):
    page.goto("/list")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr.cur")).to_have_attribute("data-number", "1011")
    expect(page.locator("tr.cur")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("1 selecionado")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chamado/1011")
    page.go_back()
    expect(page.locator("tr.cur")).to_have_attribute("data-number", "1011")


@browser
def test_keys_stay_out_of_fields(page: Page):
    page.goto("/list")
    page.keyboard.press("/")
    expect(page.locator("#busca")).to_be_focused()
    page.keyboard.type("jax")
    assert page.input_value("#busca") == "jax"
    expect(page.locator("tr.cur")).to_have_attribute("data-number", "1009")
    page.keyboard.press("F3")
    page.wait_for_url("**/novo")


@browser
def test_a_command_posts_the_selected_tickets(page: Page, pages: Pages):
    page.goto("/list")
    page.check("[value='1010']")
    page.check("[value='1012']")
    page.keyboard.press("a")
    page.wait_for_url("**/done/**")
    assert pages.posted == [("/assumir/1010", b"csrf=token&number=1010&number=1012")]


@browser
def test_the_row_menu_opens_by_key_and_by_mouse(page: Page):
    page.goto("/list")
    page.keyboard.press("j")
    page.keyboard.press("Shift+F10")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("e")
    expect(menu.get_by_role("menuitem", name="Encaminhar")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.locator("tr.cur")).to_be_focused()
    page.locator("tr[data-number='1013']").click(button="right", position={"x": 200, "y": 10})
    expect(page.locator("tr.cur")).to_have_attribute("data-number", "1013")
    menu.get_by_role("menuitem", name="Encaminhar").click()
    expect(page.get_by_role("dialog", name="Encaminhar")).to_be_visible()
    expect(page.get_by_label("Nota para quem recebe")).to_be_focused()


@browser
def test_a_dialog_sends_by_ctrl_enter_and_gives_the_focus_back(page: Page, pages: Pages):
    page.goto("/list")
    page.locator("#forward-button").click()
    page.keyboard.press("Escape")
    expect(page.locator("#forward-button")).to_be_focused()
    page.keyboard.press("Alt+t")
    page.keyboard.type("veja")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/done/**")
    assert pages.posted == [("/encaminhar", b"csrf=token&note=veja")]


@browser
def test_an_open_dialog_keeps_focus_pointer_and_readers_from_the_list(page: Page):
    page.goto("/list")
    page.keyboard.press("j")
    number = page.locator("tr.cur").get_attribute("data-number")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Atalhos do teclado")
    search = dialog.get_by_label("Procurar atalho")
    expect(search).to_be_focused()
    expect(page.get_by_role("row")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("link", name="Mudar atalhos")).to_be_focused()
    page.keyboard.press("Tab")
    expect(search).to_be_focused()
    page.locator("tr[data-number]").last.evaluate("(row) => row.focus()")
    expect(search).to_be_focused()
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()
    expect(page.locator("tr.cur")).to_be_focused()
    expect(page.locator("tr.cur")).to_have_attribute("data-number", str(number))
    expect(page.get_by_role("row")).not_to_have_count(0)


@browser
def test_the_palette_finds_without_marks_and_runs(page: Page):
    page.goto("/list")
    page.keyboard.press("Control+k")
    page.keyboard.type("novo")
    expect(page.get_by_role("option")).to_have_text(["Novo atendimentoF3"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/novo")


@browser
def test_help_lists_what_the_registry_says(page: Page):
    page.goto("/list")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Atalhos do teclado")
    expect(dialog.locator("dt")).to_contain_text(["Abrir", "Assumir", "Novo atendimento", "Descer"])
    dialog.get_by_label("Procurar atalho").fill("assu")
    expect(dialog.locator("dt:visible")).to_have_text(["Assumir"])


@browser
def test_events_announce_new_rows_and_change_old_ones_in_place(page: Page, pages: Pages):
    pages.tell(None)
    pages.streams.clear()
    page.goto("/list")
    expect(page.locator("body")).to_have_attribute("data-stream", "open")
    for number, kind in ((1010, "changed"), (2000, "opened"), (2001, "opened")):
        event = {"number": number, "kind": kind, "version": 2}
        pages.tell(f"event: {kind}\ndata: {json.dumps(event)}\n\n")
    expect(page.locator("tr[data-number='1010'] .ti")).to_have_text("Chamado mudado")
    expect(page.locator("[data-fresh]")).to_have_text("2 novos · mostrar")
    pages.tell("event: reset\ndata: {}\n\n")
    expect(page.locator("[data-fresh]")).to_have_text("A lista mudou · mostrar")


SIZES = {"wide": (1440, 900), "zoomed": (720, 450), "phone": (390, 844), "narrow": (320, 600)}


@browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/form", "/list"])
def test_pages_fit_and_have_no_violation(
    chromium: Browser, pages: Pages, path: str, size: str, theme: str
):
    width, height = SIZES[size]
    context: BrowserContext = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, base_url=pages.url
    )
    tab = context.new_page()
    tab.goto(path)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate((FRONTEND / "node_modules/axe-core/axe.min.js").read_text())
    found = tab.evaluate("axe.run()")
    context.close()
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []


@browser
def test_views_open_as_a_drawer_without_a_script(chromium: Browser, pages: Pages):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, base_url=pages.url
    )
    tab = context.new_page()
    tab.goto("/list")
    views = tab.get_by_role("navigation", name="Visões e áreas")
    expect(views).to_be_hidden()
    tab.get_by_role("button", name="Visões e áreas").click()
    expect(views.get_by_role("link", name="Abertos")).to_be_visible()
    context.close()


@browser
def test_a_form_works_without_a_script(chromium: Browser, pages: Pages):
    pages.posted.clear()
    context = chromium.new_context(java_script_enabled=False, base_url=pages.url)
    tab = context.new_page()
    tab.goto("/form")
    expect(tab.locator("#text-c")).to_have_text("Até 4.000 caracteres.")
    expect(tab.locator("#anexos")).to_be_visible()
    expect(tab.locator("#subclassification")).to_be_visible()
    tab.get_by_role("button", name="Salvar e enviar").click()
    tab.wait_for_url("**/done/**")
    context.close()
    assert len(pages.posted) == 1


def test_the_build_needs_nothing_but_its_own_folder(tmp_path: Path):
    """What a source archive carries builds: no cached modules, no earlier output."""
    copy = tmp_path / "gateway/frontend"
    shutil.copytree(FRONTEND, copy, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run([sys.executable, str(copy / "hatch_build.py")], check=True, capture_output=True)
    assert set(templating.manifest(tmp_path / "gateway/static")) == set(templating.manifest())
