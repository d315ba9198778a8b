"""Who may enter the console, and what becomes of a form sent after the log-in had ended: it waits
as a draft of the agent whose session it was."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway.console import fields
from gateway.console.fields import Fields
from gateway.console.shell import Console
from gateway.errors import NotLoggedIn
from gateway.identity import AGENT_COOKIE
from helpdesk import drafts, sessions
from helpdesk.border import ActorKind
from helpdesk.errors import NotVisible

#: what a ticket's forms call the text that took time to write
TEXTS = ("text", "note", "justification")
TICKET = re.compile(r"/central/(?P<number>\d{1,18})/\w+$")
NEW = "/central/novo"
#: what a column of the database holds
MOST_NUMBER = 2**63 - 1

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def guard(console: Console) -> Guard:
    """Raises `NotLoggedIn`, which leads to the log-in and back to where it was, and `NotVisible`
    for a number that no row can have."""

    async def require_agent(
        connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        if connection.user.kind is ActorKind.AGENT and connection.auth.owes:
            # The log-in leads on to the account, where a second factor is set up.
            raise NotLoggedIn
        if connection.user.kind is ActorKind.AGENT:
            for key in connection.path_params.values():
                if isinstance(key, int) and key > MOST_NUMBER:
                    raise NotVisible("ticket", key)
            return
        request: Request[Any, Any, Any] = Request(
            connection.scope, connection.receive, connection.send
        )
        path, query = request.url.path, request.url.query
        if request.method == "GET":
            raise NotLoggedIn(f"{path}?{query}" if query else path)
        raise NotLoggedIn(await _keep(console, request, path))

    return require_agent


async def _keep(console: Console, request: Request[Any, Any, Any], path: str) -> str:
    """Save what was typed; say where it will be found."""
    form = await fields.read(request)
    try:
        return await _keep_fields(console, request, path, form)
    finally:
        for upload in form.uploads:
            await upload.close()


async def _keep_fields(
    console: Console, request: Request[Any, Any, Any], path: str, form: Fields
) -> str:
    place, back, texts = _place(path, form)
    kit, token = console.kit, request.cookies.get(AGENT_COOKIE, "")
    owner = await kit.work.read(sessions.owner, token)
    if owner is None or owner[0] != "agent" or not any(texts.values()):
        return back
    kept, _ = await fields.store(kit, form)
    files = [each.file for each in kept]
    await kit.work.write(drafts.save, owner, place, texts, files, now=kit.clock())
    return back


def _place(path: str, form: Fields) -> tuple[str, str, dict[str, str]]:
    found = TICKET.match(path)
    if found is not None:
        number = int(found["number"])
        text = next((form.one(name) for name in TEXTS if form.one(name)), "")
        return drafts.of_ticket(number), f"/central/{number}", {"text": text}
    if path == NEW:
        typed = {name: form.one(name) for name in form.values if name not in {"csrf", fields.KEPT}}
        back = f"{NEW}?{urlencode({'prestador': form.one('provider')})}"
        return drafts.NEW, back, typed
    return drafts.NEW, "/central", {}
