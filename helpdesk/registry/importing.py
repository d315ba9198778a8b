"""A CSV of a register: what each line would change, and then all of it or nothing.

Lines come with text by field name; a column that is not there keeps what is stored, an empty cell
empties it. The line finds its record by the register's key.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit
from helpdesk.audit import Entry
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid
from helpdesk.registry import history, keeping, listing, reading
from helpdesk.registry.shape import Effect, Pair, Register, Texts, Values

#: most lines of one file
MOST_LINES = 20_000

What = Literal["added", "changed", "same", "wrong"]


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is that of the file, the header's is 1. `active`: the state asked for, if any."""

    number: int
    texts: Texts
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planned:
    line: int
    what: What
    key: str
    differences: tuple[Difference, ...] = ()
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """`seal` differs whenever a line would do something else than it says here."""

    lines: tuple[Planned, ...]
    seal: str
    effect: Effect = field(default_factory=Effect)

    def count(self, what: What) -> int:
        return sum(line.what == what for line in self.lines)

    @property
    def fits(self) -> bool:
        return not self.count("wrong") and bool(self.count("added") + self.count("changed"))


def plan(session: Session, desk: Desk, register: Register, lines: Sequence[Line]) -> Plan:
    """What would happen; nothing does. Raises `Forbidden`."""
    access.require(desk.actor, register.writes)
    found = list(_each(session, desk, register, lines))
    pairs = [
        keeping.counting(register, row, before, after, line.active)
        for (_, row, before, after), line in zip(found, lines, strict=True)
        if after is not None
    ]
    effect = keeping.effect_of(session, desk, register, pairs) if pairs else Effect()
    planned = tuple(each for each, *_ in found)
    return Plan(planned, _seal(planned), effect)


def apply(
    session: Session, desk: Desk, register: Register, lines: Sequence[Line], seal: str
) -> Plan:
    """Do what was shown. Raises `Forbidden`, and `Conflict` (`changed`) when the register is no
    longer what the plan was made from, or the plan holds a wrong line."""
    now = plan(session, desk, register, lines)
    if now.seal != seal or not now.fits:
        raise Conflict("changed")
    entries: list[tuple[int, Entry]] = []
    pairs: list[Pair] = []
    for line, row, before, values, active in _each_row(session, desk, register, lines):
        assert values is not None, "no line of a plan that fits is wrong"
        record_id, entry = keeping.put(session, desk, register, row, values)
        said = _said_beside(register, line)
        if register.beside is not None and said:
            register.beside.put(session, desk, record_id, values, said)
        if entry is not None:
            entries.append((record_id, entry))
            pairs.append((before, values))
        if active is not None and register.switch:
            switched = _switched(session, desk, register, record_id, active=active)
            entries += switched
            pairs += [(None, values) if active else (values, None)] * len(switched)
    history.write(session, register, entries, now=desk.now)
    if register.act is not None:
        register.act(session, desk, pairs)
    return now


def _each(
    session: Session, desk: Desk, register: Register, lines: Sequence[Line]
) -> Iterable[tuple[Planned, Any, Values | None, Values | None]]:
    seen: set[str] = set()
    for line in lines:
        planned, row, before, after = _planned(session, desk, register, line)
        if planned.what != "wrong" and planned.key in seen:
            twice = FieldError(register.key[0], "twice")
            planned, after = Planned(line.number, "wrong", planned.key, (), (twice,)), None
        seen.add(planned.key)
        yield planned, row, before, after


