"""Tickets over the API: opened, listed, exported, shown, deleted, logged."""

import csv
import io
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from gateway import spreadsheets
from gateway.runtime import Runtime
from helpdesk.models import Access
from tests.gateway.api.conftest import ONE_DATABASE, V1, ticket

Api = AsyncTestClient[Litestar]
TICKET = {
    "number", "protocol", "title", "situation", "status", "provider", "opened_by", "contact",
    "classification", "subclassification", "reason", "sector", "assignee", "in_progress_with",
    "channel", "opened_at", "closed_at", "deleted_at", "days_open", "deadline", "waiting_on",
    "secret", "merged_into", "linked", "endpoints", "version", "messages",
}  # fmt: skip


async def test_a_ticket_is_what_the_contract_says(api: Api):
    answer = await api.post(f"{V1}/tickets", json=ticket())
    shown = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"{V1}/tickets/{shown['number']}"
    assert shown.keys() == TICKET
    assert type(shown["number"]) is int
    assert shown["protocol"].startswith("419999")
    assert shown["status"] == {"code": "ABE", "label": "Aberto"}
    assert shown["provider"] == {"code": "P1", "name": "Clínica Aurora", "document": None}
    assert shown["opened_by"]["kind"] == "agent"
    assert type(shown["opened_by"]["id"]) is str
    assert shown["classification"] == {"code": "GLO", "name": "Glosa"}
    assert shown["subclassification"]["code"] == "GLO.1"
    assert shown["reason"] is None
    assert shown["channel"] == "api"
    assert shown["deadline"].keys() == {"days", "unit", "due_at", "attention_at", "band"}
    assert datetime.fromisoformat(shown["deadline"]["due_at"]).utcoffset() is not None
    assert [e["address"] for e in shown["endpoints"]] == ["contato@aurora.example"]
    assert shown["endpoints"][0]["default"] is True
    said = shown["messages"][0]
    assert said.keys() == {
        "id", "direction", "audience", "secret", "channel", "author", "at", "text", "quoted",
        "html", "attachments", "deliveries",
    }  # fmt: skip
    assert (said["direction"], said["audience"]) == ("inbound", "public")
    assert said["text"] == "A guia 412 foi glosada.\nPodem rever?"
    assert said["author"] == {"kind": "agent", "name": "Ana Lima"}


async def test_the_ticket_shown_is_the_one_opened(api: Api):
    opened = (await api.post(f"{V1}/tickets", json=ticket())).json()
    answer = await api.get(f"{V1}/tickets/{opened['number']}")
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == opened


@ONE_DATABASE
@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"provider": "P9"}, "provider", "unknown"),
        ({"title": " "}, "title", "required"),
        ({"title": "x" * 101}, "title", "too_long"),
        ({"title": 5}, "title", "invalid"),
        ({"text": "x" * 4001}, "text", "too_long"),
        ({"classification": "XXX"}, "classification", "unknown"),
        ({"subclassification": "FIN.1"}, "subclassification", "unknown"),
        ({"channel": "mail"}, "channel", "invalid"),
        ({"titel": "x"}, "titel", "unknown"),
        ({"contact": None}, "contact", "invalid"),
        ({"contact": {"name": "L", "phone": "1", "email": "a@b.co"}}, "contact.phone", "invalid"),
        ({"contact": {"name": "L", "phone": "", "email": "a@b.co"}}, "contact.phone", "required"),
        ({"contact": {"name": "L", "phone": ""}}, "contact.email", "required"),
        ({"text": "nul \0 inside"}, "text", "invalid"),
        ({"attachments": [{"filename": "a.txt"}]}, "attachments[0].base64", "required"),
    ],
)
async def test_each_wrong_field_is_named(api: Api, more: dict[str, Any], field: str, code: str):
    answer = await api.post(f"{V1}/tickets", json=ticket(**more))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (422, "Unprocessable Content")
    assert (field, code) in {(e["field"], e["code"]) for e in problem["errors"]}
    assert all(e["message"] for e in problem["errors"])


async def test_wrong_fields_are_all_named_at_once(api: Api):
    answer = await api.post(f"{V1}/tickets", json=ticket(provider="P9", title="", text=""))
    assert {e["field"] for e in answer.json()["errors"]} == {"provider", "title", "text"}


@ONE_DATABASE
async def test_4000_characters_count_as_code_points(api: Api):
    whole = "😀" * 3998 + "\r\n" + "a"
    answer = await api.post(f"{V1}/tickets", json=ticket(text=whole))
    assert answer.status_code == 201
    assert (await api.post(f"{V1}/tickets", json=ticket(text=whole + "b"))).status_code == 422


