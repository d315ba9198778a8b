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
