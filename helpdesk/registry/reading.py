"""Text to values and back: one rule a kind of field, for forms and CSV lines alike."""

import re
from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import text
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.registry.shape import Field, Register, Texts, Values

#: what people write for yes and no; the first of each is how we write it
YES = ("1", "sim", "s", "true", "yes", "x")
NO = ("0", "não", "nao", "n", "false", "no")
BETWEEN = "|"
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_LOCAL_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


class Wrong(Exception):
    """A text that is no value of its field."""

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code)
        self.code, self.data = code, data


def values(
    session: Session, desk: Desk, register: Register, texts: Texts, row: Any | None = None
) -> Values:
    """Every field's value: as given, else as stored in `row`, else its default.

    Raises `Invalid` with every wrong field, the key being taken among them.
    """
    found: Values = {}
    errors: list[FieldError] = []
    for each in register.fields:
        given = texts.get(each.name)
        if row is not None and (given is None or each.fixed):
            found[each.name] = getattr(row, each.attribute)
            continue
        try:
            said = each.default if given is None else given
            found[each.name] = stored(session, register, each, said)
        except Wrong as wrong:
            errors.append(FieldError(each.name, wrong.code, tuple(wrong.data.items())))
    wrong_fields = {error.field for error in errors}
    if wrong_fields.isdisjoint(register.key) and _taken(session, register, found, row):
        errors.append(FieldError(register.key[0], "taken"))
    if not errors and register.check is not None:
        errors += register.check(session, desk, found)
    if errors:
        raise Invalid(*errors)
    return found


def stored(session: Session, register: Register, each: Field, given: str) -> Any:
    """The value as the register's table holds it: "" where a column has no NULL. Raises `Wrong`."""
    found = value(session, each, given)
    column = register.model.__table__.c[getattr(register.model, each.attribute).key]
    return "" if found is None and not column.nullable else found


def value(session: Session, each: Field, given: str) -> Any:
    """Raises `Wrong`."""
    said = text.normalise(given).strip()
    if not said:
        if each.required and each.kind != "flag":
            raise Wrong("required")
        return _EMPTY.get(each.kind)
    return _READ[each.kind](session, each, said)


def texts_of(register: Register, row: Any, codes: dict[str, dict[int, str]]) -> dict[str, str]:
    """A row as a form shows it. `codes`: of each reference, the code by id."""
    return {
        each.name: written(each, getattr(row, each.attribute), codes.get(each.name, {}))
        for each in register.fields
    }


def written(each: Field, value: Any, codes: dict[int, str]) -> str:
    """The text of a value. `codes`: of what it refers to, by id."""
    if value is None:
        return ""
    return _WRITE.get(each.kind, _plainly)(value, codes)


def _plainly(value: Any, _: dict[int, str]) -> str:
    return str(value)


def ids_of(each: Field, row: Any) -> list[int]:
    """What a field refers to: of one reference or several."""
    value = getattr(row, each.attribute)
    if each.kind == "refs":
        return value
    return [] if value is None else [value]


def key_of(register: Register, found: Values) -> tuple[Any, ...]:
    return tuple(found[name] for name in register.key)


def same_key(register: Register, found: Values) -> list[Any]:
    """The conditions that find the record of this key."""
    columns = (getattr(register.model, register.field(name).attribute) for name in register.key)
    return [
        column.is_(None) if value is None else column == value
        for column, value in zip(columns, key_of(register, found), strict=True)
    ]


def _taken(session: Session, register: Register, found: Values, row: Any | None) -> bool:
    query = select(register.model.id).where(*same_key(register, found))
    if row is not None:
        query = query.where(register.model.id != row.id)
    return session.scalar(query.limit(1)) is not None


def _text(_: Session, each: Field, said: str) -> str:
    said = " ".join(said.split())
    if each.clean is not None:
        cleaned = each.clean(said)
        if cleaned is None:
            raise Wrong("invalid")
        said = cleaned
    return _fitting(each, said)


