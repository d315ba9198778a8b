"""Spans of thirty days since 1970, as an index counts them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, and_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from helpdesk.models.base import EPOCH, MICROSECOND

LENGTH = timedelta(days=30)
#: true of every ticket. PostgreSQL takes an index also for what is not its first column: one with a
#: predicate it takes for those alone who name it, and nobody else asks for versions like that.
ASKED = "version > 0"


class Span(FunctionElement[int]):
    """The span a column of moments lies in. An expression and no column of its own: an index knows
    it, and no row has to be written for it."""

    name = "span"
    type = Integer()
    inherit_cache = True


class Asked(FunctionElement[bool]):
    """`ASKED` of tickets, where the database wants to hear it."""

    name = "asked"
    type = Boolean()
    inherit_cache = True


def in_span(moments: Any, span: int) -> ColumnElement[bool]:
    """Of tickets, as the indexes that begin with their span are asked."""
    return and_(Span(moments) == span, Asked())


def span_of(moment: datetime) -> int:
    return (moment - EPOCH) // LENGTH


def begin_of(span: int) -> datetime:
    return EPOCH + span * LENGTH


@compiles(Span, "sqlite")
def _span_sqlite(element: Span, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} / {LENGTH // MICROSECOND})"


@compiles(Span, "postgresql")
def _span_postgresql(element: Span, compiler: Any, **kw: Any) -> str:
    moment = compiler.process(element.clauses, **kw)
    seconds = LENGTH // timedelta(seconds=1)
    return f"(floor(extract(epoch from {moment} at time zone 'UTC') / {seconds})::integer)"


@compiles(Asked, "sqlite")
def _asked_sqlite(_: Asked, _compiler: Any, **_kw: Any) -> str:
    return "1"


@compiles(Asked, "postgresql")
def _asked_postgresql(_: Asked, _compiler: Any, **_kw: Any) -> str:
    return f"(ticket.{ASKED})"
