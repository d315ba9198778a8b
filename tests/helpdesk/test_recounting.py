"""A change of the calendar says which open deadlines it moves, and moves them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import holidays, routing, thread
from helpdesk.desk import Desk
from helpdesk.models import Log, Provider, Ticket
from helpdesk.policy import Policy
from helpdesk.registry import importing, keeping, listing
from helpdesk.registry.days import CALENDAR
from helpdesk.registry.importing import Line
from tests.helpdesk.factories import NOW, desk_of, hide, make_agent, make_provider, make_ticket
from tests.helpdesk.test_holidays import DAY


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def due(day: int, hour: int = 18) -> datetime:
    """A moment of December 2026 in São Paulo."""
    return datetime(2026, 12, day, hour + 3, tzinfo=UTC)


#: PAG: five business days from 24/11, so until 01/12
OFF = DAY | {"name": "Folga", "day": "2026-12-01"}


def test_a_new_day_off_is_told_before_and_moves_what_it_touches(
    session: Session, desk: Desk, policy: Policy
):
    provider = make_provider(session)
    moved = make_ticket(session, policy, provider)
    longer = make_ticket(session, policy, provider, classification="TAB")
    closed = make_ticket(session, policy, provider)
    closed.situation = "closed"
    session.flush()
    before = {t.number: t.due_at for t in (moved, longer, closed)}
    assert before[moved.number] == due(1)
    effect = keeping.preview(session, desk, CALENDAR, OFF)
    assert [(m.number, m.before, m.after) for m in effect.moved] == [
        (moved.number, due(1), due(2)),
        (longer.number, due(8), due(9)),
    ]
    assert effect.total == 2
    assert moved.due_at == due(1)
    record_id = keeping.create(session, desk, CALENDAR, OFF)
    assert (moved.due_at, longer.due_at) == (due(2), due(9))
    assert closed.due_at == before[closed.number]
    told = session.scalars(select(Log.number).where(Log.action == "recounted")).all()
    assert sorted(n for n in told if n) == [moved.number, longer.number]
    back = keeping.preview_end(session, desk, CALENDAR, record_id)
    assert [(m.number, m.after) for m in back.moved] == [
        (moved.number, due(1)),
        (longer.number, due(8)),
    ]
    keeping.switch(session, desk, CALENDAR, record_id, active=False)
    assert moved.due_at == due(1)
    again = keeping.preview_start(session, desk, CALENDAR, record_id)
    assert again.total == 2
    keeping.switch(session, desk, CALENDAR, record_id, active=True)
    keeping.remove(session, desk, CALENDAR, record_id)
    assert moved.due_at == due(1)


def test_half_a_day_moves_the_hour(session: Session, desk: Desk, policy: Policy):
    ticket = make_ticket(session, policy, make_provider(session))
    half = OFF | {"effect": "half", "closes": "12:00"}
    record_id = keeping.create(session, desk, CALENDAR, half)
    assert ticket.due_at == due(1, 12)
    version = listing.record(session, desk, CALENDAR, record_id).version
    effect = keeping.preview(
        session, desk, CALENDAR, half | {"closes": "15:00"}, record_id, version
    )
    assert [m.after for m in effect.moved] == [due(1, 15)]


def test_a_sector_and_a_place_move_only_their_own(session: Session, desk: Desk, policy: Policy):
    far, near = make_provider(session, "P1"), make_provider(session, "P2")
    provider = session.get_one(Provider, near)
    provider.state, provider.city = "SP", "Santos"
    session.flush()
    of_far, of_near = (make_ticket(session, policy, p) for p in (far, near))
    keeping.create(session, desk, CALENDAR, OFF | {"state": "SP", "city": "Santos"})
    assert (of_far.due_at, of_near.due_at) == (due(1), due(2))
    keeping.create(session, desk, CALENDAR, OFF | {"sector": "CTM"})
    assert of_far.due_at == due(1)
    keeping.create(session, desk, CALENDAR, OFF | {"name": "Balanço", "sector": "FIN"})
    assert of_far.due_at == due(2)
    explained = thread.explain_deadline(of_far, holidays.load(session, policy))
    assert {d.name for d in explained if d.kind == "holiday"} == {"Balanço"}
    # Forwarding keeps the deadline, and the calendar it was counted by.
    routing.forward(session, desk, of_far.number, sector="TIS", note="Vejam o arquivo")
    session.flush()
    assert of_far.due_at == due(2)
    assert thread.explain_deadline(of_far, holidays.load(session, policy))[-1].kind == "due"
    opened = make_ticket(session, policy, near)
    assert opened.due_at == due(2)


def test_what_is_secret_moves_and_is_not_told(session: Session, desk: Desk, policy: Policy):
    hidden = make_ticket(session, policy, make_provider(session))
    hide(session, hidden.number)
    assert keeping.preview(session, desk, CALENDAR, OFF).total == 0
    keeping.create(session, desk, CALENDAR, OFF)
    session.expire_all()
    assert session.get_one(Ticket, hidden.number).due_at == due(2)


def test_a_file_of_days_tells_its_effect_as_a_whole(session: Session, desk: Desk, policy: Policy):
    ticket = make_ticket(session, policy, make_provider(session))
    lines = (Line(2, OFF), Line(3, OFF | {"name": "Outra", "day": "02/12/2026"}))
    plan = importing.plan(session, desk, CALENDAR, lines)
    assert [(m.before, m.after) for m in plan.effect.moved] == [(due(1), due(3))]
    importing.apply(session, desk, CALENDAR, lines, plan.seal)
    assert ticket.due_at == due(3)
    off = tuple(Line(line.number, line.texts, active=False) for line in lines)
    plan = importing.plan(session, desk, CALENDAR, off)
    assert [m.after for m in plan.effect.moved] == [due(1)]
    importing.apply(session, desk, CALENDAR, off, plan.seal)
    assert ticket.due_at == due(1)


def test_a_day_that_lies_elsewhere_moves_nothing(session: Session, desk: Desk, policy: Policy):
    make_ticket(session, policy, make_provider(session), now=NOW)
    for day in ("2026-11-24", "2026-12-05", "2027-03-01"):
        assert keeping.preview(session, desk, CALENDAR, OFF | {"day": day}).total == 0
