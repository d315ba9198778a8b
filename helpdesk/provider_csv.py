"""A CSV file of providers as spreadsheets write it, read into rows."""

import csv
import io
from collections.abc import Iterator

from helpdesk.registers import ImportRefused, ProviderRow

REQUIRED = "code"
DELIMITERS = ",;"


def parse(data: bytes) -> list[ProviderRow]:
    """Rows in the file's order, each with the line it begins on. Empty cells are None.

    UTF-8 (with or without BOM) or Windows-1252; comma or semicolon, whichever the header has more
    of. Raises `ImportRefused` naming every line that cannot be read.
    """
    text = _decode(data)
    lines = _lines(text)
    _, header = next(lines, (1, list[str]()))
    names = [name.strip().lower() for name in header]
    problems = [(1, f"the column {name} is there twice") for name in sorted(_twice(names))]
    if REQUIRED not in names:
        problems.append((1, f"there is no column {REQUIRED}"))
    if problems:
        raise ImportRefused(problems)
    rows: list[ProviderRow] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            problems.append((line, f"has {len(cells)} cells, the header has {len(names)}"))
            continue
        rows.append(_row(line, dict(zip(names, map(str.strip, cells), strict=False))))
    if problems:
        raise ImportRefused(problems)
    return rows


def _row(line: int, cells: dict[str, str]) -> ProviderRow:
    """Columns of other names are allowed and left alone."""
    return ProviderRow(
        code=cells.get("code", ""),
        name=cells.get("name") or None,
        document=cells.get("document") or None,
        type=cells.get("type") or None,
        cnes=cells.get("cnes") or None,
        city=cells.get("city") or None,
        state=cells.get("state") or None,
        phone=cells.get("phone") or None,
        email=cells.get("email") or None,
        person=cells.get("person") or None,
        line=line,
    )


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ImportRefused([(reader.line_num, str(error))]) from error
        if cells is None:
            return
        yield begin, cells
        begin = reader.line_num + 1


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if name and names.count(name) > 1}
