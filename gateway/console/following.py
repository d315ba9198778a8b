"""How far a file has come, for the page that asked for it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from gateway.console.shell import AgentRequest, Console


@get("/exportacoes/{key:str}")
async def export_progress(
    request: AgentRequest, console: NamedDependency[Console], key: FromPath[str]
) -> Response[str]:
    return _shown(request, console, key)


@post("/exportacoes/{key:str}/cancelar", status_code=200)
async def export_cancel(
    request: AgentRequest, console: NamedDependency[Console], key: FromPath[str]
) -> Response[str]:
    await console.exports.cancel(key, request.user.id)
    return _shown(request, console, key)


def _shown(request: AgentRequest, console: Console, key: str) -> Response[str]:
    context: dict[str, object] = {"sent": console.exports.of(key, request.user.id), "key": key}
    return console.kit.page(request, "console/lists/exporting.html", context)
