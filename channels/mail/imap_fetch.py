"""From the messages of a folder to arrivals, without one bad message stopping the others.

What the server does not hand over, or what is larger than we keep, becomes a stand-in: its header
under a field that says so. It is held where an agent sees it, and the message itself stays
untouched on the server.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.mail.imap_client import Folder, Lost, Refused

log = logging.getLogger("ponte.mail.imap")

#: first field of a stand-in; its value is `limit` or `unreadable`, and the size in octets
INCOMPLETE = "X-Ponte-Incomplete"
MOST_IN_BATCH = 50
LARGEST_BATCH = 16 * 1024 * 1024
#: how often a message may fail, or break the folder, before it gets a stand-in
MOST_TRIES = 3
#: of a header that stands in for its message
LONGEST_HEADER = 256 * 1024

SIZE, DATE = "RFC822.SIZE", "INTERNALDATE"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of the folder, not yet fetched. `at` is when the server received it."""

    uid: int
    size: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """`whole` is false for a stand-in."""

    uid: int
    raw: bytes
    at: datetime | None
    whole: bool = True


class Fetcher:
    """Lists and fetches, and remembers, over reconnections, which messages broke either."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._failures: Counter[int] = Counter()

    def listed(self, folder: Folder, uids: Sequence[int]) -> list[Listed]:
        """Ask for sizes and dates; messages that are gone by now are left out.

        One whose answer cannot be read stands in the list with size 0 and without a date. Raises
        `Lost` and `OSError` when the connection is gone.
        """
        together = [uid for uid in uids if not self._failures[uid]]
        alone = [uid for uid in uids if self._failures[uid]]
        found = self._list(folder, together) if together else []
        for uid in alone:
            found += self._list(folder, [uid])
        return sorted(found, key=lambda one: one.uid)

    def _list(self, folder: Folder, uids: Sequence[int]) -> list[Listed]:
        if len(uids) == 1 and self._failures[uids[0]] >= MOST_TRIES:
            return [Listed(uids[0], 0, None)]
        try:
            answers = folder.fetch(uids, SIZE, DATE)
        except (Lost, OSError):
            self._failures.update(uids)
            raise
        except Refused as error:
            if len(uids) > 1:
                return [one for uid in uids for one in self._list(folder, [uid])]
            log.warning("the server refused the size of a message: %s", error)
            return [Listed(uids[0], 0, None)]
        return [_listed(uid, answers[uid]) for uid in uids if uid in answers]

    def batches(self, messages: Sequence[Listed]) -> Iterator[list[Listed]]:
        """Part the messages by number and size; one under suspicion is a batch of its own."""
        batch: list[Listed] = []
        size = 0
        for message in messages:
            alone = self._failures[message.uid] > 0
            full = len(batch) >= MOST_IN_BATCH or size + message.size > LARGEST_BATCH
            if batch and (alone or full or self._failures[batch[-1].uid] > 0):
                yield batch
                batch, size = [], 0
            batch.append(message)
            size += message.size
        if batch:
            yield batch

    def fetch(self, folder: Folder, batch: Sequence[Listed]) -> list[Fetched]:
        """Fetch the batch without marking anything as read.

        Raises `Lost` and `OSError` when the connection is gone.
        """
        fetched: list[Fetched] = []
        sound: list[Listed] = []
        for message in batch:
            if self._failures[message.uid] >= MOST_TRIES:
                # It took the connection down each time: nothing more is asked of it.
                fetched.append(_stand_in(message, "unreadable", b""))
            elif message.size > self.limit:
                fetched.append(_stand_in(message, "limit", self._header(folder, message.uid)))
            else:
                sound.append(message)
        if sound:
            fetched += self._bodies(folder, sound)
        for message in batch:
            self._failures.pop(message.uid, None)
        return sorted(fetched, key=lambda one: one.uid)

    def _bodies(self, folder: Folder, batch: Sequence[Listed]) -> list[Fetched]:
        try:
            answers = folder.fetch([message.uid for message in batch], "BODY.PEEK[]")
        except (Lost, OSError):
            self._failures.update(message.uid for message in batch)
            raise
        except Refused as error:
            log.warning("the server refused %d messages: %s", len(batch), error)
            answers = {}
        fetched: list[Fetched] = []
        for message in batch:
            raw = answers.get(message.uid, {}).get(b"BODY[]")
            if isinstance(raw, bytes):
                fetched.append(Fetched(message.uid, raw, message.at))
            else:
                fetched += self._missing(folder, message, alone=len(batch) == 1)
        return fetched

    def _missing(self, folder: Folder, message: Listed, *, alone: bool) -> list[Fetched]:
        """A message that did not come with its batch: gone, or one the server cannot read."""
        if not folder.holds(message.uid):
            return []
        self._failures[message.uid] += 1
        if alone and self._failures[message.uid] >= MOST_TRIES:
            return [_stand_in(message, "unreadable", self._header(folder, message.uid))]
        return self._bodies(folder, [message])

    def _header(self, folder: Folder, uid: int) -> bytes:
        part = f"BODY.PEEK[HEADER]<0.{LONGEST_HEADER}>"
        try:
            answers = folder.fetch([uid], part)
        except (Lost, OSError):
            self._failures[uid] += 1
            raise
        except Refused as error:
            log.warning("the server refused a header: %s", error)
            return b""
        return answers.get(uid, {}).get(b"BODY[HEADER]<0>") or b""


def _listed(uid: int, answer: dict[bytes, Any]) -> Listed:
    at, size = answer.get(DATE.encode()), answer.get(SIZE.encode())
    received = at.astimezone(UTC) if isinstance(at, datetime) else None
    return Listed(uid, size if isinstance(size, int) else 0, received)


def _stand_in(message: Listed, why: str, header: bytes) -> Fetched:
    note = f"{INCOMPLETE}: {why} {message.size}\r\n".encode()
    raw = note + header.rstrip(b"\r\n") + b"\r\n\r\n"
    return Fetched(message.uid, raw, message.at, whole=False)
