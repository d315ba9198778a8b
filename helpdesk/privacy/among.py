"""One of any number of values: no database takes a hundred thousand parameters in a statement."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session


def any_of(session: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """A predicate: the column holds one of the values, all of them ids or all of them text."""
    listed = list(values)
    if session.get_bind().dialect.name == "sqlite":
        one = func.json_each(json.dumps(listed)).table_valued("value")
        return column.in_(select(one.c.value))
    kind = String if listed and isinstance(listed[0], str) else BigInteger
    if not listed:
        return column.in_([])
    return column == any_(literal(listed, ARRAY(kind)))
