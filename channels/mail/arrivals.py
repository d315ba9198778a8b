"""The doorstep: raw mail is durable and committed before anybody is told that we have it.

Arrivals that come while a batch is being stored form the next one (natural batching): a lone
message waits for nobody, and under load one sync of the disk and one COMMIT carry up to 64.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from channels.kit import Work
from channels.mail.addresses import Addresses
from channels.mail.threads import thread_key
from helpdesk import inbound
from helpdesk.arrivals import Arrival
from helpdesk.ports import BlobStore

MOST_IN_BATCH = 64
#: bytes of one batch; a single larger message is a batch of its own
LARGEST_BATCH = 16 * 1024 * 1024
#: a pause this long between batches means that nobody is waiting to hand over more
QUIET_SECONDS = 0.02


class NoRoom(Exception):
    """The disk is nearly full; what is accepted must still fit, and so must the work on it."""


class Doorstep:
    """Where every listener sets down what it received.

    Whoever calls `accept` waits for the commit of its own message, so at most one message of each
    caller is in memory: the listeners' own limits bound it, there is no queue to fill up.
    """

    def __init__(
        self,
        work: Work,
        blobs: BlobStore,
        ours: Addresses,
        clock: Callable[[], datetime],
        has_room: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """`has_room` is asked before so many octets are stored."""
        self._work = work
        self._blobs = blobs
        self._ours = ours
        self._clock = clock
        self.has_room = has_room
        self._waiting: deque[tuple[Arrival, asyncio.Future[None]]] = deque()
        self._storing: asyncio.Task[None] | None = None
        self._last = -QUIET_SECONDS

    def is_busy(self) -> bool:
        """True while messages come in one after another: understanding them can wait a moment."""
        return self._storing is not None or monotonic() - self._last < QUIET_SECONDS

    async def accept(self, arrival: Arrival) -> None:
        """Return when the bytes are durable and the row is committed; a known key counts as stored.

        Raises `NoRoom`, or whatever kept the batch from being stored: then nothing may be
        acknowledged.
        """
        if not self.has_room(len(arrival.raw)):
            msg = "the disk is nearly full"
            raise NoRoom(msg)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_waiting())
        await stored

    async def _store_waiting(self) -> None:
        try:
            while self._waiting:
                await self._store_batch(self._take())
        finally:
            self._storing = None
            self._last = monotonic()

    def _take(self) -> list[tuple[Arrival, asyncio.Future[None]]]:
        batch = [self._waiting.popleft()]
        size = len(batch[0][0].raw)
        while self._waiting and len(batch) < MOST_IN_BATCH:
            size += len(self._waiting[0][0].raw)
            if size > LARGEST_BATCH:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _store_batch(self, batch: Sequence[tuple[Arrival, asyncio.Future[None]]]) -> None:
        try:
            rows = await asyncio.to_thread(self._make_durable, [arrival for arrival, _ in batch])
            await self._work.write(inbound.store, rows, self._clock())
        except asyncio.CancelledError:
            for _, stored in batch:
                stored.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - each waiter hears of it and decides
            for _, stored in batch:
                if not stored.done():
                    stored.set_exception(error)
        else:
            for _, stored in batch:
                if not stored.done():
                    stored.set_result(None)

    def _make_durable(self, arrivals: Sequence[Arrival]) -> list[inbound.Stored]:
        keys = self._blobs.put_many([arrival.raw for arrival in arrivals])
        return [
            inbound.Stored(
                arrival=arrival,
                sha256=sha256,
                size=len(arrival.raw),
                thread_key=thread_key(arrival.raw, arrival.recipients, self._ours),
            )
            for arrival, sha256 in zip(arrivals, keys, strict=True)
        ]
