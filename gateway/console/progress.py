"""What takes longer than a request: files being sent, and actions on many tickets.

Kept by the process that does it. Another process behind the same address does not know how far a
file came, and says nothing of numbers; actions on many tickets stand in the database.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

#: files that are remembered; older ones are forgotten
MOST = 200
#: a page names its file itself
LONGEST_KEY = 64


@dataclass
class Sent:
    """`state`: going | done | cancelled (it ends, and says in its last row that it is cut) |
    broken (nobody reads it any more)."""

    agent_id: int | None
    kind: str
    total: int
    exact: bool
    rows: int = 0
    state: str = "going"

    def add(self, rows: int) -> bool:
        """Whether the agent still wants them."""
        if self.state == "cancelled":
            return False
        self.rows += rows
        return True


@dataclass
class Exports:
    """By the key the page gave."""

    known: dict[str, Sent] = field(default_factory=dict[str, Sent])

    def begin(self, key: str, sent: Sent) -> Sent:
        if 0 < len(key) <= LONGEST_KEY and key not in self.known:
            while len(self.known) >= MOST:
                self.known.pop(next(iter(self.known)))
            self.known[key] = sent
        return sent

    def of(self, key: str, agent_id: int | None) -> Sent | None:
        found = self.known.get(key)
        return found if found is not None and found.agent_id == agent_id else None


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
