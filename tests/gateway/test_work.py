"""The one place that opens transactions."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import events
from helpdesk.models import Sector, Throttle
from tests.doubles.postgres import Postgres
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW


def add(session: Session, key: str = "a", *, count: int = 1) -> str:
    session.add(Throttle(key=key, count=count, until=NOW))
    session.flush()
    return key


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Throttle)) or 0


class Broken(Exception):
    pass


async def test_what_is_written_is_there_when_write_returns(work: Work):
    assert await work.write(add, "a", count=3) == "a"
    assert await work.read(count) == 1
    row = await work.read(lambda session: session.scalars(select(Throttle)).one())
    assert (row.count, row.until) == (3, NOW)


async def test_a_verb_that_raises_changes_nothing(work: Work):
    def verb(session: Session) -> None:
        add(session)
        raise Broken

    with pytest.raises(Broken):
        await work.write(verb)
    assert await work.read(count) == 0


async def test_nothing_is_visible_before_commit(work: Work):
    written, go_on = threading.Event(), threading.Event()

    def verb(session: Session) -> None:
        add(session)
        written.set()
        assert go_on.wait(30)

    writing = asyncio.create_task(work.write(verb))
    await asyncio.to_thread(written.wait, 30)
    assert await work.read(count) == 0
    go_on.set()
    await writing
    assert await work.read(count) == 1


def test_a_read_refuses_to_write(sqlite_url: str):
    work = Work(sqlite_url)
    with pytest.raises(OperationalError, match="readonly"):
        work.read_now(add)
    work.close()


def test_a_read_keeps_nothing(work: Work):
    with pytest.raises(DBAPIError, match=r"read-?only"):
        work.read_now(add)
    assert work.read_now(count) == 0
    work.write_now(add)  # the connection it had may write again
    assert work.read_now(count) == 1


def test_who_collides_is_run_again_and_sees_the_winner(work: Work):
    """A double click: both look, both find nothing, one INSERT wins."""
    both_looked = threading.Barrier(2)
    tries: list[int] = []

    def verb(session: Session) -> str:
        tries.append(1)
        known = session.scalar(select(Throttle.key))
        if len(tries) <= 2 and not work.is_sqlite:
            both_looked.wait(30)
        return "there" if known else add(session)

    answers = at_once([lambda: work.write_now(verb)] * 2)
    assert sorted(answers) == ["a", "there"]
    assert len(tries) == (2 if work.is_sqlite else 3)
    assert work.read_now(count) == 1


def test_a_deadlock_is_run_again(postgres_url: str):
    work = Work(postgres_url)
    work.write_now(lambda s: [add(s, key) for key in "ab"])
    met = threading.Barrier(2)
    first = {"ab": True, "ba": True}

    def verb(session: Session, keys: str) -> None:
        for key in keys:
            session.execute(
                update(Throttle).where(Throttle.key == key).values(count=Throttle.count + 1)
            )
            if first[keys]:
                first[keys] = False
                met.wait(30)

    at_once([lambda k=keys: work.write_now(verb, k) for keys in ("ab", "ba")])
    counts = work.read_now(lambda s: s.scalars(select(Throttle.count)).all())
    assert counts == [3, 3]
    work.close()


def test_what_collides_always_is_said(work: Work):
    tries: list[int] = []

    def verb(session: Session) -> None:
        tries.append(1)
        add(session)

    work.write_now(add)
    with pytest.raises(IntegrityError):
        work.write_now(verb)
    assert len(tries) == 4


def test_other_errors_of_the_database_are_said_at_once(work: Work):
    tries: list[int] = []

    def verb(session: Session) -> None:
        tries.append(1)
        session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError):
        work.write_now(verb)
    assert len(tries) == 1


async def test_news_beats_the_pulse(work: Work):
    before = work.pulse.count
    await work.write(add)
    assert work.pulse.count == before
    await work.write(lambda session: events.emit(session, 1, "changed", now=NOW))
    assert work.pulse.count == before + 1
    await asyncio.sleep(0.2)  # PostgreSQL is told a moment later
    assert await work.read(events.latest) != events.Cursor()


def test_foreign_keys_hold(work: Work):
    with pytest.raises(IntegrityError):
        work.write_now(lambda s: s.execute(text("UPDATE agent SET profile_id = 999")) and s.execute(
            text(
                "INSERT INTO api_token (name, agent_id, token_hash, created_at)"
                " SELECT 'x', 999, 'y', min(changed_at) FROM (SELECT 0 AS changed_at) AS t"
            )
            if work.is_sqlite
            else text(
                "INSERT INTO api_token (name, agent_id, token_hash, created_at)"
                " VALUES ('x', 999, 'y', now())"
            )
        ))  # fmt: skip


def test_sqlite_is_durable_and_waits_for_others(sqlite_url: str):
    work, other = Work(sqlite_url, busy_seconds=0), Work(sqlite_url)
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for name, value in pragmas.items():
        found = work.write_now(lambda s, n=name: s.scalar(text(f"PRAGMA {n}")))
        assert found == value
    with Session(other.engine) as session:
        add(session)
        with pytest.raises(OperationalError, match="locked"):
            work.write_now(add, "b")
        assert work.read_now(count) == 0
        session.commit()
    assert work.write_now(add, "b") == "b"
    for each in (work, other):
        each.close()


def test_a_folder_is_made_for_a_new_database(tmp_path: Path):
    work = Work(f"sqlite:///{tmp_path}/new/deep/ponte.db")
    assert work.write_now(lambda session: session.scalar(text("SELECT 1"))) == 1
    work.close()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    cluster = Postgres()
    cluster.start()
    yield cluster
    cluster.stop()
    cluster.remove()


def test_a_database_that_restarted_is_met_again(own_postgres: Postgres):
    work = Work(own_postgres.create())
    one = text("SELECT 1")
    assert work.write_now(lambda session: session.scalar(one)) == 1
    own_postgres.restart()
    assert work.read_now(lambda session: session.scalar(one)) == 1
    work.close()


def test_a_time_without_zone_is_refused(work: Work):
    with pytest.raises(StatementError, match="naive"):
        work.write_now(lambda s: s.add(Throttle(key="a", count=1, until=NOW.replace(tzinfo=None))))
    assert work.read_now(lambda s: s.scalars(select(Sector.code)).first())
