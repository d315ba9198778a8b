from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import closing, deadlines, filters, grid, holidays, thread, tickets
from helpdesk.bands import DEADLINES
from helpdesk.deadlines import Calendar, Unit
from helpdesk.desk import Desk
from helpdesk.models import Status, Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

TEXT = "Pago na remessa 4 de novembro."


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    """Of an agent, where waiting for the provider stops the clock."""
    session.execute(update(Status).where(Status.code == "AGP").values(pauses=True))
    return make.desk_of(make.make_agent(session), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    """Opened Tuesday 24/11; PAG."""
    return make.make_ticket(session, policy, make.make_provider(session), agent_id=desk.actor.id)


def at(desk: Desk, days: int) -> Desk:
    return Desk(desk.actor, desk.policy, NOW + timedelta(days=days))


def test_each_working_day_that_begins_in_a_pause_is_added(
    session: Session, desk: Desk, ticket: Ticket
):
    due = ticket.due_at
    tickets.pending(session, at(desk, 1), ticket.number, body="Envie a nota fiscal.")
    assert (ticket.paused_at, ticket.due_at) == (at(desk, 1).now, due)
    # From Wednesday to Monday: Thursday, Friday and Monday began meanwhile.
    tickets.reply(session, at(desk, 6), ticket.number, "Recebemos.")
    assert (ticket.paused_at, ticket.paused_days) == (None, 3)
    calendar = Calendar(desk.policy.zone)
    assert deadlines.days_between(due, ticket.due_at, Unit.BUSINESS, calendar) == 3
    days = thread.explain_deadline(ticket, holidays.load(session, desk.policy))
    assert days[-1].day == calendar.local_day(ticket.due_at)


def test_a_pause_of_hours_changes_nothing(session: Session, desk: Desk, ticket: Ticket):
    due = ticket.due_at
    tickets.pending(session, desk, ticket.number, body="Envie a nota fiscal.")
    later = Desk(desk.actor, desk.policy, NOW + timedelta(hours=5))
    tickets.reply(session, later, ticket.number, "Recebemos.")
    assert (ticket.due_at, ticket.paused_days) == (due, 0)


def test_a_status_that_does_not_pause_lets_it_run(session: Session, desk: Desk, ticket: Ticket):
    due = ticket.due_at
    tickets.pending(session, desk, ticket.number)
    tickets.reply(session, at(desk, 3), ticket.number, "Recebemos.")
    assert (ticket.due_at, ticket.paused_days) == (due, 0)


def test_what_was_expired_when_it_paused_stays_expired(
    session: Session, desk: Desk, ticket: Ticket
):
    due = ticket.due_at
    tickets.pending(session, at(desk, 60), ticket.number, body="Envie a nota fiscal.")
    tickets.reply(session, at(desk, 70), ticket.number, "Recebemos.")
    assert ticket.due_at == due


def test_closing_out_of_a_pause_is_judged_by_the_prolonged_deadline(
    session: Session, desk: Desk, ticket: Ticket
):
    tickets.pending(session, at(desk, 1), ticket.number, body="Envie a nota fiscal.")
    closing.close(session, at(desk, 60), ticket.number, status="EPR", body=TEXT)
    assert ticket.late is False
    assert ticket.due_at > at(desk, 58).now
    closing.reopen(session, at(desk, 61), ticket.number, body="Mais uma nota fiscal.")
    assert ticket.paused_days == 0


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.timedeltas(timedelta(), timedelta(days=40)),
)
def test_pauses_add_up(start: datetime, first: timedelta, second: timedelta):
    calendar = Calendar(ZoneInfo("America/Sao_Paulo"))
    middle, end = start + first, start + first + second
    for unit in Unit:
        whole = deadlines.days_between(start, end, unit, calendar)
        parts = deadlines.days_between(start, middle, unit, calendar)
        assert whole == parts + deadlines.days_between(middle, end, unit, calendar)


def test_no_status_pauses_unless_the_register_says_so(session: Session):
    assert session.scalars(select(Status.code).where(Status.pauses)).all() == []


def test_a_list_judges_a_paused_ticket_by_when_its_clock_stopped(
    session: Session, desk: Desk, ticket: Ticket
):
    tickets.pending(session, at(desk, 1), ticket.number, body="Envie a nota fiscal.")
    later = at(desk, 60)
    assert later.now > ticket.due_at

    def bands(now: Desk) -> set[tuple[str, str]]:
        return {
            (wanted, row.band)
            for situation in ("all", "open", "pending_agent")
            for wanted in DEADLINES
            for row in grid.page(
                session, desk.actor, filters.Filter(situation=situation, deadline=wanted),
                grid.Order(), policy=desk.policy, now=now.now,
            ).rows
        }  # fmt: skip

    still = deadlines.band(at(desk, 1).now, ticket.due_at, ticket.attention_at)
    assert bands(later) == {(still, still)}
    tickets.reply(session, later, ticket.number, "Recebemos.")
    ends = Desk(desk.actor, desk.policy, ticket.due_at + timedelta(minutes=1))
    assert bands(ends) == {("expired", "expired")}
    tickets.pending(session, ends, ticket.number, body="Envie outra nota fiscal.")
    assert bands(Desk(desk.actor, desk.policy, ends.now + timedelta(days=9))) == {
        ("expired", "expired")
    }