def _long(_: Session, each: Field, said: str) -> str:
    return _fitting(each, said)


def _fitting(each: Field, said: str) -> str:
    if len(said) > each.limit:
        raise Wrong("too_long", limit=each.limit, length=len(said))
    return said


def _number(_: Session, each: Field, said: str) -> int:
    if not _NUMBER.fullmatch(said):
        raise Wrong("invalid")
    if not each.least <= int(said) <= each.most:
        raise Wrong("range", least=each.least, most=each.most)
    return int(said)


def _flag(_: Session, _each: Field, said: str) -> bool:
    if said.casefold() in YES:
        return True
    if said.casefold() in NO:
        return False
    raise Wrong("invalid")


def _choice(_: Session, each: Field, said: str) -> str:
    if said not in each.choices:
        raise Wrong("unknown")
    return said


def _many(_: Session, each: Field, said: str) -> list[str]:
    if not each.choices:
        return [
            _fitting(each, " ".join(part.split())) for part in parted(said.replace(",", BETWEEN))
        ]
    chosen = parted(said)
    if any(one not in each.choices for one in chosen):
        raise Wrong("unknown")
    return chosen


def parted(said: str) -> list[str]:
    """Each part once."""
    return list(dict.fromkeys(part.strip() for part in said.split(BETWEEN) if part.strip()))


def _ref(session: Session, each: Field, said: str) -> int:
    assert each.of is not None, f"{each.name} refers to nothing"
    target = each.of.class_
    found = session.scalar(select(target.id).where(each.of == said))
    if found is None:
        raise Wrong("unknown")
    return found


def _refs(session: Session, each: Field, said: str) -> list[int]:
    return [_ref(session, each, part) for part in parted(said)]


def _day(_: Session, _each: Field, said: str) -> date:
    try:
        if local := _LOCAL_DAY.fullmatch(said):
            day, month, year = local.groups()
            return date(int(year), int(month), int(day))
        return date.fromisoformat(said)
    except ValueError as error:
        raise Wrong("invalid") from error


def _time(_: Session, _each: Field, said: str) -> time:
    try:
        return time.fromisoformat(said).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise Wrong("invalid") from error


_READ: dict[str, Callable[[Session, Field, str], Any]] = {
    "text": _text,
    "long": _long,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "many": _many,
    "ref": _ref,
    "refs": _refs,
    "day": _day,
    "time": _time,
}
_WRITE: dict[str, Callable[[Any, dict[int, str]], str]] = {
    "flag": lambda value, _: "1" if value else "0",
    "ref": lambda value, codes: codes.get(value, ""),
    "refs": lambda value, codes: BETWEEN.join(codes.get(one, "") for one in value),
    "many": lambda value, _: BETWEEN.join(str(one) for one in value),
    "time": lambda value, _: f"{value:%H:%M}",
}
#: what an empty text stands for; of the other kinds it is None
_EMPTY: dict[str, Any] = {"text": "", "long": "", "flag": False, "many": [], "refs": []}


def codes_of(
    session: Session, register: Register, rows: Sequence[Any]
) -> dict[str, dict[int, str]]:
    """Of each reference of the rows, the code by id: one query a field."""
    return _named(session, register, rows, shown=False)


def names_of(
    session: Session, register: Register, rows: Sequence[Any]
) -> dict[str, dict[int, str]]:
    """The same with what people call it."""
    return _named(session, register, rows, shown=True)


def _named(
    session: Session, register: Register, rows: Sequence[Any], *, shown: bool
) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for each in register.fields:
        column = (each.called if shown else None) or each.of
        if each.kind not in {"ref", "refs"} or column is None:
            continue
        ids = {one for row in rows for one in ids_of(each, row)}
        query = select(column.class_.id, column).where(column.class_.id.in_(sorted(ids)))
        found[each.name] = dict(session.execute(query).all()) if ids else {}
    return found
