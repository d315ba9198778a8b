"""Who may call, and how often: counted in this process, per token and minute."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway.errors import NotLoggedIn
from helpdesk.errors import Throttled

MINUTE = timedelta(minutes=1)


class Rates:
    """A guard: raises `NotLoggedIn` without a token, `Throttled` beyond `most` calls a minute."""

    def __init__(self, most: int, clock: Callable[[], datetime]) -> None:
        self._most, self._clock = most, clock
        self._began = clock()
        self._counts: dict[int, int] = {}

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        token_id = connection.scope["auth"]
        if token_id is None:
            raise NotLoggedIn
        now = self._clock()
        if now >= self._began + MINUTE:
            self._began, self._counts = now, {}
        self._counts[token_id] = self._counts.get(token_id, 0) + 1
        if self._counts[token_id] > self._most:
            raise Throttled(int((self._began + MINUTE - now).total_seconds()) + 1)
