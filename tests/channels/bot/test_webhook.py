"""Telegram by webhook: the same conversation, brought by HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from litestar import Litestar

from channels.bot import connect
from channels.bot.webhook import HEADER, PATH
from channels.kit import Insurer, Kit
from tests.channels.bot.conftest import EMAIL, Hands, config
from tests.doubles.bot_api import BotApi
from tests.doubles.processes import free_port

CHAT = 5001


@pytest.fixture
def public_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest_asyncio.fixture
async def hooked(api: BotApi, kit: Kit, hands: Hands, public_url: str) -> AsyncIterator[BotApi]:
    """Our web server and the listener that tells Telegram where it is."""
    insurer = Insurer("Vida Plena", "419999", public_url, kit.insurer.zone)
    ours = Kit(**{name: getattr(kit, name) for name in Kit.__slots__} | {"insurer": insurer})
    connected = connect(ours, config(api).model_copy(update={"mode": "webhook"}))
    app = Litestar(list(connected.routes), openapi_config=None)
    settings = uvicorn.Config(app, port=int(public_url.rpartition(":")[2]), log_level="error")
    server = uvicorn.Server(settings)
    serving = asyncio.create_task(server.serve())
    listening = asyncio.ensure_future(connected.listeners[0]())
    while not server.started:
        await asyncio.sleep(0.01)
    await api.until(lambda: bool(api.webhook))
    yield api
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    server.should_exit = True
    await serving


async def test_the_conversation_goes_on_by_webhook(hooked: BotApi, hands: Hands, public_url: str):
    assert hooked.webhook["url"] == f"{public_url}{PATH}"
    await hooked.says(CHAT, EMAIL)
    await hooked.says(CHAT, await hands.code())
    assert list(hooked.last(CHAT).keys) == ["Novo contato", "Meus contatos em aberto", "Ajuda"]
    await hooked.presses(CHAT, "Novo contato")
    assert "Qual é o assunto?" in hooked.last(CHAT).text


async def test_without_the_secret_nothing_is_there(hooked: BotApi):
    hooked.webhook = hooked.webhook | {"secret_token": "guessed"}
    answer = await hooked.redeliver({"update_id": 1})
    assert answer is not None
    assert answer.status_code == 404
    assert HEADER in answer.request.headers
    assert hooked.sent(CHAT) == []


async def test_what_cannot_be_said_now_comes_again(hooked: BotApi):
    for _ in range(4):
        hooked.fail("sendMessage", 500)
    update = {
        "update_id": 77,
        "message": {"message_id": 1, "date": 0, "chat": {"id": CHAT, "type": "private"}, "text": "/start"},
    }  # fmt: skip
    failed = await hooked.redeliver(update)
    assert failed is not None
    assert failed.status_code == 500
    await hooked.redeliver(update)
    assert [sent.text[:21] for sent in hooked.sent(CHAT)] == ["Este é o atendimento "]
