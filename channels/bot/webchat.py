"""The portal's chat: the same conversation on a page, for who is logged in there.

Works without a script: each turn is a POST and a redirect. The script only saves the reload.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State as AppState
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from channels.bot.chat_lines import chat_turn, views
from channels.bot.desk import Chat, Desk
from channels.bot.events import Event, FileRejected, FileSent, Pressed, Text
from channels.bot.files import judge
from channels.bot.notices import PERSON
from channels.bot.states import MOST_FILES
from channels.bot.typed import typed
from channels.kit import Kit
from helpdesk import bots
from helpdesk.attachments import TYPES
from helpdesk.border import Actor, ActorKind, Channel
from helpdesk.errors import NotVisible

PATH = "/chat"
LOG_IN = f"/?voltar={PATH}"
#: lines of one page
SHOWN = 60
#: room for the fields around the files
MARGIN = 64 * 1024

Asked = Request[Any, Any, AppState]


def visitor(request: Asked) -> Chat | None:
    """Find the chat of whoever is logged in to the portal for some provider."""
    actor: object = request.user
    if not isinstance(actor, Actor) or actor.kind is not ActorKind.PERSON or not actor.providers:
        return None
    return Chat(Channel.CHAT, f"{PERSON}{actor.id}", person_id=actor.id)


def chat_router(kit: Kit, desk: Desk) -> Router:
    @get("/", include_in_schema=False)
    async def chat_show(
        request: Asked, antes: FromQuery[int | None] = None
    ) -> Response[str] | Redirect:
        chat = visitor(request)
        if chat is None:
            return Redirect(LOG_IN)
        lines = await kit.work.read(bots.lines, chat.id, before=antes, limit=SHOWN)
        context: dict[str, object] = {
            "lines": views(kit.render, lines, whole=antes is None),
            "older": lines[0].id if len(lines) == SHOWN else None,
            "past": antes is not None,
            "last": lines[-1].id if lines else 0,
            "key": uuid4().hex,
            "now": kit.clock(),
            "limits": {
                "count": MOST_FILES,
                "bytes": kit.limits.size,
                "types": [f".{extension}" for extension in TYPES],
            },
        }
        return kit.page(request, "bot/chat.html", context)

    @get("/novas", include_in_schema=False)
    async def chat_watch(request: Asked, depois: FromQuery[int] = 0) -> Response[None]:
        """Say whether there is something to fetch: 200, or 204 for nothing new."""
        chat = visitor(request)
        if chat is None:
            raise NotFoundException
        newer = await kit.work.read(bots.lines, chat.id, after=depois, limit=1)
        return Response(None, status_code=200 if newer else 204)

    @post("/", include_in_schema=False, request_max_body_size=kit.limits.total + MARGIN)
    async def chat_say(request: Asked) -> Redirect:
        chat = visitor(request)
        if chat is None:
            return Redirect(LOG_IN, status_code=303)
        form = await request.form()
        key = _key(str(form.get("chave", "")))
        files = [f for f in form.getall("arquivos", []) if isinstance(f, UploadFile)]
        happened = await _events(kit, str(form.get("texto", "")), str(form.get("botao", "")), files)
        async with desk.turn(chat):
            for n, event in enumerate(happened):
                await kit.work.write(
                    chat_turn, chat, event, f"chat:{key}/{n}", kit.policy, kit.clock()
                )
        return Redirect(f"{PATH}#fim", status_code=303)

    @get("/arquivo/{line_id:int}/{place:int}", include_in_schema=False)
    async def file_download(
        request: Asked, line_id: FromPath[int], place: FromPath[int]
    ) -> Response[bytes]:
        chat = visitor(request)
        if chat is None:
            raise NotFoundException
        return await _file(kit, chat, line_id, place)

    return Router(PATH, route_handlers=[chat_show, chat_watch, chat_say, file_download])


def _key(given: str) -> str:
    """The page's key makes a repeated submit one message; a page without one gets a new key."""
    try:
        return UUID(given).hex
    except ValueError:
        return uuid4().hex


async def _events(kit: Kit, text: str, button: str, files: Sequence[UploadFile]) -> list[Event]:
    """What one submit did: a button, or a text with its files."""
    if button:
        return [Pressed(button)]
    happened: list[Event] = [typed(text)] if text.strip() else []
    for upload in files:
        data = await upload.read()
        if not data and not upload.filename:
            continue
        judged = await judge(kit, upload.filename, upload.content_type, data)
        happened.append(judged if isinstance(judged, FileRejected) else FileSent(judged))
    return happened or [Text("")]


async def _file(kit: Kit, chat: Chat, line_id: int, place: int) -> Response[bytes]:
    try:
        line = await kit.work.read(bots.line, chat.id, line_id)
        file = line.files[place]
        data = await asyncio.to_thread(kit.blobs.get, file["sha256"])
    except (NotVisible, IndexError, FileNotFoundError) as error:
        raise NotFoundException from error
    return Response(data, media_type=file["content_type"])
