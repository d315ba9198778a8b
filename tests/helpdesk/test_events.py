"""Wake-ups: resumed by place, never skipped, kept two days."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import events
from helpdesk.events import Cursor
from tests.helpdesk.factories import NOW


def emit(session: Session, *numbers: int, now: datetime = NOW) -> None:
    for number in numbers:
        events.emit(session, number, "changed", now=now, version=number)


def numbers(session: Session, cursor: Cursor) -> list[int | None]:
    return [event.number for event in events.after(session, cursor)]


def test_a_place_in_the_stream_is_written_and_read():
    assert Cursor.parse(str(Cursor(7, 12))) == Cursor(7, 12)
    for text in ("", "7", "7.", ".7", "a.b", "-1.2", "1.2.3"):
        assert Cursor.parse(text) is None, text


def test_a_place_no_database_knows_is_none():
    assert Cursor.parse("1." + "9" * 30) is None
    assert Cursor.parse("9" * 30 + ".1") is None
    assert Cursor.parse("1.\u0663") is None


def test_a_reader_gets_what_is_newer(work: Work):
    assert work.read_now(events.latest) == work.read_now(events.oldest) == Cursor()
    work.write_now(emit, 1, 2)
    place = work.read_now(events.latest)
    work.write_now(emit, 3)
    assert work.read_now(numbers, Cursor()) == [1, 2, 3]
    assert work.read_now(numbers, place) == [3]
    [seen] = work.read_now(events.after, place)
    assert (seen.kind, seen.version, seen.at) == ("changed", 3, NOW)
    assert work.read_now(events.after, place, limit=0) == []
    assert work.read_now(numbers, work.read_now(events.latest)) == []


def test_nothing_to_tell_is_no_news(session: Session):
    events.emit_many(session, [], now=NOW)
    assert "news" not in session.info


def test_who_commits_late_is_never_skipped(postgres_url: str):
    """Ids are given before COMMIT: the slower of two transactions has the lower one."""
    work = Work(postgres_url)
    slow, fast = Session(work.engine), Session(work.engine)
    emit(slow, 1)
    slow.flush()
    emit(fast, 2)
    fast.commit()
    # The fast one waits behind the slow: shown now, the slow one would be passed by.
    assert work.read_now(numbers, Cursor()) == []
    place = Cursor()
    slow.commit()
    seen = work.read_now(events.after, place)
    assert [event.number for event in seen] == [1, 2]
    assert seen[0].cursor < seen[1].cursor
    for session in (slow, fast):
        session.close()
    work.close()


def test_what_rolled_back_is_never_told(postgres_url: str):
    work = Work(postgres_url)
    with Session(work.engine) as session:
        emit(session, 1)
        session.flush()
        session.rollback()
    work.write_now(emit, 2)
    assert work.read_now(numbers, Cursor()) == [2]
    work.close()


def test_old_ones_are_forgotten_but_the_newest_keeps_its_place(work: Work):
    work.write_now(emit, 1, 2, 3)
    place = work.read_now(events.latest)
    later = NOW + events.KEPT + timedelta(seconds=1)
    assert work.write_now(events.purge, now=NOW + events.KEPT) == 0
    assert work.write_now(events.purge, now=later) == 2
    assert work.read_now(events.latest) == work.read_now(events.oldest) == place
    work.write_now(emit, 4, now=later)
    assert work.read_now(numbers, place) == [4]
    assert work.write_now(events.purge, now=later) == 1
    assert work.read_now(events.oldest) > place


def test_purging_nothing(work: Work):
    assert work.write_now(events.purge, now=NOW) == 0
