"""The form of a record: as it is stored, as it was typed, and what saving it moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from litestar import Response
from sqlalchemy.orm import Session

from gateway.admin import cells, frame, screens
from gateway.admin.screens import Screen
from gateway.console import shell
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk.desk import Desk
from helpdesk.errors import Conflict
from helpdesk.registry import history, keeping, listing
from helpdesk.registry.history import Line
from helpdesk.registry.listing import Asked
from helpdesk.registry.reading import BETWEEN
from helpdesk.registry.shape import Effect, Field, Record, Register

#: most records below one that its form lists
MOST_BELOW = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """`record` is None for a new one; `below` are its children."""

    near: Around
    record: Record | None
    choices: dict[str, list[tuple[str, str]] | None]
    history: list[Line]
    below: list[tuple[str, list[Record]]]
    used: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """What a form asked for: whose it is and what was typed."""

    screen: Screen
    record_id: int | None
    texts: dict[str, str]
    version: str


def texts_of(asked: Sequence[Field], form: Fields) -> dict[str, str]:
    """Every field of a form: an unticked box is a no."""
    texts: dict[str, str] = {}
    for each in asked:
        match each.kind:
            case "flag":
                texts[each.name] = "1" if form.one(each.name) == "1" else "0"
            case "many" | "refs":
                texts[each.name] = BETWEEN.join(form.many(each.name))
            case "long":
                texts[each.name] = cells.typed(each, form.one(each.name))
            case _:
                texts[each.name] = form.one(each.name)
    return texts


async def show(
    request: AgentRequest,
    console: Console,
    asking: Asking,
    *,
    problems: dict[str, dict[str, object]] | None = None,
    conflict: Conflict | None = None,
    status: int = 200,
) -> Response[str]:
    """What was typed stays; the version is that of now, so that saving again is meant."""
    screen, register, kit = asking.screen, asking.screen.register, console.kit
    found = await kit.work.read(_open, console.desk(request), register, asking.record_id)
    record = found.record
    stored = record.texts if record else {}
    changed = conflict is not None and conflict.code == "changed"
    context: dict[str, object] = {
        "screen": screen,
        "register": register,
        "record": record,
        "texts": cells.filled(register, stored | asking.texts),
        "shown": cells.whole(register, record) if record else {},
        "version": asking.version if problems else (record.version if record else ""),
        "choices": found.choices,
        "problems": problems or {},
        "conflict": conflict.code if conflict else "",
        "theirs": _theirs(register, stored, asking.texts) if changed else {},
        "history": cells.told(register, found.history),
        "below": [
            (path, [(one, cells.beside(screens.SCREENS[path].register, one)) for one in records])
            for path, records in found.below
        ],
        "used": found.used,
        "exports": request.user.may("ticket.export"),
        "writes": request.user.may(register.writes),
    }
    return frame.page(
        console, request, "admin/form", found.near, screen.path, context, status=status
    )


async def warned(
    request: AgentRequest, console: Console, asking: Asking, effect: Effect, verb: str
) -> Response[str]:
    """The deadlines that move, before anything is saved."""
    screen = asking.screen
    found = await console.kit.work.read(
        _open, console.desk(request), screen.register, asking.record_id
    )
    place = "novo" if asking.record_id is None else str(asking.record_id)
    context: dict[str, object] = {
        "screen": screen,
        "register": screen.register,
        "title": found.record.title if found.record else "",
        "effect": effect,
        "action": f"{screen.url}/{place}{verb}",
        "back": screen.url if asking.record_id is None else f"{screen.url}/{place}",
        "hidden": asking.texts | {"version": asking.version},
    }
    return frame.page(console, request, "admin/effect", found.near, screen.path, context)


def _theirs(register: Register, stored: dict[str, str], typed: dict[str, str]) -> dict[str, str]:
    """What is stored now, where it is not what was typed."""
    return {
        each.name: cells.shown(each, stored[each.name])
        for each in register.fields
        if each.name in typed and not each.fixed and stored[each.name] != typed[each.name]
    }


def _open(session: Session, desk: Desk, register: Register, record_id: int | None) -> Opened:
    choices = listing.choices(session, desk, register)
    around = near(session, desk)
    if record_id is None:
        return Opened(around, None, choices, [], [], used=False)
    record = listing.record(session, desk, register, record_id)
    below: list[tuple[str, list[Record]]] = []
    for name in register.children:
        path = screens.path_of(name)
        inside = Asked(parent=record.texts[register.key[0]], limit=MOST_BELOW)
        child = screens.SCREENS[path].register
        below.append((path, listing.page(session, desk, child, inside).rows))
    return Opened(
        around,
        record,
        choices,
        history.of_record(session, desk, register, record_id),
        below,
        keeping.is_used(session, register, record_id),
    )


def near(session: Session, desk: Desk) -> Around:
    now: datetime = desk.now
    return shell.around(session, desk.actor, now=now)
