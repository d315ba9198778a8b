"""The addresses under which the console's forms send files in pieces (`channels.web.pieces`)."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from channels.web import pieces
from channels.web.pieces import PIECE, Receiver
from gateway.console import fields
from gateway.console.shell import AgentRequest, Console
from helpdesk.border import File


@post("/envios", status_code=200)
async def upload_begin(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[dict[str, object]]:
    return await pieces.begin(_receiver(request, console), await request.form(), "", None)


@get("/envios/{upload:str}")
async def upload_look(
    request: AgentRequest, console: NamedDependency[Console], upload: FromPath[str]
) -> Response[dict[str, object]]:
    return await pieces.look(_receiver(request, console), upload)


@post("/envios/{upload:str}", status_code=200, request_max_body_size=PIECE)
async def upload_add(
    request: AgentRequest,
    console: NamedDependency[Console],
    upload: FromPath[str],
    desde: FromQuery[int] = 0,
) -> Response[dict[str, object]]:
    """`desde`: how many octets came before these."""
    return await pieces.add(_receiver(request, console), upload, desde, request)


@post("/envios/{upload:str}/remover", status_code=204)
async def upload_drop(
    request: AgentRequest, console: NamedDependency[Console], upload: FromPath[str]
) -> None:
    await pieces.drop(_receiver(request, console), upload)


def _receiver(request: AgentRequest, console: Console) -> Receiver:
    def seal(file: File, _: Any) -> str:
        return fields.keep(console.kit, file).token

    return Receiver(console.kit, ("agent", request.user.id or 0), seal)
