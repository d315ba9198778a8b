import csv
import io
import threading
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import delimited, listings, spreadsheets
from helpdesk.border import Actor
from helpdesk.models import Access
from helpdesk.rows import Row
from tests.gateway.console.served import Instance

HEAD = [
    "N.º Chamado",
    "Abertura",
    "Prazo de retorno",
    "Cliente",
    "Aberto por",
    "Título",
    "Classificação",
    "Subclassificação",
    "Motivo",
    "Data do fechamento",
    "Em andamento com",
    "Setor",
    "Dias em aberto",
    "Protocolo",
]


def test_the_filtered_list_is_a_brazilian_spreadsheet(instance: Instance):
    number = instance.opened("=Planilha;com ponto")
    instance.opened("Planilha do outro", provider="P2")
    with instance.client() as client:
        link = client.get("/central?q=Planilha&prestador=P1").text
        assert "/central/exportar.csv?q=Planilha&amp;prestador=P1" in link
        answer = client.get("/central/exportar.csv?q=Planilha&prestador=P1")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].startswith('attachment; filename="atendimentos-')
    text = answer.content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    head, row = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert head == HEAD
    ticket = instance.ticket(number)
    assert row[0] == str(number)
    assert row[2:6] == ["2 úteis", "Clínica Vila Serena", "Web prestador", "'=Planilha;com ponto"]
    assert row[13] == f'="{ticket.protocol}"'
    seen = instance.read(lambda s: s.scalars(select(Access).where(Access.what == "export")).all())
    assert seen[-1].detail == "q=Planilha&prestador=P1"


def test_all_pages_are_in_it(instance: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listings, "AT_ONCE", 2)
    monkeypatch.setattr(listings, "STRETCH", 3)
    numbers = [instance.opened(f"Exportar {n}") for n in range(5)]
    with instance.client() as client:
        lines = client.get("/central/exportar.csv?q=Exportar&ordem=chamado").text.splitlines()
    assert [int(line.split(";")[0]) for line in lines[1:]] == numbers


def test_it_needs_its_permission(instance: Instance):
    with instance.client("leo") as client:
        assert client.get("/central/exportar.csv").status_code == 403
        assert "exportar.csv" not in client.get("/central").text


@given(st.text())
def test_no_cell_is_a_formula(text: str):
    assert not delimited.safe(text).startswith(delimited.FORMULA)
    digits = text.isascii() and text.isdigit()
    assert delimited.as_text(text) == (f'="{text}"' if digits else delimited.safe(text))


def test_a_workbook_holds_the_same_rows(instance: Instance):
    numbers = [instance.opened(f"=Pasta {n}") for n in range(3)]
    query = "q=Pasta&ordem=chamado"
    with instance.client() as client:
        assert "/central/exportar.xlsx?q=Pasta" in client.get(f"/central?{query}").text
        answer = client.get(f"/central/exportar.xlsx?{query}")
    assert answer.headers["content-type"] == spreadsheets.MEDIA_TYPE
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    head, *rows = [["".join(cell.itertext()) for cell in row] for row in sheet[0]]
    assert head == HEAD
    assert [int(row[0]) for row in rows] == numbers
    assert [row[5] for row in rows] == [f"=Pasta {n}" for n in range(3)]
    assert [row[13] for row in rows] == [instance.ticket(n).protocol for n in numbers]
    seen = instance.read(lambda s: s.scalars(select(Access).where(Access.what == "export")).all())
    assert seen[-1].detail == query


def test_when_nobody_reads_any_more_the_queries_stop(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    """A browser that goes away in the middle: its list is not read to the end."""
    for n in range(3):
        instance.opened(f"Largado {n}")
    monkeypatch.setattr(listings, "STRETCH", 1)
    monkeypatch.setattr(listings, "AT_ONCE", 1)
    asked: list[int] = []
    gone = threading.Event()
    reading = listings.rows.of_numbers

    def counted(session: Session, actor: Actor, numbers: Sequence[int], *rest: Any) -> list[Row]:
        asked.extend(numbers)
        if len(asked) > 1:
            gone.wait(20)
        return reading(session, actor, numbers, *rest) * 2_000

    monkeypatch.setattr(listings.rows, "of_numbers", counted)
    with instance.client() as client:
        with client.stream("GET", "/central/exportar.csv?q=Largado") as answer:
            next(answer.iter_bytes(100))
        client.get("/health/live")
        gone.set()
        client.get("/health/live")
    assert len(asked) < 3
