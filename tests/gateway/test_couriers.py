"""Webhooks on their way: signed, sent again, held up by nobody, and never led inside."""

import asyncio
import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import couriers
from gateway.blobs import FileBlobs
from gateway.egress import Egress
from gateway.work import Work
from helpdesk import webhook_queue, webhooks
from helpdesk.border import Actor
from helpdesk.models import Provider, WebhookDelivery
from helpdesk.policy import Policy
from tests.doubles.receiver import Receiver, receiver
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

PUBLIC = "93.184.215.14"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    return make_kit(work, blobs, policy, clock)


@pytest.fixture
def ana(work: Work) -> Actor:
    def prepare(session: Session) -> Actor:
        make.make_provider(session)
        return make.make_agent(session)

    return work.write_now(prepare)


@pytest.fixture
def egress() -> Egress:
    """This machine is a network that the settings allow."""
    return Egress(["127.0.0.0/8"])


async def hook(kit: Kit, actor: Actor, url: str) -> tuple[int, str]:
    desk = make.desk_of(actor, kit.policy)
    row, secret = await kit.work.write(webhooks.create, desk, url, ["opened"])
    return row.id, secret


async def happen(kit: Kit, count: int = 1) -> None:
    def open_some(session: Session) -> None:
        provider = session.scalars(select(Provider.id)).first() or 0
        for _ in range(count):
            make.make_ticket(session, kit.policy, provider)

    await kit.work.write(open_some)


async def carry(kit: Kit, egress: Egress) -> None:
    """What is due now, once each."""
    while await couriers.take_news(kit):
        pass
    for letter in await couriers.claim(kit):
        await couriers.deliver(kit, egress, letter)


async def rows(kit: Kit) -> list[WebhookDelivery]:
    return await kit.work.read(
        lambda s: list(s.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
    )


async def test_what_arrives_is_signed_and_says_what_it_is(kit: Kit, ana: Actor, egress: Egress):
    with receiver() as other:
        _, secret = await hook(kit, ana, f"http://127.0.0.1:{other.port}/ponte?de=nos")
        await happen(kit)
        await carry(kit, egress)
        [hit] = other.hits
    assert hit.path == "/ponte?de=nos"
    assert hit.headers["content-type"] == "application/json"
    assert hit.headers["ponte-delivery"] == json.loads(hit.body)["id"]
    stamp, _, signed = hit.headers["ponte-signature"].partition(",")
    assert stamp == f"t={int(NOW.timestamp())}"
    proof = hmac.new(secret.encode(), stamp[2:].encode() + b"." + hit.body, hashlib.sha256)
    assert signed == f"v1={proof.hexdigest()}"
    [row] = await rows(kit)
    assert (row.state, row.status, row.attempts, row.lease_until) == ("delivered", 204, 1, None)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503])
async def test_only_a_2xx_has_arrived_and_nothing_is_followed(
    kit: Kit, ana: Actor, egress: Egress, clock: Clock, status: int
):
    with receiver() as inner:
        told = Receiver(
            lambda n: status if n < 3 else 202, location=f"http://127.0.0.1:{inner.port}"
        )
        with receiver(told) as other:
            await hook(kit, ana, f"http://127.0.0.1:{other.port}/")
            await happen(kit)
            for _ in range(3):
                await carry(kit, egress)
                await carry(kit, egress)  # not before its time
                clock.advance(timedelta(minutes=5))
            ids = {hit.headers["ponte-delivery"] for hit in other.hits}
            bodies = {hit.body for hit in other.hits}
            signatures = {hit.headers["ponte-signature"] for hit in other.hits}
        assert inner.hits == []
    assert (len(other.hits), len(ids), len(bodies), len(signatures)) == (3, 1, 1, 3)
    [row] = await rows(kit)
    assert (row.state, row.status, row.attempts) == ("delivered", 202, 3)


async def test_a_connection_that_is_not_there_waits(kit: Kit, ana: Actor, egress: Egress):
    with receiver() as other:
        port = other.port
    await hook(kit, ana, f"http://127.0.0.1:{port}/")
    await happen(kit)
    await carry(kit, egress)
    [row] = await rows(kit)
    assert (row.state, row.status, row.detail) == ("waiting", None, "connection")
    assert row.next_at > NOW


