"""One action on many tickets: the selected ones, or all that a list shows.

The form is asked once; then a few tickets at a time are done while the agent goes on, and the page
of the action says how far it came and what was left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import addresses, asking, commands, fields, lists, shell
from gateway.console.asking import Typed
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from gateway.labels import label
from helpdesk import access, bulk, bulk_choice, bulk_views, catalog, choices, grid
from helpdesk.border import Actor
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.events import Cursor
from helpdesk.grid import Order
from helpdesk.models import Ticket
from helpdesk.policy import Policy

#: the address's word of each action
ACTIONS = {
    "encaminhar": "forward",
    "encerrar": "close",
    "classificar": "classify",
    "pendente": "pending",
}
#: all that the list shows, whatever is selected
ALL = "todos"
#: where in the events the agent read the list
SEEN = "visto"
#: titles the form names
NAMED = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says and offers."""

    count: int
    exact: bool
    titles: Sequence[tuple[int, str]]
    choices: dict[str, object]
    #: of a closing: the subclassification all of them have, whose reasons are offered
    shared: int | None = None


@get("/em-lote/{word:str}")
async def bulk_form(
    request: AgentRequest, console: NamedDependency[Console], word: FromPath[str]
) -> Response[str]:
    given = {
        name: request.query_params.getall(name)
        for name in ("item", ALL, SEEN)
        if name in request.query_params
    }
    return await _form(request, console, _action(word), Fields(given))


@post("/em-lote/{word:str}")
async def bulk_start(
    request: AgentRequest, console: NamedDependency[Console], word: FromPath[str]
) -> Response[Any]:
    action = _action(word)
    form = await fields.read(request)
    given = {k: v for k, v in form.values.items() if k not in {"csrf", "item", ALL, SEEN}}
    kit, address = console.kit, lists.address_of(request)
    try:
        items = await _items(request, console, form)
        number = await kit.work.write(bulk.start, console.desk(request), action, given, items)
    except Invalid as error:
        return await _form(request, console, action, form, error)
    view = await kit.work.read(bulk_views.view, request.user, number, now=kit.clock())
    if view.finished and view.left == 0:
        # What waits to leave is said above the list for as long as it can be undone.
        message = number if view.told_at is None else None
        return shell.go(console, address.url(), f"bulk-{action}", view.done, message)
    _work(console, number)
    return shell.go(console, address.url(f"/central/lote/{number}"))


