"""Declarative base: naming convention, column types, keys."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, integer microseconds since 1970 on SQLite.

    Integers sort and compare on SQLite without parsing. A naive datetime is refused: it would be
    read in some other zone one day.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "naive datetime: say which zone it is in"
            raise ValueError(msg)
        if dialect.name == "sqlite":
            return (value - EPOCH) // MICROSECOND
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return EPOCH + timedelta(microseconds=value)
        return value.astimezone(UTC)


#: JSON that PostgreSQL can index
Json = JSON().with_variant(JSONB(), "postgresql")
#: 64-bit everywhere; SQLite wants the word INTEGER to give AUTOINCREMENT
Id = BigInteger().with_variant(Integer(), "sqlite")

Key = Annotated[int, mapped_column(Id, primary_key=True, autoincrement=True)]
Code = Annotated[str, mapped_column(String(40))]
Name = Annotated[str, mapped_column(String(200))]
Long = Annotated[str, mapped_column(Text)]


def by_code_point(length: int) -> TypeEngine[str]:
    """Text that lists are sorted by: alike on both databases, whatever PostgreSQL's locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Every table. Relationships are not mapped: verbs load what they need, in numbered queries."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain class attribute
        datetime: Moment(),
        dict[str, Any]: Json,
        list[Any]: Json,
        int: Id,
    }


#: an id of SQLite must not be reused after a delete: protocols and logs outlive rows
AUTO = {"sqlite_autoincrement": True}


def upsert(session: Session, table: type[Base]) -> Any:
    """An INSERT with ON CONFLICT: both databases spell it alike, SQLAlchemy keeps it twice."""
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    return make(table)
