"""Which processes live, and what the dead ones held."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import inbound, leases, outbox, processes
from helpdesk.models import InboundRaw, Lease, Outbox
from helpdesk.processes import Process
from tests.helpdesk.factories import NOW
from tests.helpdesk.test_inbound import stored

ONE, TWO = Process("one", "here:1:1"), Process("two", "here:2:2")


def queued(n: int) -> Outbox:
    return Outbox(
        lane=f"mail:{n}",
        channel="mail",
        address=f"{n}@x.example",
        notice="opened",
        automatic=True,
        data={},
        state="queued",
        created_at=NOW,
        not_before=NOW,
    )


def test_a_process_lives_as_long_as_it_says_so(session: Session):
    processes.beat(session, ONE, now=NOW)
    processes.beat(session, TWO, now=NOW)
    assert processes.others(session, "one") == [(TWO, NOW + processes.SILENCE)]
    processes.beat(session, TWO, now=NOW + processes.BEAT)
    assert processes.others(session, "one") == [(TWO, NOW + processes.BEAT + processes.SILENCE)]


def test_elected_jobs_are_no_processes(session: Session):
    leases.acquire(session, "timer:seal", "two", now=NOW)
    assert processes.others(session, "one") == []


def test_what_a_dead_process_held_is_free_and_the_rest_is_not(session: Session):
    for process in (ONE, TWO):
        processes.beat(session, process, now=NOW)
        leases.acquire(session, f"listen:{process.name}", process.name, now=NOW)
    inbound.store(session, [stored(n) for n in range(4)], NOW)
    session.add_all([queued(n) for n in range(2)])
    for process in (ONE, TWO):
        assert len(inbound.claim(session, now=NOW, limit=2, holder=process.name)) == 2
    for row, process in zip(session.scalars(select(Outbox)).all(), (ONE, TWO), strict=True):
        row.lease_until, row.holder = NOW + outbox.LEASE, process.name
    session.info.pop("news", None)

    assert processes.bury(session, ["one"]) == 3

    assert session.info["news"]
    names = session.scalars(select(Lease.name).order_by(Lease.name)).all()
    assert names == ["listen:two", "process:two"]
    for model in (InboundRaw, Outbox):
        held = select(model.holder).where(model.lease_until.is_not(None)).distinct()
        assert session.scalars(held).all() == ["two"]
    claimed = inbound.claim(session, now=NOW + timedelta(seconds=1), holder="two")
    assert [row.attempts for row in claimed] == [2]


def test_burying_who_held_nothing_wakes_nobody(session: Session):
    processes.beat(session, ONE, now=NOW)
    session.info.pop("news", None)
    assert processes.bury(session, ["one"]) == 0
    assert "news" not in session.info
    assert processes.others(session, "two") == []