async def test_one_without_tls_where_tls_is_asked_for_waits(kit: Kit, ana: Actor, egress: Egress):
    with receiver() as other:
        await hook(kit, ana, f"https://127.0.0.1:{other.port}/")
        await happen(kit)
        await carry(kit, egress)
        assert other.hits == []
    assert (await rows(kit))[0].detail == "connection"


async def test_who_does_not_answer_in_time_is_left(
    kit: Kit, ana: Actor, egress: Egress, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(couriers, "SEND_SECONDS", 0.2)
    with receiver(Receiver(gate=threading.Event())) as other:
        await hook(kit, ana, f"http://127.0.0.1:{other.port}/")
        await happen(kit)
        await carry(kit, egress)
        [row] = await rows(kit)
        assert (row.state, row.detail) == ("waiting", "timeout")


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
    await reader.read()
    writer.close()


@pytest.mark.parametrize("answer", [endless, silent])
async def test_an_answer_without_end_is_not_read(
    kit: Kit, ana: Actor, egress: Egress, monkeypatch: pytest.MonkeyPatch, answer: object
):
    monkeypatch.setattr(couriers, "HEAR_SECONDS", 0.2)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)  # type: ignore[arg-type]
    await hook(kit, ana, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await happen(kit)
    await carry(kit, egress)
    assert (await rows(kit))[0].state == "delivered"
    server.close()


async def test_a_fault_of_ours_is_said_and_nothing_is_lost(
    kit: Kit, ana: Actor, egress: Egress, caplog: pytest.LogCaptureFixture
):
    def broken(_: str) -> Sequence[str]:
        raise RuntimeError

    await hook(kit, ana, "https://erp.example/")
    await happen(kit)
    with caplog.at_level(logging.ERROR):
        await carry(kit, Egress(resolve=broken))
    assert "could not send delivery" in caplog.text
    assert (await rows(kit))[0].state == "waiting"


async def test_a_name_that_leads_inside_by_now_is_never_called(kit: Kit, ana: Actor, clock: Clock):
    """Public when the webhook was made; this machine, nothing, or both at each delivery."""
    answers: list[list[str]] = [["127.0.0.1"], [], [PUBLIC, "127.0.0.1"]]
    egress = Egress(resolve=lambda _: answers.pop(0))
    with receiver() as other:
        await hook(kit, ana, f"https://troca.example:{other.port}/")
        await happen(kit)
        found: list[str] = []
        for _ in range(3):
            await carry(kit, egress)
            found.append((await rows(kit))[0].detail)
            clock.advance(timedelta(minutes=10))
        assert other.hits == []
    assert found == ["address", "name", "address"]
    assert answers == []


async def test_what_a_dead_process_held_leaves_again_under_the_same_id(
    kit: Kit, ana: Actor, egress: Egress
):
    with receiver() as other:
        await hook(kit, ana, f"http://127.0.0.1:{other.port}/")
        await happen(kit)
        await couriers.take_news(kit)
        [letter] = await couriers.claim(kit, holder="dead")
        # It was posted, and the process died before it could write that down.
        await couriers._post(egress, letter, 1)
        assert await couriers.claim(kit) == []
        await kit.work.write(webhook_queue.release, ["dead"])
        await carry(kit, egress)
        assert [hit.headers["ponte-delivery"] for hit in other.hits] == [letter.public_id] * 2
    [row] = await rows(kit)
    assert (row.state, row.attempts) == ("delivered", 2)


async def test_a_courier_works_until_it_is_cancelled_and_a_slow_receiver_holds_up_no_other(
    kit: Kit, ana: Actor, egress: Egress
):
    gate = threading.Event()
    with receiver(Receiver(gate=gate)) as slow, receiver() as quick:
        for other in (slow, quick):
            await hook(kit, ana, f"http://127.0.0.1:{other.port}/")

        async def wait() -> None:
            await asyncio.sleep(0.01)

        running = asyncio.create_task(couriers.run(kit, egress, wait, "one"))
        await happen(kit, 10)
        async with asyncio.timeout(60):
            while len(quick.hits) < 10 or len(slow.hits) < webhook_queue.AT_ONCE:
                await asyncio.sleep(0.02)
        assert len(slow.hits) == webhook_queue.AT_ONCE
        gate.set()
        async with asyncio.timeout(60):
            while any(row.state != "delivered" for row in await rows(kit)):
                await asyncio.sleep(0.02)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert len(slow.hits) == len(quick.hits) == 10