async def test_the_list_filters_orders_and_pages(api: Api):
    numbers = [
        (await api.post(f"{V1}/tickets", json=ticket(provider=code, title=title))).json()["number"]
        for code, title in (("P1", "Alfa"), ("P2", "Beta"), ("P1", "Gama"))
    ]

    async def listed(query: str) -> list[int]:
        answer = await api.get(f"{V1}/tickets?{query}")
        assert answer.status_code == 200, answer.text
        return [item["number"] for item in answer.json()["items"]]

    assert await listed("order=number") == numbers
    assert await listed("order=title&direction=desc") == numbers[::-1]
    assert await listed("provider=P2") == [numbers[1]]
    assert await listed("provider=P2&provider=P1&order=number") == numbers
    assert await listed("provider=nope") == []
    assert await listed("q=beta") == [numbers[1]]
    assert await listed("situation=closed") == []
    assert await listed("opened_from=2020-01-01&opened_to=9999-12-31&order=number") == numbers
    assert await listed("opened_to=0001-01-01") == []
    assert await listed("deadline=expired") == []
    first = (await api.get(f"{V1}/tickets?order=number&limit=2")).json()
    assert (first["total"], first["total_exact"]) == (3, True)
    assert [item["number"] for item in first["items"]] == numbers[:2]
    second = (await api.get(f"{V1}/tickets?order=number&limit=2&cursor={first['next']}")).json()
    assert [item["number"] for item in second["items"]] == numbers[2:]
    assert second["next"] is None
    assert first["items"][0].keys() == TICKET - {"linked", "endpoints", "messages"}


@ONE_DATABASE
@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "cursor=zz", "situation=x", "order=x", "direction=up",
        "deadline=late", "opened_from=24/11/2026", "classificacao=GLO", "q=%00", "q=a&q=b",
        "opened_to=2026-11-24&opened_to=2026-11-25",
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_a_bad_request(api: Api, query: str):
    for path in ("tickets", "tickets.csv"):
        answer = await api.get(f"{V1}/{path}?{query}")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_export_has_every_ticket_under_the_names_of_the_json(api: Api):
    awkward = 'aspas " e vírgula,\nlinha'
    for title in ("Um", "Dois"):
        await api.post(f"{V1}/tickets", json=ticket(title=title))
    contact = {"name": awkward, "phone": "(31) 3222-0101", "email": "contato@aurora.example"}
    await api.post(f"{V1}/tickets", json=ticket(title="Três", contact=contact))
    answer = await api.get(f"{V1}/tickets.csv?order=number")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.content
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    listed = (await api.get(f"{V1}/tickets?order=number")).json()["items"]
    assert [row["title"] for row in rows] == ["Um", "Dois", "Três"]
    for row, item in zip(rows, listed, strict=True):
        assert row == dict(_flat(item, row.keys()))
    assert rows[2]["contact.name"] == awkward


def _flat(item: dict[str, Any], columns: Any) -> Any:
    for column in columns:
        value: Any = item
        for name in column.split("."):
            value = value[name] if value is not None else None
        yield column, "" if value is None else str(value)


async def test_an_export_is_on_record(api: Api, runtime: Runtime):
    await api.get(f"{V1}/tickets.csv")
    assert "export" in _accesses(runtime)


def _accesses(runtime: Runtime) -> list[str]:
    return runtime.work.read_now(lambda session: list(session.scalars(select(Access.what))))


async def test_a_deleted_ticket_is_shown_but_not_listed(api: Api):
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    path = f"{V1}/tickets/{number}"
    assert (await api.delete(path)).status_code == 400
    answer = await api.delete(f"{path}?justification=aberto%20por%20engano")
    assert (answer.status_code, answer.content) == (204, b"")
    shown = (await api.get(path)).json()
    assert shown["deleted_at"] is not None
    assert shown["status"]["code"] == "CAN"
    assert (await api.get(f"{V1}/tickets")).json()["items"] == []
    assert (await api.delete(f"{path}?justification=de%20novo")).status_code == 409


async def test_a_started_ticket_cannot_be_deleted(api: Api):
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    await api.post(f"{V1}/tickets/{number}/claim", json={})
    answer = await api.delete(f"{V1}/tickets/{number}?justification=engano")
    assert answer.status_code == 409


async def test_the_log_names_who_did_what(api: Api):
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    await api.post(f"{V1}/tickets/{number}/claim", json={})
    items = (await api.get(f"{V1}/tickets/{number}/log")).json()["items"]
    assert [item["action"] for item in items] == ["opened", "claimed"]
    claimed = items[1]
    assert claimed.keys() == {
        "id", "at", "actor", "action", "changes", "note", "digest", "seal",
    }  # fmt: skip
    assert claimed["actor"]["name"] == "Ana Lima"
    assert {"field": "assignee", "before": None, "after": "Ana Lima"} in claimed["changes"]
    assert len(claimed["digest"]) == 64


@ONE_DATABASE
async def test_the_workbook_holds_what_the_csv_holds(api: Api):
    opened = [await api.post(f"{V1}/tickets", json=ticket(title=t)) for t in ("Um", "=Dois")]
    numbers = [answer.json()["number"] for answer in opened]
    answer = await api.get(f"{V1}/tickets.xlsx?order=number")
    assert answer.headers["content-type"] == spreadsheets.MEDIA_TYPE
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    head, *rows = [["".join(cell.itertext()) for cell in row] for row in sheet[0]]
    lines = list(csv.reader(io.StringIO((await api.get(f"{V1}/tickets.csv?order=number")).text)))
    assert [head, *rows] == lines
    assert [int(row[0]) for row in rows] == numbers
