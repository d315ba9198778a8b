"""Atalhos: the agent's own keys, command by command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import commands, fields, keyboard, shell
from gateway.console.commands import Command
from gateway.console.shell import AgentRequest, Around, Console
from gateway.labels import label
from helpdesk import agent_settings
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Invalid, NotVisible

URL = "/central/atalhos"


@dataclass(frozen=True, slots=True)
class Line:
    """`delivered` when it has other keys now; `warning` see `keyboard.warning`; `where` the pages
    it is for, "" for all."""

    id: str
    name: str
    keys: tuple[str, ...]
    delivered: tuple[str, ...]
    changed: bool
    warning: str
    where: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be set: command, what was typed, code and data of the field."""

    id: str
    typed: str
    code: str
    data: Mapping[str, object]


@get("/atalhos")
async def shortcuts_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _page(request, console)


@post("/atalhos")
async def shortcuts_reset(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[Any]:
    """`do`: `reset` gives every command its delivered keys, `letters` switches single signs off."""
    form = await fields.read(request)
    letters = form.one("do") == "letters"

    def decide(actor: Actor, own: Mapping[str, str]) -> dict[str, str]:
        return keyboard.without_letters(actor, own) if letters else {}

    await console.kit.work.write(_change, console.desk(request), decide)
    return shell.go(console, URL, "letters-off" if letters else "keys-reset")


@post("/atalhos/{command:str}")
async def shortcut_set(
    request: AgentRequest, console: NamedDependency[Console], command: FromPath[str]
) -> Response[Any]:
    """`do`: `set` with `key`, `off` or `reset`."""
    form = await fields.read(request)
    chosen = next((c for c in keyboard.usable(request.user) if c.id == command), None)
    if chosen is None:
        raise NotVisible("command", command)
    wanted, typed = form.one("do"), form.one("key")
    try:
        key = keyboard.spelling(typed) if wanted == "set" else "" if wanted == "off" else None

        def decide(actor: Actor, own: Mapping[str, str]) -> dict[str, str]:
            return keyboard.change(actor, own, chosen, key)

        await console.kit.work.write(_change, console.desk(request), decide)
    except Invalid as error:
        wrong = error.errors[0]
        refused = Refused(command, typed, wrong.code, dict(wrong.data))
        return await _page(request, console, refused, 422)
    return shell.go(console, f"{URL}#c-{command}", "key-off" if wanted == "off" else "key-set")


def _change(
    session: Session, desk: Desk, decide: Callable[[Actor, Mapping[str, str]], dict[str, str]]
) -> None:
    own = agent_settings.load(session, desk.actor).keys
    agent_settings.set_keys(session, desk, decide(desk.actor, own))


async def _page(
    request: AgentRequest, console: Console, refused: Refused | None = None, status: int = 200
) -> Response[str]:
    now = console.kit.clock()
    near = await console.kit.work.read(_near, request.user, now=now)
    own = near.settings.keys
    groups: dict[str, list[Line]] = {}
    for command in keyboard.usable(request.user):
        group = label(command.group, "command_group")
        groups.setdefault(group, []).append(_line(command, own))
    context = {"groups": groups, "refused": refused, "changed": bool(own)}
    return shell.page(
        console, request, "console/shortcuts", near, context, kind=commands.OTHER, status=status
    )


def _near(session: Session, actor: Actor, *, now: datetime) -> Around:
    return shell.around(session, actor, now=now)


def _line(command: Command, own: Mapping[str, str]) -> Line:
    keys = commands.keys_of(command, own)
    where = command.pages & command.keys_on
    everywhere = where >= commands.EVERYWHERE
    return Line(
        id=command.id,
        name=label(command.id, "command").removesuffix("…"),
        keys=keys,
        delivered=command.keys,
        changed=command.id in own,
        warning=next((w for key in keys if (w := keyboard.warning(key)) == "kept"), "")
        or (keyboard.warning(own[command.id]) if command.id in own else ""),
        where="" if everywhere else ", ".join(label(p, "command_page") for p in sorted(where)),
    )
