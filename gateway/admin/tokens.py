"""The API's tokens: which there are, and taking one back."""

from dataclasses import dataclass

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, api_tokens
from helpdesk.api_tokens import Token
from helpdesk.desk import Desk

PAGE = "/cadastros/tokens"


@dataclass(frozen=True, slots=True)
class Tokens:
    near: Around
    rows: list[Token]


@get("/tokens")
async def token_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    found = await console.kit.work.read(_read, console.desk(request))
    context: dict[str, object] = {
        "rows": found.rows,
        "writes": request.user.may(access.writes("agent")),
    }
    return frame.page(console, request, "admin/tokens", found.near, "tokens", context)


@post("/tokens/{token_id:int}/revogar")
async def token_revoke(
    request: AgentRequest, console: NamedDependency[Console], token_id: FromPath[int]
) -> Redirect:
    await console.kit.work.write(api_tokens.revoke, console.desk(request), token_id)
    return shell.go(console, PAGE, "token-revoked")


def _read(session: Session, desk: Desk) -> Tokens:
    rows = api_tokens.listing(session, desk)
    return Tokens(shell.around(session, desk.actor, now=desk.now), rows)
