"""One action on many tickets: in steps, as the agent saw them, and undone where it can be."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import bulk, closing, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.models import Agent, Bulk, BulkItem, Log, Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

CLOSE = {"status": ["EPR"], "text": ["Lote 0112 aceito em 24/11 com 57 guias."]}
FORWARD = {"sector": ["FIN"], "note": ["Todos de uma vez"]}


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, sector="REL"), policy)


@pytest.fixture
def open_ones(session: Session, policy: Policy, desk: Desk) -> Callable[[int], list[Ticket]]:
    provider = make.make_provider(session)

    def made(count: int) -> list[Ticket]:
        return [
            make.make_ticket(session, policy, provider, agent_id=desk.actor.id)
            for _ in range(count)
        ]

    return made


def seen(found: list[Ticket]) -> list[tuple[int, int]]:
    return [(ticket.number, ticket.version) for ticket in found]


def finish(session: Session, desk: Desk, number: int) -> bulk.View:
    while bulk.step(session, number, desk.policy, desk.now):
        pass
    return bulk.view(session, desk.actor, number, now=desk.now)


def test_many_are_done_in_steps(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 2)
    found = open_ones(5)
    number = bulk.start(session, desk, "close", CLOSE, seen(found))
    first = bulk.view(session, desk.actor, number, now=desk.now)
    assert (first.state, first.total, first.done, first.finished) == ("running", 5, 2, False)
    assert [one.id for one in bulk.at_work(session, desk.actor, now=desk.now)] == [number]
    last = finish(session, desk, number)
    assert (last.state, last.done, last.left, last.undoable) == ("done", 5, 0, False)
    assert {ticket.situation for ticket in found} == {"closed"}
    assert session.get_one(Bulk, number).given == {}
    assert bulk.at_work(session, desk.actor, now=desk.now) == []
    assert not bulk.step(session, number, desk.policy, desk.now)


def test_what_one_ticket_refuses_is_listed_and_stops_no_other(
    session: Session, desk: Desk, open_ones: Callable
):
    found = open_ones(5)
    versions = seen(found)
    other = make.desk_of(make.make_agent(session, "bia"), desk.policy)
    tickets.claim(session, other, found[0].number)
    tickets.note(session, desk, found[1].number, "Mudou enquanto isso")
    closing.close(session, desk, found[2].number, status="EPR", body="Aceito em 24/11, 57 guias.")
    versions[2] = (found[2].number, found[2].version)
    make.hide(session, found[3].number)
    number = bulk.start(session, desk, "forward", FORWARD, versions)
    done = finish(session, desk, number)
    assert (done.done, done.left) == (1, 4)
    left = bulk.left(session, desk.actor, number)
    assert [(one.number, one.code, one.detail) for one in left] == [
        (found[0].number, "claimed", "Bia"),
        (found[1].number, "stale", ""),
        (found[2].number, "not_allowed", ""),
        (found[3].number, "gone", ""),
    ]
    assert [bool(one.title) for one in left] == [True, True, True, False]
    assert found[4].waiting_on == "agent"


def test_a_form_that_suits_none_is_refused_as_a_whole(
    session: Session, desk: Desk, open_ones: Callable
):
    found = open_ones(2)
    wrong = (
        ("close", {"status": ["EPR"], "text": ["Resolvido."]}, "text"),
        ("close", {"status": ["XX"], "text": CLOSE["text"]}, "status"),
        ("forward", {"note": ["Para ninguém"]}, "agent"),
        ("classify", {"classification": ["XX"]}, "classification"),
        ("pending", {"until": ["ontem"]}, "until"),
    )
    for action, given, field in wrong:
        with pytest.raises(Invalid) as refused:
            bulk.start(session, desk, action, given, seen(found))
        assert refused.value.errors[0].field == field
    for items in ([], [(n, 1) for n in range(bulk.MOST + 1)]):
        with pytest.raises(Invalid):
            bulk.start(session, desk, "close", CLOSE, items)
    reader = make.desk_of(
        make.make_agent(session, "leo", permissions=("ticket.read",)), desk.policy
    )
    with pytest.raises(Forbidden):
        bulk.start(session, reader, "close", CLOSE, seen(found))


def test_what_was_handed_on_comes_back(session: Session, desk: Desk, open_ones: Callable):
    found = open_ones(3)
    before = [(t.sector_id, t.assignee_id, t.status_id, t.due_at) for t in found]
    number = bulk.start(session, desk, "forward", FORWARD, seen(found))
    assert len({t.sector_id for t in found}) == 1
    tickets.note(session, desk, found[2].number, "Depois disso")
    bulk.undo(session, desk, number)
    undone = finish(session, desk, number)
    assert (undone.state, undone.done, undone.left, undone.undoable) == ("undone", 0, 1, False)
    after = [(t.sector_id, t.assignee_id, t.status_id, t.due_at) for t in found]
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    left = bulk.left(session, desk.actor, number)
    assert [(one.number, one.code) for one in left] == [(found[2].number, "stale")]
    actions = session.scalars(select(Log.action).where(Log.number == found[0].number)).all()
    assert actions[-1] == "put_back"
    with pytest.raises(Conflict):
        bulk.undo(session, desk, number)


def test_a_classification_comes_back_with_its_deadline(
    session: Session, desk: Desk, open_ones: Callable
):
    found = open_ones(2)
    before = [(t.classification_id, t.due_at, t.days) for t in found]
    given = {"classification": ["GLO"], "subclassification": ["GLO.1"]}
    number = bulk.start(session, desk, "classify", given, seen(found))
    assert [t.days for t in found] != [days for *_, days in before]
    bulk.undo(session, desk, number)
    finish(session, desk, number)
    assert [(t.classification_id, t.due_at, t.days) for t in found] == before


def test_a_question_to_the_provider_is_not_undone(
    session: Session, desk: Desk, open_ones: Callable
):
    found = open_ones(2)
    given = {"text": ["Mande o XML"], "ask": ["XML do lote"], "until": ["2026-12-01"]}
    number = bulk.start(session, desk, "pending", given, seen(found))
    assert {t.situation for t in found} == {"pending"}
    assert not bulk.view(session, desk.actor, number, now=desk.now).undoable
    with pytest.raises(Conflict):
        bulk.undo(session, desk, number)


def test_it_can_be_stopped_and_is_another_agents_never(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    found = open_ones(3)
    number = bulk.start(session, desk, "forward", FORWARD, seen(found))
    other = make.make_agent(session, "bia")
    with pytest.raises(NotVisible):
        bulk.view(session, other, number, now=desk.now)
    with pytest.raises(NotVisible):
        bulk.left(session, other, number)
    with pytest.raises(NotVisible):
        bulk.stop(session, make.desk_of(other, desk.policy), number)
    bulk.stop(session, desk, number)
    stopped = finish(session, desk, number)
    assert (stopped.state, stopped.done, stopped.undoable) == ("stopped", 1, True)


def test_who_goes_on_takes_what_nobody_works_on(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    number = bulk.start(session, desk, "forward", FORWARD, seen(open_ones(3)))
    assert not bulk.go_on(session, desk, number)
    later = Desk(desk.actor, desk.policy, NOW + bulk.HELD + timedelta(seconds=1))
    assert bulk.view(session, desk.actor, number, now=later.now).interrupted
    assert bulk.go_on(session, later, number)
    assert not bulk.go_on(session, later, number)
    assert not bulk.view(session, desk.actor, number, now=later.now).interrupted
    assert finish(session, later, number).done == 3


def test_who_may_no_longer_does_no_more(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    number = bulk.start(session, desk, "forward", FORWARD, seen(open_ones(2)))
    session.execute(update(Agent).where(Agent.id == desk.actor.id).values(active=False))
    assert not bulk.step(session, number, desk.policy, desk.now)
    assert session.get_one(Bulk, number).state == "stopped"


def test_old_ones_are_forgotten(session: Session, desk: Desk, open_ones: Callable):
    first = bulk.start(session, desk, "forward", FORWARD, seen(open_ones(1)))
    later = Desk(desk.actor, desk.policy, NOW + bulk.KEPT + timedelta(days=1))
    bulk.start(session, later, "forward", FORWARD, seen(open_ones(1)))
    assert session.get(Bulk, first) is None
    assert not session.scalars(select(BulkItem).where(BulkItem.bulk_id == first)).all()


def test_a_crash_between_steps_leaves_each_ticket_done_or_waiting(
    work: Work, policy: Policy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 2)

    def begin(session: Session) -> tuple[Actor, int]:
        desk = make.desk_of(make.make_agent(session), policy)
        provider = make.make_provider(session)
        found = [make.make_ticket(session, policy, provider) for _ in range(5)]
        session.flush()
        return desk.actor, bulk.start(session, desk, "close", CLOSE, seen(found))

    actor, number = work.write_now(begin)

    def crash(session: Session) -> None:
        bulk.step(session, number, policy, NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        work.write_now(crash)
    half = work.read_now(bulk.view, actor, number, now=NOW + timedelta(minutes=2))
    assert (half.done, half.interrupted) == (2, True)
    while work.write_now(bulk.step, number, policy, NOW):
        pass
    assert work.read_now(bulk.view, actor, number, now=NOW).done == 5
