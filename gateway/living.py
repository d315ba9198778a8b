"""Processes of one PostgreSQL instance watch each other, so that what a dead one held waits no
longer than it must. Why not only by leases that run out: `docs/decisions/0012`."""

import asyncio
import logging
import os
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from channels.kit import Kit
from helpdesk import processes
from helpdesk.processes import Process

log = logging.getLogger("ponte.living")

_PROC = Path("/proc")
#: states of a process that will do nothing more (proc(5)): zombie, dead
_ENDED = frozenset({"Z", "X"})


def this_process() -> Process:
    """Its seat: the process table it stands in, its number there, and when that was given out."""
    pid = os.getpid()
    return Process(token_hex(8), f"{_table()}:{pid}:{_started(pid)}")


def has_ended(seat: str) -> bool:
    """Whether nobody sits there any more. False when that cannot be seen from here."""
    table, pid, started = seat.rsplit(":", 2)
    return table == _table() and started != "" and _started(int(pid)) != started


async def run(kit: Kit, process: Process) -> None:
    """Until cancelled."""
    while True:
        await look_around(kit, process)
        await asyncio.sleep(processes.BEAT.total_seconds())


async def look_around(kit: Kit, process: Process) -> None:
    """Say that we live, and bury who does not."""
    now = kit.clock()
    await kit.work.write(processes.beat, process, now=now)
    others = await kit.work.read(processes.others, process.name)
    dead = [other.name for other, until in others if until < now or has_ended(other.seat)]
    if dead:
        freed = await kit.work.write(processes.bury, dead)
        log.warning("%d processes ended without a word, giving back %d claims", len(dead), freed)


def _table() -> str:
    """Names the process table we look at: of this kernel, this container, and this user, who may
    be shown only his own processes."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text()
        space = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        # No such table on this system: then a name that no other process arrives at.
        boot, space = token_hex(8), ""
    return sha256(f"{boot} {space} {os.getuid()}".encode()).hexdigest()[:16]


def _started(pid: int) -> str:
    """When the process began, in ticks since the boot; "" when it is not there or has ended."""
    try:
        # Behind the name in brackets: state first, the start as 20th (proc(5)).
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in _ENDED else fields[19]
