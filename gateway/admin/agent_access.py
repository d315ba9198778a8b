"""An agent's way in, on a page beside the form: the first log-in, sessions, a lost phone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.admin import frame, screens
from gateway.console import fields, shell
from gateway.console.entrance import confirm, is_fresh
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import agent_access
from helpdesk.agent_access import WayIn
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.registry import listing
from helpdesk.registry.people import AGENT
from helpdesk.registry.shape import Record

PAGE = "acesso"


@dataclass(frozen=True, slots=True)
class Shown:
    near: Around
    agent: Record
    way: WayIn


@get("/{slug:str}/{record_id:int}/acesso")
async def access_show(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
) -> Response[str]:
    """Raises `NotVisible` for a register without log-ins, `Forbidden`."""
    return await _page(request, console, slug, record_id)


@post("/{slug:str}/{record_id:int}/acesso/{verb:str}")
async def access_act(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
    verb: FromPath[str],
) -> Response[Any]:
    """Verbs enviar, sessoes and fatores, right after a log-in. Raises `NotVisible`, `Forbidden`,
    `Throttled`."""
    screen = screens.beside(slug, PAGE)
    if verb not in _VERBS:
        raise NotVisible("agent", verb)
    if not is_fresh(request, console.kit):
        return confirm(screen.url_of(record_id, PAGE))
    act, said = _VERBS[verb]
    form = await fields.read(request)
    try:
        await act(console, console.desk(request), record_id, form)
    except Invalid as error:
        typed = form.one("reason")
        return await _page(request, console, slug, record_id, typed=typed, error=error)
    except Conflict as error:
        return await _page(request, console, slug, record_id, conflict=error.code)
    return shell.go(console, screen.url_of(record_id, PAGE), said)


async def _send(console: Console, desk: Desk, agent_id: int, _: Fields) -> None:
    await console.kit.work.write(agent_access.send, desk, agent_id)


async def _take(console: Console, desk: Desk, agent_id: int, form: Fields) -> None:
    reason = form.one("reason")
    await console.kit.work.write(agent_access.take_factors, desk, agent_id, reason)


async def _end(console: Console, desk: Desk, agent_id: int, _: Fields) -> None:
    await console.kit.work.write(agent_access.end_sessions, desk, agent_id)


Act = Callable[[Console, Desk, int, Fields], Awaitable[None]]
#: what each verb of an address does, and what it says once it is done
_VERBS: dict[str, tuple[Act, str]] = {
    "enviar": (_send, "access-sent"),
    "sessoes": (_end, "access-ended"),
    "fatores": (_take, "factors-taken"),
}


async def _page(
    request: AgentRequest,
    console: Console,
    slug: str,
    record_id: int,
    *,
    typed: str = "",
    error: Invalid | None = None,
    conflict: str = "",
) -> Response[str]:
    screen = screens.beside(slug, PAGE)
    found = await console.kit.work.read(_read, console.desk(request), record_id)
    context: dict[str, object] = {
        "screen": screen,
        "record": found.agent,
        "page": PAGE,
        "way": found.way,
        "typed": typed,
        "limit": agent_access.LONGEST_REASON,
        "errors": fields.problems(error) if error else {},
        "conflict": conflict,
    }
    status = 422 if error else 409 if conflict else 200
    return frame.page(
        console, request, "admin/agent_access", found.near, slug, context, status=status
    )


def _read(session: Session, desk: Desk, agent_id: int) -> Shown:
    way = agent_access.look(session, desk, agent_id)
    row = listing.row(session, desk, AGENT, agent_id)
    near = shell.around(session, desk.actor, now=desk.now)
    return Shown(near, listing.records(session, AGENT, [row])[0], way)
