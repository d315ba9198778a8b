"""A record is created, changed, switched on or off, removed: each is checked, done and logged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access
from helpdesk.audit import Change, Entry
from helpdesk.desk import Desk
from helpdesk.errors import Conflict
from helpdesk.registry import history, listing, reading
from helpdesk.registry.shape import Effect, Pair, Register, Texts, Values

ADDED, CHANGED, ON, OFF, REMOVED = (
    "register_added",
    "register_changed",
    "register_on",
    "register_off",
    "register_removed",
)


def create(session: Session, desk: Desk, register: Register, texts: Texts) -> int:
    """Returns its id. Raises `Forbidden`, `Invalid` with every wrong field."""
    access.require(desk.actor, register.writes)
    values = reading.values(session, desk, register, texts)
    record_id, entry = put(session, desk, register, None, values)
    assert entry is not None, "a new record is always news"
    _done(session, desk, register, [(record_id, entry)], [(None, values)])
    return record_id


def change(
    session: Session, desk: Desk, register: Register, record_id: int, texts: Texts, version: str
) -> None:
    """`version` is that of the `Record` the form was made from.

    Raises `Forbidden`, `NotVisible`, `Invalid`, and `Conflict` (`changed`) when somebody changed it
    meanwhile, (`needed`) for the key of one Ponte cannot do without.
    """
    access.require(desk.actor, register.writes)
    row = _current(session, desk, register, record_id, version)
    before = values_of(register, row)
    values = reading.values(session, desk, register, texts, row)
    if _is_needed(register, before) and reading.key_of(register, before) != reading.key_of(
        register, values
    ):
        raise Conflict("needed")
    _, entry = put(session, desk, register, row, values)
    if entry is not None:
        _done(session, desk, register, [(record_id, entry)], [(before, values)])


def switch(
    session: Session, desk: Desk, register: Register, record_id: int, *, active: bool
) -> None:
    """Raises `Forbidden`, `NotVisible`, and `Conflict`: `needed`, or `held` by what still counts
    on it."""
    access.require(desk.actor, register.writes)
    row = listing.row(session, desk, register, record_id, lock=True)
    values = values_of(register, row)
    if getattr(row, register.switch) == active:
        return
    if not active:
        check_off(session, register, row)
    setattr(row, register.switch, active)
    session.flush()  # what follows reads it
    entry = Entry(None, desk.actor, ON if active else OFF, note=note_of(session, register, row))
    pair = (None, values) if active else (values, None)
    _done(session, desk, register, [(record_id, entry)], [pair])


def remove(session: Session, desk: Desk, register: Register, record_id: int) -> None:
    """Only what nothing refers to. Raises `Forbidden`, `NotVisible`, `Conflict` (`needed`,
    `used`)."""
    access.require(desk.actor, register.writes)
    row = listing.row(session, desk, register, record_id, lock=True)
    values = values_of(register, row)
    if _is_needed(register, values):
        raise Conflict("needed")
    if is_used(session, register, record_id):
        raise Conflict("used")
    codes = reading.codes_of(session, register, [row])
    texts = reading.texts_of(register, row, codes)
    gone = tuple(Change(_field(register, n), said, None) for n, said in texts.items() if said)
    entry = Entry(None, desk.actor, REMOVED, gone, note_of(session, register, row))
    session.delete(row)
    session.flush()  # what follows no longer finds it
    _done(session, desk, register, [(record_id, entry)], [(values, None)])


def put(
    session: Session, desk: Desk, register: Register, row: Any | None, values: Values
) -> tuple[int, Entry | None]:
    """Write checked values; the log entry, not yet written, is None when nothing differs."""
    kept: Any = register.model() if row is None else row
    old: dict[str, str] = {}
    if row is not None:
        old = reading.texts_of(register, row, reading.codes_of(session, register, [row]))
        if all(getattr(row, f.attribute) == values[f.name] for f in register.fields):
            return kept.id, None
    elif register.switch:
        setattr(kept, register.switch, True)
    for each in register.fields:
        setattr(kept, each.attribute, values[each.name])
    session.add(kept)
    if register.settle is not None:
        register.settle(session, desk, kept, values)
    session.flush()  # the log names its id, and an effect reads what it says
    new = reading.texts_of(register, kept, reading.codes_of(session, register, [kept]))
    changes = tuple(
        Change(_field(register, name), old.get(name) or None, said or None)
        for name, said in new.items()
        if said != old.get(name, "")
    )
    action = ADDED if row is None else CHANGED
    return kept.id, Entry(None, desk.actor, action, changes, note_of(session, register, kept))


def preview(
    session: Session,
    desk: Desk,
    register: Register,
    texts: Texts,
    record_id: int | None = None,
    version: str = "",
) -> Effect:
    """What `create` or `change` would do elsewhere. Raises as they do."""
    access.require(desk.actor, register.writes)
    row = None
    if record_id is not None:
        row = _current(session, desk, register, record_id, version, lock=False)
    values = reading.values(session, desk, register, texts, row)
    before = values_of(register, row) if row is not None else None
    return effect_of(session, desk, register, [counting(register, row, before, values, None)])


def preview_end(session: Session, desk: Desk, register: Register, record_id: int) -> Effect:
    """What switching it off, or removing it, would do elsewhere. Raises as they do."""
    access.require(desk.actor, register.writes)
    row = listing.row(session, desk, register, record_id)
    return effect_of(session, desk, register, [(values_of(register, row), None)])


def preview_start(session: Session, desk: Desk, register: Register, record_id: int) -> Effect:
    """What switching it on again would do elsewhere."""
    access.require(desk.actor, register.writes)
    row = listing.row(session, desk, register, record_id)
    return effect_of(session, desk, register, [(None, values_of(register, row))])


def counting(
    register: Register,
    row: Any | None,
    before: Values | None,
    after: Values | None,
    active: bool | None,  # noqa: FBT001 - None leaves it as it is
) -> Pair:
    """What counted and what will: a record that is off counts for nothing."""
    was = row is not None and (not register.switch or bool(getattr(row, register.switch)))
    will = active if active is not None else was or row is None
    return (before if was else None), (after if will else None)


def effect_of(session: Session, desk: Desk, register: Register, pairs: Sequence[Pair]) -> Effect:
    """What these changes would do elsewhere."""
    return Effect() if register.foresee is None else register.foresee(session, desk, pairs)


def is_used(session: Session, register: Register, record_id: int) -> bool:
    columns = [*register.uses, *(column for column, _ in register.holders)]
    return any(
        session.scalar(
            select(column.class_.__table__.c[column.key]).where(column == record_id).limit(1)
        )
        is not None
        for column in columns
    )


def check_off(session: Session, register: Register, row: Any) -> None:
    """Raises `Conflict` (`needed`, `held`) for what must stay on."""
    if _is_needed(register, values_of(register, row)):
        raise Conflict("needed")
    if _is_held(session, register, row.id):
        raise Conflict("held")


def values_of(register: Register, row: Any) -> Values:
    return {each.name: getattr(row, each.attribute) for each in register.fields}


def _current(
    session: Session,
    desk: Desk,
    register: Register,
    record_id: int,
    version: str,
    *,
    lock: bool = True,
) -> Any:
    row = listing.row(session, desk, register, record_id, lock=lock)
    now = listing.records(session, register, [row])[0]
    if now.version != version:
        raise Conflict("changed", version=now.version)
    return row


def _done(
    session: Session,
    desk: Desk,
    register: Register,
    entries: Sequence[tuple[int, Entry]],
    pairs: Sequence[Pair],
) -> None:
    history.write(session, register, entries, now=desk.now)
    if register.act is not None:
        register.act(session, desk, pairs)


def _is_needed(register: Register, values: Values) -> bool:
    return values[register.key[0]] in register.needed


def _is_held(session: Session, register: Register, record_id: int) -> bool:
    return any(
        session.scalar(select(column).where(column == record_id, counts).limit(1)) is not None
        for column, counts in register.holders
    )


def _field(register: Register, name: str) -> str:
    """As the log names it: `classification.days`."""
    return f"{register.name}.{name}"


def note_of(session: Session, register: Register, row: Any) -> str:
    """What the log calls the record: its key and its name."""
    texts = reading.texts_of(register, row, reading.codes_of(session, register, [row]))
    key = " ".join(texts[name] for name in register.key if texts[name])
    title = texts[register.title]
    return f"{key} · {title}" if title != key else key
