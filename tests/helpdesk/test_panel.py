"""Every figure of the panel is the count of the list behind it, for whoever looks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import catalog, closing, grid, measuring, panel, routing, secrecy, tallies, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.filters import Filter
from helpdesk.models import Status, Ticket
from helpdesk.panel import Figures
from helpdesk.panel_groups import Scope
from helpdesk.policy import Policy
from helpdesk.spread import spread
from tests.helpdesk.factories import make_agent, make_provider, make_ticket

#: a Tuesday at 22:30 in São Paulo, when it is Wednesday in UTC
EVENING = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
CODES = ("LOT", "GLO", "XML", "PAG")
SCOPE = Scope(TODAY - timedelta(days=13), TODAY)


def history(session: Session, policy: Policy) -> None:
    """Three weeks of a small desk: opened at all hours, some of it ended, late or secret."""
    ana, beto = make_agent(session, groups=("sigilo",)), make_agent(session, "beto")
    session.execute(update(Status).where(Status.code == "AGP").values(pauses=True))
    provider = make_provider(session)
    for n in range(60):
        at = EVENING - timedelta(days=20 - n // 3, hours=(n * 5) % 13, minutes=n)
        number = make_ticket(
            session, policy, provider, now=at, classification=CODES[n % 4], agent_id=ana.id
        ).number
        session.flush()
        session.expire_all()
        desk = Desk((ana, beto)[n % 2], policy, at + timedelta(hours=2 + n % 30))
        later = replace(desk, now=min(desk.now + timedelta(days=n % 11), EVENING))
        if n % 3 == 0:
            tickets.reply(session, desk, number, "Segue a resposta.")
        if n % 5 == 0:
            tickets.pending(session, desk, number, body="Mande o XML do lote.")
        elif n % 2 == 0:
            closing.close(session, later, number, status="EPR", body="Pago em 24/11.")
        if n % 14 == 0 and n % 5:
            closing.reopen(session, later, number, body="Faltou uma guia")
        if n % 13 == 0:
            secrecy.hide(session, replace(later, actor=ana), number, "sigilo")
        if n in {1, 11}:
            tickets.delete(session, Desk(ana, policy, at), number, justification="Engano do dia")
        if n % 7 == 3 and n % 2:
            routing.forward(session, later, number, note="Veja", agent="beto")
    session.flush()


def figures(
    session: Session, actor: Actor, policy: Policy, scope: Scope = SCOPE, by: str = "classification"
) -> Figures:
    registers = catalog.load(session, policy)
    return panel.read(session, actor, scope, by, registers, policy=policy, now=EVENING)


def told(figures: Figures, field: str) -> list[tuple[int, Filter]]:
    """Each count of the panel with the list it leads to."""
    scope = figures.scope
    period = Filter(opened_from=scope.first, opened_to=scope.last)
    found = [(figures.running.total, Filter(situation="open"))]
    found += [
        (n, Filter(situation="open", deadline=band)) for band, n in figures.running.bands.items()
    ]
    found += [(d.opened, Filter(opened_from=d.day, opened_to=d.day)) for d in figures.days]
    found += [(d.closed, Filter(closed_from=d.day, closed_to=d.day)) for d in figures.days]
    for backlog in figures.backlogs:
        if backlog.day != TODAY:
            found += [
                (n, Filter(open_on=backlog.day, deadline=band)) for band, n in backlog.bands.items()
            ]
    found += [
        (figures.hours.get((day, hour), 0), replace(period, opened_in=(day, hour)))
        for day, hour in [*figures.hours, (6, 3)]
    ]
    ended = Filter(situation="closed", closed_from=scope.first, closed_to=scope.last)
    found += [(figures.ended, ended), (figures.late, replace(ended, deadline="expired"))]
    for group in figures.groups:
        own: dict[str, Any] = {field: (group.code,)}
        if group.code:
            found += [
                (group.opened, replace(period, **own)),
                (group.ended, replace(ended, **own)),
                (group.late, replace(ended, deadline="expired", **own)),
            ]
    return found


@pytest.mark.parametrize("by", ["classification", "sector", "agent"])
def test_each_count_is_that_of_its_list(session: Session, policy: Policy, by: str):
    history(session, policy)
    outsider = make_agent(session, "caio")
    # part of it folded, part of it not
    tallies.fold(session)
    history_of = session.get_one(Ticket, 1)
    history_of.classification_id = 2
    session.flush()
    seen = figures(session, outsider, policy, by=by)
    field = "assignee" if by == "agent" else by
    for count, chosen in told(seen, field):
        expected, _ = grid.count(session, outsider, chosen, policy=policy, now=EVENING)
        assert count == expected, chosen
    assert seen.opened == sum(seen.hours.values()) > 20
    assert seen.ended == sum(d.closed for d in seen.days) > 5
    assert seen.late > 0
    assert seen.answer.count > 3
    assert seen.resolution.p90 is not None


def test_filters_of_the_panel_are_those_of_the_list(session: Session, policy: Policy):
    history(session, policy)
    outsider = make_agent(session, "caio")
    registers = catalog.load(session, policy)
    kinds = [registers.classification(code) for code in ("LOT", "GLO")]
    scope = replace(SCOPE, classifications=tuple(k.id for k in kinds if k))
    seen = figures(session, outsider, policy, scope)
    for count, chosen in told(seen, "classification"):
        own = chosen if chosen.classification else replace(chosen, classification=("LOT", "GLO"))
        assert count == grid.count(session, outsider, own, policy=policy, now=EVENING)[0], own
    sector = kinds[0].sector_id if kinds[0] else 0
    seen = figures(session, outsider, policy, replace(SCOPE, sectors=(sector or 0,)))
    code = registers.sectors[sector or 0].code
    chosen = Filter(sector=(code,), opened_from=SCOPE.first, opened_to=SCOPE.last)
    assert seen.opened == grid.count(session, outsider, chosen, policy=policy, now=EVENING)[0] > 0


def test_whoever_reads_more_counts_more(session: Session, policy: Policy):
    """Of the group, with a reason, from another sector: always what their lists show."""
    history(session, policy)
    secret = session.scalars(
        Ticket.__table__.select()
        .with_only_columns(Ticket.number)
        .where(Ticket.secret_group.is_not(None))
    ).all()
    assert secret
    inside = make_agent(session, "dora", groups=("sigilo",))
    outside = make_agent(session, "caio")
    reason = replace(outside, opened=frozenset(secret[:1]))
    registers = catalog.load(session, policy)
    beto = session.get_one(Ticket, secret[0]).assignee_id
    sector = min(registers.sectors)
    narrow = replace(outside, sectors=frozenset([sector]))
    handed = replace(narrow, id=beto)
    counts = []
    for actor in (inside, outside, reason, narrow, handed):
        seen = figures(session, actor, policy, replace(SCOPE, first=TODAY - timedelta(days=40)))
        counts.append(seen.opened)
        for count, chosen in told(seen, "classification"):
            assert count == grid.count(session, actor, chosen, policy=policy, now=EVENING)[0]
    assert counts[0] > counts[2] == counts[1] + 1
    assert counts[3] < counts[1]


def test_without_reading_there_is_nothing(session: Session, policy: Policy):
    history(session, policy)
    blind = make_agent(session, "eva", permissions=("panel",))
    seen = figures(session, blind, policy)
    assert (seen.opened, seen.running.total, seen.groups, seen.hours) == (0, 0, [], {})
    assert seen.in_time is None
    assert seen.running.oldest is None


def test_an_outsider_sees_the_same_whether_the_secret_exists(session: Session, policy: Policy):
    history(session, policy)
    outsider = make_agent(session, "caio")
    before = [figures(session, outsider, policy, by=by) for by in ("classification", "agent")]
    at = EVENING - timedelta(days=2)
    number = make_ticket(session, policy, 1, now=at).number
    ana = make_agent(session, "iris", groups=("sigilo",))
    secrecy.hide(session, Desk(ana, policy, at), number, "sigilo")
    tickets.reply(session, Desk(ana, policy, at + timedelta(hours=1)), number, "Segue.")
    closing.close(session, Desk(ana, policy, EVENING), number, status="EPR", body="Pago em 24/11.")
    session.flush()
    after = [figures(session, outsider, policy, by=by) for by in ("classification", "agent")]
    assert before == after


def test_a_long_period_has_few_stretches(session: Session, policy: Policy):
    history(session, policy)
    actor = make_agent(session, "caio")
    year = figures(session, actor, policy, replace(SCOPE, first=TODAY - timedelta(days=400)))
    assert len(year.stretches) <= panel.MOST_STRETCHES
    assert year.stretches[0].first == TODAY - timedelta(days=400)
    assert year.stretches[-1].last == TODAY
    assert sum(s.resolution.count for s in year.stretches) == year.resolution.count


def test_spreads_lie_where_the_durations_do():
    assert spread({}) == spread({0: 0})
    assert spread({}).median is None
    durations = [3, 7, 12, 40, 41, 42, 130, 700, 2_000, 9_000]
    parts: dict[int, int] = {}
    for d in durations:
        part = d - d % tallies.width(d)
        parts[part] = parts.get(part, 0) + 1
    found = spread(parts)
    assert found.count == 10
    assert found.median is not None
    assert 40 <= found.median <= 45
    assert found.p90 is not None
    assert 1_980 <= found.p90 <= 2_040


def test_durations_are_service_time(session: Session, policy: Policy):
    """Opened on Tuesday 17:30, answered on Wednesday 8:45, ended on Thursday 10:00."""
    ana = make_agent(session)
    opened = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    number = make_ticket(session, policy, make_provider(session), now=opened).number
    tickets.reply(
        session, Desk(ana, policy, opened + timedelta(hours=15, minutes=15)), number, "Eis."
    )
    tickets.reply(session, Desk(ana, policy, opened + timedelta(hours=16)), number, "Mais.")
    end = opened + timedelta(hours=40, minutes=30)
    closing.close(session, Desk(ana, policy, end), number, status="EPR", body="Pago em 26/11.")
    ticket = session.get_one(Ticket, number)
    assert (ticket.answer_minutes, ticket.solve_minutes) == (75, 750)
    closing.reopen(session, Desk(ana, policy, end), number, body="Faltou uma guia")
    assert (ticket.answer_minutes, ticket.solve_minutes) == (75, None)
    measuring.unanswered(ticket)
    ticket.imported = True
    measuring.answered(session, ticket, policy, end)
    assert ticket.answered_at is None
