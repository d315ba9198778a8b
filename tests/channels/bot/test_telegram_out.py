"""Notices on their way to a chat: what they say, and what becomes of them when Telegram says no."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from channels.bot.telegram import bot
from channels.bot.telegram_out import LONGEST, TelegramSender, parts
from channels.kit import Kit
from helpdesk import bots
from helpdesk.border import Address, Channel, File, Outbound
from helpdesk.errors import Deferred, Undeliverable
from tests.channels.bot.conftest import Hands, config
from tests.doubles.bot_api import TOKEN, BotApi

CHAT = 5001


def letter(**data: object) -> Outbound:
    given: dict[str, object] = {
        "insurer": "Vida Plena",
        "protocol": "41999920261124000001",
        "number": 1,
        "link": "http://127.0.0.1:8000/fale-conosco/41999920261124000001",
    }
    address = Address(Channel.TELEGRAM, str(CHAT))
    return Outbound(1, "outbox/1", "replied", address, given | data)


@pytest_asyncio.fixture
async def sender(api: BotApi, kit: Kit, hands: Hands) -> AsyncIterator[TelegramSender]:
    person = hands.office.luciana
    await kit.work.write(bots.bind, Channel.TELEGRAM, str(CHAT), person, now=kit.clock())
    async with bot(config(api)) as telegram:
        yield TelegramSender(kit, telegram)


async def test_a_notification_carries_protocol_and_link_only(sender: TelegramSender, api: BotApi):
    await sender.send(letter())
    (sent,) = api.sent(CHAT)
    assert sent.text == (
        "Há uma resposta no protocolo 41999920261124000001. "
        "Leia em http://127.0.0.1:8000/fale-conosco/41999920261124000001"
    )


async def test_an_answer_carries_its_text_and_files(sender: TelegramSender, api: BotApi, kit: Kit):
    sha256 = kit.blobs.put(b"%PDF-1")
    file = File("guia.pdf", "application/pdf", 6, sha256)
    answer = letter(text="x" * 5_000, author="Ana Souza")
    sent_id = await sender.send(
        Outbound(1, "outbox/1", "replied", answer.address, answer.data, (file,))
    )
    first, second, document = api.sent(CHAT)
    assert len(first.text) <= LONGEST
    assert (first.text + second.text).count("x") == 5_000
    assert (document.filename, document.data) == ("guia.pdf", b"%PDF-1")
    assert sent_id == str(document.message_id)


@pytest.mark.parametrize("notice", ["replied", "pending", "closed", "reopened", "deleted"])
@pytest.mark.parametrize("text", ["", "Segue a resposta."])
async def test_each_notice_has_its_words(
    sender: TelegramSender, api: BotApi, notice: str, text: str
):
    base = letter(text=text, author="Ana Souza") if text else letter()
    await sender.send(Outbound(1, "outbox/1", notice, base.address, base.data))
    assert "41999920261124000001" in api.last(CHAT).text


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "Forbidden: bot was blocked by the user"), (400, "Bad Request: chat not found")],
)
async def test_a_chat_that_is_gone_is_undeliverable(
    sender: TelegramSender, api: BotApi, status: int, words: str
):
    api.fail("sendMessage", status, words)
    with pytest.raises(Undeliverable):
        await sender.send(letter())


async def test_a_rate_says_how_long_to_wait(sender: TelegramSender, api: BotApi):
    api.fail("sendMessage", 429, retry_after=7)
    with pytest.raises(Deferred) as caught:
        await sender.send(letter())
    assert caught.value.seconds == 8


async def test_a_broken_server_or_line_is_tried_later(sender: TelegramSender, api: BotApi):
    api.fail("sendMessage", 502)
    api.drop("sendMessage")
    for _ in range(2):
        with pytest.raises(Deferred) as caught:
            await sender.send(letter())
        assert caught.value.seconds is None


async def test_a_token_that_is_refused_is_not_repeated(sender: TelegramSender, api: BotApi):
    api.fail("sendMessage", 401, "Unauthorized")
    with pytest.raises(Deferred) as caught:
        await sender.send(letter())
    assert TOKEN not in caught.value.detail


async def test_a_chat_that_was_left_gets_nothing(sender: TelegramSender, api: BotApi, kit: Kit):
    await kit.work.write(bots.unbind, Channel.TELEGRAM, str(CHAT), now=kit.clock())
    with pytest.raises(Undeliverable):
        await sender.send(letter())
    assert api.sent(CHAT) == []


@given(st.text(alphabet=st.sampled_from("a😀 \né"), max_size=200).map(lambda t: t * 60))
def test_a_long_text_is_cut_into_messages_that_fit(text: str):
    pieces = parts(text)
    assert all(len(piece.encode("utf-16-le")) // 2 <= LONGEST for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
