"""Telegram in by webhook: the same updates, brought to our own web server."""

import hmac

from litestar import Request, Router, post
from litestar.datastructures import State as AppState
from litestar.exceptions import NotFoundException
from telegram import Update

from channels.bot.telegram import Line
from helpdesk.tokens import Keyring

#: no page of ours leads here, so it carries no CSRF token: the secret stands for it
PATH = "/telegram/webhook"
#: of one update; files are fetched, not sent along
MOST_BYTES = 1024 * 1024
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def secret(keyring: Keyring) -> str:
    """What Telegram has to show: follows from our key, so that nobody needs to set it."""
    return keyring.digest("link", b"telegram webhook").hex()


def webhook_router(line: Line, keyring: Keyring) -> Router:
    expected = secret(keyring)

    @post("/", status_code=200, request_max_body_size=MOST_BYTES, include_in_schema=False)
    async def update_receive(request: Request[object, object, AppState]) -> None:
        """Answer after the commit: an error makes Telegram bring the update again."""
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise NotFoundException
        update = Update.de_json(await request.json(), line.bot)
        await line.receive(update)

    return Router(PATH, route_handlers=[update_receive])
