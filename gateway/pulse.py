"""Wake-ups: something was committed, look again. Carries no content and may beat for nothing."""

import asyncio


class Pulse:
    """A counter everybody may wait on. `beat` is cheap; a missed beat is caught by the time-out."""

    def __init__(self) -> None:
        self.count = 0
        #: set once the process stops: streams end, waits return at once
        self.stopped = False
        self._waiters: set[asyncio.Event] = set()

    def beat(self) -> None:
        """Wake every waiter. Call from the event loop's thread."""
        self.count += 1
        for waiter in self._waiters:
            waiter.set()

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
