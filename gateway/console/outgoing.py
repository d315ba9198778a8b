"""What did not reach its reader: dead letters and held notices, with another try."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import commands, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import outbox
from helpdesk.border import Actor
from helpdesk.models import Outbox

STUCK = frozenset({"failed", "held"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`stuck` wait for a person; `trying` were refused for now; `queued` only counts."""

    near: Around
    stuck: list[Outbox]
    trying: list[Outbox]
    queued: int


@get("/saida")
async def outgoing_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(_read, request.user, now=kit.clock())
    return shell.page(
        console, request, "console/outgoing", found.near, {"found": found}, kind=commands.OTHER
    )


@post("/saida/{outbox_id:int}/tentar")
async def outgoing_retry(
    request: AgentRequest,
    console: NamedDependency[Console],
    outbox_id: FromPath[int],
    de: FromQuery[str] = "",
) -> Redirect:
    """Back to the list it was asked from (`de=saida`), else to its ticket."""
    number = await console.kit.work.write(_retry, request.user, outbox_id, now=console.kit.clock())
    where = "/central/saida" if de == "saida" or number is None else f"/central/{number}"
    return shell.go(console, where, "retried")


def _read(session: Session, actor: Actor, *, now: datetime) -> Outgoing:
    listed = outbox.listing(session, actor)
    return Outgoing(
        near=shell.around(session, actor, now=now, current="/central/saida"),
        stuck=[row for row in listed if row.state in STUCK],
        trying=[row for row in listed if row.state == "queued" and row.error],
        queued=sum(row.state == "queued" and not row.error for row in listed),
    )


def _retry(session: Session, actor: Actor, outbox_id: int, *, now: datetime) -> int | None:
    outbox.retry(session, actor, outbox_id, now=now)
    return session.scalar(select(Outbox.number).where(Outbox.id == outbox_id))
