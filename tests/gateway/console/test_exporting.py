import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.console import exporting
from helpdesk.models import Access
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
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
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
    assert not exporting.safe(text).startswith(exporting.FORMULA)
    digits = text.isascii() and text.isdigit()
    assert exporting.as_text(text) == (f'="{text}"' if digits else exporting.safe(text))
