"""Looking for what is wrong, again and again: each process at its own listeners, one of them at the
database. What is found are rows (`helpdesk.alarms`); an idle look writes nothing."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from channels.kit import Health, Kit
from helpdesk import alarms
from helpdesk.alarms import Listener

SECONDS = 20.0

Probe = Callable[[], Health]


async def watch_database(kit: Kit, channels: Collection[str]) -> None:
    """Until cancelled, in one process. `channels` are those that have a sender."""
    while True:
        await look_at_database(kit, channels)
        await asyncio.sleep(SECONDS)


async def watch_listeners(kit: Kit, probes: Sequence[Probe]) -> None:
    """Until cancelled, in each process: the state of a listener is in the memory of its own."""
    known: dict[str, Listener] = {}
    while True:
        known = await look_at_listeners(kit, probes, known)
        await asyncio.sleep(SECONDS)


async def look_at_database(kit: Kit, channels: Collection[str]) -> None:
    now = kit.clock()
    found = await kit.work.read(alarms.of_database, kit.policy, channels, now=now)
    codes = await kit.work.read(alarms.raised, alarms.OF_DATABASE)
    if await kit.work.read(alarms.differs, found, codes):
        await kit.work.write(alarms.settle, found, codes, now=now)
    if await kit.work.read(alarms.untold, now=now):
        await kit.work.write(alarms.tell, kit.policy, now=now)


async def look_at_listeners(
    kit: Kit, probes: Sequence[Probe], known: dict[str, Listener]
) -> dict[str, Listener]:
    """`known` is what the look before returned."""
    now = kit.clock()
    seen = [follow(probe(), known, now) for probe in probes]
    # One that this process does not run has told it nothing: another process judges it.
    mine = [each for each in seen if each.last_success or each.failing_since or each.lag]
    codes = [alarms.code_of(each.name) for each in mine]
    codes += await kit.work.read(alarms.strays, [each.name for each in seen])
    found = [alarm for each in mine if (alarm := alarms.of_listener(each, now)) is not None]
    if await kit.work.read(alarms.differs, found, codes):
        await kit.work.write(alarms.settle, found, codes, now=now)
    return {each.name: each for each in seen}


def follow(health: Health, known: dict[str, Listener], now: datetime) -> Listener:
    """The listener's state, and since when what waits on the other side does not become less."""
    before = known.get(health.name)
    growing = None
    if before is not None and health.lag and health.lag >= before.lag > 0:
        growing = before.growing_since or now
    return Listener(
        health.name,
        health.last_success,
        health.failing_since,
        health.error,
        health.lag,
        growing,
    )
