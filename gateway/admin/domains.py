"""Mail domains of providers: who writes from one is read as that provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import fields, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, domains
from helpdesk.border import Actor
from helpdesk.domains import Listed
from helpdesk.errors import FieldError, Invalid, NotVisible

PAGE = "/cadastros/dominios"


@dataclass(frozen=True, slots=True)
class Domains:
    near: Around
    rows: list[Listed]


@get("/dominios")
async def domain_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _page(request, console, {}, {})


@post("/dominios")
async def domain_ask(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    typed = {name: form.one(name) for name in ("provider", "domain", "address")}
    try:
        await console.kit.work.write(
            domains.ask,
            console.desk(request),
            typed["provider"].strip(),
            typed["domain"],
            typed["address"],
        )
    except NotVisible:
        wrong = Invalid(FieldError("provider", "unknown" if typed["provider"] else "required"))
        return await _page(request, console, typed, fields.problems(wrong), 422)
    except Invalid as error:
        return await _page(request, console, typed, fields.problems(error), 422)
    return shell.go(console, PAGE, "domain-asked")


@post("/dominios/{domain_id:int}/retirar")
async def domain_remove(
    request: AgentRequest, console: NamedDependency[Console], domain_id: FromPath[int]
) -> Redirect:
    await console.kit.work.write(domains.remove, console.desk(request), domain_id)
    return shell.go(console, PAGE, "domain-removed")


async def _page(
    request: AgentRequest,
    console: Console,
    typed: dict[str, str],
    errors: dict[str, dict[str, object]],
    status: int = 200,
) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(_read, request.user, now=kit.clock())
    context: dict[str, object] = {
        "rows": found.rows,
        "typed": typed,
        "errors": errors,
        "writes": request.user.may(access.writes("domain")),
    }
    return frame.page(
        console, request, "admin/domains", found.near, "dominios", context, status=status
    )


def _read(session: Session, actor: Actor, *, now: datetime) -> Domains:
    rows = domains.listing(session, actor)
    return Domains(shell.around(session, actor, now=now), rows)
