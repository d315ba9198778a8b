"""Classifications with what they promise; read only."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import commands, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, catalog
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.policy import Policy


@dataclass(frozen=True, slots=True)
class Listed:
    near: Around
    registers: Catalog


@get("/")
async def registers_show() -> Redirect:
    return Redirect("/cadastros/classificacoes", status_code=303)


@get("/classificacoes")
async def classification_list(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(_read, request.user, policy=kit.policy, now=kit.clock())
    rows = sorted(found.registers.classifications.values(), key=lambda c: (c.position, c.id))
    context: dict[str, object] = {"rows": rows, "registers": found.registers}
    return shell.page(
        console, request, "admin/classifications", found.near, context, kind=commands.OTHER
    )


def _read(session: Session, actor: Actor, *, policy: Policy, now: datetime) -> Listed:
    access.require(actor, "registers.read")
    near = shell.around(session, actor, policy=policy, now=now)
    return Listed(near, catalog.load(session, policy))
