"""Alarms over time: raised, cleared, told; with a mail server that goes away and comes back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.kit import Health, Kit
from channels.mail import connect
from channels.mail.config import MailConfig
from gateway import alarming
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk import alarms, notices, outbox, seals
from helpdesk.models import Held, Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.doubles.dovecot import Dovecot
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import NOW, make_agent

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    return make_kit(work, blobs, policy, clock)


async def raised(kit: Kit) -> list[str]:
    return [alarm.code for alarm in await kit.work.read(alarms.current)]


async def test_the_database_is_looked_at(kit: Kit, clock: Clock):
    await kit.work.write(make_agent)
    await kit.work.write(seals.seal, kit.keyring, now=NOW)

    def hold(session: Session) -> None:
        row = Held(
            public_id="a", received_at=NOW, channel="mail", sender="", reason="limit", trace=[]
        )
        session.add(row)

    await kit.work.write(hold)
    await alarming.look_at_database(kit, {"mail"})
    assert await raised(kit) == []
    clock.advance(timedelta(days=3))
    await alarming.look_at_database(kit, {"mail"})
    assert await raised(kit) == ["held-old"]
    clock.advance(6 * MINUTE)
    await alarming.look_at_database(kit, {"mail"})
    assert await kit.work.read(lambda s: s.scalars(select(Outbox.notice)).all()) == ["alarm"]

    def settle(session: Session) -> None:
        session.scalars(select(Held)).one().state = "spam"

    await kit.work.write(settle)
    task = asyncio.create_task(alarming.watch_database(kit, {"mail"}))
    async with asyncio.timeout(30):
        while await raised(kit):
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_about_one_of_several_goes_when_it_is_over(kit: Kit, clock: Clock):
    """The code of such an alarm is more than its kind."""

    def wait(session: Session) -> None:
        [first] = notices.post(session, [Notice("replied", "mail", "a@x.example")], now=NOW)
        outbox.deferred(session, first, "535 5.7.8", now=NOW, cause="log-in")

    def leave(session: Session) -> None:
        outbox.sent(session, session.scalars(select(Outbox.id)).one(), now=clock())

    await kit.work.write(wait)
    clock.advance(6 * MINUTE)
    await alarming.look_at_database(kit, {"mail"})
    assert await raised(kit) == ["refused:mail:log-in"]
    seen = kit.work.pulse.count
    await alarming.look_at_database(kit, {"mail"})
    assert kit.work.pulse.count == seen, "an idle look writes nothing"
    await kit.work.write(leave)
    await alarming.look_at_database(kit, {"mail"})
    assert await raised(kit) == []


async def test_what_waits_on_the_other_side_grows(kit: Kit, clock: Clock):
    health = [Health("box", last_success=NOW, lag=5)]
    known = await alarming.look_at_listeners(kit, [lambda: health[0]], {})
    for lag in (5, 6, 9):
        health[0] = Health("box", last_success=clock(), lag=lag)
        known = await alarming.look_at_listeners(kit, [lambda: health[0]], known)
        clock.advance(8 * MINUTE)
    assert await raised(kit) == ["fetching:box"]
    health[0] = Health("box", last_success=clock(), lag=3)
    known = await alarming.look_at_listeners(kit, [lambda: health[0]], known)
    assert await raised(kit) == []


async def test_another_processes_listener_is_left_to_it(kit: Kit):
    def ring(session: Session) -> None:
        for name in ("box", "gone"):
            found = alarms.Found(alarms.code_of(name), "fetching", NOW)
            alarms.settle(session, [found], (), now=NOW)

    await kit.work.write(ring)
    await alarming.look_at_listeners(kit, [lambda: Health("box")], {})
    assert await raised(kit) == ["fetching:box"]


async def test_a_mail_server_goes_away_and_comes_back(kit: Kit, clock: Clock):
    """The same from a real server: banner and monitor see it, and its return."""
    server = Dovecot()
    await asyncio.to_thread(server.__enter__)
    user = "alarme"
    config = MailConfig.model_validate(
        {"address": "caixa@op.example", "imap_url": server.url(user)}
    )
    connected = connect(kit, config)
    assert connected is not None
    [probe] = connected.health
    listening = asyncio.create_task(connected.listeners[0]())
    watching = asyncio.create_task(alarming.watch_listeners(kit, connected.health))
    try:
        async with asyncio.timeout(60):
            while probe().last_success is None:
                await asyncio.sleep(0.05)
            assert await raised(kit) == []
            await asyncio.to_thread(server.stop)
            while probe().failing_since is None:
                await asyncio.sleep(0.05)
            clock.advance(6 * MINUTE)
            await alarming.look_at_listeners(kit, connected.health, {})
            [code] = await raised(kit)
            assert code.startswith(f"fetching:{user}@")
            await asyncio.to_thread(server.start)
            while probe().failing_since is not None:
                await asyncio.sleep(0.05)
            await alarming.look_at_listeners(kit, connected.health, {})
            assert await raised(kit) == []
    finally:
        for task in (listening, watching):
            task.cancel()
        await asyncio.gather(listening, watching, return_exceptions=True)
        await asyncio.to_thread(server.__exit__, None, None, None)
