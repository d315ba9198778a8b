"""The conversation of an open ticket, a part at a time, and what one may look at of a message."""

import asyncio
from functools import partial

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from gateway.console import asking, commands, frames, ticket
from gateway.console.offers import for_message, forbidden
from gateway.console.shell import AgentRequest, Console, around, page
from gateway.console.ticket import blob, looked
from helpdesk import conversation, thread
from helpdesk.conversation import NEWEST, Window
from helpdesk.errors import NotVisible


@get("/{number:int}/conversa")
async def ticket_talk(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    desde: FromQuery[int] = 0,
    antes: FromQuery[int] = 0,
) -> Response[str]:
    """The conversation alone: from a message on, for a page that is open while something arrives;
    or what precedes one, for somebody who scrolls back."""
    window = Window(before=antes) if antes else Window(newest=NEWEST, since=desde or None)
    name = "earlier" if antes else "talk"
    return await ticket.part(console, request, number, name, window)


@get("/{number:int}/mensagens/{message:int}")
async def message_menu(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[str]:
    """What may be done to one message, for who has no script."""
    kit = console.kit
    near = await kit.work.read(around, request.user, now=kit.clock())
    said = await kit.work.read(conversation.message, request.user, number, message)
    listed = for_message(request.user, number, message, forbidden(said, number))
    context: dict[str, object] = {
        "said": said,
        "actions": listed,
        "number": number,
        "back": asking.here(request, number),
    }
    return page(console, request, "console/message_menu", near, context, kind=commands.OTHER)


@get("/{number:int}/mensagens/{message:int}/html")
async def message_html(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[str]:
    """The mail as it came, cleaned, for a sandboxed frame."""
    kit = console.kit
    said = await kit.work.read(conversation.message, request.user, number, message)
    if not said.html:
        raise NotVisible("message", message)
    pictures = {
        a.content_id: partial(kit.blobs.get, a.sha256) for a in said.attachments if a.content_id
    }
    return await asyncio.to_thread(frames.framed, said.html, pictures)


@get("/{number:int}/mensagens/{message:int}/original")
async def message_raw(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[bytes]:
    """The raw mail, to be saved; that somebody did so is kept."""
    sha256 = await console.kit.work.read(thread.raw, request.user, message)
    await looked(console, request, "raw", number, str(message))
    return await blob(console, sha256, f"{number}-{message}.eml")
