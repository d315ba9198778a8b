"""Wake-ups: something was committed, look again. May beat for nothing; carries no content but what
processes whisper to each other."""

import asyncio
from collections.abc import Callable


class Pulse:
    """A counter everybody may wait on. `beat` is cheap; a missed beat is caught by the time-out."""

    def __init__(self) -> None:
        self.count = 0
        #: set once the process stops: streams end, waits return at once
        self.stopped = False
        #: who wants to hear what other processes whisper (`Work.whisper`)
        self.ears: list[Callable[[str], None]] = []
        self._waiters: set[asyncio.Event] = set()

    def beat(self) -> None:
        """Wake every waiter. Call from the event loop's thread."""
        self.count += 1
        for waiter in self._waiters:
            waiter.set()

    def hear(self, told: str) -> None:
        """Another process said something that is in no table. Call as `beat`."""
        for ear in self.ears:
            ear(told)
        self.beat()

    def stop(self) -> None:
        self.stopped = True
        self.beat()

    async def wait(self, seen: int, seconds: float) -> int:
        """Return the current count as soon as it differs from `seen`, or after `seconds`."""
        if self.count != seen or self.stopped:
            return self.count
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)
        return self.count
