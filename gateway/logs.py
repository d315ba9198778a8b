"""Logging of a running instance: one line an event, never a body, a token or a secret."""

import logging
import sys

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


def configure(level: int = logging.INFO) -> None:
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
