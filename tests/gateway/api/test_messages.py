"""Messages, attachments and raw mail over the API."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from gateway.runtime import Runtime
from helpdesk import inbound, intake
from helpdesk.arrivals import Arrival
from helpdesk.border import Address, Channel, Inbound, MailFacts, Verdict
from helpdesk.inbound import Stored
from tests.gateway.api.conftest import ONE_DATABASE, V1, ticket, upload

Api = AsyncTestClient[Litestar]
CONTACT = {"name": "Lúcia", "phone": "(31) 3222-0101", "email": "contato@aurora.example"}
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
async def path(api: Api) -> str:
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    return f"{V1}/tickets/{number}"


async def test_an_answer_goes_to_the_providers_address(api: Api, path: str):
    answer = await api.post(f"{path}/messages", json={"kind": "reply", "text": "Vamos rever."})
    said = answer.json()
    assert answer.status_code == 201
    assert (said["direction"], said["audience"]) == ("outbound", "public")
    assert [(d["recipient"], d["state"]) for d in said["deliveries"]] == [
        ("contato@aurora.example", "queued")
    ]
    assert (await api.get(path)).json()["waiting_on"] == "provider"


async def test_an_answer_goes_where_the_caller_says(api: Api, path: str):
    endpoint = (await api.get(path)).json()["endpoints"][0]["id"]
    body = {"kind": "reply", "text": "Vamos rever.", "endpoint": endpoint}
    assert (await api.post(f"{path}/messages", json=body)).status_code == 201
    for wrong in ("999999", "x", "9" * 30):
        answer = await api.post(f"{path}/messages", json=body | {"endpoint": wrong})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "endpoint"


async def test_a_note_stays_inside(api: Api, path: str):
    said = (await api.post(f"{path}/messages", json={"kind": "note", "text": "Ver."})).json()
    assert (said["direction"], said["audience"]) == ("internal", "internal")
    assert said["deliveries"] == []


async def test_a_complement_is_said_for_the_provider(api: Api, path: str):
    body = {"kind": "complement", "text": "Segue a guia.", "contact": CONTACT}
    said = (await api.post(f"{path}/messages", json=body)).json()
    assert (said["direction"], said["channel"]) == ("inbound", "api")
    assert (await api.get(path)).json()["version"] == 2


@ONE_DATABASE
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "complement", "text": "x"}, "contact.name"),
        ({"kind": "complement", "text": "x" * 4001, "contact": CONTACT}, "text"),
        ({"kind": "reply", "text": "x" * 20_001}, "text"),
        ({"kind": "note", "text": " "}, "text"),
        ({"kind": "note", "text": "x", "contact": CONTACT}, "contact"),
        ({"kind": "shout", "text": "x"}, "kind"),
        ({"kind": "note", "text": "x", "attachments": [upload("a.pdf", b"")]}, "attachments"),
        ({"kind": "note", "text": "x", "attachments": [upload("a.exe", b"MZ\0")]}, "attachments"),
        (
            {"kind": "note", "text": "x", "attachments": [upload("a.pdf", PDF + b"0" * 102_400)]},
            "attachments",
        ),
        ({"kind": "note", "text": "x", "attachments": [upload("a.pdf", PDF)] * 4}, "attachments"),
        (
            {
                "kind": "note",
                "text": "x",
                "attachments": [upload("a.pdf", PDF) | {"base64": "not base64"}],
            },
            "attachments[0].base64",
        ),
    ],
)
async def test_a_wrong_message_is_refused(api: Api, path: str, body: dict[str, Any], field: str):
    answer = await api.post(f"{path}/messages", json=body)
    assert answer.status_code == 422
    assert field in {e["field"] for e in answer.json()["errors"]}


async def test_an_attachment_comes_back_as_it_went(api: Api, path: str):
    files = [upload("../guia ç.pdf", PDF), upload("nota.txt", "olá".encode(), "text/plain")]
    body = {"kind": "reply", "text": "Segue.", "attachments": files}
    said = (await api.post(f"{path}/messages", json=body)).json()
    first, second = said["attachments"]
    assert first["filename"] == "guia ç.pdf"
    assert (first["content_type"], first["size"]) == ("application/pdf", len(PDF))
    assert len(first["id"]) == 32
    answer = await api.get(f"{V1}/attachments/{first['id']}")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''guia")
    assert (await api.get(f"{V1}/attachments/{second['id']}")).content == "olá".encode()
    assert (await api.get(f"{V1}/attachments/{'0' * 32}")).status_code == 404


async def test_raw_mail_comes_back_as_it_arrived(api: Api, runtime: Runtime):
    raw = b"From: contato@aurora.example\r\nSubject: Guia\r\n\r\nOi\xff\r\n"
    message_id = _arrive(runtime, raw)
    answer = await api.get(f"{V1}/messages/{message_id}/raw")
    assert answer.content == raw
    assert answer.headers["content-type"] == "message/rfc822"
    for unknown in ("999999", "x", "9" * 30, "-1"):
        assert (await api.get(f"{V1}/messages/{unknown}/raw")).status_code == 404


def _arrive(runtime: Runtime, raw: bytes) -> int:
    kit, work = runtime.kit, runtime.work
    now = kit.clock()
    arrival = Arrival(key="smtp:1", raw=raw, at=now)
    work.write_now(inbound.store, [Stored(arrival, kit.blobs.put(raw), len(raw), "from:x")], now)
    row = work.write_now(inbound.claim, now=now)[0]
    sender = Address(Channel.MAIL, "contato@aurora.example")
    message = Inbound(
        channel=Channel.MAIL,
        sender=sender,
        text="Oi",
        arrival=row.arrival,
        at=now,
        mail=MailFacts(message_id="<1@aurora.example>", subject="Guia"),
        verdict=Verdict.VERIFIED,
        raw_id=row.id,
    )
    receipt = work.write_now(intake.receive_many, [message], runtime.policy, now=now)[0]
    return receipt.message_id
