"""Somebody's Telegram, beside a browser: the Bot API server runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.doubles import bot_api
from tests.doubles.bot_api import BotApi, Sent
from tests.doubles.processes import PATIENCE

T = TypeVar("T")
CHAT = 5001


@dataclass
class Phone:
    """Each act waits until the bot has taken it, and returns what it said last."""

    api: BotApi
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def says(self, text: str) -> Sent:
        return self._acts(self.api.says(CHAT, text))

    def presses(self, words: str) -> Sent:
        return self._acts(self.api.presses(CHAT, words))

    def sends_file(self, name: str, data: bytes) -> Sent:
        return self._acts(self.api.sends_file(CHAT, name, data))

    def hears(self, heard: Callable[[Sent], bool]) -> Sent:
        """Wait for it."""
        self.call(self.api.until(lambda: any(map(heard, self.api.sent(CHAT)))))
        return next(filter(heard, self.api.sent(CHAT)))

    def heard(self, text: str) -> list[Sent]:
        return [sent for sent in self.api.sent(CHAT) if text in sent.text]

    def until(self, condition: Callable[[], bool]) -> None:
        self.call(self.api.until(condition))

    def fail(self, method: str, status: int, words: str, **more: Any) -> None:
        """How the next call ends."""
        self.loop.call_soon_threadsafe(lambda: self.api.fail(method, status, words, **more))

    def _acts(self, act: Coroutine[Any, Any, int]) -> Sent:
        async def both() -> Sent:
            await act
            await self.api.quiet()
            return self.api.last(CHAT)

        return self.call(both())


@contextmanager
def running() -> Iterator[Phone]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = bot_api.running()
    phone = Phone(BotApi(), loop)
    phone.api = phone.call(server.__aenter__())
    try:
        yield phone
    finally:
        phone.call(server.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
