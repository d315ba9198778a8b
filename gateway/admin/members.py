"""The people of a provider, on a page beside its form: who speaks for it, and their invitations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.admin import frame, screens
from gateway.console import fields, shell
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import memberships
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.memberships import Member
from helpdesk.registry import listing
from helpdesk.registry.providers import PROVIDER
from helpdesk.registry.shape import Record

PAGE = "pessoas"
ASKED = ("name", "email", "role", "scope")


@dataclass(frozen=True, slots=True)
class People:
    near: Around
    provider: Record
    members: list[Member]


@get("/{slug:str}/{record_id:int}/pessoas")
async def member_list(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
) -> Response[str]:
    """Raises `NotVisible` for a register without people, `Forbidden`."""
    return await _page(request, console, slug, record_id)


@post("/{slug:str}/{record_id:int}/pessoas")
async def member_invite(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
) -> Response[Any]:
    screen = screens.beside(slug, PAGE)
    form = await fields.read(request)
    typed = {name: form.one(name) for name in ASKED}
    try:
        await console.kit.work.write(memberships.invite, console.desk(request), record_id, **typed)
    except Invalid as error:
        return await _page(request, console, slug, record_id, typed, error)
    return shell.go(console, screen.url_of(record_id, PAGE), "member-invited")


@post("/{slug:str}/{record_id:int}/pessoas/{member_id:int}/{verb:str}")
async def member_act(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
    member_id: FromPath[int],
    verb: FromPath[str],
) -> Response[Any]:
    """gravar, convidar or desativar. Raises `NotVisible`, `Forbidden`."""
    screen = screens.beside(slug, PAGE)
    if verb not in _VERBS:
        raise NotVisible("person", verb)
    act, said = _VERBS[verb]
    form = await fields.read(request)
    try:
        await act(console, console.desk(request), record_id, member_id, form)
    except Invalid as error:
        return await _page(request, console, slug, record_id, {}, error)
    except Conflict:
        said = "member-came"
    return shell.go(console, screen.url_of(record_id, PAGE), said)


async def _change(
    console: Console, desk: Desk, provider_id: int, member_id: int, form: Fields
) -> None:
    role, scope = form.one("role"), form.one("scope")
    work = console.kit.work
    await work.write(memberships.change, desk, provider_id, member_id, role=role, scope=scope)


async def _resend(
    console: Console, desk: Desk, provider_id: int, member_id: int, _: Fields
) -> None:
    await console.kit.work.write(memberships.resend, desk, provider_id, member_id)


async def _leave(console: Console, desk: Desk, provider_id: int, member_id: int, _: Fields) -> None:
    await console.kit.work.write(memberships.leave, desk, provider_id, member_id)


Act = Callable[[Console, Desk, int, int, Fields], Awaitable[None]]
#: what each verb of an address does, and what it says once it is done
_VERBS: dict[str, tuple[Act, str]] = {
    "gravar": (_change, "member-saved"),
    "convidar": (_resend, "member-invited"),
    "desativar": (_leave, "member-left"),
}


async def _page(
    request: AgentRequest,
    console: Console,
    slug: str,
    record_id: int,
    typed: dict[str, str] | None = None,
    error: Invalid | None = None,
) -> Response[str]:
    screen = screens.beside(slug, PAGE)
    found = await console.kit.work.read(_read, console.desk(request), record_id)
    context: dict[str, object] = {
        "screen": screen,
        "record": found.provider,
        "page": PAGE,
        "members": found.members,
        "typed": typed or {"role": "member", "scope": "all"},
        "errors": fields.problems(error) if error else {},
        "invites": request.user.may(memberships.INVITE),
    }
    status = 422 if error else 200
    return frame.page(console, request, "admin/members", found.near, slug, context, status=status)


def _read(session: Session, desk: Desk, provider_id: int) -> People:
    members = memberships.listing(session, desk.actor, provider_id, now=desk.now)
    row = listing.row(session, desk, PROVIDER, provider_id)
    near = shell.around(session, desk.actor, now=desk.now)
    return People(near, listing.records(session, PROVIDER, [row])[0], members)
