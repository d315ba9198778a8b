"""From raw arrivals to tickets: one bad message harms no other."""

import asyncio
import sys
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import appliers, trial
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk import inbound, quarantine
from helpdesk.arrivals import Arrival
from helpdesk.border import Actor, Inbound
from helpdesk.inbound import Stored
from helpdesk.models import Held, InboundRaw, Outbox, Ticket
from helpdesk.policy import Policy
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    know,
    mail,
    make_agent,
    make_provider,
)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    work.write_now(lambda session: know(session, make_provider(session), CLINIC))
    return make_kit(work, blobs, policy, clock)


def understand(row: InboundRaw, raw: bytes) -> Inbound:
    """What a test's bytes say: who wrote, or how the message breaks."""
    said = raw.decode()
    if said.startswith("unreadable"):
        msg = "broken bytes"
        raise ValueError(msg)
    sender, _, rest = said.partition(" ")
    # A classification the register does not have is fine; a verdict of this length is not.
    text = "x" if rest != "poison" else 5
    return mail(sender, raw_id=row.id, text=text, content=row.arrival, quiet=row.quiet)


async def arrive(kit: Kit, *texts: str, **more: object) -> None:
    rows = [
        Stored(Arrival(f"smtp:{said}", b"", NOW, **more), kit.blobs.put(said.encode()), 1, said)  # type: ignore[arg-type]
        for said in texts
    ]
    await kit.work.write(inbound.store, rows, NOW)


async def states(kit: Kit) -> list[str]:
    return await kit.work.read(
        lambda s: list(s.scalars(select(InboundRaw.state).order_by(InboundRaw.id)))
    )


async def held(kit: Kit) -> list[tuple[str, str]]:
    def read(session: Session) -> list[tuple[str, str]]:
        return [(row.reason, row.detail) for row in session.scalars(select(Held).order_by(Held.id))]

    return await kit.work.read(read)


async def test_a_batch_is_applied(kit: Kit):
    assert await appliers.apply_once(kit, understand) == 0
    await arrive(kit, f"{CLINIC} a", f"{CLINIC} b", "nobody@x.example c")
    assert await appliers.apply_once(kit, understand) == 3
    assert await states(kit) == ["applied", "applied", "held"]
    assert await held(kit) == [("unknown-sender", "")]


async def test_one_that_raises_is_held_and_the_others_go_on(kit: Kit):
    await arrive(kit, f"{CLINIC} a", f"{CLINIC} poison", "unreadable", f"{CLINIC} b")
    assert await appliers.apply_once(kit, understand) == 4
    assert await states(kit) == ["applied", "held", "held", "applied"]
    found = await held(kit)
    assert {reason for reason, _ in found} == {"internal-error"}
    assert any("broken bytes" in detail for _, detail in found)
    numbers = await kit.work.read(lambda s: s.scalars(select(Ticket.number)).all())
    assert len(numbers) == 2


async def test_bytes_that_are_gone_are_an_internal_error(kit: Kit):
    row = Stored(Arrival("smtp:x", b"", NOW), "0" * 64, 1, "x")
    await kit.work.write(inbound.store, [row], NOW)
    await appliers.apply_once(kit, understand)
    [(reason, detail)] = await held(kit)
    assert reason == "internal-error"
    assert "FileNotFoundError" in detail


async def suspect(kit: Kit, clock: Clock) -> None:
    """Claimed, and then nobody was there to settle it, several times."""
    await arrive(kit, f"{CLINIC} a")
    for _ in range(inbound.MOST_ATTEMPTS):
        assert len(await kit.work.write(inbound.claim, now=clock())) == 1
        assert await appliers.apply_once(kit, understand) == 0
        clock.advance(inbound.LEASE + timedelta(seconds=1))


async def test_what_takes_the_process_down_is_held(kit: Kit, clock: Clock):
    await suspect(kit, clock)
    dies = (sys.executable, "-c", "import os; os.abort()")
    survives = partial(trial.survives, command=dies)
    assert await appliers.apply_once(kit, understand, survives=survives) == 1
    [(reason, detail)] = await held(kit)
    assert reason == "internal-error"
    assert "ends the process" in detail


async def test_what_was_only_there_when_the_process_ended_is_applied(kit: Kit, clock: Clock):
    """However often that was: a storm of kills holds nothing back."""
    await suspect(kit, clock)
    assert await appliers.apply_once(kit, understand) == 1
    assert await states(kit) == ["applied"]


async def test_what_never_ends_does_not_survive(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trial, "SECONDS", 0.2)
    assert not await trial.survives(b"", (sys.executable, "-c", "import time; time.sleep(60)"))


async def test_what_a_crash_left_behind_is_applied(kit: Kit, clock: Clock):
    await arrive(kit, f"{CLINIC} a", f"{CLINIC} b")
    await kit.work.write(inbound.claim, now=clock())
    clock.advance(inbound.LEASE + timedelta(seconds=1))
    while await appliers.apply_once(kit, understand):
        pass
    assert await states(kit) == ["applied", "applied"]


async def test_old_mail_is_applied_in_silence(kit: Kit, clock: Clock):
    await arrive(kit, f"{CLINIC} a")
    clock.advance(appliers.OLD + timedelta(seconds=1))
    await appliers.apply_once(kit, understand)
    assert await states(kit) == ["applied"]
    assert await kit.work.read(lambda s: s.scalars(select(Outbox)).all()) == []


async def test_what_an_agent_decided_stands_above_the_matching(kit: Kit, policy: Policy):
    await arrive(kit, "nobody@x.example a")
    await appliers.apply_once(kit, understand)

    def decide(session: Session) -> Actor:
        agent = make_agent(session)
        public_id = session.scalars(select(Held.public_id)).one()
        quarantine.open_for(session, desk_of(agent, policy), public_id, "P1")
        return agent

    agent = await kit.work.write(decide)
    await appliers.apply_once(kit, understand)
    row = await kit.work.read(lambda s: s.scalars(select(Held)).one())
    assert (row.state, row.settled_by) == ("opened", agent.id)
    assert await states(kit) == ["applied"]


async def test_applying_gives_way_to_accepting_but_not_for_ever(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(appliers, "PATIENCE_SECONDS", 0.05)
    looked: list[int] = []

    def is_busy() -> bool:
        looked.append(1)
        return True

    await arrive(kit, f"{CLINIC} a")
    running = asyncio.create_task(
        appliers.run(kit, understand, lambda: asyncio.sleep(0.01), is_busy)
    )
    async with asyncio.timeout(30):
        while await states(kit) != ["applied"]:
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(looked) > 1


async def test_an_applier_works_until_it_is_cancelled(kit: Kit):
    waited = asyncio.Event()

    async def wait() -> None:
        waited.set()
        await asyncio.sleep(0.01)

    running = asyncio.create_task(appliers.run(kit, understand, wait))
    await waited.wait()
    await arrive(kit, f"{CLINIC} a", f"{CLINIC} b")
    async with asyncio.timeout(30):
        while await states(kit) != ["applied", "applied"]:
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
