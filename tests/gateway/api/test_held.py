"""The quarantine over the API."""

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from gateway.runtime import Runtime
from helpdesk import inbound, intake
from helpdesk.arrivals import Arrival
from helpdesk.border import Address, Channel, Inbound, MailFacts, Verdict
from helpdesk.inbound import Stored
from tests.gateway.api.conftest import V1, ticket

Api = AsyncTestClient[Litestar]


@pytest.fixture
def strangers(runtime: Runtime) -> None:
    """Three mails of people nobody knows."""
    kit, work = runtime.kit, runtime.work
    now = kit.clock()
    for n in range(3):
        raw = f"From: s{n}@stranger.example\r\nSubject: Oi {n}\r\n\r\nOi\r\n".encode()
        stored = Stored(Arrival(f"smtp:{n}", raw, now), kit.blobs.put(raw), len(raw), f"from:{n}")
        work.write_now(inbound.store, [stored], now)
    for row in work.write_now(inbound.claim, now=now):
        n = row.id
        message = Inbound(
            channel=Channel.MAIL,
            sender=Address(Channel.MAIL, f"s{n}@stranger.example"),
            text="Oi",
            arrival=row.arrival,
            at=now,
            mail=MailFacts(message_id=f"<{n}@stranger.example>", subject=f"Oi {n}"),
            verdict=Verdict.UNKNOWN,
            raw_id=row.id,
        )
        work.write_now(intake.receive_many, [message], runtime.policy, now=now)


async def test_held_messages_say_why(api: Api, strangers: None):
    answer = (await api.get(f"{V1}/quarantine?limit=2")).json()
    assert len(answer["items"]) == 2
    item = answer["items"][0]
    assert item.keys() == {
        "id", "received_at", "channel", "mailbox", "from", "subject", "reason", "detail",
        "suggestion", "state",
    }  # fmt: skip
    assert (item["reason"], item["state"], item["suggestion"]) == ("unknown-sender", "held", None)
    assert item["from"].endswith("@stranger.example")
    rest = (await api.get(f"{V1}/quarantine?limit=2&cursor={answer['next']}")).json()
    assert len(rest["items"]) == 1
    assert rest["next"] is None
    assert (await api.get(f"{V1}/quarantine?state=spam")).json()["items"] == []
    for query in ("state=x", "cursor=x", "limit=0"):
        assert (await api.get(f"{V1}/quarantine?{query}")).status_code == 400


async def test_a_held_message_is_judged_again(api: Api, strangers: None, runtime: Runtime):
    held = (await api.get(f"{V1}/quarantine")).json()["items"][0]
    answer = await api.post(f"{V1}/quarantine/{held['id']}/retry")
    assert answer.status_code == 200
    assert answer.json()["id"] == held["id"]
    assert runtime.work.read_now(inbound.backlog) == 1


async def test_a_held_message_is_put_to_a_ticket(api: Api, strangers: None, runtime: Runtime):
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    held = (await api.get(f"{V1}/quarantine")).json()["items"][0]
    path = f"{V1}/quarantine/{held['id']}/attach"
    assert (await api.post(path, json={"number": number})).status_code == 200
    assert runtime.work.read_now(inbound.backlog) == 1
    assert (await api.post(path, json={"number": 999})).status_code == 404
    assert (await api.post(path, json={"number": "1"})).status_code == 422
    for unknown in ("0" * 32, "x"):
        answer = await api.post(f"{V1}/quarantine/{unknown}/retry", json={})
        assert answer.status_code == 404
