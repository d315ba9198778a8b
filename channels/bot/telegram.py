"""Telegram in: updates become events of the conversation, its says become messages.

An update is confirmed only after its turn was committed and answered, so one may come twice; the
desk knows it by its key. Private chats only: whatever a group says, everybody in it could read.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from telegram import Bot, BotCommand, CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.error import TelegramError as Failure

from channels.bot import events
from channels.bot.config import TelegramConfig
from channels.bot.desk import Chat, Desk
from channels.bot.events import Event
from channels.bot.says import Spoken, spoken, words
from channels.bot.telegram_files import fetch, name_of
from channels.bot.telegram_out import keyboard, parts
from channels.bot.typed import typed
from helpdesk.border import Channel

log = logging.getLogger("ponte.bot.telegram")

#: seconds a poll waits for something to happen, at the other side
POLL = 50
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
#: tries of one message before its update is left to come again, and the seconds after the first
TRIES, QUICK_WAIT = 4, 0.25
UPDATES = ("message", "edited_message", "callback_query")
COMMANDS = ("novo", "abertos", "cancelar", "ajuda", "sair")
#: kinds of a message that no protocol holds, as the template names them
KINDS = {"video_note": "video", "animation": "video", "audio": "voice", "venue": "location"}
UNHELD = (
    "voice", "audio", "video", "video_note", "animation", "sticker", "location", "venue",
    "contact", "poll", "dice", "story", "game", "invoice", "checklist",
)  # fmt: skip

#: what goes by itself: the other side, the line, the database, the disk
PASSING = (Failure, OperationalError, InterfaceError, PoolTimeout, OSError)

Sleep = Callable[[float], Awaitable[None]]


def bot(config: TelegramConfig) -> Bot:
    assert config.token is not None, "asked only where a token is set"
    # It logs every address it asks, and the token stands in each.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return Bot(
        config.token.get_secret_value(),
        base_url=f"{config.base_url}/bot",
        base_file_url=f"{config.base_url}/file/bot",
    )


@dataclass(slots=True)
class Line:
    """One bot and the desk it speaks for. `sleep` is how it waits between tries."""

    bot: Bot
    desk: Desk
    sleep: Sleep = asyncio.sleep

    async def poll(self) -> None:
        """Listen until cancelled; every failure is waited out, longer each time."""
        offset: int | None = None
        wait = FIRST_WAIT
        async with self.open():
            while True:
                try:
                    if offset is None:
                        await self.introduce()
                        await self.bot.delete_webhook()
                        offset = 0
                    updates = await self.bot.get_updates(
                        offset=offset, timeout=POLL, allowed_updates=UPDATES
                    )
                    await self.take(updates)
                except PASSING as error:
                    wait = await self.pause(error, wait)
                else:
                    wait = FIRST_WAIT
                    offset = updates[-1].update_id + 1 if updates else offset

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Close the connections at the end; opening them is the first call's business."""
        try:
            yield
        finally:
            await self.bot.shutdown()

    async def introduce(self) -> None:
        """Say hello to the Bot API and show the commands, in their own words."""
        await self.bot.initialize()
        render = self.desk.kit.render
        commands = [BotCommand(c, words(render, "command", {"name": c})) for c in COMMANDS]
        await self.bot.set_my_commands(commands)

    async def pause(self, error: Exception, wait: float) -> float:
        """Wait, and say how long to wait the next time."""
        seconds = asked(error) or wait
        # A wrong token stays wrong until somebody changes the setting and starts anew.
        if isinstance(error, InvalidToken):
            seconds = LONGEST_WAIT
        log.warning("telegram: %s; again in %.2f s", type(error).__name__, seconds)
        await self.sleep(seconds)
        return min(wait * 2, LONGEST_WAIT)

    async def hook(self, url: str, secret: str) -> None:
        """Have updates sent to `url` until cancelled; they reach `receive` by the web server."""
        wait = FIRST_WAIT
        async with self.open():
            while True:
                try:
                    await self.introduce()
                    await self.bot.set_webhook(url, secret_token=secret, allowed_updates=UPDATES)
                    await asyncio.Event().wait()
                except PASSING as error:
                    wait = await self.pause(error, wait)

    async def take(self, updates: Sequence[Update]) -> None:
        """Take the updates of each chat in order, those of several chats side by side."""
        chats: defaultdict[int, list[Update]] = defaultdict(list)
        for update in updates:
            chats[update.effective_chat.id if update.effective_chat else 0].append(update)
        results = await asyncio.gather(
            *(self._take_all(found) for found in chats.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _take_all(self, updates: Sequence[Update]) -> None:
        for update in updates:
            await self.receive(update)

    async def receive(self, update: Update) -> None:
        """One update, from what it says to what is answered. Raises what a later try may cure."""
        where = update.effective_chat
        if where is None:
            return
        if where.type != ChatType.PRIVATE:
            await self._leave(update)
            return
        chat = Chat(Channel.TELEGRAM, str(where.id))
        async with self.desk.turn(chat):
            try:
                await self._answer(update, chat, where.id)
            except PASSING:
                raise
            except Exception:
                # One update that cannot be taken must not hold back all the others.
                log.exception("telegram: update %d could not be taken", update.update_id)
                await self.say(where.id, Spoken(words(self.desk.kit.render, "failed", {})))

    async def _answer(self, update: Update, chat: Chat, chat_id: int) -> None:
        event = await self.understand(update, chat)
        if event is None:
            return
        if update.callback_query is not None:
            await self._release(update.callback_query)
        heard = await self.desk.hear(chat, event, f"telegram:{update.update_id}")
        for said in heard.says:
            await self.say(chat_id, spoken(self.desk.kit.render, said))

    async def understand(self, update: Update, chat: Chat) -> Event | None:
        """What happened in a private chat; None for what needs no answer."""
        if update.callback_query is not None:
            return events.Pressed(update.callback_query.data or "")
        if update.edited_message is not None:
            return events.Edited()
        message = update.message
        if message is None:
            return None
        if message.text is not None:
            return typed(message.text)
        # An animation also comes as a document, for clients that know none.
        if message.photo or (message.document is not None and message.animation is None):
            known = await self.desk.knows(chat)
            return await fetch(self.desk.kit, message) if known else stranger(message)
        kind = next((kind for kind in UNHELD if getattr(message, kind, None)), None)
        return events.Unsupported(KINDS.get(kind, kind)) if kind else None

    async def say(self, chat_id: int, said: Spoken) -> None:
        """Send one say; who has blocked the bot hears nothing, and nobody waits for that."""
        pieces = parts(said.text)
        for n, piece in enumerate(pieces, start=1):
            markup = keyboard(said.keys) if n == len(pieces) else None

            async def send(piece: str = piece, markup: object = markup) -> None:
                await self.bot.send_message(chat_id, piece, reply_markup=markup)  # pyright: ignore[reportArgumentType]

            if not await self._insist(send):
                return

    async def _insist(self, send: Callable[[], Awaitable[None]]) -> bool:
        wait = QUICK_WAIT
        for attempt in range(1, TRIES + 1):
            try:
                await send()
            except (Forbidden, BadRequest) as error:
                log.warning("telegram: not delivered: %s", type(error).__name__)
                return False
            except (RetryAfter, NetworkError) as error:
                if attempt == TRIES:
                    raise
                wait = await self.pause(error, wait)
            else:
                break
        return True

    async def _release(self, query: CallbackQuery) -> None:
        """Stop the button's spinner and take away a keyboard that has had its turn.

        Either may fail (an old message, a slow line): the answer matters more.
        """
        try:
            await query.answer()
            if query.message is not None and (query.data or "")[:1].isdigit():
                await self.bot.edit_message_reply_markup(
                    query.message.chat.id, query.message.message_id
                )
        except Failure:
            log.info("telegram: a keyboard stayed")

    async def _leave(self, update: Update) -> None:
        """One polite refusal, then out: a bot that is not there cannot overhear anything."""
        message = update.message
        if message is None or message.chat.type == ChatType.CHANNEL:
            return
        try:
            text = words(self.desk.kit.render, "group", {})
            await self.bot.send_message(message.chat.id, text)
            await self.bot.leave_chat(message.chat.id)
        except (Forbidden, BadRequest):
            log.info("telegram: out of a group already")


def stranger(message: Message) -> events.FileRejected:
    """A file whose sender nobody knows is named, not fetched."""
    return events.FileRejected(name_of(message), "identify", caption=message.caption or "")


def asked(error: Exception) -> float | None:
    """How many seconds the other side asked to wait."""
    if not isinstance(error, RetryAfter):
        return None
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
