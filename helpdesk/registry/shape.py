"""What a register is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from helpdesk import access
from helpdesk.desk import Desk
from helpdesk.errors import FieldError

Kind = Literal["text", "long", "number", "flag", "choice", "many", "ref", "refs", "day", "time"]
#: values of a record by field name; a reference is the id of what it names, None is empty
Values = dict[str, Any]
#: the same as text: what forms and CSV hold. A reference is the code of what it names, a flag `1`
#: or `0`, a day ISO; several choices, or several references, are parted by `|`
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`column`: the attribute of the table, where it is not the field's own name.

    `of` and `called`: the column a reference is named by (`Sector.code`) and the one it is shown
    by (`Sector.name`). `choices`: none for `many` are words of one's own. `label`: the kind of
    label its choices have. `fixed`: never changed once the record is there. `listed`: a column of
    the list.
    """

    name: str
    kind: Kind = "text"
    column: str = ""
    required: bool = True
    limit: int = 200
    least: int = 0
    most: int = 9999
    choices: tuple[str, ...] = ()
    label: str = ""
    # Columns are descriptors: typed as such, a checker takes what they would give on a row.
    of: Any = None
    called: Any = None
    default: str = ""
    fixed: bool = False
    listed: bool = False
    clean: Callable[[str], str | None] | None = None

    @property
    def attribute(self) -> str:
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Moved:
    """One open ticket whose deadline a change moves. Instants are aware."""

    number: int
    title: str
    provider: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Effect:
    """`total` tickets move; `moved` holds the first of them, by number."""

    moved: tuple[Moved, ...] = ()
    total: int = 0


#: a record as it was and as it will be: None before it is created, None after it is removed
Pair = tuple[Values | None, Values | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A column that only a file has: what stands there is no field of the record, but goes with it.

    `before`: what is stored for the line's record now (its values, its id when there is one).
    Raises `Invalid`. `put` stores it, once the record is there.
    """

    field: Field
    before: Callable[[Session, Desk, int | None, Values, str], str]
    put: Callable[[Session, Desk, int, Values, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """See `helpdesk.registry`.

    `key`: the fields that together name a record; unique, and how a CSV line finds its record.
    `order`: attributes of the table, the last of them unique. `uses`: columns of other tables that
    hold the id of a record; one that is used is switched off, never removed. `holders`: columns
    that hold it with the flag that says whether they count: while one does, it stays on.
    `needed`: keys without which Ponte cannot work.
    """

    name: str
    model: type[Any]
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ("code",)
    order: tuple[str, ...] = ("id",)
    title: str = "name"
    parent: str = ""
    children: tuple[str, ...] = ()
    uses: tuple[InstrumentedAttribute[Any], ...] = ()
    holders: tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[bool]], ...] = ()
    needed: frozenset[str] = frozenset()
    switch: str = "active"
    #: the register whose rights guard it (`access.REGISTERS`), where it is not its own
    right: str = ""
    #: rows of the table that belong to the register
    only: Callable[[Desk], ColumnElement[bool]] | None = None
    find: Callable[[str], ColumnElement[bool]] | None = None
    check: Callable[[Session, Desk, Values], Sequence[FieldError]] | None = None
    settle: Callable[[Session, Desk, Any, Values], None] | None = None
    #: what a change does elsewhere, told before it is saved, and done once it is
    foresee: Callable[[Session, Desk, Sequence[Pair]], Effect] | None = None
    act: Callable[[Session, Desk, Sequence[Pair]], None] | None = None
    beside: Beside | None = None

    @property
    def reads(self) -> str:
        return access.reads(self.right or self.name)

    @property
    def writes(self) -> str:
        return access.writes(self.right or self.name)

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    @property
    def listed(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.listed)


@dataclass(frozen=True, slots=True)
class Record:
    """`names` says what references are called. `version` differs whenever a text does."""

    id: int
    title: str
    texts: dict[str, str]
    names: dict[str, str]
    active: bool
    version: str
    #: Ponte cannot do without it
    needed: bool = False
    place: tuple[Any, ...] = field(default=())
