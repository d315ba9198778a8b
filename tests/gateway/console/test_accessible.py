"""Every page and state of the console: no violation, no sideways scroll, nothing that jumps."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from helpdesk import canned, closing, routing, tickets, webhooks
from helpdesk.desk import Desk
from helpdesk.models import WebhookDelivery
from tests.doubles import browser as chromium
from tests.gateway.console.hands import enter, let_in
from tests.gateway.console.served import Instance
from tests.gateway.console.test_held import held

__all__ = ["held"]
pytestmark = pytest.mark.slow

LONG = "Prorrogação do prazo de entrega do lote 0112 por falha no sistema da clínica em novembro"
#: wide; what 1280 px are at 200 %; the narrowest
WIDTHS = (chromium.WIDE, 640, 320)
#: what the system may ask for
LOOKS = (
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "active"},
)
PLACES = {
    "grid": "/central",
    "grid-empty": "/central?q=inexistente",
    "grid-filtered": "/central?situacao=todos&prazo=atencao&classificacao=LOT",
    "grid-closed": "/central?situacao=encerrados&ordem=abertura&sentido=desc",
    "ticket": "/central/{number}",
    "ticket-earlier": "/central/{number}?aba=anteriores",
    "ticket-log": "/central/{number}?aba=logs",
    "ticket-closed": "/central/{closed}",
    "ticket-secret": "/central/{secret}",
    "forward": "/central/{number}/encaminhar",
    "pending": "/central/{number}/pendente",
    "close": "/central/{number}/encerrar",
    "reopen": "/central/{closed}/reabrir",
    "classify": "/central/{number}/classificar",
    "delete": "/central/{fresh}/excluir",
    "note": "/central/{number}/nota",
    "consult": "/central/{number}/consultar",
    "merge": "/central/{number}/juntar",
    "secrecy": "/central/{number}/sigilo",
    "give-up": "/central/{number}/desistir",
    "glass": "/central/abrir-sigiloso",
    "new": "/central/novo?q=vila",
    "new-form": "/central/novo?prestador=P1",
    "quarantine": "/central/quarentena",
    "quarantine-open": "/central/quarentena/{held}",
    "trusted": "/central/quarentena/confiados",
    "arrivals": "/central/quarentena/entradas",
    "outgoing": "/central/saida",
    "alerts": "/central/avisos",
    "shortcuts": "/central/atalhos",
    "panel": "/central/painel",
    "texts": "/central/textos",
    "account": "/central/conta",
    "account-app": "/central/conta/aplicativo",
    "filters": "/central/filtros?situacao=todos&prazo=atencao",
    "columns": "/central/colunas",
    "views": "/central/visoes",
    "save-view": "/central/visoes/nova?q=lote",
    "bulk": "/central/em-lote/encaminhar?item={number}&item={fresh}",
    "registers": "/cadastros",
    "calendar": "/cadastros/calendario",
    "sessions": "/cadastros/sessoes",
    "webhooks": "/cadastros/webhooks",
    "webhook": "/cadastros/webhooks/{hook}",
    "webhook-new": "/cadastros/webhooks/novo",
}


@pytest.fixture(scope="module")
def numbers(instance: Instance) -> dict[str, int]:
    """Tickets that between them show every state of a page."""
    ana, chief = instance.desk("ana"), instance.desk("chefe")
    number = instance.mailed(LONG, "Bom dia", "<p>Bom dia</p>")
    instance.write(routing.classify, chief, number, classification="DES", subclassification="DES.1")
    instance.write(tickets.claim, chief, number)
    instance.write(tickets.reply, instance.desk("chefe"), number, "Boa tarde 1")
    instance.write(tickets.note, instance.desk("chefe"), number, "Só para nós.")
    closed, secret, fresh = (instance.opened(t) for t in ("Fechado", "Do jurídico", "Novo"))
    instance.write(closing.close, ana, closed, status="EPR", body="Pago em 30/11 por TED")
    instance.write(
        canned.save, chief, shortcut="prazo", title="Prazo de pagamento", body="Olá, {contact}",
        scope="personal",
    )  # fmt: skip
    asked = instance.opened("Pedido de documentos")
    instance.write(
        tickets.pending, ana, asked, body="Faltam documentos.", ask=["Guia assinada", "Laudo"]
    )
    hook = instance.write(_hooked, chief, number)
    return {
        "number": number, "closed": closed, "secret": secret, "fresh": fresh, "asked": asked,
        "hook": hook,
    }  # fmt: skip


def _hooked(session: Session, desk: Desk, number: int) -> int:
    """Webhooks and deliveries that between them show every state."""
    urls = ("https://erp.clinica.example/ponte", f"https://erp.example/{'avisos-da-ponte/' * 8}")
    first, second = (webhooks.create(session, desk, url, webhooks.KINDS)[0] for url in urls)
    second.failing_since = desk.now
    third, _ = webhooks.create(session, desk, "https://antigo.example/", ["opened", "message"])
    webhooks.switch_off(session, desk, third.id)
    for n, (state, status, detail) in enumerate(
        (
            ("waiting", None, ""),
            ("waiting", 503, "answer"),
            ("failed", None, "timeout"),
            ("delivered", 204, ""),
        )
    ):
        made = WebhookDelivery(
            public_id=f"{n:032x}", webhook_id=first.id, event=webhooks.KINDS[n], number=number,
            version=n, at=desk.now, state=state, status=status, detail=detail, attempts=n,
            next_at=desk.now + timedelta(hours=1),
        )  # fmt: skip
        session.add(made)
    return first.id


@pytest.mark.parametrize("name", PLACES)
def test_a_page_has_no_violation_and_fits(
    page: Page, instance: Instance, numbers: dict[str, int], held: str, name: str
):
    let_in(page, instance, "chefe")
    answer = page.goto(instance.url + PLACES[name].format(held=held, **numbers))
    assert answer is not None
    assert answer.status == 200
    _holds(page)
    chromium.photograph(page, f"console-{name}")


OPENED = {
    "palette": ("/central", ["Control+k"]),
    "help": ("/central", ["?"]),
    "row menu": ("/central", ["Shift+F10"]),
    "selected rows": ("/central", ["x", "j", "x"]),
    "forward dialog": ("/central/{number}", ["Alt+t"]),
    "close dialog": ("/central/{number}", ["e"]),
    "menu of commands": ("/central", ["#account > summary"]),
    "filter": ("/central", [".say details summary >> nth=0"]),
    "change of a key": ("/central/atalhos", ["#c-claim summary"]),
    "why this deadline": ("/central/{number}", ["details.because summary"]),
}


@pytest.mark.parametrize("name", OPENED)
def test_what_opens_on_a_page_has_no_violation_either(
    page: Page, instance: Instance, numbers: dict[str, int], name: str
):
    path, steps = OPENED[name]
    enter(page, instance, "chefe", path.format(**numbers))
    for step in steps:
        if step[0] in "#." or " " in step:
            page.locator(step).click()
        else:
            page.keyboard.press(step)
    if name.endswith("dialog"):
        page.locator("dialog[open]").wait_for()
    _holds(page)


def _holds(page: Page) -> None:
    wrong: list[str] = []
    for look in LOOKS:
        page.emulate_media(**look)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": chromium.HEIGHT})
            place = f"{look['color_scheme']}, forced {look['forced_colors']}, {width} px: "
            wrong += [place + fault for fault in page.evaluate(OVERFLOW, width)]
            wrong += [place + fault for fault in chromium.axe(page)]
    page.emulate_media(color_scheme="light", forced_colors="none")
    assert wrong == []


#: what makes the page scroll sideways, if anything does
OVERFLOW = """(width) => {
  const broad = document.documentElement.scrollWidth;
  if (broad <= width) return [];
  const beyond = [...document.querySelectorAll("body *")].filter(
    (element) => Math.round(element.getBoundingClientRect().right) >= broad);
  return [`scrolls sideways to ${broad}: ${beyond.map((e) => e.outerHTML.slice(0, 80)).join(" | ")}`];
}"""
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((seen) => {
    for (const shift of seen.getEntries()) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


@pytest.mark.parametrize("path", ["/central", "/central/{number}", "/central/quarentena"])
@pytest.mark.parametrize("width", [chromium.WIDE, chromium.NARROW])
def test_nothing_moves_while_a_page_loads(
    browser: Browser, instance: Instance, numbers: dict[str, int], path: str, width: int
):
    page = chromium.open_page(browser, width=width)
    enter(page, instance, "chefe", path.format(**numbers))
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert page.evaluate(SHIFTS) <= 0.02
    page.context.close()
