"""A mail inside a mail, from the door to the page that shows it."""

import smtplib
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.doubles.browser import axe
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.hands import enter
from tests.gateway.console.test_quoted import open_ticket


def around(subject: str, sender: str) -> bytes:
    """A mail that carries another one as a file, which carries a file itself."""
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "auditor@fora.example", "Parecer de dentro"
    inner.set_content("O parecer segue anexo.")
    inner.add_alternative("<p>O parecer <b>segue</b>.<script>x()</script></p>", subtype="html")
    inner.add_attachment(b"%PDF-1.7 parecer", "application", "pdf", filename="parecer.pdf")
    outer = EmailMessage()
    outer["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from=vila.example"
    outer["From"], outer["To"], outer["Subject"] = sender, BOX, subject
    outer["Message-ID"] = f"<{abs(hash(subject + sender))}@vila.example>"
    outer.set_content("Encaminho o que recebi.")
    outer.add_attachment(inner)
    return bytes(outer)


def test_an_attached_message_is_read_from_its_ticket(page: Page, door: Door):
    subject = f"Parecer {door.port}"
    open_ticket(page, door, subject, around(subject, "luciana@vila.example"))
    page.locator("article.msg .atts").get_by_role("link", name="Ler").click()
    expect(page.get_by_role("heading", name="Parecer de dentro")).to_be_visible()
    expect(page.get_by_text("auditor@fora.example")).to_be_visible()
    expect(page.get_by_text("O parecer segue anexo.")).to_be_visible()
    axe(page)
    page.get_by_text("Ver como chegou").click()
    framed = page.frame_locator("iframe")
    expect(framed.get_by_text("O parecer segue.")).to_be_visible()
    expect(framed.locator("script")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="parecer.pdf").click()
    assert download.value.path().read_bytes() == b"%PDF-1.7 parecer"
    assert page.goto(page.url.replace("/ler", "x/ler")).status == 404  # type: ignore[union-attr]


def test_an_attached_message_is_read_from_the_quarantine(page: Page, door: Door):
    subject = f"Suspeita {door.port}"
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail("ninguem@fora.example", [BOX], around(subject, "ninguem@fora.example"))
    held = soon(lambda: door.held("ninguem@fora.example", subject))
    enter(page, door.instance, "ana", f"/central/quarentena/{held}")
    page.locator(".atts").get_by_role("link", name="Ler").click()
    expect(page.get_by_role("heading", name="Parecer de dentro")).to_be_visible()
    address = page.url
    page.get_by_text("Ver como chegou").click()
    expect(page.frame_locator("iframe").get_by_text("O parecer segue.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="parecer.pdf").click()
    assert download.value.path().read_bytes() == b"%PDF-1.7 parecer"
    for other in ("7/ler", "7/ler/html"):
        answer = page.goto(address.replace("0/ler", other))
        assert answer is not None
        assert answer.status == 404
