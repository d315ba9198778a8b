"""The portal's chat page, by its forms, without a script."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape

import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient
from selectolax.lexbor import LexborHTMLParser

from channels.bot import connect
from channels.bot.config import TelegramConfig
from channels.kit import Kit
from gateway import postman
from gateway.app import create_app
from gateway.egress import Egress
from gateway.identity import BROWSER_COOKIE, PERSON_COOKIE
from gateway.pages import Pages
from gateway.runtime import Runtime
from gateway.settings import Settings
from helpdesk import sessions
from helpdesk.border import Channel
from tests.channels.bot.conftest import Hands

PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def runtime(kit: Kit, pages: Pages) -> Runtime:
    connected = connect(kit, TelegramConfig())
    channels = {"bot": connected}
    return Runtime(Settings(), kit.work, kit.blobs, kit.policy, pages, kit, channels, Egress())  # type: ignore[arg-type]


@dataclass(slots=True)
class Visitor:
    client: AsyncTestClient
    hands: Hands

    async def looks(self) -> LexborHTMLParser:
        answer = await self.client.get("/chat")
        assert answer.status_code == 200
        return LexborHTMLParser(answer.text)

    async def lines(self) -> list[str]:
        page = await self.looks()
        return [
            unescape(re.sub(r"\s+", " ", bubble.text())) for bubble in page.css("article.bub .tx")
        ]

    async def presses(self, words: str) -> str:
        page = await self.looks()
        button = next(b for b in page.css("button[name=botao]") if b.text(strip=True) == words)
        return await self.posts(page, {"botao": button.attributes["value"] or ""})

    async def writes(self, text: str, *files: tuple[str, bytes]) -> str:
        return await self.posts(await self.looks(), {"texto": text}, files)

    async def posts(
        self,
        page: LexborHTMLParser,
        data: dict[str, str],
        files: tuple[tuple[str, bytes], ...] = (),
    ) -> str:
        hidden = {
            str(i.attributes["name"]): i.attributes["value"] or ""
            for i in page.css("form.reply input[type=hidden]")
        }
        answer = await self.client.post(
            "/chat",
            data=hidden | data,
            files=[("arquivos", file) for file in files] or [("arquivos", ("", b""))],
            follow_redirects=False,
        )
        assert answer.status_code == 303
        return (await self.lines())[-1]


@pytest_asyncio.fixture
async def visitor(runtime: Runtime, kit: Kit, hands: Hands) -> AsyncIterator[Visitor]:
    token = await kit.work.write(sessions.start, "person", hands.office.luciana, now=kit.clock())
    async with AsyncTestClient(create_app(runtime)) as client:
        client.cookies.update({PERSON_COOKIE: token, BROWSER_COOKIE: "browser"})
        yield Visitor(client, hands)


async def test_open_by_chat_and_read_the_answer_there(
    visitor: Visitor, hands: Hands, kit: Kit, runtime: Runtime
):
    assert "O que você quer fazer?" in (await visitor.lines())[0]
    assert "Qual é o assunto?" in await visitor.presses("Novo contato")
    await visitor.presses("Glosa")
    await visitor.presses("Glosa técnica")
    await visitor.writes("Guias do lote 0112")
    said = await visitor.writes("Segue a tela.", ("tela.png", PNG), ("../../virus.exe", b"MZ\0"))
    assert "virus.exe não foi aceito" in "".join(await visitor.lines())
    assert "1 arquivo (tela.png)" in said
    await visitor.presses("Enviar")
    assert "Protocolo 41999920261124000001" in await visitor.presses("Confirmar e abrir")
    (ticket,) = await hands.tickets()
    assert (ticket.channel, ticket.opened_name) == (Channel.CHAT, "Luciana Reis")

    await hands.replies(ticket.number, "Recebido.\nAnexe a guia 12.")
    for sender in runtime.senders:
        await postman.deliver_once(kit, sender)
    assert "Ana Souza respondeu" in (await visitor.lines())[-1]
    await visitor.presses("Complementar")
    await visitor.writes("Segue a guia.")
    assert "Complemento enviado" in await visitor.presses("Enviar")
    assert [m.kind for m in await hands.messages(ticket.number)] == [
        "opening",
        "reply",
        "complement",
    ]


async def test_the_same_submit_twice_is_taken_once(visitor: Visitor):
    page = await visitor.looks()
    first = await visitor.posts(page, {"texto": "Uma dúvida longa o bastante."})
    assert "Guardei o que você enviou" in first
    lines = await visitor.lines()
    assert await visitor.posts(page, {"texto": "Uma dúvida longa o bastante."}) == first
    assert await visitor.lines() == lines


async def test_a_file_can_be_fetched_by_its_owner_only(visitor: Visitor, kit: Kit, hands: Hands):
    await visitor.writes("Texto com um arquivo junto.", ("tela.png", PNG))
    page = await visitor.looks()
    link = page.css_first(".atts a").attributes["href"] or ""
    assert (await visitor.client.get(link)).content == PNG
    assert (await visitor.client.get("/chat/arquivo/999/0")).status_code == 404
    assert (await visitor.client.get(f"{link}9")).status_code == 404
    visitor.client.cookies.clear()
    assert (await visitor.client.get(link)).status_code == 404


async def test_news_are_announced(visitor: Visitor):
    assert (await visitor.client.get("/chat/novas?depois=0")).status_code == 204
    await visitor.writes("Uma dúvida longa o bastante.")
    assert (await visitor.client.get("/chat/novas?depois=0")).status_code == 200
    last = (await visitor.looks()).css_first("[data-chat]").attributes["data-last"]
    assert (await visitor.client.get(f"/chat/novas?depois={last}")).status_code == 204


async def test_without_a_log_in_there_is_none(visitor: Visitor):
    visitor.client.cookies.clear()
    answer = await visitor.client.get("/chat", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/?voltar=/chat")


async def test_a_form_from_elsewhere_is_refused(visitor: Visitor):
    answer = await visitor.client.post("/chat", data={"texto": "x", "csrf": "invented"})
    assert answer.status_code == 403
    assert len(await visitor.lines()) == 1


async def test_leaving_is_the_portals_business(visitor: Visitor):
    await visitor.writes("/sair")
    assert any("use Sair no alto da página" in line for line in await visitor.lines())


async def test_an_empty_message_and_long_ones_get_an_answer(visitor: Visitor):
    await visitor.writes("   ")
    assert any("veio vazia" in line for line in await visitor.lines())
    await visitor.presses("Novo contato")
    await visitor.presses("Glosa")
    await visitor.presses("Glosa técnica")
    await visitor.writes("Título")
    assert "4.000 de 4.000" in await visitor.writes("a\r\n" * 1_999 + "aa")
    await visitor.writes("x")
    assert any("não coube e não foi guardado" in line for line in await visitor.lines())


async def test_older_lines_are_a_page_away(visitor: Visitor):
    for n in range(35):
        await visitor.writes(f"Uma dúvida longa o bastante, a de número {n}.")
    page = await visitor.looks()
    older = next(a for a in page.css("main a") if "anteriores" in a.text())
    past = await visitor.client.get(older.attributes["href"] or "")
    assert "número 0." in past.text
    assert "Enviar mensagem" not in past.text
