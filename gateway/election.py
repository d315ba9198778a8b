"""Electing one process of many: the winner runs a job until it stops or loses its lease."""

import asyncio
from collections.abc import Awaitable, Callable

from channels.kit import Kit
from helpdesk import leases


async def run_elected(kit: Kit, name: str, holder: str, job: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled: wait for the lease, run the job, hold the lease by heartbeats.

    A lease that cannot be renewed in time (database away or stuck, another took over) ends the
    job: two may never run, a pause may.
    """
    seconds = leases.HEARTBEAT.total_seconds()
    while True:
        if not await kit.work.write(leases.acquire, name, holder, now=kit.clock()):
            await asyncio.sleep(seconds / 4)
            continue
        running = asyncio.ensure_future(job())
        try:
            await _hold(kit, name, holder, running, seconds)
        finally:
            running.cancel()
            # Waited for, not asked how it ended: a job that failed gives the lease back too.
            await asyncio.wait({running})
            await kit.work.write(leases.release, name, holder)


async def _hold(
    kit: Kit, name: str, holder: str, running: "asyncio.Future[None]", seconds: float
) -> None:
    while True:
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if done:
            running.result()
            return
        # Well before the lease runs out, after which somebody else may begin.
        async with asyncio.timeout(leases.EXPIRY.total_seconds() - 2 * seconds):
            if not await kit.work.write(leases.acquire, name, holder, now=kit.clock()):
                return
