"""What a record's texts look like to people: in a list, a history, a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway.console import phrases
from gateway.labels import LABELS, label
from helpdesk.registry.history import Line
from helpdesk.registry.reading import BETWEEN, NO, YES
from helpdesk.registry.shape import Field, Record, Register

YES_WORD, NO_WORD = "Sim", "Não"


@dataclass(frozen=True, slots=True)
class Cell:
    """`code` stands beside the text, smaller; `kind` is the field's."""

    text: str
    kind: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a record's history; `changes`: dicts of field, before, after, for people."""

    at: datetime
    actor: str
    action: str
    changes: list[dict[str, str]]


def told(register: Register, lines: Sequence[Line]) -> list[Told]:
    fields = {f"{register.name}.{each.name}": each for each in register.fields}

    def said(name: str, text: object) -> str:
        each = fields.get(name)
        return shown(each, str(text)) if each is not None and text else str(text or "")

    return [
        Told(
            line.at,
            line.actor,
            line.action,
            [
                {
                    "field": change["field"],
                    "before": said(change["field"], change["before"]),
                    "after": said(change["field"], change["after"]),
                }
                for change in line.changes
            ],
        )
        for line in lines
    ]


def whole(register: Register, record: Record) -> dict[str, str]:
    """Every field as people read it."""
    cells = {
        each.name: cell(each, record.texts[each.name], record.names) for each in register.fields
    }
    return {
        n: f"{c.code} · {c.text}" if c.code and c.code != c.text else c.text
        for n, c in cells.items()
    }


def of(register: Register, record: Record) -> list[Cell]:
    """The cells of the list, in the order of its columns."""
    return [cell(each, record.texts[each.name], record.names) for each in register.listed]


def beside(register: Register, record: Record) -> str:
    """What tells a record from its sisters: its code, else what the list shows."""
    if "code" in record.texts:
        return record.texts["code"]
    pairs = zip(register.listed, of(register, record), strict=True)
    left = {register.title, register.parent}
    return " · ".join(one.text for each, one in pairs if each.name not in left and one.text)


def cell(each: Field, text: str, names: dict[str, str]) -> Cell:
    if each.kind == "ref" and text:
        return Cell(names.get(each.name) or text, each.kind, text)
    if each.kind == "refs" and text:
        return Cell(names.get(each.name) or text, each.kind)
    return Cell(shown(each, text), each.kind)


def shown(each: Field, text: str) -> str:
    """A text as people read it; an empty one stays empty."""
    return _SHOWN.get(each.kind, lambda _, said: said)(each, text) if text else ""


def typed(each: Field, said: str) -> str:
    """The other way round, from a file: `Sim` is `1`, `dias úteis` is `business`. What is no word
    of ours stays, and the register says what is wrong with it."""
    said = said.strip()
    if each.label == phrases.KIND:
        return phrases.stored(said)
    if each.kind == "choice":
        return _code_of(each, said)
    if each.kind == "many":
        return BETWEEN.join(
            _code_of(each, part.strip()) for part in said.split(BETWEEN) if part.strip()
        )
    return said


def filled(register: Register, texts: dict[str, str]) -> dict[str, str]:
    """What stands in a form's fields: variables of a text by their Portuguese names."""
    return {
        each.name: phrases.spoken(texts[each.name])
        if each.label == phrases.KIND
        else texts[each.name]
        for each in register.fields
    }


def flag(said: str) -> bool | None:
    """Yes, no, or neither."""
    if said.strip().casefold() in YES:
        return True
    return False if said.strip().casefold() in NO else None


def _code_of(each: Field, said: str) -> str:
    words = (
        {word.casefold(): code for code, word in LABELS[each.label].items()} if each.label else {}
    )
    if said in each.choices:
        return said
    return words.get(said.casefold(), said)


def _long(each: Field, text: str) -> str:
    return phrases.spoken(text) if each.label == phrases.KIND else text


def _flag(_: Field, text: str) -> str:
    return YES_WORD if text == "1" else NO_WORD


def _choice(each: Field, text: str) -> str:
    return label(text, each.label) if each.label else text


def _many(each: Field, text: str) -> str:
    return ", ".join(_choice(each, part) for part in text.split(BETWEEN))


def _day(_: Field, text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


_SHOWN: dict[str, Callable[[Field, str], str]] = {
    "long": _long,
    "flag": _flag,
    "choice": _choice,
    "many": _many,
    "day": _day,
}
