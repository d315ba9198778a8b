"""What happens by the clock, by whom, and who hears of it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import bells, timers
from gateway.blobs import FileBlobs
from gateway.election import run_elected
from gateway.pulse import Pulse
from gateway.timers import TIMERS, Timer
from gateway.work import Work
from helpdesk import audit, events, leases, notices, seals
from helpdesk.border import SYSTEM
from helpdesk.models import Event, Lease, Log, Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.doubles.postgres import Postgres
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import NOW


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    return make_kit(work, blobs, policy, clock)


async def until(kit: Kit, reached: object) -> None:
    async with asyncio.timeout(30):
        while not await kit.work.read(reached):  # type: ignore[arg-type]
            await asyncio.sleep(0.02)


async def stop(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_log_is_sealed(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seals, "ROWS_A_SEAL", 2)
    [timer] = [t for t in TIMERS if t.name == "seal"]

    def write(session: Session) -> None:
        for _ in range(5):
            audit.record(session, SYSTEM, "x", now=NOW)

    await kit.work.write(write)
    task = asyncio.create_task(timers.run(kit, timer))
    await until(
        kit, lambda s: s.scalar(select(func.count(Log.id)).where(Log.seal_id.is_(None))) == 0
    )
    await stop(task)
    report = await kit.work.read(seals.verify, kit.keyring)
    assert (report.rows, report.seals, report.broken) == (5, 3, None)


async def test_what_was_held_back_is_summed_up_and_old_events_go(kit: Kit, clock: Clock):
    def write(session: Session) -> None:
        for _ in range(notices.BURST + 1):
            notices.post(session, [Notice("opened", "mail", "a@x.example")], now=NOW)
        events.emit_many(session, [(None, "changed", 0)] * 3, now=NOW)

    await kit.work.write(write)
    clock.advance(timedelta(days=3))
    tasks = [asyncio.create_task(timers.run(kit, t)) for t in TIMERS]
    await until(kit, lambda s: s.scalar(select(Outbox.id).where(Outbox.notice == "digest")))
    await until(kit, lambda s: s.scalar(select(func.count(Event.id))) == 1)
    await stop(*tasks)


async def test_a_timer_that_asks_for_more_gets_it_at_once(kit: Kit):
    left = [3]

    def tick(_session: Session, _policy: Policy, now: object) -> bool:
        assert now == NOW
        left[0] -= 1
        return left[0] > 0

    task = asyncio.create_task(timers.run(kit, Timer("x", 3_600.0, lambda _: True, tick)))
    async with asyncio.timeout(30):
        while left[0]:
            await asyncio.sleep(0.01)
    await stop(task)
    assert left == [0]


# Electing one of many.


async def test_one_of_two_runs_the_job_and_the_other_follows(
    kit: Kit, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "HEARTBEAT", timedelta(seconds=0.04))
    running: list[str] = []

    def candidate(name: str) -> "asyncio.Task[None]":
        async def job() -> None:
            running.append(name)
            try:
                await asyncio.Event().wait()
            finally:
                running.remove(name)

        return asyncio.create_task(run_elected(kit, "seal", name, job))

    first = candidate("a")
    async with asyncio.timeout(30):
        while running != ["a"]:
            await asyncio.sleep(0.01)
    second = candidate("b")
    await asyncio.sleep(0.2)
    assert running == ["a"]
    await stop(first)
    async with asyncio.timeout(30):
        while running != ["b"]:
            await asyncio.sleep(0.01)
    await stop(second)
    assert running == []
    assert await kit.work.read(lambda s: s.scalars(select(Lease)).all()) == []


async def test_who_loses_the_lease_stops(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leases, "HEARTBEAT", timedelta(seconds=0.04))
    running: list[int] = []

    async def job() -> None:
        running.append(1)
        try:
            await asyncio.Event().wait()
        finally:
            running.clear()

    task = asyncio.create_task(run_elected(kit, "seal", "a", job))
    async with asyncio.timeout(30):
        while not running:
            await asyncio.sleep(0.01)

    def take_over(session: Session) -> None:
        session.get_one(Lease, "seal").holder = "b"

    await kit.work.write(take_over)
    async with asyncio.timeout(30):
        while running:
            await asyncio.sleep(0.01)
    await stop(task)
    assert await kit.work.read(lambda s: s.get_one(Lease, "seal").holder) == "b"


async def test_a_job_that_ends_or_fails_gives_the_lease_back(kit: Kit):
    ends = [1, 2]

    async def job() -> None:
        ends.pop()
        if not ends:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        await run_elected(kit, "seal", "a", job)
    assert await kit.work.read(lambda s: s.scalars(select(Lease)).all()) == []


# Hearing of commits of other processes.


async def beats(pulse: Pulse, seen: int) -> int:
    async with asyncio.timeout(30):
        while pulse.count == seen:
            await pulse.wait(seen, 1.0)
    return pulse.count


async def test_a_commit_of_another_process_is_heard_on_sqlite(sqlite_url: str):
    pulse, other = Pulse(), Work(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    task = asyncio.create_task(bells.watch_sqlite(path, pulse))
    seen = await beats(pulse, 0)
    other.write_now(lambda session: events.emit(session, 1, "changed", now=NOW))
    await beats(pulse, seen)
    await stop(task)
    other.close()


@pytest.mark.slow
async def test_a_commit_of_another_process_is_heard_on_postgres(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bells, "LISTEN_SECONDS", 0.1)
    pulse, other = Pulse(), Work(postgres_url)
    task = asyncio.create_task(bells.listen_postgres(postgres_url, pulse))
    seen = await beats(pulse, 0)
    await asyncio.to_thread(
        other.write_now, lambda session: events.emit(session, 1, "changed", now=NOW)
    )
    seen = await beats(pulse, seen)
    # From a server with a loop, many commits share one NOTIFY.
    for _ in range(5):
        await other.write(lambda session: events.emit(session, 1, "changed", now=NOW))
    await beats(pulse, seen)
    await stop(task)
    other.close()


@pytest.mark.slow
async def test_listening_goes_on_after_the_database_was_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bells, "LISTEN_SECONDS", 0.1)
    monkeypatch.setattr(bells, "RETRY_SECONDS", 0.1)
    cluster = Postgres()
    await asyncio.to_thread(cluster.start)
    pulse = Pulse()
    url = cluster.create()
    task = asyncio.create_task(bells.listen_postgres(url, pulse))
    seen = await beats(pulse, 0)
    await asyncio.to_thread(cluster.restart)
    await beats(pulse, seen)
    await stop(task)
    await asyncio.to_thread(cluster.stop)
    cluster.remove()


async def test_a_stopped_pulse_keeps_nobody_waiting():
    pulse = Pulse()
    waiting = asyncio.create_task(pulse.wait(0, 60))
    await asyncio.sleep(0)
    pulse.stop()
    assert await waiting == 1
    assert await pulse.wait(1, 60) == 1
    assert await Pulse().wait(0, 0.01) == 0
