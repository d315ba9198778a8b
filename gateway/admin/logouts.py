"""Who is inside now, and ending everybody's sessions."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import fields, shell
from gateway.console.entrance import confirm, is_fresh
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, logouts
from helpdesk.desk import Desk
from helpdesk.logouts import Inside

PATH = "sessoes"
PAGE = f"/cadastros/{PATH}"


@get("/sessoes")
async def logout_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    near, inside = await console.kit.work.read(_read, console.desk(request))
    context: dict[str, object] = {
        "inside": inside,
        "writes": request.user.may(access.writes("agent")),
    }
    return frame.page(console, request, "admin/logouts", near, PATH, context)


@post("/sessoes")
async def logout_end(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """Only right after a log-in. Raises `Forbidden`, `Invalid`."""
    access.require(request.user, access.writes("agent"))
    if not is_fresh(request, console.kit):
        return confirm(PAGE)
    form = await fields.read(request)
    desk = console.desk(request)
    await console.kit.work.write(logouts.end, desk, form.one("whose"), but=request.auth.id)
    return shell.go(console, PAGE, "sessions-ended")


def _read(session: Session, desk: Desk) -> tuple[Around, dict[str, Inside]]:
    return shell.around(session, desk.actor, now=desk.now), logouts.look(session, desk)
