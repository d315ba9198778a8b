"""Schema: `upgrade(connection)` brings any older database to this version's tables."""

import warnings
from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from helpdesk.models import Base
from helpdesk.models.tickets import span_index

HERE = Path(__file__).parent


def config(connection: Connection) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")


@cache
def head() -> str | None:
    """The version these models need; asking reads every migration."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    return ScriptDirectory.from_config(settings).get_current_head()


def current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[object]:
    """What the models have and the database has not, or the other way round."""
    context = MigrationContext.configure(
        connection,
        opts={
            "include_name": include_name,
            "include_object": include_object,
            "compare_type": True,
        },
    )
    with warnings.catch_warnings():
        # Of SQLite's, which `include_object` leaves out besides
        warnings.filterwarnings("ignore", ".*expression-based index")
        return list(compare_metadata(context, Base.metadata))


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """The full-text tables are written by hand, each database in its own way."""
    if kind == "index":
        return name != "ix_attachment_text_doc"
    by_hand = ("message_search", "attachment_search")
    return not (kind == "table" and name is not None and name.startswith(by_hand))


def include_object(_: object, name: str | None, kind: str, *_more: object) -> bool:
    """An index of an expression comes back from no database as it was written."""
    return not (kind == "index" and name is not None and name.startswith(span_index("")))
