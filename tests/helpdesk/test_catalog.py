"""The registers as one snapshot."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from helpdesk import catalog
from helpdesk.models import CalendarDay
from helpdesk.policy import Policy


def test_registers_are_found_by_code(session: Session, policy: Policy):
    registers = catalog.load(session, policy)
    assert registers.triage.code == "TRI"
    for find in (
        registers.status, registers.classification, registers.subclassification,
        registers.reason, registers.sector,
    ):  # fmt: skip
        assert find("NADA") is None
    published = [c.code for c in registers.published()]
    assert len(published) == 20
    assert "TRI" not in published
    glo = registers.classification("GLO")
    assert glo is not None
    assert [s.code for s in registers.children(glo.id)] == ["GLO.1", "GLO.2", "GLO.3"]
    registers.children(glo.id)[0].active = False
    assert [s.code for s in registers.children(glo.id)] == ["GLO.2", "GLO.3"]


def test_an_edited_calendar_counts(session: Session, policy: Policy):
    session.add(CalendarDay(day=date(2026, 11, 25), name="Mudança de sede"))
    session.add(CalendarDay(day=date(2026, 12, 25), name="Plantão", effect="open"))
    session.flush()
    calendar = catalog.calendar(session, policy)
    assert calendar.reason(date(2026, 11, 25)) == "Mudança de sede"
    assert calendar.is_working(date(2026, 12, 25))


def test_without_the_register_of_triage_nothing_is_guessed(session: Session, policy: Policy):
    registers = catalog.load(session, policy)
    registers.classifications.clear()
    with pytest.raises(LookupError):
        _ = registers.triage
