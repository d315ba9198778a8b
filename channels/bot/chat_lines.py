"""The portal's chat as lines: what each side said, kept in the order it was said.

A line of ours is stored as what is to be said, not as words: it is written in the transaction of
its turn, where nothing is rendered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from channels.bot.desk import Chat, converse
from channels.bot.events import (
    Button,
    Command,
    Event,
    FileRejected,
    FileSent,
    Pressed,
    Say,
    Text,
)
from channels.bot.home import MENU
from channels.bot.notices import addressed, notice
from channels.bot.says import Key, Render, keys, spoken
from channels.kit import Kit
from helpdesk import bots
from helpdesk.border import Channel, Outbound
from helpdesk.errors import Undeliverable
from helpdesk.models import ChatLine
from helpdesk.policy import Policy

#: sides of a line: what the person did, what the conversation says, what an agent or the core says
PERSON, SAY, NOTICE = "person", "say", "notice"
#: how far back a pressed button is looked for, to show its words
RECENT = 20


@dataclass(frozen=True, slots=True)
class View:
    """A line as the page shows it. `keys` are the buttons still worth pressing."""

    id: int
    mine: bool
    at: datetime | None
    text: str
    files: tuple[dict[str, Any], ...] = ()
    keys: tuple[Key, ...] = ()


def chat_turn(
    session: Session, chat: Chat, event: Event, key: str, policy: Policy, now: datetime
) -> None:
    """One turn with both its sides written down; a repeated one writes nothing."""
    mine = _mine(session, chat, event)
    heard = converse(session, chat, event, key, policy, now)
    if heard.again:
        return
    said = [_line(SAY, buttons=[msgspec.to_builtins(say)]) for say in heard.says]
    common = {"chat_id": chat.id, "at": now}
    bots.add_lines(session, [common | line for line in (mine, *said)])


def _line(
    side: str,
    text: str = "",
    buttons: Sequence[dict[str, Any]] = (),
    files: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    return {"side": side, "text": text, "buttons": list(buttons), "files": list(files)}


def _mine(session: Session, chat: Chat, event: Event) -> dict[str, Any]:
    match event:
        case Text(text):
            return _line(PERSON, text)
        case FileSent(file, caption):
            return _line(PERSON, caption, files=[msgspec.to_builtins(file)])
        case FileRejected(filename):
            return _line(PERSON, event.caption, files=[{"filename": filename}])
        case Command(name):
            return _line(PERSON, f"/{name}")
        case Pressed(data):
            button = _shown(session, chat, data)
            return _line(PERSON, buttons=[msgspec.to_builtins(button)] if button else [])
        case _:
            return _line(PERSON)


def _shown(session: Session, chat: Chat, data: str) -> Button | None:
    """The button that was pressed, if one with this data was shown lately."""
    for line in reversed(bots.lines(session, chat.id, limit=RECENT)):
        if line.side == SAY:
            say = msgspec.convert(line.buttons[0], Say)
            found = next((b for b in say.buttons if b.data == data), None)
            if found is not None:
                return found
    return next((b for b in MENU if b.data == data), None)


def views(render: Render, lines: Sequence[ChatLine], *, whole: bool) -> list[View]:
    """`whole` when the lines reach up to now: then the newest keyboard can be pressed."""
    newest = max((line.id for line in lines if line.side == PERSON), default=0)
    if not lines and whole:
        greeting = Say("greeting", {}, MENU)
        said = spoken(render, greeting)
        return [View(0, mine=False, at=None, text=said.text, keys=said.keys)]
    return [_view(render, line, live=whole and line.id > newest) for line in lines]


def _view(render: Render, line: ChatLine, *, live: bool) -> View:
    files = tuple(
        {**file, "url": f"/chat/arquivo/{line.id}/{n}" if "sha256" in file else ""}
        for n, file in enumerate(line.files)
    )
    if line.side == SAY:
        said = spoken(render, msgspec.convert(line.buttons[0], Say))
        return View(line.id, mine=False, at=line.at, text=said.text, keys=said.keys if live else ())
    if line.side == NOTICE:
        shown = tuple(msgspec.convert(key, Key) for key in line.buttons)
        return View(line.id, mine=False, at=line.at, text=line.text, files=files, keys=shown)
    pressed = keys(render, tuple(msgspec.convert(b, Button) for b in line.buttons))
    text = line.text or (pressed[0].label if pressed else "")
    return View(line.id, mine=True, at=line.at, text=text, files=files)


class ChatSender:
    """Puts what the outbox hands over on the person's chat page."""

    channels = frozenset({Channel.CHAT})

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def send(self, outbound: Outbound) -> str | None:
        """Raises `Undeliverable` when the person may not read it (any more)."""
        if not await self._kit.work.read(addressed, outbound):
            msg = "the person may not see this protocol"
            raise Undeliverable(msg)
        said = notice(self._kit.render, outbound)
        line = {
            "chat_id": outbound.address.value,
            "at": self._kit.clock(),
            **_line(
                NOTICE,
                said.text,
                [msgspec.to_builtins(key) for key in said.keys],
                [msgspec.to_builtins(file) for file in outbound.files],
            ),
        }
        await self._kit.work.write(bots.add_lines, [line])
        return None
