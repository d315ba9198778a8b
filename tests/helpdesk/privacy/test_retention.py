from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit, closing, drafts, inbound
from helpdesk.border import Actor, File
from helpdesk.errors import Forbidden, Invalid, NotVisible
from helpdesk.models import Blob, Draft, Log, LogPrivate, SavedView, Ticket
from helpdesk.policy import Policy
from helpdesk.privacy import collecting, holds, retention
from helpdesk.privacy.places import Words
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

WORDS = Words(name="Pessoa apagada", title="Conteúdo apagado")
LATER = NOW + timedelta(days=400)


@pytest.fixture
def agent(session: Session) -> Actor:
    return make.make_agent(session)


def closed(session: Session, policy: Policy, agent: Actor, provider: int) -> int:
    number = make.make_ticket(session, policy, provider, agent_id=agent.id).number
    desk = make.desk_of(agent, policy)
    closing.close(session, desk, number, status="EPR", body="Lote 12 pago em 30/11.")
    return number


def test_only_closed_ones_past_their_months_and_not_held_end(
    session: Session, policy: Policy, agent: Actor
):
    provider = make.make_provider(session)
    over, held = (closed(session, policy, agent, provider) for _ in range(2))
    running = make.make_ticket(session, policy, provider, agent_id=agent.id).number
    assert not retention.is_due(session, LATER)
    retention.keep(session, agent, "PAG", 12, now=NOW)
    assert not retention.is_due(session, NOW)
    hold = holds.place(session, agent, "ticket", str(held), "Processo 12.", now=NOW)
    (row,) = [one for one in retention.listing(session, now=LATER) if one.code == "PAG"]
    assert (row.months, row.over) == (12, 1)
    assert retention.end(session, WORDS, now=LATER) == 1
    session.flush()
    session.expire_all()
    assert session.get_one(Ticket, over).title == WORDS.title
    assert {m.text for m in make.messages_of(session, over)} == {""}
    for number in (held, running):
        assert session.get_one(Ticket, number).erased_at is None
    assert not retention.is_due(session, LATER)
    holds.release(session, agent, hold.id, now=LATER)
    assert retention.end(session, WORDS, now=LATER) == 1
    assert retention.end(session, WORDS, now=LATER) == 0


def test_what_ends_takes_nothing_of_others_that_sounds_alike(
    session: Session, policy: Policy, agent: Actor
):
    provider = make.make_provider(session)
    over = closed(session, policy, agent, provider)
    title = session.get_one(Ticket, over).title
    drafts.save(session, ("agent", agent.id or 0), "new", {"text": title}, [], now=NOW)
    view = SavedView(
        name="x", query=f"q={title}", scope="personal", agent_id=agent.id or 0, changed_at=NOW
    )
    session.add(view)
    audit.record(session, agent, "view_saved", now=NOW, note=f"Luciana: {title}")
    session.flush()
    (noted,) = session.scalars(select(Log.id).where(Log.action == "view_saved"))
    retention.keep(session, agent, "PAG", 12, now=NOW)
    assert retention.end(session, WORDS, now=LATER) == 1
    session.expire_all()
    assert session.get(SavedView, view.id) is not None
    assert session.get(LogPrivate, noted) is not None
    assert drafts.load(session, ("agent", agent.id or 0), "new") is not None


def test_months_are_set_and_taken_back_by_who_may(session: Session, policy: Policy, agent: Actor):
    other = make.make_agent(session, "rui", permissions=("ticket.read",))
    with pytest.raises(Forbidden):
        retention.keep(session, other, "PAG", 12, now=NOW)
    with pytest.raises(NotVisible):
        retention.keep(session, agent, "XXX", 12, now=NOW)
    for months in (0, -1, 1_201):
        with pytest.raises(Invalid):
            retention.keep(session, agent, "PAG", months, now=NOW)
    for months in (12, 12, 6, None, None):
        retention.keep(session, agent, "PAG", months, now=NOW)
        session.flush()
        (row,) = [one for one in retention.listing(session, now=NOW) if one.code == "PAG"]
        assert row.months == months


@given(
    moment=st.datetimes(timezones=st.just(UTC)).filter(lambda d: 1900 < d.year < 2200),
    months=st.integers(1, retention.MOST_MONTHS),
)
def test_so_many_months_earlier_is_the_same_day_or_the_last(moment: datetime, months: int):
    before = retention.months_before(moment, months)
    apart = (moment.year - before.year) * 12 + moment.month - before.month
    assert apart == months
    assert before.day <= moment.day
    assert before.day == moment.day or (before + timedelta(days=1)).month != before.month


def test_bytes_that_nothing_names_go_and_no_others(session: Session, policy: Policy, agent: Actor):
    provider = make.make_provider(session)
    person = make.make_person(session, provider, "Lu", "lu@clinica.example")
    names = {name: f"{n:064x}" for n, name in enumerate(("file", "draft", "loose", "fresh"))}
    inbound.touch_blobs(session, [(sha256, 1) for sha256 in names.values()], now=NOW)
    file = File("a.pdf", "application/pdf", 1, names["file"])
    make.opened(session, make.form(person, provider, files=(file,)), policy)
    session.add(
        Draft(
            owner_kind="person", owner_id=1, place="new", fields={}, saved_at=NOW,
            files=[{"sha256": names["draft"]}],
        )
    )  # fmt: skip
    later = NOW + timedelta(hours=25)
    session.get_one(Blob, names["fresh"]).touched_at = later
    session.flush()
    assert not collecting.is_due(session, NOW)
    assert collecting.is_due(session, later)
    assert collecting.collect(session, now=later) == [names["loose"]]
    assert collecting.unnamed(session, [names["loose"], names["file"]]) == [names["loose"]]
    assert collecting.collect(session, now=later) == []
