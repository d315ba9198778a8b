"""Lists of a register, page by key, and one record.

A small table is read whole, searched and sorted here, without marks and in any case. One with
`find` is searched and paged by the database.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from helpdesk import access, audit, text
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.registry import reading
from helpdesk.registry.shape import Record, Register

SHOWN = 50
#: numbers of rows are 64-bit
LARGEST = 2**63
#: most choices of a field; what has more is typed by its code
MOST_CHOICES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`active`: only those, only the others, or all. `parent`: the code of the record above."""

    said: str = ""
    active: bool | None = None
    parent: str = ""
    after: str = ""
    before: str = ""
    limit: int = SHOWN


@dataclass(frozen=True, slots=True)
class Page:
    """`previous` and `next` are cursors for `before` and `after`, "" at an end."""

    rows: list[Record]
    previous: str
    next: str


def page(session: Session, desk: Desk, register: Register, asked: Asked) -> Page:
    """Raises `Forbidden`, and `Invalid` for a cursor that is not ours."""
    access.require(desk.actor, register.reads)
    place = _read(register, asked.before or asked.after)
    backwards = bool(asked.before)
    find = _found if register.find is not None else _sifted
    rows = find(session, desk, register, asked, place, backwards)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    if backwards:
        rows = rows[::-1]
    shown = records(session, register, rows)
    if not shown:
        return Page([], "", "")
    earlier = more if backwards else place is not None
    later = True if backwards else more
    return Page(
        shown,
        _write(shown[0].place) if earlier else "",
        _write(shown[-1].place) if later else "",
    )


def record(session: Session, desk: Desk, register: Register, record_id: int) -> Record:
    """Raises `Forbidden`, `NotVisible`."""
    access.require(desk.actor, register.reads)
    return records(session, register, [row(session, desk, register, record_id)])[0]


