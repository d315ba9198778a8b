"""Processes that watch each other, with real ones that are killed."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from channels.kit import Kit
from gateway import living
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk import inbound, leases, processes
from helpdesk.policy import Policy
from helpdesk.processes import Process
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import NOW
from tests.helpdesk.test_inbound import stored


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    return make_kit(work, blobs, policy, clock)


def seat_of(process: "subprocess.Popen[bytes]") -> str:
    """As the process itself would say it."""
    table = living.this_process().seat.split(":")[0]
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return f"{table}:{process.pid}:{stat.rpartition(')')[2].split()[19]}"


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()


def test_each_start_has_a_name_of_its_own_and_a_seat_that_is_taken():
    one, again = living.this_process(), living.this_process()
    assert one.name != again.name
    assert one.seat == again.seat
    assert not living.has_ended(one.seat)
    assert len(one.seat) <= 80


def test_a_killed_neighbour_is_seen_to_have_ended():
    process = sleeper()
    seat = seat_of(process)
    assert not living.has_ended(seat)
    process.kill()
    # Not yet waited for: a zombie keeps its number and does nothing.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert living.has_ended(seat)
    end(process)
    assert living.has_ended(seat)


def test_a_number_that_was_given_out_again_is_somebody_else():
    table, pid, started = living.this_process().seat.split(":")
    assert living.has_ended(f"{table}:{pid}:{int(started) - 1}")


def test_of_another_machine_nothing_is_known():
    assert not living.has_ended("elsewhere:1:1")
    table = living.this_process().seat.split(":")[0]
    assert not living.has_ended(f"{table}:1:")


async def test_what_a_killed_neighbour_held_is_given_back_at_the_next_look(kit: Kit, clock: Clock):
    neighbour = sleeper()
    dead = Process("dead", seat_of(neighbour))
    await kit.work.write(processes.beat, dead, now=clock())
    await kit.work.write(leases.acquire, "listen:mail:0", "dead", now=clock())
    await kit.work.write(inbound.store, [stored(1)], clock())
    await kit.work.write(inbound.claim, now=clock(), holder="dead")
    me = living.this_process()
    await living.look_around(kit, me)
    assert not await kit.work.write(leases.acquire, "listen:mail:0", me.name, now=clock())
    end(neighbour)
    await living.look_around(kit, me)
    assert await kit.work.write(leases.acquire, "listen:mail:0", me.name, now=clock())
    assert len(await kit.work.write(inbound.claim, now=clock(), holder=me.name)) == 1


async def test_a_process_elsewhere_that_fell_silent_is_dead_after_a_minute(kit: Kit, clock: Clock):
    await kit.work.write(processes.beat, Process("far", "elsewhere:1:1"), now=clock())
    await kit.work.write(leases.acquire, "timer:seal", "far", now=clock())
    me = living.this_process()
    clock.advance(processes.SILENCE)
    await living.look_around(kit, me)
    assert not await kit.work.write(leases.acquire, "timer:seal", me.name, now=clock())
    clock.advance(timedelta(seconds=1))
    await living.look_around(kit, me)
    assert await kit.work.write(leases.acquire, "timer:seal", me.name, now=clock())


async def test_a_running_process_keeps_saying_that_it_lives(kit: Kit):
    me = living.this_process()
    running = asyncio.create_task(living.run(kit, me))
    async with asyncio.timeout(30):
        while not await kit.work.read(processes.others, "another"):
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
