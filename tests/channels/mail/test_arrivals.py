import asyncio
from pathlib import Path

import pytest

from helpdesk.arrivals import Arrival
from tests.channels.mail.conftest import Store, clock


def arrival(key: str, body: bytes = b"x") -> Arrival:
    return Arrival(key=key, raw=b"From: ana@clinica.example\r\n\r\n" + body, at=clock())


async def test_an_accepted_message_is_in_the_database_and_in_the_blob_store(store: Store):
    given = Arrival(
        key="smtp:1",
        raw=b"From: ana@clinica.example\r\n\r\nOi",
        at=clock(),
        mailbox="fale@ponte.example",
        envelope_from="ana@clinica.example",
        recipients=("fale@ponte.example",),
        quiet=True,
    )
    await store.doorstep.accept(given)
    (row,) = store.rows()
    assert store.blobs.get(row.sha256) == given.raw
    assert (row.arrival, row.mailbox, row.envelope_from) == (
        "smtp:1",
        "fale@ponte.example",
        "ana@clinica.example",
    )
    assert (row.recipients, row.size, row.received_at) == (
        ["fale@ponte.example"],
        len(given.raw),
        given.at,
    )
    assert (row.thread_key, row.state, row.quiet) == ("from:ana@clinica.example", "waiting", True)


async def test_what_arrives_together_is_committed_together_and_in_order(store: Store):
    async with asyncio.TaskGroup() as group:
        for number in range(200):
            group.create_task(store.doorstep.accept(arrival(f"smtp:{number}", b"%d" % number)))
    assert [row.arrival for row in store.rows()] == [f"smtp:{n}" for n in range(200)]
    # One alone, then full batches: what waits while one is stored goes along with the next.
    assert store.work.pulse.count <= 5


async def test_messages_larger_than_a_batch_still_go_through(store: Store):
    large = b"y" * (9 * 1024 * 1024)
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(store.doorstep.accept(arrival(f"smtp:{number}", large)))
    assert len(store.rows()) == 3


async def test_the_same_arrival_again_is_known(store: Store):
    await store.doorstep.accept(arrival("imap:a/INBOX/1/1"))
    await store.doorstep.accept(arrival("imap:a/INBOX/1/1"))
    assert len(store.rows()) == 1


async def test_everybody_in_a_batch_hears_that_it_failed_and_the_next_batch_works(
    store: Store, tmp_path: Path
):
    (tmp_path / "blobs" / "tmp").rename(tmp_path / "gone")
    results = await asyncio.gather(
        *(store.doorstep.accept(arrival(f"smtp:{n}")) for n in range(5)), return_exceptions=True
    )
    assert [type(result) for result in results] == [FileNotFoundError] * 5
    assert store.rows() == []
    (tmp_path / "gone").rename(tmp_path / "blobs" / "tmp")
    await store.doorstep.accept(arrival("smtp:5"))
    assert len(store.rows()) == 1


async def test_one_who_gives_up_does_not_disturb_the_others(store: Store):
    leaving = asyncio.create_task(store.doorstep.accept(arrival("smtp:1")))
    staying = asyncio.create_task(store.doorstep.accept(arrival("smtp:2")))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert "smtp:2" in {row.arrival for row in store.rows()}
