"""Live events: what to look at again, never what it says.

A browser resumes with Last-Event-ID, a page begins where it was read (`depois`). Each event passes
the gate when it is sent; the session is read again every minute, so that a closed account hears
nothing more.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.console.presence import told
from gateway.console.shell import AgentRequest, Console
from gateway.identity import AGENT_COOKIE
from helpdesk import access, events, sessions
from helpdesk.border import Actor
from helpdesk.events import Cursor, Seen

#: a comment is sent this often, so that proxies and browsers see a live connection
BEAT_SECONDS = 15.0
SESSION_SECONDS = 60
#: commits come in bursts; one look serves all of them
GATHER_SECONDS = 0.05
#: how long a browser waits before it connects again
RETRY = "retry: 2000\n\n"
RESET = "event: reset\ndata: {}\n\n"


@dataclass(frozen=True, slots=True)
class News:
    """`reset`: the reader stopped longer ago than events are kept, or in another database, which
    this one is restored from."""

    seen: list[Seen]
    cursor: Cursor
    reset: bool = False
    #: of the tickets somebody is at, those the reader may know of
    known: frozenset[int] = frozenset()


#: how many agents are online, and who is at which ticket
Present = tuple[int, dict[str, list[list[object]]]]


@get("/eventos", no_compression=True)
async def stream_open(
    request: AgentRequest, console: NamedDependency[Console], depois: FromQuery[str] = ""
) -> Stream:
    start = Cursor.parse(request.headers.get("last-event-id", "") or depois)
    return Stream(
        _tell(console, request.user, request.cookies.get(AGENT_COOKIE, ""), start),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _tell(
    console: Console, actor: Actor, token: str, cursor: Cursor | None
) -> AsyncGenerator[str]:
    kit, pulse = console.kit, console.pulse
    presence, checked, stayed = console.presence, kit.clock(), kit.clock()
    present: Present | None = None
    await presence.come(actor.id or 0, checked)
    pulse.beat()
    try:
        yield RETRY
        first = await kit.work.read(begin, cursor)
        cursor = first.cursor
        if first.reset:
            yield f"id: {cursor}\n{RESET}"
        while not pulse.stopped:
            beat = pulse.count
            now = kit.clock()
            if (now - stayed).total_seconds() >= BEAT_SECONDS:
                stayed = now
                await presence.stay(actor.id or 0, now)
            if (now - checked).total_seconds() >= SESSION_SECONDS:
                live = await kit.work.read(sessions.find, token, now=kit.clock())
                if live is None:
                    return
                actor, checked = live.actor, kit.clock()
            shown = presence.shown(actor.id, now)
            news = await kit.work.read(_news, actor, cursor, set(shown))
            cursor = news.cursor
            text = "".join(_written(each) for each in news.seen)
            online = presence.agents_online(actor.id, now)
            if present != (seen := (online, told(shown, news.known))):
                present = seen
                text += _presence(*seen)
            if text or pulse.count == beat:
                yield text or f": {cursor}\n\n"
            await pulse.wait(beat, BEAT_SECONDS)
            await asyncio.sleep(GATHER_SECONDS)
    finally:
        presence.leave(actor.id or 0)
        pulse.beat()


def begin(session: Session, cursor: Cursor | None) -> News:
    """Where a reader that stopped at `cursor` goes on."""
    if cursor is None:
        return News([], events.latest(session))
    latest = events.latest(session)
    lost = cursor != Cursor() and not events.oldest(session) <= cursor <= latest
    return News([], latest if lost else cursor, reset=lost)


def _news(session: Session, actor: Actor, cursor: Cursor, attended: Collection[int]) -> News:
    found = events.after(session, cursor)
    numbers = {each.number for each in found if each.number is not None}
    known = access.visible_numbers(session, actor, numbers.union(attended))
    seen = [
        each
        for each in found
        if (each.number in known if each.number is not None else actor.may("quarantine"))
    ]
    return News(seen, found[-1].cursor if found else cursor, known=frozenset(known))


def _written(each: Seen) -> str:
    data = json.dumps({"number": each.number, "kind": each.kind, "version": each.version})
    return f"id: {each.cursor}\nevent: {each.kind}\ndata: {data}\n\n"


def _presence(online: int, here: dict[str, list[list[object]]]) -> str:
    return f"event: presence\ndata: {json.dumps({'online': online, 'here': here})}\n\n"
