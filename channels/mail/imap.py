"""IMAP in: one thread a mailbox follows its folder and hands each message to the doorstep.

The folder is read by UID, never by what was seen, so that a message somebody else opened first
still comes in. What happens to it on the server happens after its COMMIT: a crash in between makes
it arrive again under the same key, which is then known.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import random
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from channels import Health, Work
from channels.mail.arrivals import Doorstep
from channels.mail.config import Mailbox, Server
from channels.mail.imap_client import Folder, Lost, Refused, Waker, open_folder
from channels.mail.imap_fetch import Fetched, Fetcher, Listed, listed
from helpdesk import inbound
from helpdesk.arrivals import Arrival

T = TypeVar("T")
log = logging.getLogger("ponte.mail.imap")

#: well under the 29 minutes after which servers may hang up (RFC 2177), and under what home and
#: office routers keep a silent connection for
IDLE_SECONDS = 240.0
#: between two looks at a server without IDLE
POLL_SECONDS = 30.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
#: what the folder held before its UIDs changed is read again so far back; content keys tell doubles
OVERLAP = timedelta(days=7)
#: mail that lay on the server for longer is understood, and nobody outside the console is told
STALE = timedelta(hours=48)
#: where `after = "move"` puts messages
STORED_FOLDER = "Ponte"
#: how long stopping waits for the thread: first politely, then with the connection cut
STOP_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class _Position:
    """Stored up to `uid`; `oldest` leaves out what the server received before."""

    uidvalidity: int
    uid: int
    oldest: datetime | None = None


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
    ) -> None:
        self._mailbox = mailbox
        self._server = server
        self._doorstep = doorstep
        self._work = work
        self._clock = clock
        self._fetcher = Fetcher(message_size)
        self._account = f"{server.user}@{server.host}/{server.folder}"
        self._stopping = threading.Event()
        self._folder: Folder | None = None
        self.health = Health(self._account)

    async def run(self) -> None:
        """Follow the folder. When cancelled, the thread has ended or is cut off within 2 s."""
        self._loop = asyncio.get_running_loop()
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
        threading.Thread(target=follow, name=f"imap {self._account}", daemon=True).start()
        try:
            await ended.wait()
        finally:
            self._stopping.set()
            self._waker.wake()
            if not await _happens(ended, STOP_SECONDS):
                if self._folder is not None:
                    self._folder.cut()
                await _happens(ended, STOP_SECONDS)

    def _follow(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            before = self.health.last_success
            try:
                with open_folder(self._server, self._waker) as folder:
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

    def _follow_folder(self, folder: Folder) -> None:
        position = self._position(folder)
        if self._mailbox.after == "move":
            folder.make(STORED_FOLDER)
        while not self._stopping.is_set():
            position = self._collect(folder, position)
            if self._stopping.is_set():
                return
            self.health = Health(self._account, last_success=self._clock())
            self._await_news(folder)

    def _position(self, folder: Folder) -> _Position:
        """Where to go on; at the first look behind the last message, unless `since` says else."""
        uidvalidity, following = folder.status.uidvalidity, folder.status.next_uid
        since = self._mailbox.since
        cursor = self._ask(self._work.read(inbound.cursor, self._account))
        if cursor is not None and cursor.uidvalidity == uidvalidity:
            return _Position(uidvalidity, cursor.uid, oldest=since)
        if cursor is not None:
            log.warning("%s: UIDVALIDITY changed, reading again", self._account)
            again = cursor.at - OVERLAP
            return _Position(uidvalidity, 0, oldest=max(since or again, again))
        if since is not None:
            return _Position(uidvalidity, 0, oldest=since)
        last = following - 1 if following else max(folder.uids(after=0), default=0)
        position = _Position(uidvalidity, last)
        self._save(position)
        return position

    def _collect(self, folder: Folder, position: _Position) -> _Position:
        """Store everything behind the position; returns the new one."""
        uids = folder.uids(position.uid)
        last = uids[-1] if uids else position.uid
        if position.uid == 0 and position.oldest is not None:
            # The first look at a folder need not list years of it. SINCE compares days in the
            # server's zone, so it gets one more than is kept.
            day = position.oldest.date() - timedelta(days=1)
            uids = folder.uids(position.uid, since=day)
        messages = [one for one in listed(folder, uids) if _young(one, position.oldest)]
        left = len(messages)
        self.health = replace(self.health, lag=left)
        for batch in self._fetcher.batches(messages):
            if self._stopping.is_set():
                return position
            fetched = self._fetcher.fetch(folder, batch)
            self._store(position.uidvalidity, fetched)
            self._settle(folder, [one.uid for one in fetched if one.whole])
            position = replace(position, uid=batch[-1].uid)
            self._save(position)
            left -= len(batch)
            self.health = replace(self.health, lag=left)
        # Behind the last one stored, some may have been too old or gone before they were fetched.
        after = _Position(position.uidvalidity, max(last, position.uid), self._mailbox.since)
        if after != position:
            self._save(after)
        return after

    def _store(self, uidvalidity: int, fetched: Sequence[Fetched]) -> None:
        """Hand the batch to the doorstep at once, so that one commit carries it."""
        now = self._clock()
        waiting = [
            self._send(self._doorstep.accept(self._arrival(uidvalidity, one, now)))
            for one in fetched
        ]
        concurrent.futures.wait(waiting)
        for stored in waiting:
            stored.result()

    def _arrival(self, uidvalidity: int, one: Fetched, now: datetime) -> Arrival:
        at = min(one.at or now, now)
        return Arrival(
            key=f"imap:{self._account}/{uidvalidity}/{one.uid}",
            raw=one.raw,
            at=at,
            mailbox=self._mailbox.address,
            quiet=now - at > STALE,
        )

    def _settle(self, folder: Folder, uids: Sequence[int]) -> None:
        """What the settings want done on the server with messages that are stored here."""
        if not uids:
            return
        try:
            if self._mailbox.after == "flag":
                folder.flag(uids)
            elif self._mailbox.after == "move":
                folder.move(uids, STORED_FOLDER)
            else:
                folder.delete(uids)
        except Lost:
            raise
        except Refused as error:
            # They are safe here; a folder we may not write to is no reason to fetch them again.
            log.warning("%s: could not %s: %s", self._account, self._mailbox.after, error)

    def _save(self, position: _Position) -> None:
        self._ask(
            self._work.write(
                inbound.set_cursor,
                self._account,
                position.uidvalidity,
                position.uid,
                self._clock(),
            )
        )

    def _await_news(self, folder: Folder) -> None:
        if folder.supports("IDLE"):
            folder.wait(IDLE_SECONDS)
        else:
            self._stopping.wait(POLL_SECONDS)

    def _failed(self, error: Exception) -> None:
        now = self._clock()
        log.warning("%s: %s: %s", self._account, type(error).__name__, error)
        self.health = replace(
            self.health,
            failing_since=self.health.failing_since or now,
            error=f"{type(error).__name__}: {error}",
        )

    def _send(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _ask(self, awaitable: Coroutine[Any, Any, T]) -> T:
        return self._send(awaitable).result()


def _young(message: Listed, oldest: datetime | None) -> bool:
    return oldest is None or message.at is None or message.at >= oldest


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
