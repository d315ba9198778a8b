"""The operadora's own days beside the law's."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from helpdesk import catalog, holidays
from helpdesk.desk import Desk
from helpdesk.errors import Forbidden, Invalid, NotVisible
from helpdesk.policy import Policy
from tests.helpdesk.factories import desk_of, make_agent

EVE = date(2026, 12, 24)
CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def test_a_day_is_added_changed_and_taken_back(session: Session, desk: Desk, policy: Policy):
    holidays.decide(session, desk, EVE, "Véspera", working=False)
    holidays.decide(session, desk, CHRISTMAS, "Plantão", working=True)
    session.flush()
    listed = {d.day: d for d in holidays.listing(session, policy, 2026)}
    assert (listed[EVE].name, listed[EVE].working, listed[EVE].own) == ("Véspera", False, True)
    assert listed[CHRISTMAS].working
    assert not listed[date(2026, 1, 1)].own
    calendar = catalog.calendar(session, policy)
    assert not calendar.is_working(EVE)
    assert calendar.is_working(CHRISTMAS)
    holidays.decide(session, desk, EVE, "Véspera de Natal", working=False)
    holidays.forget(session, desk, CHRISTMAS)
    session.flush()
    listed = {d.day: d for d in holidays.listing(session, policy, 2026)}
    assert listed[EVE].name == "Véspera de Natal"
    assert (listed[CHRISTMAS].name, listed[CHRISTMAS].own) == ("Natal", False)


def test_what_is_no_decision_is_refused(session: Session, desk: Desk, policy: Policy):
    for day, name, field in (
        (EVE, " ", "name"),
        (EVE, "x" * 201, "name"),
        (date(1999, 1, 1), "Longe", "day"),
    ):
        with pytest.raises(Invalid) as refused:
            holidays.decide(session, desk, day, name, working=False)
        assert refused.value.errors[0].field == field
    with pytest.raises(NotVisible):
        holidays.forget(session, desk, EVE)
    reader = desk_of(make_agent(session, "leo", permissions=("registers.read",)), policy)
    with pytest.raises(Forbidden):
        holidays.decide(session, reader, EVE, "Véspera", working=False)
    with pytest.raises(Forbidden):
        holidays.forget(session, reader, EVE)
