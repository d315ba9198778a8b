"""The operadora's own days beside the law's, and whose they are."""

from datetime import date, time

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import holidays
from helpdesk.calendars import Place
from helpdesk.desk import Desk
from helpdesk.errors import Invalid
from helpdesk.models import CalendarDay, Provider, Sector
from helpdesk.policy import Policy
from helpdesk.registry import keeping, listing
from helpdesk.registry.days import CALENDAR
from tests.helpdesk.factories import desk_of, make_agent, make_provider

EVE = date(2026, 12, 24)
CHRISTMAS = date(2026, 12, 25)
#: a whole form, which every test changes a little
DAY = {
    "name": "Véspera",
    "rule": "date",
    "day": "2026-12-24",
    "from_easter": "",
    "effect": "closed",
    "opens": "",
    "closes": "",
    "state": "",
    "city": "",
    "sector": "",
}


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def test_a_day_is_added_changed_and_taken_back(session: Session, desk: Desk, policy: Policy):
    eve = keeping.create(session, desk, CALENDAR, DAY)
    duty = DAY | {"name": "Plantão", "day": "25/12/2026", "effect": "open"}
    christmas = keeping.create(session, desk, CALENDAR, duty)
    listed = {d.day: d for d in holidays.listing(session, policy, 2026)}
    assert (listed[EVE].name, listed[EVE].effect, listed[EVE].own) == ("Véspera", "closed", True)
    assert listed[CHRISTMAS].effect == "open"
    assert not listed[date(2026, 1, 1)].own
    calendar = holidays.load(session, policy).at()
    assert not calendar.is_working(EVE)
    assert calendar.is_working(CHRISTMAS)
    keeping.switch(session, desk, CALENDAR, christmas, active=False)
    version = listing.record(session, desk, CALENDAR, eve).version
    half = DAY | {"effect": "half", "closes": "12:00"}
    keeping.change(session, desk, CALENDAR, eve, half, version)
    calendar = holidays.load(session, policy).at()
    assert not calendar.is_working(CHRISTMAS)
    assert (calendar.is_working(EVE), calendar.closes_on(EVE)) == (True, time(12))


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"day": ""}, "day", "required"),
        ({"day": "31/02/2026"}, "day", "invalid"),
        ({"day": "1999-01-01"}, "day", "invalid"),
        ({"rule": "easter"}, "from_easter", "required"),
        ({"rule": "easter", "from_easter": "999"}, "from_easter", "range"),
        ({"effect": "half"}, "closes", "required"),
        ({"effect": "half", "opens": "14:00", "closes": "12:00"}, "closes", "invalid"),
        ({"effect": "half", "closes": "meio-dia"}, "closes", "invalid"),
        ({"city": "Santos"}, "state", "required"),
        ({"state": "XX"}, "state", "unknown"),
    ],
)
def test_what_is_no_day_is_refused(
    session: Session, desk: Desk, wrong: dict[str, str], field: str, code: str
):
    with pytest.raises(Invalid) as refused:
        keeping.create(session, desk, CALENDAR, DAY | wrong)
    assert (field, code) in {(e.field, e.code) for e in refused.value.errors}


def test_what_a_rule_does_not_speak_of_is_empty(session: Session, desk: Desk):
    given = DAY | {"from_easter": "60", "closes": "12:00"}
    row = session.get_one(CalendarDay, keeping.create(session, desk, CALENDAR, given))
    assert (row.day, row.from_easter, row.closes) == (EVE, None, None)


def test_a_calendar_is_a_sector_s_and_a_place_s(session: Session, desk: Desk, policy: Policy):
    keeping.create(session, desk, CALENDAR, DAY | {"name": "Balanço", "sector": "FIN"})
    local = DAY | {"name": "Aniversário", "rule": "yearly", "day": "2020-01-26", "state": "SP"}
    keeping.create(session, desk, CALENDAR, local | {"city": "Santos"})
    sector_id = session.scalars(select(Sector.id).where(Sector.code == "FIN")).one()
    near, far = make_provider(session, "P1"), make_provider(session, "P2")
    session.execute(update(Provider).where(Provider.id == near).values(state="SP", city="Santos"))
    found = holidays.load(session, policy)
    assert found.of(sector_id, far).reason(EVE) == "Balanço"
    assert found.of(None, far).is_working(EVE)
    birthday = date(2027, 1, 26)
    assert found.of(None, near).reason(birthday) == "Aniversário"
    assert found.of(None, far).is_working(birthday)
    assert found.of(None, 0).is_working(birthday)
    assert found.at(place=Place("SP", "santos")).reason(birthday) == "Aniversário"
