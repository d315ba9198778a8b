import base64
import smtplib
from email.message import EmailMessage
from functools import partial

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console.frames import LARGEST, with_pictures
from helpdesk.models import Ticket
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.hands import enter

#: one red point
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cid:logo@clinica", "logo@clinica"),
        ("cid:logo%40clinica", "logo@clinica"),
        ("cid:Logo@Clinica", "logo@clinica"),
        ("cid:a&amp;b@clinica", "a&b@clinica"),
    ],
)
def test_a_picture_of_the_message_is_written_into_its_page(source: str, name: str):
    page = with_pictures(f'<p>x <img alt="y" src="{source}"></p>', {name: partial(bytes, PNG)})
    assert (
        page
        == f'<p>x <img alt="y" src="data:image/png;base64,{base64.b64encode(PNG).decode()}"></p>'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"<html>",
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(LARGEST),
    ],
)
def test_what_is_no_picture_or_too_large_a_one_is_not(data: bytes):
    page, without = '<img alt="y" src="cid:a">', '<img alt="y" src="data:,">'
    assert with_pictures(page, {"a": partial(bytes, data)}) == without
    assert with_pictures(page, {}) == without


def test_a_mail_shows_its_own_pictures_and_asks_nobody_for_others(page: Page, door: Door):
    letter = EmailMessage()
    foreign = f"{door.instance.url}/rastro.png"
    letter.set_content(
        f'<p style="position:fixed;color:red">Segue <img id="own" src="cid:foto@vila">'
        f'<img src="{foreign}"><a href="https://guia.example/">guia</a></p>',
        subtype="html",
    )
    letter.add_related(PNG, "image", "png", cid="<foto@vila>")
    letter["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from=vila.example"
    letter["From"], letter["To"] = "luciana@vila.example", BOX
    letter["Subject"] = subject = f"Guia com foto {door.port}"
    letter["Message-ID"] = "<foto@vila.example>"
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.send_message(letter)
    titled = select(Ticket.number).where(Ticket.title == subject)

    def numbered(session: Session) -> int | None:
        return session.scalar(titled)

    number = soon(lambda: door.instance.read(numbered))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, door.instance, "ana", f"/central/{number}")
    page.get_by_text("Ver como chegou").click()
    frame = page.frame_locator("article iframe")
    expect(frame.locator("img").first).to_have_js_property("naturalWidth", 1)
    expect(frame.locator("a")).to_have_attribute("target", "_blank")
    expect(frame.locator("p")).to_have_css("position", "static")
    assert foreign not in asked
