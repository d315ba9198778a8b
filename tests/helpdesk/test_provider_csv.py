import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.provider_csv import parse
from helpdesk.registers import ImportRefused, ProviderRow

HEADER = "code,name,document,type,email,phone,person"


def refused(data: bytes) -> list[tuple[int, str]]:
    with pytest.raises(ImportRefused) as caught:
        parse(data)
    return list(caught.value.problems)


def test_a_row_is_what_stands_in_its_cells():
    data = f"{HEADER}\r\n01, Clínica ,,Laboratório,a@b.example,,Lu\r\n".encode()
    assert parse(data) == [
        ProviderRow(
            code="01",
            name="Clínica",
            type="Laboratório",
            email="a@b.example",
            person="Lu",
            line=2,
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_spreadsheets_may_write_it_their_way(encoding: str, delimiter: str):
    text = "code,name,city\n01,Clínica São João,Betim\n".replace(",", delimiter)
    assert parse(text.encode(encoding)) == [
        ProviderRow(code="01", name="Clínica São João", city="Betim", line=2)
    ]


def test_columns_come_in_any_order_and_others_are_left_alone():
    data = b"Region,NAME,code\nsul,Lab,7\n"
    assert parse(data) == [ProviderRow(code="7", name="Lab", line=2)]


def test_a_cell_may_hold_lines_and_lines_still_count():
    data = b'code,name\n1,"Lab\nSul"\n\n2,Norte\n'
    assert [(row.code, row.line) for row in parse(data)] == [("1", 2), ("2", 5)]


def test_a_short_row_leaves_the_rest_empty():
    assert parse(b"code,name,city\n1,Lab\n") == [ProviderRow(code="1", name="Lab", line=2)]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"name,city\nLab,Betim\n", 1),
        (b"code,name,Name\n", 1),
        (b"code,name\n1,Lab,x\n", 2),
        (b'code,name\n1,"Lab\n', 2),
        (b'code,name\n1,"Lab"x\n', 2),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(data: bytes, line: int):
    assert [problem[0] for problem in refused(data)] == [line]


def test_every_long_row_is_named():
    assert [line for line, _ in refused(b"code\n1,2\n3\n4,5\n")] == [2, 4]


@given(st.lists(st.tuples(*[st.text(alphabet='aé ";,\n\r🏥')] * 3), max_size=6))
def test_what_a_writer_writes_is_read_again(cells: list[tuple[str, str, str]]):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([("code", "name", "city"), *cells])
    read = [(row.code, row.name or "", row.city or "") for row in parse(out.getvalue().encode())]
    stripped = [tuple(cell.strip() for cell in row) for row in cells]
    assert read == [row for row in stripped if any(row)]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes):
    refusals, rows = list[tuple[int, str]](), list[ProviderRow]()
    try:
        rows = parse(data)
    except ImportRefused as error:
        refusals = list(error.problems)
    assert all(row.line > 1 for row in rows)
    assert all(line >= 1 and why for line, why in refusals)
