"""IMAP in: one thread a mailbox follows its folder, over every failure of server and network.

The folder is read by UID, never by what was seen, so that a message somebody else opened first
still comes in.
"""

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from channels.kit import Health, Work
from channels.mail.arrivals import Doorstep
from channels.mail.config import Mailbox, Server
from channels.mail.imap_client import Folder, Waker, open_folder
from channels.mail.imap_collect import Collector
from channels.mail.oauth import Account, InThread

log = logging.getLogger("ponte.mail.imap")

#: well under the 29 minutes after which servers may hang up (RFC 2177), and under what home and
#: office routers keep a silent connection for
IDLE_SECONDS = 240.0
#: between two looks at a server without IDLE
POLL_SECONDS = 30.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
#: how long stopping waits for the thread: first politely, then with the connection cut
STOP_SECONDS = 0.8


class MailboxWatch:
    """Follows one mailbox: `run` until cancelled, `health` at any time."""

    def __init__(
        self,
        mailbox: Mailbox,
        server: Server,
        doorstep: Doorstep,
        work: Work,
        clock: Callable[[], datetime],
        message_size: int,
        account: Account | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._oauth = account
        self._account = f"{server.user}@{server.host}/{server.folder}"
        self._collector = Collector(mailbox, self._account, doorstep, work, clock, message_size)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._folder: Folder | None = None
        self.health = Health(self._account)

    async def run(self) -> None:
        """Follow the folder. When cancelled, the thread has ended or is cut off within 2 s.

        May be called again, by a process that is elected once more.
        """
        if self._thread is not None:
            # Cut off, it may still wait for the database: two at once would be one too many.
            await asyncio.to_thread(self._thread.join)
        self._stopping.clear()
        self._loop = asyncio.get_running_loop()
        self._collector.bind(self._loop)
        self._waker = Waker()
        ended = asyncio.Event()

        def follow() -> None:
            try:
                self._follow()
            finally:
                self._waker.close()
                with contextlib.suppress(RuntimeError):  # the loop may be gone by now
                    self._loop.call_soon_threadsafe(ended.set)

        # A thread of its own: in the shared pool mailboxes would keep everybody else waiting.
        self._thread = threading.Thread(target=follow, name=f"imap {self._account}", daemon=True)
        self._thread.start()
        try:
            await ended.wait()
        finally:
            self._stopping.set()
            self._waker.wake()
            if not await _happens(ended, STOP_SECONDS):
                if self._folder is not None:
                    self._folder.cut()
                await _happens(ended, STOP_SECONDS)
            # Whoever follows it now says how it fares.
            self.health = Health(self._account)

    def _follow(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            before = self.health.last_success
            try:
                with open_folder(self._server, self._waker, tokens=self._tokens()) as folder:
                    self._folder = folder
                    self._follow_folder(folder)
            except Exception as error:  # noqa: BLE001 - no failure may end the watch
                if self._stopping.is_set():
                    return
                self._failed(error)
                if self.health.last_success != before:
                    wait = FIRST_WAIT
                # Between half and all of it, so that mailboxes of one server do not come back at
                # once.
                self._stopping.wait(wait * random.uniform(0.5, 1))  # noqa: S311
                wait = min(wait * 2, LONGEST_WAIT)
            finally:
                self._folder = None

    def _tokens(self) -> InThread | None:
        return InThread(self._oauth, self._loop) if self._oauth is not None else None

    def _follow_folder(self, folder: Folder) -> None:
        position, told = self._collector.begin(folder), False
        while not self._stopping.is_set():
            known = position.uid
            position = self._collector.collect(
                folder, position, stopping=self._stopping.is_set, left=self._waiting
            )
            if self._stopping.is_set():
                return
            self._looked()
            if told and position.uid == known:
                # Somebody read a message; or the server lost the folder under this session, and
                # tells so without end.
                self._stopping.wait(FIRST_WAIT)
                told = False
            else:
                told = self._await_news(folder)
            # Silence, as news of nothing, may also mean that the folder is another one by now:
            # moved away, made anew.
            if not told and folder.select().uidvalidity != position.uidvalidity:
                position = self._collector.begin(folder)

    def _await_news(self, folder: Folder) -> bool:
        if folder.supports("IDLE"):
            return folder.wait(IDLE_SECONDS)
        self._stopping.wait(POLL_SECONDS)
        return False

    def _waiting(self, left: int) -> None:
        """So many are left; that they become fewer is a success before the last of them is in."""
        if left < self.health.lag:
            self._looked(left)
        else:
            self.health = replace(self.health, lag=left)

    def _looked(self, left: int = 0) -> None:
        self.health = Health(self._account, last_success=self._clock(), lag=left)

    def _failed(self, error: Exception) -> None:
        now = self._clock()
        log.warning("%s: %s: %s", self._account, type(error).__name__, error)
        self.health = replace(
            self.health,
            failing_since=self.health.failing_since or now,
            error=f"{type(error).__name__}: {error}",
        )


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
