"""`serve` and `demo`: until a signal."""

import logging
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gateway import logs
from gateway import serve as server
from gateway.commands.instance import NoSchema, fail, opened, reason, settings


def serve(only: str | None) -> None:
    logs.configure()
    chosen = settings()
    if only is not None and chosen.database.file is not None:
        fail("--only: several processes need PostgreSQL; SQLite has one.")
    try:
        with opened(chosen):
            pass
        server.run(chosen, only=only)
    except NoSchema as error:
        fail(str(error))
    except server.AlreadyServed as error:
        fail(f"Another process serves this instance ({error}).")
    except (DBAPIError, OSError) as error:
        fail(reason(error))


def demo(port: int, data: Path) -> None:
    from gateway import demo as demonstration  # noqa: PLC0415 - what only the demo needs

    logs.configure(logging.WARNING)
    try:
        demonstration.run(port, data)
    except server.AlreadyServed as error:
        fail(f"A demo runs already on this data ({error}): give another --data.")
    except (DBAPIError, OSError) as error:
        fail(reason(error))
