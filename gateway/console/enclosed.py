"""A message that came as a file (message/rfc822), read as safely as one in the laboratory."""

import asyncio
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from channels.mail.parse import ParsedMail, parse
from gateway.console import commands, quarantine, shell
from gateway.console.shell import AgentRequest, Console
from gateway.console.sifting import PATH
from gateway.console.ticket import looked
from helpdesk import laboratory, thread
from helpdesk.errors import NotVisible

KIND = "message/rfc822"


@get("/anexos/{public_id:str}/ler")
async def enclosed_show(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    mail = await _of_ticket(request, console, public_id)
    return await _page(request, console, mail, f"/central/anexos/{public_id}")


@get("/anexos/{public_id:str}/ler/html")
async def enclosed_html(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[str]:
    return quarantine.framed(await _of_ticket(request, console, public_id), public_id)


@get("/anexos/{public_id:str}/ler/anexos/{inner:int}")
async def enclosed_file(
    request: AgentRequest,
    console: NamedDependency[Console],
    public_id: FromPath[str],
    inner: FromPath[int],
) -> Response[bytes]:
    return quarantine.attached(await _of_ticket(request, console, public_id), inner)


@get("/quarentena/entradas/{raw_id:int}/anexos/{position:int}/ler")
async def arrived_show(
    request: AgentRequest,
    console: NamedDependency[Console],
    raw_id: FromPath[int],
    position: FromPath[int],
) -> Response[Any]:
    mail = await _of_arrival(request, console, raw_id, position)
    return await _page(request, console, mail, f"{PATH}/entradas/{raw_id}/anexos/{position}")


@get("/quarentena/entradas/{raw_id:int}/anexos/{position:int}/ler/html")
async def arrived_html(
    request: AgentRequest,
    console: NamedDependency[Console],
    raw_id: FromPath[int],
    position: FromPath[int],
) -> Response[str]:
    return quarantine.framed(await _of_arrival(request, console, raw_id, position), position)


@get("/quarentena/entradas/{raw_id:int}/anexos/{position:int}/ler/anexos/{inner:int}")
async def arrived_file(
    request: AgentRequest,
    console: NamedDependency[Console],
    raw_id: FromPath[int],
    position: FromPath[int],
    inner: FromPath[int],
) -> Response[bytes]:
    return quarantine.attached(await _of_arrival(request, console, raw_id, position), inner)


async def _of_ticket(request: AgentRequest, console: Console, public_id: str) -> ParsedMail:
    """Raises `NotVisible`, also for a file that is no message."""
    found = await console.kit.work.read(thread.attachment, request.user, public_id)
    if found.content_type != KIND:
        raise NotVisible("attachment", public_id)
    if found.secret:
        await looked(console, request, "attachment", None, public_id)
    return _there(await quarantine.understood(console, found.sha256), public_id)


async def _of_arrival(
    request: AgentRequest, console: Console, raw_id: int, position: int
) -> ParsedMail:
    entry = await console.kit.work.read(laboratory.get, request.user, raw_id)
    await looked(console, request, "attachment", entry.number, entry.raw.arrival)
    outer = _there(await quarantine.understood(console, entry.raw.sha256), raw_id)
    if position >= len(outer.attachments) or outer.attachments[position].content_type != KIND:
        raise NotVisible("attachment", position)
    return await asyncio.to_thread(parse, outer.attachments[position].data)


def _there(mail: ParsedMail | None, key: object) -> ParsedMail:
    if mail is None:
        raise NotVisible("attachment", key)
    return mail


async def _page(
    request: AgentRequest, console: Console, mail: ParsedMail, file: str
) -> Response[str]:
    kit = console.kit
    near = await kit.work.read(shell.around, request.user, now=kit.clock(), current=PATH)
    context: dict[str, object] = {"mail": mail, "file": file}
    return shell.page(console, request, "console/enclosed", near, context, kind=commands.OTHER)
