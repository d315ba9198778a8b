"""The bell: what an agent has to know of, until it is read."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import commands, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import alarms, alerts
from helpdesk.alerts import AlertView
from helpdesk.border import Actor

URL = "/central/avisos"


@dataclass(frozen=True, slots=True)
class Heard:
    near: Around
    listed: list[AlertView]


@get("/avisos")
async def alert_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(_read, request.user, now=kit.clock())
    context: dict[str, object] = {"alerts": found.listed, "unread": found.near.unread}
    return shell.page(console, request, "console/alerts", found.near, context, kind=commands.OTHER)


@get("/avisos/sino")
async def alert_bell(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """The bell alone, for a page that is open while something comes."""
    unread = await console.kit.work.read(alerts.unread, request.user)
    return console.kit.page(request, "console/bell.html", {"unread": unread})


@get("/avisos/alarmes")
async def alarm_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """The banner alone, likewise."""
    raised = await console.kit.work.read(alarms.seen, request.user)
    return console.kit.page(request, "console/alarms.html", {"alarms": raised})


@post("/avisos/{alert_id:int}")
async def alert_open(
    request: AgentRequest, console: NamedDependency[Console], alert_id: FromPath[int]
) -> Redirect:
    """Read it, and go where it points."""
    number, message = await console.kit.work.write(
        _open, request.user, alert_id, now=console.kit.clock()
    )
    place = f"?mensagem={message}#m{message}" if message else ""
    return shell.go(console, f"/central/{number}{place}")


@post("/avisos/lidos")
async def alerts_dismiss(request: AgentRequest, console: NamedDependency[Console]) -> Redirect:
    await console.kit.work.write(alerts.read_all, request.user, now=console.kit.clock())
    return shell.go(console, URL)


def _read(session: Session, actor: Actor, *, now: datetime) -> Heard:
    near = shell.around(session, actor, now=now, current=URL)
    return Heard(near, alerts.listing(session, actor))


def _open(
    session: Session, actor: Actor, alert_id: int, *, now: datetime
) -> tuple[int | None, int | None]:
    alert = alerts.read(session, actor, alert_id, now=now)
    return alert.number, alert.message_id
