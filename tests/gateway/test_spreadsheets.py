"""Workbooks as a reader of the format sees them."""

import io
import zipfile
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import spreadsheets
from gateway.spreadsheets import Cell, Workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def whole(head: list[str], rows: list[list[Cell]]) -> bytes:
    book = Workbook("Lista", head)
    return b"".join([*(book.rows([row]) for row in rows), book.end()])


def sheets(data: bytes) -> list[list[list[str | None]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = sorted(n for n in archive.namelist() if n.startswith("xl/worksheets/"))
        return [[_row(row) for row in ET.fromstring(archive.read(n))[0]] for n in names]


def _row(row: ET.Element) -> list[str | None]:
    return ["".join(cell.itertext()) or None for cell in row]


@given(st.lists(st.lists(st.none() | st.integers(0, 2**53) | st.text(), min_size=2, max_size=2)))
def test_what_is_written_is_what_is_read(rows: list[list[Cell]]):
    (read,) = sheets(whole(["a", "b"], rows))
    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    for written, cells in zip(rows, read[1:], strict=True):
        for value, cell in zip(written, cells, strict=True):
            kept = spreadsheets._UNSPEAKABLE.sub("", str("" if value is None else value))
            assert (cell or "") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_digits_and_formulas_stay_text():
    data = whole(["x"], [["99999720261124000001"], ["=1+1"]])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert [cell.get("t") for cell in sheet.iter(f"{MAIN}c")] == ["inlineStr"] * 3
    assert list(sheet.iter(f"{MAIN}f")) == []


def test_bytes_leave_before_the_end():
    book = Workbook("Lista", ["x"])
    first = b"".join(book.rows([[f"{n} " + "x" * n]]) for n in range(3000))
    assert first.startswith(b"PK")
    assert len(first) > len(book.end())


def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 3)
    read = sheets(whole(["x"], [[n] for n in range(5)]))
    assert [[row[0] for row in sheet] for sheet in read] == [
        ["x", "0", "1"], ["x", "2", "3"], ["x", "4"],
    ]  # fmt: skip
