"""What an open page says of itself: that it is looked at or written in, and whether the session
behind it still lives."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from gateway.console import fields
from gateway.console.shell import AgentRequest, Console
from helpdesk import access

STATES = {"vendo": "looking", "escrevendo": "writing", "saiu": "gone"}


@post("/{number:int}/presenca", status_code=204)
async def presence_tell(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> None:
    """Others at the same ticket see it; nothing is stored."""
    form = await fields.read(request)
    await console.kit.work.read(access.ticket, request.user, number)
    state = STATES.get(form.one("estado"), "looking")
    await console.presence.show(request.user, number, state, console.kit.clock())
    console.pulse.beat()


@get("/sessao", status_code=204)
async def session_check() -> None:
    """Whether who asks is still logged in: the guard answers anybody else."""
