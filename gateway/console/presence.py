"""Who has the console open, and who looks at or writes in which ticket. In memory only: presence is
never a row. Processes tell each other by NOTIFY (`Work.whisper`), which keeps nothing either."""

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.border import Actor

#: a page says so every 20 s that it is still open; a stream every 15 s that somebody listens
LASTS = timedelta(seconds=45)
#: somebody who stopped typing for so long is only looking
WRITES = timedelta(seconds=12)

Whisper = Callable[[str], Awaitable[None]]


async def alone(_: str) -> None:
    """One process: nobody else to tell."""


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody at a ticket."""

    agent_id: int
    name: str
    seen: datetime
    wrote: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """As another agent sees it at one moment."""

    name: str
    writing: bool


@dataclass(slots=True)
class Presence:
    """`whisper` reaches the same object in every other process."""

    whisper: Whisper = alone
    #: open event streams of this process, by agent
    streams: dict[int, int] = field(default_factory=dict[int, int])
    #: agents with a stream in another process, and when that was last heard
    elsewhere: dict[int, datetime] = field(default_factory=dict[int, datetime])
    #: by ticket and agent
    here: dict[int, dict[int, Here]] = field(default_factory=dict[int, dict[int, Here]])

    async def come(self, agent_id: int, now: datetime) -> None:
        self.streams[agent_id] = self.streams.get(agent_id, 0) + 1
        await self.stay(agent_id, now)

    async def stay(self, agent_id: int, now: datetime) -> None:
        """The stream is still open."""
        await self.whisper(json.dumps({"online": agent_id, "at": now.isoformat()}))

    def leave(self, agent_id: int) -> None:
        left = self.streams.get(agent_id, 1) - 1
        if left:
            self.streams[agent_id] = left
        else:
            self.streams.pop(agent_id, None)

    async def show(self, actor: Actor, number: int, state: str, now: datetime) -> None:
        """`state`: looking | writing | gone."""
        said = {"at": now.isoformat(), "agent": actor.id, "name": actor.name, "number": number}
        told = json.dumps(said | {"state": state})
        self.hear(told)
        await self.whisper(told)

    def hear(self, told: str) -> None:
        """What this or another process whispered."""
        said = json.loads(told)
        if "at" not in said:
            return  # of something else
        now = datetime.fromisoformat(said["at"])
        if "online" in said:
            self.elsewhere[said["online"]] = now
            return
        number, agent_id, state = said["number"], said["agent"], said["state"]
        ticket = self.here.setdefault(number, {})
        if state == "gone":
            ticket.pop(agent_id, None)
        else:
            before = ticket.get(agent_id)
            wrote = now if state == "writing" else before.wrote if before else None
            ticket[agent_id] = Here(agent_id, said["name"], now, wrote)
        if not ticket:
            del self.here[number]

    def shown(self, me: int | None, now: datetime) -> dict[int, list[Shown]]:
        """Who else is at which ticket, those who write first. What was said long ago is dropped."""
        self._forget(now)
        found = {
            number: sorted(
                (Shown(h.name, _writes(h, now)) for h in ticket.values() if h.agent_id != me),
                key=lambda each: (not each.writing, each.name),
            )
            for number, ticket in self.here.items()
        }
        return {number: people for number, people in found.items() if people}

    def at(self, number: int, me: int | None, now: datetime) -> list[Shown]:
        return self.shown(me, now).get(number, [])

    def agents_online(self, me: int | None, now: datetime) -> int:
        """Including the one who asks, whose stream opens a moment after the page."""
        self._forget(now)
        return len({*self.streams, *self.elsewhere} - {me}) + 1

    def _forget(self, now: datetime) -> None:
        old = now - LASTS
        self.elsewhere = {key: at for key, at in self.elsewhere.items() if at > old}
        for number, ticket in list(self.here.items()):
            kept = {key: h for key, h in ticket.items() if h.seen > old}
            if kept:
                self.here[number] = kept
            else:
                del self.here[number]


def _writes(here: Here, now: datetime) -> bool:
    return here.wrote is not None and here.wrote > now - WRITES


def told(shown: dict[int, list[Shown]], known: Collection[int]) -> dict[str, list[list[object]]]:
    """For the browser, of the tickets its agent may know of."""
    return {
        str(number): [[each.name, each.writing] for each in people]
        for number, people in sorted(shown.items())
        if number in known
    }