def _planned(
    session: Session, desk: Desk, register: Register, line: Line
) -> tuple[Planned, Any, Values | None, Values | None]:
    shown = " ".join(line.texts.get(name, "") for name in register.key).strip()
    try:
        row = _row(session, desk, register, line)
        values = reading.values(session, desk, register, line.texts, row)
        _check_switch(session, register, line, row)
        beside = _beside(session, desk, register, line, row, values)
    except Invalid as error:
        return Planned(line.number, "wrong", shown, (), error.errors), None, None, None
    old = dict[str, str]()
    before = None
    if row is not None:
        old = reading.texts_of(register, row, reading.codes_of(session, register, [row]))
        before = keeping.values_of(register, row)
    new = _written(session, register, values)
    differences = [
        Difference(name, old.get(name, ""), said)
        for name, said in new.items()
        if said != old.get(name, "")
    ]
    differences += beside
    if register.switch and line.active is not None:
        was = True if row is None else bool(getattr(row, register.switch))
        if was != line.active:
            differences.append(Difference(register.switch, str(int(was)), str(int(line.active))))
    what: What = "added" if row is None else "changed" if differences else "same"
    return Planned(line.number, what, shown, tuple(differences)), row, before, values


def _beside(
    session: Session, desk: Desk, register: Register, line: Line, row: Any | None, values: Values
) -> list[Difference]:
    """Raises `Invalid`."""
    said = _said_beside(register, line)
    if register.beside is None or not said:
        return []
    each = register.beside.field
    if len(said) > each.limit:
        raise Invalid(FieldError(each.name, "too_long", (("limit", each.limit),)))
    record_id = row.id if row is not None else None
    before = register.beside.before(session, desk, record_id, values, said)
    return [Difference(each.name, before, said)] if said != before else []


def _said_beside(register: Register, line: Line) -> str:
    return line.texts.get(register.beside.field.name, "").strip() if register.beside else ""


def _each_row(
    session: Session, desk: Desk, register: Register, lines: Sequence[Line]
) -> Iterable[tuple[Line, Any, Values | None, Values | None, bool | None]]:
    for line in lines:
        _, row, before, values = _planned(session, desk, register, line)
        yield line, row, before, values, line.active


def _row(session: Session, desk: Desk, register: Register, line: Line) -> Any | None:
    """The record the line's key names. Raises `Invalid` when the key itself is none."""
    found: Values = {}
    errors: list[FieldError] = []
    for name in register.key:
        each = register.field(name)
        try:
            found[name] = reading.stored(session, register, each, line.texts.get(name, ""))
        except reading.Wrong as wrong:
            errors.append(FieldError(name, wrong.code, tuple(wrong.data.items())))
    if errors:
        raise Invalid(*errors)
    query = select(register.model).where(*reading.same_key(register, found))
    if register.only is not None:
        query = query.where(register.only(desk))
    return session.scalar(query)


def _check_switch(session: Session, register: Register, line: Line, row: Any | None) -> None:
    """Raises `Invalid` for one that may not be switched off."""
    if line.active is not False or row is None or not register.switch:
        return
    try:
        keeping.check_off(session, register, row)
    except Conflict as error:
        raise Invalid(FieldError(register.switch, error.code)) from error


def _switched(
    session: Session, desk: Desk, register: Register, record_id: int, *, active: bool
) -> list[tuple[int, Entry]]:
    row = listing.row(session, desk, register, record_id)
    if bool(getattr(row, register.switch)) == active:
        return []
    setattr(row, register.switch, active)
    note = keeping.note_of(session, register, row)
    return [(record_id, Entry(None, desk.actor, keeping.ON if active else keeping.OFF, note=note))]


def _written(session: Session, register: Register, values: Values) -> dict[str, str]:
    codes: dict[str, dict[int, str]] = {}
    for each in register.fields:
        if each.of is not None and values[each.name]:
            table, named = each.of.class_, values[each.name]
            ids = named if each.kind == "refs" else [named]
            found = session.execute(select(table.id, each.of).where(table.id.in_(ids)))
            codes[each.name] = dict(found.all())
    return {
        each.name: reading.written(each, values[each.name], codes.get(each.name, {}))
        for each in register.fields
    }


def _seal(lines: Sequence[Planned]) -> str:
    plain = [[p.line, p.what, [[d.field, d.before, d.after] for d in p.differences]] for p in lines]
    return hashlib.sha256(audit.canonical(plain)).hexdigest()