def row(
    session: Session, desk: Desk, register: Register, record_id: int, *, lock: bool = False
) -> Any:
    """Raises `NotVisible`."""
    query = _rows(desk, register).where(register.model.id == record_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotVisible(register.name, record_id)
    return found


def everything(
    session: Session, desk: Desk, register: Register, *, after: str = "", limit: int = 500
) -> Page:
    """A stretch of the whole register, for files: `next` leads on. Raises `Forbidden`."""
    return page(session, desk, register, Asked(after=after, limit=limit))


def choices(
    session: Session, desk: Desk, register: Register
) -> dict[str, list[tuple[str, str]] | None]:
    """Of each reference, what may be chosen as (code, name), active ones only; None where there
    are too many to list."""
    del desk  # every agent who opens the form sees what it may name
    found: dict[str, list[tuple[str, str]] | None] = {}
    for each in register.fields:
        if each.of is None:
            continue
        target = each.of.class_
        query = select(each.of, each.called if each.called is not None else each.of)
        if hasattr(target, "active"):
            query = query.where(target.active)
        rows = session.execute(query.order_by(each.of).limit(MOST_CHOICES + 1)).all()
        few = len(rows) <= MOST_CHOICES
        found[each.name] = [(code, name) for code, name in rows] if few else None
    return found


def records(session: Session, register: Register, rows: Sequence[Any]) -> list[Record]:
    codes = reading.codes_of(session, register, rows)
    names = reading.names_of(session, register, rows)
    return [_record(register, each, codes, names) for each in rows]


def version_of(texts: dict[str, str], *, active: bool) -> str:
    """What the record says, in sixteen characters: whoever sends another has read another."""
    return hashlib.sha256(audit.canonical([texts, active])).hexdigest()[:16]


def _record(
    register: Register,
    found: Any,
    codes: dict[str, dict[int, str]],
    names: dict[str, dict[int, str]],
) -> Record:
    texts = reading.texts_of(register, found, codes)
    active = bool(getattr(found, register.switch)) if register.switch else True
    called = {
        field: ", ".join(by_id.get(one, "") for one in reading.ids_of(register.field(field), found))
        for field, by_id in names.items()
    }
    return Record(
        id=found.id,
        title=called.get(register.title) or texts[register.title],
        texts=texts,
        names=called,
        active=active,
        version=version_of(texts, active=active),
        needed=texts[register.key[0]] in register.needed,
        place=_place(register, found),
    )


def _rows(desk: Desk, register: Register) -> Select[Any]:
    query = select(register.model)
    return query if register.only is None else query.where(register.only(desk))


def _narrowed(desk: Desk, register: Register, asked: Asked, session: Session) -> Select[Any]:
    query = _rows(desk, register)
    if asked.active is not None and register.switch:
        query = query.where(getattr(register.model, register.switch).is_(asked.active))
    if asked.parent and register.parent:
        above = register.field(register.parent)
        assert above.of is not None, "a parent is a reference"
        parent_id = session.scalar(select(above.of.class_.id).where(above.of == asked.parent))
        query = query.where(getattr(register.model, above.attribute) == parent_id)
    return query


def _sifted(
    session: Session,
    desk: Desk,
    register: Register,
    asked: Asked,
    place: tuple[Any, ...] | None,
    backwards: bool,  # noqa: FBT001 - of one caller
) -> list[Any]:
    rows = session.scalars(_narrowed(desk, register, asked, session)).all()
    if words := text.sort_name(asked.said).split():
        names = reading.names_of(session, register, rows)
        codes = reading.codes_of(session, register, rows)

        def said(found: Any) -> str:
            texts = reading.texts_of(register, found, codes)
            wanted = {*register.key, register.title, *(f.name for f in register.listed)}
            parts = [texts[name] for name in wanted]
            parts += [
                by_id.get(one, "")
                for name, by_id in names.items()
                for one in reading.ids_of(register.field(name), found)
            ]
            return text.sort_name(" ".join(parts))

        rows = [found for found in rows if all(word in said(found) for word in words)]
    ordered = sorted(rows, key=lambda found: _place(register, found), reverse=backwards)
    if place is not None:
        ordered = [
            found
            for found in ordered
            if (_place(register, found) < place if backwards else _place(register, found) > place)
        ]
    return ordered[: asked.limit + 1]


def _found(
    session: Session,
    desk: Desk,
    register: Register,
    asked: Asked,
    place: tuple[Any, ...] | None,
    backwards: bool,  # noqa: FBT001 - of one caller
) -> list[Any]:
    query = _narrowed(desk, register, asked, session)
    if asked.said.strip() and register.find is not None:
        query = query.where(register.find(asked.said))
    columns = [getattr(register.model, name) for name in register.order]
    if place is not None:
        here = tuple_(*columns)
        query = query.where(here < place if backwards else here > place)
    query = query.order_by(*(c.desc() if backwards else c for c in columns))
    return list(session.scalars(query.limit(asked.limit + 1)))


def _place(register: Register, found: Any) -> tuple[Any, ...]:
    values = (getattr(found, name) for name in register.order)
    return tuple(text.sort_name(v) if isinstance(v, str) else v for v in values)


def _write(place: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(register: Register, cursor: str) -> tuple[Any, ...] | None:
    if not cursor:
        return None
    bad = Invalid(FieldError("cursor", "invalid"))
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parts: tuple[Any, ...] = tuple(cast("list[Any]", found) if type(found) is list else ())
        fits = [_fits(part) for part in parts]
    except (ValueError, UnicodeError) as error:
        raise bad from error
    kinds = [getattr(register.model, name).type.python_type for name in register.order]
    if [type(part) for part in parts] != kinds or not all(fits):
        raise bad
    return parts


def _fits(part: Any) -> bool:
    """Whether a database would take it. Raises `UnicodeError` for what is no text."""
    if isinstance(part, str):
        part.encode()  # a lone surrogate is no text
        return "\0" not in part
    return type(part) is int and abs(part) < LARGEST
