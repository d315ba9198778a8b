"""Raw arrivals: stored once, leased by thread, settled."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import inbound
from helpdesk.arrivals import Arrival
from helpdesk.inbound import Stored
from helpdesk.models import Blob, InboundRaw
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW


def stored(n: int, thread: str = "", **more: object) -> Stored:
    arrival = Arrival(f"smtp:{n}", b"raw", NOW, **more)  # type: ignore[arg-type]
    return Stored(arrival, f"{n:064}", 3, thread or f"thread {n}")


def claimed(session: Session, *, now: datetime = NOW, limit: int = 32) -> list[int]:
    return [row.id for row in inbound.claim(session, now=now, limit=limit)]


def test_what_arrived_before_is_not_stored_again(session: Session):
    assert inbound.store(session, [stored(1), stored(2), stored(2)], NOW) == 2
    assert inbound.store(session, [stored(2), stored(3)], NOW + timedelta(hours=1)) == 1
    assert inbound.store(session, [], NOW) == 0
    assert inbound.backlog(session) == 3
    touched = dict(session.execute(select(Blob.sha256, Blob.touched_at)).all())
    assert touched[f"{1:064}"] == NOW
    assert touched[f"{2:064}"] == NOW + timedelta(hours=1)


def test_storing_wakes_who_waits(session: Session):
    inbound.store(session, [stored(1)], NOW)
    assert session.info["news"]
    assert inbound.is_waiting(session, now=NOW)


def test_what_is_known_of_an_arrival_is_kept(session: Session):
    more = {"mailbox": "a@op.example", "envelope_from": "b@x.example",
            "recipients": ("c@op.example",), "quiet": True, "imported": True}  # fmt: skip
    inbound.store(session, [stored(1, "t" * 400, **more)], NOW)
    row = session.scalars(select(InboundRaw)).one()
    assert (row.mailbox, row.envelope_from, row.recipients) == (
        "a@op.example", "b@x.example", ["c@op.example"],
    )  # fmt: skip
    assert (row.quiet, row.imported, row.state, len(row.thread_key)) == (
        True, True, "waiting", 320,
    )  # fmt: skip


def test_of_a_thread_the_oldest_is_claimed_and_no_second_one(session: Session):
    inbound.store(session, [stored(1, "x"), stored(2, "x"), stored(3, "y")], NOW)
    first, second, third = session.scalars(select(InboundRaw.id).order_by(InboundRaw.id))
    assert claimed(session) == [first, third]
    assert claimed(session) == []
    assert not inbound.is_waiting(session, now=NOW) or claimed(session) == []
    inbound.settle(session, {first: "applied", third: "held"})
    assert claimed(session) == [second]
    inbound.settle(session, {second: "duplicate"})
    assert inbound.backlog(session) == 0


def test_a_claim_takes_no_more_than_asked(session: Session):
    inbound.store(session, [stored(n) for n in range(5)], NOW)
    assert len(claimed(session, limit=2)) == 2
    assert len(claimed(session, limit=9)) == 3


def test_a_lease_that_ran_out_gives_it_back(session: Session):
    inbound.store(session, [stored(1)], NOW)
    [row] = claimed(session)
    late = NOW + inbound.LEASE + timedelta(seconds=1)
    assert inbound.is_waiting(session, now=late)
    assert claimed(session, now=late) == [row]
    found = session.get_one(InboundRaw, row, populate_existing=True)
    assert found.attempts == 2


def test_what_is_put_back_is_as_new(session: Session):
    inbound.store(session, [stored(1)], NOW)
    [row] = claimed(session)
    inbound.settle(session, {row: "held"})
    inbound.again(session, row)
    assert claimed(session) == [row]
    found = session.get_one(InboundRaw, row, populate_existing=True)
    assert (found.attempts, found.state) == (1, "waiting")


def test_several_appliers_never_hold_two_of_one_thread(work: Work):
    rows = [stored(n, f"thread {n % 6}") for n in range(60)]
    work.write_now(inbound.store, rows, NOW)
    busy: set[str] = set()

    def apply() -> list[int]:
        mine: list[int] = []
        while batch := work.write_now(inbound.claim, now=NOW, limit=3):
            for row in batch:
                assert row.thread_key not in busy
                busy.add(row.thread_key)
            mine += [row.id for row in batch]
            for row in batch:
                busy.discard(row.thread_key)
            work.write_now(inbound.settle, {row.id: "applied" for row in batch})
        return mine

    taken = [row for mine in at_once([apply] * 4) for row in mine] + apply()
    assert len(taken) == len(set(taken)) == 60
    assert work.read_now(inbound.backlog) == 0


def test_a_cursor_of_a_mailbox_moves(session: Session):
    assert inbound.cursor(session, "box") is None
    for uid in (5, 9):
        inbound.set_cursor(session, "box", 1, uid, NOW)
    found = inbound.cursor(session, "box")
    assert found is not None
    assert (found.uidvalidity, found.uid) == (1, 9)


def test_no_blobs_to_touch_is_nothing(session: Session):
    inbound.touch_blobs(session, [], now=NOW)
    assert session.scalars(select(Blob)).all() == []


def test_what_a_process_that_is_gone_had_leased_is_free(session: Session):
    inbound.store(session, [stored(1)], NOW)
    [row] = claimed(session)
    inbound.release(session)
    assert claimed(session) == [row]
