"""The instance a command works on: settings, database at the right schema, or a clear end."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy.exc import DBAPIError

from gateway.runtime import policy_of
from gateway.settings import Settings, SettingsError, load
from gateway.work import BUSY_SECONDS, Work
from helpdesk import migrations
from helpdesk.errors import Conflict, Forbidden, HelpdeskError, Invalid, NotVisible
from helpdesk.policy import Policy


class NoSchema(Exception):
    """The text says what to do."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def fail(*lines: str, status: int = 1) -> NoReturn:
    """Say why on standard error and end."""
    sys.stdout.flush()
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    raise SystemExit(status)


def settings() -> Settings:
    """One line a wrong setting, exit 1."""
    try:
        return load()
    except SettingsError as error:
        fail(str(error))


@contextmanager
def opened(chosen: Settings, *, busy_seconds: int = BUSY_SECONDS) -> Generator[Work]:
    """The database, at this version's schema. Raises `NoSchema`, `DBAPIError`."""
    work = Work(chosen.database.url, busy_seconds=busy_seconds)
    try:
        check_schema(work)
        yield work
    finally:
        work.close()


def check_schema(work: Work) -> str:
    """The schema's version. Raises `NoSchema`, `DBAPIError`."""
    with work.engine.connect() as connection:
        found, wanted = migrations.current(connection), migrations.head()
    if found is None:
        msg = "The database has no schema yet: run `ponte migrate`."
        raise NoSchema(msg)
    if found != wanted:
        msg = f"The database is at schema {found}, this version needs {wanted}: `ponte migrate`."
        raise NoSchema(msg)
    return found


@contextmanager
def instance() -> Generator[tuple[Work, Policy]]:
    """For a command that runs once: whatever is refused is said in a line, exit 1."""
    chosen = settings()
    try:
        with opened(chosen) as work:
            yield work, policy_of(chosen)
    except NoSchema as error:
        fail(str(error))
    except (DBAPIError, OSError) as error:
        fail(reason(error))
    except HelpdeskError as error:
        fail(*refusal(error))


def reason(error: Exception) -> str:
    """The first line of what a library says: the rest is statements and links."""
    cause = getattr(error, "orig", None) or error
    return (str(cause) or type(cause).__name__).splitlines()[0]


def refusal(error: HelpdeskError) -> list[str]:
    match error:
        case Invalid():
            return [f"{each.field}: {each.code.replace('_', ' ')}" for each in error.errors]
        case NotVisible():
            return [f"There is no {error.what} {error.key}."]
        case Conflict():
            return [f"Not possible now: {error.code.replace('_', ' ')}."]
        case Forbidden():
            return [f"Needs the permission {error.permission}."]
        case _:
            return [str(error)]
