"""How far a folder has been stored, and storing what lies behind: blocking, in the watch's thread.

What happens to a message on the server happens after its COMMIT, and the place is remembered after
that: a crash in between makes it arrive again under the same key, which is then known.
"""

import asyncio
import concurrent.futures
import logging
from bisect import bisect_right
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from channels.kit import Work
from channels.mail.arrivals import Doorstep
from channels.mail.config import Mailbox
from channels.mail.imap_client import Folder, Lost, Refused
from channels.mail.imap_fetch import Fetched, Fetcher, Listed
from helpdesk import inbound
from helpdesk.arrivals import Arrival

T = TypeVar("T")
log = logging.getLogger("ponte.mail.imap")

#: messages asked for size and date at once: of a folder that holds years, no more is in memory
LISTED_AT_ONCE = 500
#: a folder whose UIDs changed is read again from so long before the moment up to which everything
#: had been stored; content keys tell doubles
OVERLAP = timedelta(days=7)
#: mail that lay on the server for longer is understood, and nobody outside the console is told
STALE = timedelta(hours=48)
#: where `after = "move"` puts messages: the first of these that the server has or makes
STORED_FOLDERS = ("Ponte", "Ponte armazenadas")
#: how often the moment up to which all is stored is written while no message comes
NOTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Stored up to `uid`, and everything the folder held at `at`.

    `oldest` leaves out what the server received before.
    """

    uidvalidity: int
    uid: int
    at: datetime
    oldest: datetime | None = None


class Collector:
    """One mailbox, of which it knows what broke before."""

    def __init__(
        self,
        mailbox: Mailbox,
        account: str,
        doorstep: Doorstep,
        work: Work,
        clock: Callable[[], datetime],
        message_size: int,
    ) -> None:
        self._mailbox = mailbox
        self._account = account
        self._doorstep = doorstep
        self._work = work
        self._clock = clock
        self._fetcher = Fetcher(message_size)
        self._stored_folder: str | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop that runs the doorstep and the database."""
        self._loop = loop

    def begin(self, folder: Folder) -> Position:
        """Where to go on; at the first look behind the last message, unless `since` says else."""
        uidvalidity, following = folder.status.uidvalidity, folder.status.next_uid
        since = self._mailbox.since
        cursor = self._ask(self._work.read(inbound.cursor, self._account))
        if not folder.writable:
            log.warning("%s: we may only read it, messages stay as they are", self._account)
        if cursor is not None:
            # A folder brought back from a backup may give numbers out that it gave out before.
            if cursor.uidvalidity == uidvalidity and (following or cursor.uid + 1) > cursor.uid:
                oldest = max(filter(None, (since, cursor.oldest)), default=None)
                return Position(uidvalidity, cursor.uid, cursor.at, oldest)
            log.warning("%s: its UIDs are not the ones we know, reading again", self._account)
            again = cursor.at - OVERLAP
            return Position(uidvalidity, 0, cursor.at, oldest=max(since or again, again))
        if since is not None:
            return Position(uidvalidity, 0, since, oldest=since)
        last = following - 1 if following else max(folder.uids(after=0), default=0)
        position = Position(uidvalidity, last, self._clock())
        self._save(position)
        return position

    def collect(
        self,
        folder: Folder,
        position: Position,
        *,
        stopping: Callable[[], bool],
        left: Callable[[int], None],
    ) -> Position:
        """Store everything behind the position; returns the new one.

        `left` is told how many messages wait, at the beginning and after each batch.
        """
        now = self._clock()
        uids = folder.uids(position.uid)
        last = uids[-1] if uids else position.uid
        if position.uid == 0 and position.oldest is not None:
            # The first look at a folder need not list years of it. SINCE compares days in the
            # server's zone, so it gets one more than is kept.
            day = position.oldest.date() - timedelta(days=1)
            uids = folder.uids(position.uid, since=day)
        left(len(uids))
        for start in range(0, len(uids), LISTED_AT_ONCE):
            some = self._fetcher.listed(folder, uids[start : start + LISTED_AT_ONCE])
            young = [one for one in some if _young(one, position.oldest)]
            for batch in self._fetcher.batches(young):
                if stopping():
                    return position
                position = self._take(folder, position, batch)
                left(len(uids) - bisect_right(uids, position.uid))
        # Behind the last one stored, some may have been too old or gone before they were fetched.
        after = Position(position.uidvalidity, max(last, position.uid), now, self._mailbox.since)
        if replace(after, at=position.at) != position or now - position.at >= NOTED:
            self._save(after)
            return after
        return position

    def _take(self, folder: Folder, position: Position, batch: Sequence[Listed]) -> Position:
        fetched = self._fetcher.fetch(folder, batch)
        self._store(position.uidvalidity, fetched)
        whole = [one.uid for one in fetched if one.whole]
        if whole and folder.writable:
            self._settle(folder, whole)
        position = replace(position, uid=batch[-1].uid)
        self._save(position)
        return position

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
        try:
            if self._mailbox.after == "flag":
                folder.flag(uids)
            elif self._mailbox.after == "move":
                self._move(folder, uids)
            else:
                folder.delete(uids)
        except Lost:
            raise
        except Refused as error:
            # They are safe here; a folder we may not write to is no reason to fetch them again.
            log.warning("%s: could not %s: %s", self._account, self._mailbox.after, error)

    def _move(self, folder: Folder, uids: Sequence[int]) -> None:
        if self._stored_folder is not None:
            try:
                folder.move(uids, self._stored_folder)
            except Lost:
                raise
            except Refused:
                # Somebody may have taken it away: make it again.
                self._stored_folder = None
        if self._stored_folder is None:
            self._stored_folder = folder.provide(STORED_FOLDERS)
            folder.move(uids, self._stored_folder)

    def _save(self, position: Position) -> None:
        """Until all is read again, a limit of age that came of that is kept for the next start."""
        again = position.oldest if position.oldest != self._mailbox.since else None
        write = self._work.write(
            inbound.set_cursor,
            self._account,
            position.uidvalidity,
            position.uid,
            position.at,
            again,
        )
        self._ask(write)

    def _send(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._send(coroutine).result()


def _young(message: Listed, oldest: datetime | None) -> bool:
    return oldest is None or message.at is None or message.at >= oldest
