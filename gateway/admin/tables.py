"""Registers as CSV: what `/exportar.csv` writes can be edited in a spreadsheet and read back.

The header has the fields' Portuguese names; their own names are read as well. A reference stands by
its code, yes and no and choices by their words.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.admin import cells
from gateway.delimited import FORMULA, safe
from gateway.labels import label
from helpdesk.registry.importing import MOST_LINES, Line
from helpdesk.registry.shape import Field, Record, Register

DELIMITERS = ";,\t"


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps the whole file from being read: a code of the labels `register_file`, and what it
    is about (a column, a line)."""

    code: str
    about: str = ""


class Unreadable(Exception):
    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(p.code for p in problems))
        self.problems = problems


def header(register: Register) -> list[str]:
    names = [_word(register, each.name) for each in register.fields]
    return [*names, _word(register, register.switch)] if register.switch else names


def columns(register: Register) -> list[str]:
    """What a file may have: those of the export, and what only a file says."""
    more = [_word(register, register.beside.field.name)] if register.beside else []
    return [*header(register), *more]


def line(register: Register, record: Record) -> list[str]:
    row = [safe(_out(each, record.texts[each.name])) for each in register.fields]
    return [*row, cells.YES_WORD if record.active else cells.NO_WORD] if register.switch else row


def read(register: Register, data: bytes) -> list[Line]:
    """Raises `Unreadable` with what is wrong with the file as a whole."""
    rows = _rows(data)
    if not rows:
        raise Unreadable(Problem("empty"))
    columns = _columns(register, rows[0][1])
    lines: list[Line] = []
    for number, found in rows[1:]:
        if not any(cell.strip() for cell in found):
            continue
        if len(found) > len(columns):
            raise Unreadable(Problem("cells", str(number)))
        if len(lines) == MOST_LINES:
            raise Unreadable(Problem("long", str(MOST_LINES)))
        lines.append(_line(register, number, dict(zip(columns, found, strict=False))))
    if not lines:
        raise Unreadable(Problem("empty"))
    return lines


def read_fields(register: Register) -> list[Field]:
    return [*register.fields, *([register.beside.field] if register.beside else [])]


def _line(register: Register, number: int, found: dict[str, str]) -> Line:
    texts = {
        each.name: cells.typed(each, _in(found[each.name]))
        for each in read_fields(register)
        if each.name in found
    }
    return Line(number, texts, cells.flag(found.get(register.switch, "")))


def _columns(register: Register, names: Sequence[str]) -> list[str]:
    """The field of each column."""
    fields = [
        *(each.name for each in read_fields(register)),
        *([register.switch] * bool(register.switch)),
    ]
    known = {name: name for name in fields}
    known |= {_word(register, name).casefold(): name for name in fields}
    problems: list[Problem] = []
    columns: list[str] = []
    for name in names:
        found = known.get(name.strip().casefold())
        if found is None:
            problems.append(Problem("column", name.strip()))
        elif found in columns:
            problems.append(Problem("twice", name.strip()))
        columns.append(found or "")
    problems += [
        Problem("missing", _word(register, name))
        for name in register.key[:1]
        if name not in columns
    ]
    if problems:
        raise Unreadable(*problems)
    return columns


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for found in reader:
            rows.append((begin, found))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(Problem("quotes", str(reader.line_num))) from error
    return rows


def _word(register: Register, name: str) -> str:
    return label(f"{register.name}.{name}", "register_field")


def _out(each: Field, text: str) -> str:
    return text if each.kind == "ref" else cells.shown(each, text)


def _in(said: str) -> str:
    """Without the sign that kept a spreadsheet from reading a formula."""
    said = said.strip()
    return said[1:] if said.startswith("'") and said[1:].startswith(FORMULA) else said
