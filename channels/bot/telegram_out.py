"""Telegram out: notices of the core to the chats they are for."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter
from telegram.error import TelegramError as Failure

from channels.bot.notices import addressed, notice
from channels.bot.says import Key
from channels.kit import Kit
from helpdesk.border import Channel, Outbound
from helpdesk.errors import Deferred, Undeliverable

#: Bot API, sendMessage: 1-4096 characters, counted in UTF-16 units
LONGEST = 4096
#: our own pages ask for a log-in: a preview of them would show its form
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """Sends what the outbox hands over; text first, then its files."""

    channels = frozenset({Channel.TELEGRAM})

    def __init__(self, kit: Kit, bot: Bot) -> None:
        self._kit = kit
        self._bot = bot

    async def send(self, outbound: Outbound) -> str | None:
        """Raises `Undeliverable` and `Deferred`; returns the id of the last message."""
        if not await self._kit.work.read(addressed, outbound):
            msg = "the chat no longer belongs to anybody who may read this"
            raise Undeliverable(msg)
        said = notice(self._kit.render, outbound)
        chat_id = outbound.address.value
        try:
            pieces = parts(said.text)
            for piece in pieces[:-1]:
                await self._bot.send_message(chat_id, piece, link_preview_options=NO_PREVIEW)
            last = await self._bot.send_message(
                chat_id,
                pieces[-1],
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(said.keys),
            )
            for file in outbound.files:
                data = await asyncio.to_thread(self._kit.blobs.get, file.sha256)
                last = await self._bot.send_document(chat_id, data, filename=file.filename)
        except Failure as error:
            raise refusal(error) from error
        return str(last.message_id)


def refusal(error: Failure) -> Undeliverable | Deferred:
    """Blocked, gone or malformed stays so; a wrong token, a rate or a broken line does not."""
    match error:
        case RetryAfter():
            after = error.retry_after
            seconds = after.total_seconds() if isinstance(after, timedelta) else after
            return Deferred(str(error), int(seconds) + 1)
        case Forbidden() | BadRequest():
            return Undeliverable(error.message)
        case InvalidToken():
            # Its own words repeat the token, and `detail` is shown to agents.
            return Deferred("the token was refused", cause="log-in")
        case _:
            return Deferred(error.message)


def parts(text: str) -> list[str]:
    """Cut what is longer than a message may be, at a line or a word where there is one."""
    found: list[str] = []
    while _units(text) > LONGEST:
        cut = _fitting(text)
        at = max(text.rfind("\n", cut // 2, cut), text.rfind(" ", cut // 2, cut))
        cut = at + 1 if at > 0 else cut
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*found, text]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(text: str) -> int:
    """How many characters of the beginning fit."""
    cut = LONGEST
    while _units(text[:cut]) > LONGEST:
        cut -= (_units(text[:cut]) - LONGEST + 1) // 2
    return cut


def keyboard(keys: Sequence[Key]) -> InlineKeyboardMarkup | None:
    """One button a row: names of classifications are long, thumbs are not."""
    if not keys:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(k.label, callback_data=k.data)] for k in keys]
    )
