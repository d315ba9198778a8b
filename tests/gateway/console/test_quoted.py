"""What a reply says, what it quotes and what it answers between the lines, as an agent sees it."""

import html
import json
import re
import smtplib
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import InboundRaw, Message, Ticket
from tests.channels.mail.samples import FIXTURES, letter
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.hands import enter
from tests.gateway.console.test_broken_mail import last

OUTLOOK = """<html><body lang="PT-BR"><div class="WordSection1"><p class="MsoNormal">Bom dia,</p>
<p class="MsoNormal">Reenviamos a guia 4471.</p><p class="MsoNormal">Att,<br>Luciana</p>
<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">
<p class="MsoNormal"><b>De:</b> Atendimento &lt;atendimento@op.example&gt;<br>
<b>Enviada em:</b> terça-feira, 17 de novembro de 2026 09:41<br><b>Para:</b> Luciana<br>
<b>Assunto:</b> Guia</p></div></div><p class="MsoNormal">A guia veio ilegível.</p>
</div></body></html>"""
BETWEEN = """Em ter., 17 de nov. de 2026 às 09:41, Atendimento <
atendimento@op.example> escreveu:

> Qual a senha da guia?

Senha 90121.

> Qual o executante?

Dra. Nádia.

> Obrigado, Atendimento
"""


def open_ticket(page: Page, door: Door, subject: str, content: bytes) -> None:
    """Hands the mail in by SMTP and shows the ticket it opened."""
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail("luciana@vila.example", [BOX], content)
    titled = select(Ticket.number).where(Ticket.title == subject)
    number: int = soon(partial(door.instance.read, Session.scalar, titled))
    enter(page, door.instance, "ana", f"/central/{number}")


def mail(body: str, subject: str, message_id: str, content_type: str) -> bytes:
    return letter(
        body,
        Authentication_Results=f"{SERVER}; dmarc=pass header.from=vila.example",
        From="luciana@vila.example",
        To=BOX,
        Subject=subject,
        Message_ID=message_id,
        Content_Type=f"{content_type}; charset=utf-8",
        Content_Transfer_Encoding="8bit",
    )


def test_a_reply_from_outlook_folds_what_it_quotes(page: Page, door: Door):
    subject = f"RES: Guia {door.port}"
    open_ticket(page, door, subject, mail(OUTLOOK, subject, "<o1@vila.example>", "text/html"))
    body = page.locator("article.msg .body").first
    expect(body.locator("> p").first).to_have_text("Bom dia,")
    expect(body).to_contain_text("Reenviamos a guia 4471.")
    quoted = body.get_by_text("A guia veio ilegível.")
    expect(quoted).to_be_hidden()
    expect(page.get_by_text("Respostas entre as linhas")).to_have_count(0)
    body.get_by_text("Mostrar texto citado").click()
    expect(quoted).to_be_visible()
    body.get_by_text("Ver como chegou").click()
    expect(page.frame_locator("article iframe").get_by_text("A guia veio")).to_be_visible()


def test_answers_between_the_lines_stay_in_sight_beside_what_they_answer(page: Page, door: Door):
    subject = f"Re: Guia {door.port} itens"
    open_ticket(page, door, subject, mail(BETWEEN, subject, "<i1@vila.example>", "text/plain"))
    body = page.locator("article.msg .body").first
    expect(body.locator("> p")).to_have_text(["Senha 90121.", "Dra. Nádia."])
    expect(body.locator("> blockquote")).to_have_text(
        ["> Qual a senha da guia?", "> Qual o executante?"]
    )
    expect(body.get_by_text("Obrigado, Atendimento")).to_be_hidden()
    expect(page.get_by_text("Respostas entre as linhas")).to_be_visible()
    page.get_by_role("link", name="Ações da mensagem").or_(
        page.get_by_role("button", name="Ações da mensagem")
    ).first.click()
    original = page.get_by_role("menuitem", name="Baixar a mensagem original")
    expect(original).to_be_visible()


#: one of each kind of program, as its people write; what is expected of it stands beside it
PROGRAMS = (
    "01-gmail-topo-sem-quebra",
    "03-iphone-com-prefixo",
    "04-outlook-android-html",
    "05-thunderbird-topo",
    "06-gmail-embaixo",
    "09-samsung",
    "10-yahoo-html",
    "11-uol",
    "13-roundcube-pt",
    "23-disclaimer-no-fim",
    "25-disclaimer-ingles-html",
    "38-espanhol-iphone",
    "43-gmail-html-intercalado",
    "44-moz-html-intercalado",
    "45-apple-mail-texto",
)
FROM = re.compile(rb"^From: .*$", re.MULTILINE)
TAG = re.compile(r"<[^>]+>")


def from_member(name: str) -> bytes:
    """The message as the clinic's person would have sent it."""
    written = (FIXTURES / "pt" / "build" / f"{name}.eml").read_bytes()
    word = f"Authentication-Results: {SERVER}; dmarc=pass header.from=vila.example\n".encode()
    return word + FROM.sub(b"From: luciana@vila.example", written, count=1)


def opened(session: Session, after: int, count: int) -> list[Message] | None:
    """The first messages of the tickets of what came in since, in its order."""
    of_it = select(Message).join(InboundRaw, InboundRaw.id == Message.raw_id)
    found = session.scalars(of_it.where(InboundRaw.id > after).order_by(InboundRaw.id)).all()
    return list(found) if len(found) == count else None


@pytest.fixture(scope="module")
def programs(door: Door) -> Iterator[tuple[httpx.Client, dict[str, Message]]]:
    before = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        for name in PROGRAMS:
            smtp.sendmail("luciana@vila.example", [BOX], from_member(name))
    found = soon(lambda: door.instance.read(opened, before, len(PROGRAMS)))
    with door.instance.client() as client:
        yield client, dict(zip(PROGRAMS, found, strict=True))


def words(page: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", page)).split())


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_program_quotes_is_folded_and_what_it_says_is_not(
    programs: tuple[httpx.Client, dict[str, Message]], name: str
):
    client, messages = programs
    message, number = messages[name], messages[name].number
    expected = json.loads((FIXTURES / "pt" / "build" / f"{name}.json").read_text())
    page = client.get(f"/central/{number}").text
    body = page.partition('<div class="body">')[2].partition("<footer>")[0]
    seen, _, folded = body.partition('<details class="q">')
    for line in expected["reply_text"].splitlines():
        assert words(html.escape(line)) in words(seen)
    for quote in expected["quoted_has"]:
        assert quote not in words(seen)
        assert quote in words(folded.partition("</details>")[0])
    assert ("Respostas entre as linhas" in page) == bool(expected["inline"])
    original = client.get(f"/central/{number}/mensagens/{message.id}/original").content
    assert from_member(name) in original
