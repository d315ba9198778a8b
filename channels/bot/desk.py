"""One turn of a conversation against the core, in one transaction: state and what it led to.

A crash before COMMIT leaves no trace, and the transport brings the event again; after it the event
is recognised by its key and only what was said is said again.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy.orm import Session

from channels.bot import engine, events, states
from channels.bot.events import Event, Say
from channels.bot.states import Person, Provider, State
from channels.bot.wants import Turn, fulfil
from channels.kit import Kit
from helpdesk import bots, inbound
from helpdesk.border import Channel
from helpdesk.policy import Policy

#: keys of events remembered in each chat: a poll brings at most this many again
REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Chat:
    """`id` is what the channel calls it; `person_id` is set where a log-in came before."""

    channel: Channel
    id: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What to say; `again` when the event had been taken before."""

    says: tuple[Say, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Record:
    """What is stored beside the state: the last events taken, and what the last one led to."""

    seen: tuple[str, ...] = ()
    says: tuple[Say, ...] = ()


@dataclass(slots=True)
class Desk:
    """The door from the transports to the core: one turn of a chat at a time."""

    kit: Kit
    _locks: WeakValueDictionary[tuple[Channel, str], asyncio.Lock] = field(
        default_factory=WeakValueDictionary[tuple[Channel, str], asyncio.Lock]
    )

    def turn(self, chat: Chat) -> asyncio.Lock:
        """Hold it from hearing until everything is said, so that answers keep their order."""
        return self._locks.setdefault((chat.channel, chat.id), asyncio.Lock())

    async def hear(self, chat: Chat, event: Event, key: str) -> Heard:
        """Take one event; `key` is unique per event (at most 80 characters)."""
        now, policy = self.kit.clock(), self.kit.policy
        return await self.kit.work.write(converse, chat, event, key, policy, now)

    async def knows(self, chat: Chat) -> bool:
        """Whether the chat is somebody's: a stranger's files are not fetched."""
        return await self.kit.work.read(_known, chat)


def converse(
    session: Session, chat: Chat, event: Event, key: str, policy: Policy, now: datetime
) -> Heard:
    stored = bots.load_state(session, chat.channel, chat.id)
    record = msgspec.convert((stored or {}).get("record", {}), _Record)
    if key in record.seen:
        return Heard(record.says if record.seen[-1] == key else (), again=True)
    pending: deque[Event] = deque([event])
    state = _resume(session, chat, stored, pending)
    if events.SessionLost() in pending:
        bots.unbind(session, chat.channel, chat.id, now=now)
    if isinstance(event, events.FileSent):
        inbound.touch_blobs(session, [(event.file.sha256, event.file.size)], now=now)
    says: list[Say] = []
    while pending:
        step = engine.step(state, pending.popleft(), now)
        state = step.state
        says += step.says
        turn = Turn(session, chat.channel, chat.id, state.person, key, policy, now)
        pending.extendleft(reversed([fulfil(turn, want) for want in step.wants]))
    kept = _Record((*record.seen, key)[-REMEMBERED:], tuple(says))
    saved: dict[str, Any] = {**states.dump(state), "record": msgspec.to_builtins(kept)}
    bots.save_state(session, chat.channel, chat.id, saved, now=now)
    return Heard(kept.says)


def _resume(
    session: Session, chat: Chat, stored: dict[str, Any] | None, pending: deque[Event]
) -> State:
    """Pick up the stored state under what the database says of the person today."""
    state = State()
    if stored is not None:
        try:
            state = states.load(stored)
        except ValueError:
            pending.appendleft(events.Restarted())
    portal = chat.person_id is not None
    person_id = chat.person_id if portal else bots.bound(session, chat.channel, chat.id)
    speaker = bots.speaker(session, person_id)
    if speaker is not None and person_id is not None:
        providers = tuple(Provider(*provider) for provider in speaker.providers)
        person = Person(person_id, speaker.actor.name, providers)
        return engine.identify(state, person, portal=portal)
    if state.person is not None:
        pending.appendleft(events.SessionLost())
    return state


def _known(session: Session, chat: Chat) -> bool:
    person_id = chat.person_id or bots.bound(session, chat.channel, chat.id)
    return bots.speaker(session, person_id) is not None
