"""A whole list, however long, a few rows at a time: for files that have no cap.

Two steps. Where the list goes is read in long stretches of numbers, which cost little; the rows of
them are read as they are sent. Nothing is held but one stretch of numbers, and when nobody reads
any more the generator is closed and no further query is made.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from channels.kit import Work
from helpdesk import grid, rows
from helpdesk.border import Actor
from helpdesk.filters import Filter
from helpdesk.grid import Order
from helpdesk.policy import Policy
from helpdesk.rows import Row

STRETCH = 20_000
#: rows of one query, and of one piece that is sent
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Export:
    """A list as somebody asked for it, at `now`."""

    actor: Actor
    filter: Filter
    order: Order
    policy: Policy
    now: datetime


async def pieces(work: Work, asked: Export) -> AsyncGenerator[list[Row]]:
    """Raises `Invalid` before the first piece, as `grid.page` does."""
    cursor: str | None = None
    while True:
        numbers, cursor = await work.read(
            grid.numbers, asked.actor, asked.filter, asked.order,
            policy=asked.policy, now=asked.now, limit=STRETCH, cursor=cursor,
        )  # fmt: skip
        for at in range(0, len(numbers), AT_ONCE):
            some = numbers[at : at + AT_ONCE]
            yield await work.read(rows.of_numbers, asked.actor, some, asked.policy, asked.now)
        if cursor is None:
            return
