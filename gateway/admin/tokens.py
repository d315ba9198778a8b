"""The API's tokens: which there are, a new one, and taking one back."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import fields, shell
from gateway.console.entrance import confirm, is_fresh
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, api_tokens
from helpdesk.api_tokens import Asked, Token
from helpdesk.desk import Desk
from helpdesk.errors import Invalid

PAGE = "/cadastros/tokens"
NEW = f"{PAGE}/novo"
#: a year: whoever wants it to last longer, or for ever, says so
USUAL_LIFE = "365"
EMPTY = Asked("", "", (), USUAL_LIFE)


@dataclass(frozen=True, slots=True)
class Tokens:
    near: Around
    rows: list[Token]


@dataclass(frozen=True, slots=True)
class Choices:
    near: Around
    agents: list[tuple[str, str]]


@get("/tokens")
async def token_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _page(request, console)


@get("/tokens/novo")
async def token_new(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    access.require(request.user, access.writes("agent"))
    if not is_fresh(request, console.kit):
        return confirm(NEW)
    return await _form(request, console, EMPTY)


@post("/tokens/novo")
async def token_create(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """The list, with the new token on it: shown this once. Only right after a log-in."""
    access.require(request.user, access.writes("agent"))
    if not is_fresh(request, console.kit):
        return confirm(NEW)
    form = await fields.read(request)
    asked = Asked(form.one("name"), form.one("agent"), form.many("permissions"), form.one("days"))
    try:
        token = await console.kit.work.write(api_tokens.create, console.desk(request), asked)
    except Invalid as error:
        return await _form(request, console, asked, error)
    return await _page(request, console, made=token, name=asked.name)


@post("/tokens/{token_id:int}/revogar")
async def token_revoke(
    request: AgentRequest, console: NamedDependency[Console], token_id: FromPath[int]
) -> Redirect:
    """At once, without another log-in: whoever closes a door is in a hurry."""
    await console.kit.work.write(api_tokens.revoke, console.desk(request), token_id)
    return shell.go(console, PAGE, "token-revoked")


async def _page(
    request: AgentRequest, console: Console, *, made: str = "", name: str = ""
) -> Response[str]:
    found = await console.kit.work.read(_read, console.desk(request))
    context: dict[str, object] = {
        "rows": found.rows,
        "made": made,
        "name": name,
        "writes": request.user.may(access.writes("agent")),
    }
    return frame.page(console, request, "admin/tokens", found.near, "tokens", context)


async def _form(
    request: AgentRequest, console: Console, asked: Asked, error: Invalid | None = None
) -> Response[str]:
    found = await console.kit.work.read(_choices, console.desk(request))
    context: dict[str, object] = {
        "asked": asked,
        "agents": found.agents,
        "lives": [str(days) for days in api_tokens.LIVES],
        "rights": {"name": "permissions", "choices": api_tokens.RIGHTS},
        "errors": fields.problems(error) if error else {},
    }
    status = 422 if error else 200
    return frame.page(
        console, request, "admin/token_form", found.near, "tokens", context, status=status
    )


def _read(session: Session, desk: Desk) -> Tokens:
    rows = api_tokens.listing(session, desk)
    return Tokens(shell.around(session, desk.actor, now=desk.now), rows)


def _choices(session: Session, desk: Desk) -> Choices:
    agents = api_tokens.agents(session, desk)
    return Choices(shell.around(session, desk.actor, now=desk.now), agents)
