"""A workbook of one list, written as it goes out: bytes leave before the last row is read.

Writers that keep a sheet in memory or in a file send nothing until it is whole. A sheet is a list
of rows in a ZIP (ECMA-376 part 1 §18.3), and `zipfile` writes to what cannot seek. Every text is an
inline string: no cell is ever a formula, and digits stay the text they are.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: ECMA-376: what a sheet holds; the rest goes to the next one
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
#: characters XML 1.0 has no spelling for (§2.2)
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Cell = str | int | None


class _Outgoing:
    """Takes what `zipfile` writes until it is sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class Workbook:
    """`rows` and `end` give the bytes to send; `head` is repeated at the top of every sheet."""

    def __init__(self, title: str, head: Sequence[str]) -> None:
        self._title, self._head = title, _row(head)
        self._out = _Outgoing()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
        self._sheets = 0
        self._lines = 0
        self._sheet = self._begin()

    def rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        for row in rows:
            if self._lines == MOST_ROWS:
                self._finish()
                self._sheet = self._begin()
            self._sheet.write(_row(row))
            self._lines += 1
        return self._out.take()

    def end(self) -> bytes:
        self._finish()
        for name, text in self._parts():
            self._zip.writestr(name, _HEAD + text)
        self._zip.close()
        return self._out.take()

    def close(self) -> None:
        """Let go of a workbook that nobody reads to its end; after `end` there is nothing left."""
        if self._zip.fp is not None:
            self._sheet.close()
            self._zip.close()

    def _begin(self) -> zipfile.ZipExtFile:
        self._sheets += 1
        info = zipfile.ZipInfo(f"xl/worksheets/sheet{self._sheets}.xml", (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        sheet = self._zip.open(info, "w", force_zip64=True)
        sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode() + self._head)
        self._lines = 1
        return sheet  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    def _finish(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()

    def _parts(self) -> Iterator[tuple[str, str]]:
        """What names the sheets; how many there are is known at the end."""
        numbers = range(1, self._sheets + 1)
        title = escape(self._title)
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml"'
            f' ContentType="{_TYPES}.worksheet+xml"/>'
            for n in numbers
        )
        yield (
            "[Content_Types].xml",
            (
                f'<Types xmlns="{_PACKAGE}/content-types">'
                '<Default Extension="rels"'
                ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Override PartName="/xl/workbook.xml"'
                f' ContentType="{_TYPES}.sheet.main+xml"/>{overrides}</Types>'
            ),
        )
        yield (
            "_rels/.rels",
            (
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
                f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            ),
        )
        sheets = "".join(
            f'<sheet name="{title}{"" if n == 1 else f" {n}"}" sheetId="{n}" r:id="r{n}"/>'
            for n in numbers
        )
        yield (
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        )
        relations = "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        yield (
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        )


def _row(cells: Sequence[Cell]) -> bytes:
    return f"<row>{''.join(map(_cell, cells))}</row>".encode()


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    text = escape(_UNSPEAKABLE.sub("", value[:LONGEST_TEXT]))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