@get("/lote/{number:int}")
async def bulk_show(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    kit, address = console.kit, lists.address_of(request)
    near = await kit.work.read(shell.around, request.user, now=kit.clock())
    context = await _progress(request, console, number)
    return shell.page(
        console, request, "console/bulk", near, context | {"address": address},
        kind=commands.OTHER, query=address.query,
    )  # fmt: skip


@get("/lote/{number:int}/andamento")
async def bulk_progress(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    context = await _progress(request, console, number)
    context["address"] = lists.address_of(request)
    return console.kit.page(request, "console/bulk_progress.html", context)


@post("/lote/{number:int}/parar")
async def bulk_stop(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    await console.kit.work.write(bulk.stop, console.desk(request), number)
    return _back(request, console, number)


@post("/lote/{number:int}/continuar")
async def bulk_resume(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """Where a process died in the middle."""
    if await console.kit.work.write(bulk.go_on, console.desk(request), number):
        _work(console, number)
    return _back(request, console, number)


@post("/lote/{number:int}/desfazer")
async def bulk_undo(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    kit = console.kit
    try:
        await kit.work.write(bulk.undo, console.desk(request), number)
    except Conflict:
        view = await kit.work.read(bulk_views.view, request.user, number, now=kit.clock())
        late = view.state in bulk_views.ENDED  # else it was pressed twice
        address = lists.address_of(request).url(f"/central/lote/{number}")
        return shell.go(console, address, "bulk-too-late" if late else "")
    _work(console, number)
    return _back(request, console, number)


def _back(request: AgentRequest, console: Console, number: int) -> Response[Any]:
    return shell.go(console, lists.address_of(request).url(f"/central/lote/{number}"))


def _work(console: Console, number: int) -> None:
    kit = console.kit

    async def step() -> bool:
        more = await kit.work.write(bulk.step, number, kit.policy, kit.clock())
        return more and not console.pulse.stopped

    console.bulks.go(step)


async def _progress(request: AgentRequest, console: Console, number: int) -> dict[str, object]:
    kit = console.kit
    view = await kit.work.read(bulk_views.view, request.user, number, now=kit.clock())
    left = await kit.work.read(bulk_views.left, request.user, number) if view.left else []
    return {"bulk": view, "left": left, "most": bulk_views.MOST_LISTED}


async def _items(request: AgentRequest, console: Console, form: Fields) -> list[tuple[int, int]]:
    """As the agent saw them."""
    if not form.one(ALL):
        return _pairs(form.many("item"))
    kit = console.kit
    login = await kit.work.read(choices.login_of, request.user.id)
    asked = addresses.parse(list(request.query_params.multi_items()), login)
    return await kit.work.read(
        bulk_choice.chosen, request.user, asked.filter,
        policy=kit.policy, now=kit.clock(), seen=Cursor.parse(form.one(SEEN)),
    )  # fmt: skip


def _pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """`1042.7` is ticket 1042 at version 7."""
    pairs: list[tuple[int, int]] = []
    for each in texts:
        number, _, version = each.partition(".")
        found = fields.numbers([number]), fields.numbers([version])
        if found[0] and found[1]:
            pairs.append((found[0][0], found[1][0]))
    return pairs


async def _form(
    request: AgentRequest,
    console: Console,
    action: str,
    form: Fields,
    error: Invalid | None = None,
) -> Response[str]:
    access.require(request.user, f"ticket.{action}")
    kit, address = console.kit, lists.address_of(request)
    asked = await kit.work.read(
        _asked, request.user, list(address.params), form, action,
        policy=kit.policy, now=kit.clock(),
    )  # fmt: skip
    word = next(word for word, name in ACTIONS.items() if name == action)
    context: dict[str, object] = {
        "asked": asked,
        "most": bulk.MOST,
        "bulk_action": action,
        "title": label(action, "bulk_title"),
        "action": address.url(f"/central/em-lote/{word}"),
        "items": form.many("item"),
        "all": bool(form.one(ALL)),
        "seen": form.one(SEEN),
        "typed": Typed(form, fields.problems(error) if error else {}),
    } | asked.choices
    return await lists.show(request, console, "bulk", context, 422 if error else 200)


def _asked(
    session: Session,
    actor: Actor,
    params: list[tuple[str, str]],
    form: Fields,
    action: str,
    *,
    policy: Policy,
    now: datetime,
) -> Asked:
    registers = catalog.load(session, policy)
    offered = asking.offered(action, registers, choices.colleagues(session))
    titles: list[tuple[int, str]] = []
    numbers: list[int] = []
    if form.one(ALL):
        chosen = addresses.parse(params, choices.login_of(session, actor.id)).filter
        count, exact = 0, False
        # Closing has to see each; else they are counted, and looked up where that came to no end.
        if action != "close":
            count, exact = grid.count(session, actor, chosen, policy=policy, now=now)
        if not exact and count < bulk.MOST:
            numbers, more = grid.numbers(
                session, actor, chosen, Order("number"), policy=policy, now=now, limit=bulk.MOST
            )
            count, exact = len(numbers), more is None
    else:
        numbers = [number for number, _ in _pairs(form.many("item"))]
        count, exact = len(numbers), True
        query = (
            select(Ticket.number, Ticket.title)
            .where(Ticket.number.in_(numbers[:NAMED]), access.visible(actor))
            .order_by(Ticket.number)
        )
        titles = [(number, title) for number, title in session.execute(query)]
    shared = bulk_choice.shared(session, actor, numbers) if action == "close" else None
    offered["reasons"] = asking.reasons(registers, shared) if shared is not None else []
    return Asked(count, exact, titles, offered, shared)


def _action(word: str) -> str:
    """Raises `NotVisible`."""
    if word not in ACTIONS:
        what = "action"
        raise NotVisible(what, word)
    return ACTIONS[word]
