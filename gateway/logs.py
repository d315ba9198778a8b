"""Logging of a running instance: one line an event, never a body, an address or a secret.

On a terminal a line is for eyes, anywhere else it is a JSON document: `time` (RFC 3339), `level`,
`logger`, `message`, `request` (what one request wrote has the same), and what a request adds
(`FIELDS`). An exception is told by its class and where it came from. What it says of itself is left
out: a database names the values it refused, and they are somebody's.
"""

import contextlib
import json
import logging
import secrets
import sys
import traceback
from collections.abc import Generator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

#: chatty libraries; aiosmtpd logs every command with its addresses
QUIET = (
    "mail.log",
    "httpx",
    "httpcore",
    "alembic",
    "alembic.runtime.migration",
    "uvicorn",
    "imapclient",
    "telegram",
    "asyncio",
)
#: what a line about a request has beside its message: words of ours and numbers, nothing typed
FIELDS = ("method", "route", "status", "ms", "actor")

_request: ContextVar[str] = ContextVar("request", default="")


class Plain(logging.Formatter):
    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return _told(ei[1])


class Document(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := _request.get():
            said["request"] = name
        said |= {each: record.__dict__[each] for each in FIELDS if each in record.__dict__}
        if record.exc_info:
            said["exception"] = _told(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Plain() if sys.stderr.isatty() else Document())
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextlib.contextmanager
def of_request() -> Generator[None]:
    """What is logged inside belongs to one request."""
    token = _request.set(secrets.token_hex(4))
    try:
        yield
    finally:
        _request.reset(token)


def request_id() -> str:
    """Of the request that is answered now; "" outside of one."""
    return _request.get()


def _told(error: BaseException | None) -> str:
    """A traceback without what the exceptions say of themselves."""
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        parts.append(f"Traceback (most recent call last):\n{frames}{name}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nThat came of:\n\n".join(parts)
