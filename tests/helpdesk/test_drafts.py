"""What somebody was writing, kept for them alone."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import drafts
from helpdesk.border import File
from helpdesk.models import (
    Blob,
)
from tests.helpdesk.factories import NOW

FILE = File("a.pdf", "application/pdf", 1, "a" * 64)


def test_a_draft_is_one_an_owner_and_place(session: Session):
    owner, other = ("person", 1), ("agent", 1)
    place = drafts.of_ticket(7)
    drafts.save(session, owner, place, {"text": "um"}, [FILE], now=NOW)
    session.flush()
    later = NOW + timedelta(seconds=2)
    drafts.save(session, owner, place, {"text": "dois"}, [], now=later)
    drafts.save(session, other, place, {"text": "outro"}, [], now=NOW)
    drafts.save(session, owner, drafts.NEW, {"title": "t"}, [FILE], now=NOW)
    session.flush()
    assert drafts.load(session, owner, place) == drafts.Kept({"text": "dois"}, (), later)
    kept = drafts.load(session, owner, drafts.NEW)
    assert kept is not None
    assert kept.files == (FILE,)
    assert session.scalars(select(Blob.sha256)).all() == [FILE.sha256]
    drafts.drop(session, owner, place)
    assert drafts.load(session, owner, place) is None
    assert drafts.load(session, other, place) is not None


def test_a_place_that_was_emptied_by_sending_is_marked(session: Session):
    ana, rafael = ("agent", 1), ("agent", 2)
    place, other = drafts.of_ticket(7), drafts.of_ticket(8)
    drafts.save(session, ana, place, {"text": "um"}, [], now=NOW)
    drafts.save(session, rafael, place, {"text": "dele"}, [], now=NOW)
    assert drafts.turn_of(session, ana, place) == 0
    turns = [0]
    for _ in range(2):
        drafts.spend(session, ana, place, now=NOW)
        session.flush()
        turns.append(drafts.turn_of(session, ana, place))
    assert turns == sorted(set(turns))
    assert drafts.load(session, ana, place) is None
    assert drafts.load(session, rafael, place) is not None
    assert drafts.turn_of(session, rafael, place) == drafts.turn_of(session, ana, other) == 0
    drafts.spend(session, ana, other, now=NOW + drafts.MARKED + timedelta(seconds=1))
    assert drafts.turn_of(session, ana, place) == 0
    assert drafts.turn_of(session, ana, other) > turns[-1]
