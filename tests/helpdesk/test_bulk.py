"""One action on many tickets: in steps, as the agent saw them, and undone where it can be."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import (
    bulk,
    bulk_choice,
    bulk_views,
    catalog,
    closing,
    outbox,
    parameters,
    pendency,
    putting_back,
    routing,
    thread,
    tickets,
)
from helpdesk.border import SYSTEM, Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.models import Agent, Bulk, BulkItem, Log, Status, Ticket
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
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


def finish(session: Session, desk: Desk, number: int) -> bulk_views.View:
    while bulk.step(session, number, desk.policy, desk.now):
        pass
    return bulk_views.view(session, desk.actor, number, now=desk.now)


def test_many_are_done_in_steps(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 2)
    found = open_ones(5)
    number = bulk.start(session, desk, "close", CLOSE, seen(found))
    first = bulk_views.view(session, desk.actor, number, now=desk.now)
    assert (first.state, first.total, first.done, first.finished) == ("running", 5, 2, False)
    assert [one.id for one in bulk_views.at_hand(session, desk.actor, now=desk.now)] == [number]
    last = finish(session, desk, number)
    assert (last.state, last.done, last.left, last.undoable) == ("done", 5, 0, True)
    assert {ticket.situation for ticket in found} == {"closed"}
    assert session.get_one(Bulk, number).given == {}
    told_at = desk.now + putting_back.GRACE
    assert [one.told_at for one in bulk_views.at_hand(session, desk.actor, now=desk.now)] == [
        told_at
    ]
    assert bulk_views.at_hand(session, desk.actor, now=told_at) == []
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
    left = bulk_views.left(session, desk.actor, number)
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
    left = bulk_views.left(session, desk.actor, number)
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


@pytest.fixture
def mailed(session: Session, policy: Policy, desk: Desk) -> Callable[[int], list[Ticket]]:
    """Tickets whose provider is answered by mail; nothing of them is under way."""
    provider = make.make_provider(session)
    make.know(session, provider, make.CLINIC)

    def made(count: int) -> list[Ticket]:
        found = [make.opened(session, make.mail(), policy) for _ in range(count)]
        for row in make.outbox_of(session):
            row.state = "sent"
        return found

    return made


def whole(ticket: Ticket) -> dict[str, object]:
    kept = {column.key for column in Ticket.__mapper__.columns} - {"version"}
    return {name: getattr(ticket, name) for name in kept}


def leaving(session: Session, policy: Policy, now: datetime) -> list[int | None]:
    """Tickets whose letters leave at that moment."""
    return [row.number for row in outbox.claim(session, ["mail"], policy, now=now)]


def test_a_reason_goes_with_the_closing_where_it_fits(
    session: Session, desk: Desk, mailed: Callable
):
    fits, other, without = found = mailed(3)
    routing.classify(
        session, desk, fits.number, classification="GLO", subclassification="GLO.1",
        reason="GLO.1.1",
    )  # fmt: skip
    fits.reason_id = None
    routing.classify(
        session, desk, other.number, classification="GLO", subclassification="GLO.2"
    )  # fmt: skip
    parameters.change(session, SYSTEM, "closing_reason", value=True, now=NOW)
    one = [fits.number, fits.number]
    assert bulk_choice.shared(session, desk.actor, one) == fits.subclassification_id
    assert bulk_choice.shared(session, desk.actor, [t.number for t in found]) is None
    assert bulk_choice.shared(session, desk.actor, [without.number]) is None
    number = bulk.start(session, desk, "close", CLOSE, seen(found))
    assert [one.code for one in bulk_views.left(session, desk.actor, number)] == ["no_reason"] * 2
    given = CLOSE | {"reason": ["GLO.1.1"]}
    number = bulk.start(session, desk, "close", given, seen([fits, other]))
    assert (fits.situation, fits.reason_id is not None) == ("closed", True)
    assert [one.code for one in bulk_views.left(session, desk.actor, number)] == ["invalid"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("close", CLOSE),
        ("pending", {"text": ["Mande o XML"], "ask": ["XML do lote"], "until": ["2026-12-10"]}),
        ("pending", {}),
    ],
)
def test_what_was_said_is_unsaid_and_each_ticket_is_what_it_was(
    session: Session, policy: Policy, desk: Desk, mailed: Callable, action: str, given: dict
):
    session.execute(
        update(Status).where(Status.code == catalog.WAITING_PROVIDER).values(pauses=True)
    )
    _, held, paused = found = mailed(3)
    tickets.pending(session, desk, paused.number, body="Qual é a guia?", ask=["Guia"])
    for row in make.outbox_of(session):
        row.state = "sent"
    later = Desk(desk.actor, policy, NOW + timedelta(days=2))
    tickets.claim(session, later, held.number)
    before = [whole(ticket) for ticket in found]
    asked = pendency.missing(session, [t.number for t in found])
    said = [len(make.messages_of(session, t.number)) for t in found]
    number = bulk.start(session, later, action, given, seen(found))
    assert [whole(ticket) for ticket in found] != before
    assert leaving(session, policy, later.now) == []
    bulk.undo(session, later, number)
    undone = finish(session, later, number)
    assert (undone.state, undone.left, undone.undoable) == ("undone", 0, False)
    assert [whole(ticket) for ticket in found] == before
    assert pendency.missing(session, [t.number for t in found]) == asked
    assert leaving(session, policy, later.now + 2 * putting_back.GRACE) == []
    for ticket, count in zip(found, said, strict=True):
        notes = make.messages_of(session, ticket.number)[count:]
        assert [m.kind for m in notes] == (["note"] if given else [])
        actions = session.scalars(select(Log.action).where(Log.number == ticket.number)).all()
        assert list(actions[-2:]) == [{"close": "closed"}.get(action, "left_pending"), "put_back"]


def test_who_was_told_or_touched_since_is_left_and_named(
    session: Session, policy: Policy, desk: Desk, mailed: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 2)
    told, touched, claimed, good = found = mailed(4)
    luciana = make.make_person(session, told.provider_id, "Luciana", "luciana@clinica.example")
    read = make.opened(session, make.form(luciana, told.provider_id), policy)
    for row in make.outbox_of(session):
        row.state = "sent"
    other = make.desk_of(make.make_agent(session, "bia"), policy)
    number = bulk.start(session, desk, "pending", {"text": ["Mande o XML"]}, seen([*found, read]))
    finish(session, desk, number)
    [letter] = make.outbox_of(session, told.number)[-1:]
    outbox.retry(session, other.actor, letter.id, now=NOW)
    assert leaving(session, policy, NOW) == [told.number]
    thread.mark_read(session, luciana, read.number)
    tickets.note(session, other, touched.number, "Já falei com eles")
    tickets.claim(session, other, claimed.number)
    bulk.undo(session, desk, number)
    done = finish(session, desk, number)
    assert (done.state, done.done, done.left) == ("undone", 0, 4)
    left = bulk_views.left(session, desk.actor, number)
    assert [(one.number, one.code, one.detail) for one in left] == [
        (told.number, "told", ""),
        (touched.number, "stale", ""),
        (claimed.number, "claimed", "Bia"),
        (read.number, "told", ""),
    ]
    assert (good.situation, claimed.situation, read.situation) == ("open", "pending", "pending")


def test_words_leave_together_once_they_can_no_longer_be_undone(
    session: Session, policy: Policy, desk: Desk, mailed: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    found = mailed(2)
    number = bulk.start(session, desk, "close", CLOSE, seen(found))
    assert not bulk_views.view(session, desk.actor, number, now=NOW).undoable
    ended = NOW + timedelta(minutes=4)
    monkeypatch.setattr(bulk, "AGAIN", 1)
    assert bulk.step(session, number, policy, ended)
    assert leaving(session, policy, NOW + putting_back.GRACE) == []
    while bulk.step(session, number, policy, ended):
        pass
    told_at = ended + putting_back.GRACE
    assert bulk_views.view(session, desk.actor, number, now=ended).told_at == told_at
    assert leaving(session, policy, NOW + putting_back.GRACE) == []
    late = Desk(desk.actor, policy, told_at)
    with pytest.raises(Conflict):
        bulk.undo(session, late, number)
    almost = Desk(desk.actor, policy, told_at - timedelta(seconds=1))
    bulk.undo(session, almost, number)
    bulk.step(session, number, policy, almost.now)
    assert leaving(session, policy, told_at) == []
    # Nobody goes on with it: what was not put back is told in the end.
    assert leaving(session, policy, almost.now + putting_back.GRACE) == [found[1].number]
    later = almost.now + putting_back.GRACE
    while bulk.step(session, number, policy, later):
        pass
    left = bulk_views.left(session, desk.actor, number)
    assert [(one.number, one.code) for one in left] == [(found[1].number, "told")]


def test_two_agents_at_once_change_each_ticket_once(
    work: Work, policy: Policy, monkeypatch: pytest.MonkeyPatch
):
    """In opposite orders; then each takes back its own."""
    monkeypatch.setattr(bulk, "STEP", 4)

    def begin(session: Session) -> tuple[list[Actor], list[tuple[int, int]]]:
        agents = [make.make_agent(session), make.make_agent(session, "bia")]
        provider = make.make_provider(session)
        found = [make.make_ticket(session, policy, provider) for _ in range(4 * bulk.STEP)]
        return agents, seen(found)

    agents, pairs = work.write_now(begin)

    def act(actor: Actor, mine: list[tuple[int, int]]) -> bulk_views.View:
        desk = Desk(actor, policy, NOW)
        number = work.write_now(bulk.start, desk, "close", CLOSE, mine)
        while work.write_now(bulk.step, number, policy, NOW):
            pass
        return work.read_now(bulk_views.view, actor, number, now=NOW)

    ana, bia = at_once([lambda: act(agents[0], pairs), lambda: act(agents[1], pairs[::-1])])
    assert ana.done + bia.done == len(pairs)
    assert (ana.left, bia.left) == (bia.done, ana.done)
    for actor, view in ((agents[0], ana), (agents[1], bia)):
        if view.done:
            work.write_now(bulk.undo, Desk(actor, policy, NOW), view.id)
            while work.write_now(bulk.step, view.id, policy, NOW):
                pass
            after = work.read_now(bulk_views.view, actor, view.id, now=NOW)
            assert (after.state, after.left) == ("undone", view.left)
    still = select(func.count()).select_from(Ticket).where(Ticket.situation == "open")
    assert work.read_now(lambda session: session.scalar(still)) == len(pairs)


def test_it_can_be_stopped_and_is_another_agents_never(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    found = open_ones(3)
    number = bulk.start(session, desk, "forward", FORWARD, seen(found))
    other = make.make_agent(session, "bia")
    with pytest.raises(NotVisible):
        bulk_views.view(session, other, number, now=desk.now)
    with pytest.raises(NotVisible):
        bulk_views.left(session, other, number)
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
    assert bulk_views.view(session, desk.actor, number, now=later.now).interrupted
    assert bulk.go_on(session, later, number)
    assert not bulk.go_on(session, later, number)
    assert not bulk_views.view(session, desk.actor, number, now=later.now).interrupted
    assert finish(session, later, number).done == 3


def test_what_a_dead_process_left_is_taken_up_for_an_hour(
    session: Session, desk: Desk, open_ones: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    number = bulk.start(session, desk, "forward", FORWARD, seen(open_ones(3)))
    assert bulk.is_under_way(session)
    assert not bulk.take_up(session, desk.policy, NOW + bulk.HELD)
    after = NOW + bulk.HELD + timedelta(seconds=1)
    assert not bulk.take_up(session, desk.policy, after + bulk.TAKEN_UP)
    while bulk.take_up(session, desk.policy, after):
        pass
    done = bulk_views.view(session, desk.actor, number, now=after)
    assert (done.state, done.done) == ("done", 3)
    assert not bulk.is_under_way(session)


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
    half = work.read_now(bulk_views.view, actor, number, now=NOW + timedelta(minutes=2))
    assert (half.done, half.interrupted) == (2, True)
    while work.write_now(bulk.step, number, policy, NOW):
        pass
    assert work.read_now(bulk_views.view, actor, number, now=NOW).done == 5
