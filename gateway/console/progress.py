"""What takes longer than a request: files being sent, and actions on many tickets.

A file's progress is in the memory of the process that sends it, which tells the others each second
(`Work.whisper`): any of them can say how far it came, and ask for its end. Nothing is stored.
Actions on many tickets stand in the database.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.console.presence import Whisper, alone

log = logging.getLogger(__name__)

#: files that are remembered; older ones are forgotten
MOST = 200
#: a page names its file itself
LONGEST_KEY = 64
#: of a file, for the others
TOLD = ("agent_id", "kind", "total", "exact", "rows", "state")
#: how often they hear how far it came
TOLD_SECONDS = 1.0
#: a process that says nothing for so long has died, or cannot be heard
SILENT_SECONDS = 15.0


@dataclass
class Sent:
    """`state`: going | done | cancelled (it ends, and says in its last row that it is cut) |
    broken (nobody reads it any more). `heard`: by the monotonic clock, when the process that sends
    it was last heard of; None in that process."""

    agent_id: int | None
    kind: str
    total: int
    exact: bool
    rows: int = 0
    state: str = "going"
    heard: float | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, rows: int) -> bool:
        """Whether the agent still wants them."""
        if self.state == "cancelled":
            return False
        self.rows += rows
        return True

    def end(self, state: str) -> None:
        """Only once: what comes later changes nothing."""
        if self.state == "going":
            self.state = state
            self._ended.set()

    async def wait(self, seconds: float) -> None:
        """Until it ends, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            pass

    @property
    def silent(self) -> bool:
        lost = self.heard is not None and self.heard < time.monotonic() - SILENT_SECONDS
        return lost and self.state == "going"


@dataclass
class Exports:
    """By the key the page gave. `whisper` reaches the same object in every other process."""

    whisper: Whisper = alone
    known: dict[str, Sent] = field(default_factory=dict[str, Sent])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def begin(self, key: str, sent: Sent) -> Sent:
        if 0 < len(key) <= LONGEST_KEY and key not in self.known:
            self._keep(key, sent)
            task = asyncio.create_task(self._tell(key, sent))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return sent

    def of(self, key: str, agent_id: int | None) -> Sent | None:
        found = self.known.get(key)
        return found if found is not None and found.agent_id == agent_id else None

    async def cancel(self, key: str, agent_id: int | None) -> None:
        """Here at once; where another process sends it, once that has heard of it."""
        found = self.of(key, agent_id)
        if found is None:
            return
        if found.heard is None:
            found.end("cancelled")
        else:
            await self.whisper(json.dumps({"unwanted": key, "agent": agent_id}))

    def hear(self, told: str) -> None:
        """What this or another process whispered."""
        said = json.loads(told)
        if "unwanted" in said:
            mine = self.of(said["unwanted"], said["agent"])
            if mine is not None and mine.heard is None:
                mine.end("cancelled")
        elif "file" in said:
            self._follow(said["file"], said["sent"])

    def _follow(self, key: str, facts: dict[str, Any]) -> None:
        known = self.known.get(key)
        if known is not None and known.heard is None:
            return  # our own words come back
        sent = Sent(**facts, heard=time.monotonic())
        if known is None or known.agent_id == sent.agent_id:
            self._keep(key, sent)

    def _keep(self, key: str, sent: Sent) -> None:
        while len(self.known) >= MOST and key not in self.known:
            self.known.pop(next(iter(self.known)))
        self.known[key] = sent

    async def _tell(self, key: str, sent: Sent) -> None:
        """One after the other, so that the end is told last."""
        going = True
        while going:
            going = sent.state == "going"
            facts = {name: getattr(sent, name) for name in TOLD}
            try:
                await self.whisper(json.dumps({"file": key, "sent": facts}))
            except Exception:
                # The file goes on; the others say that they hear nothing of it.
                log.exception("the progress of a file was not told")
            await sent.wait(TOLD_SECONDS)


@dataclass
class Bulks:
    """The actions this process works on, each a step after the other."""

    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def go(self, step: Callable[[], Awaitable[bool]]) -> None:
        """`step` does a few tickets and says whether more wait."""
        task = asyncio.create_task(_walk(step))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def _walk(step: Callable[[], Awaitable[bool]]) -> None:
    try:
        while await step():
            pass
    except Exception:
        # What was done is in the database, and the page offers to go on.
        log.exception("an action on many tickets stopped in the middle")
