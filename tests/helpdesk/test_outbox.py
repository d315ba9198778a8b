"""The one door out: claimed in order, settled once, never lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import notices, outbox, seals, tickets
from helpdesk.border import SYSTEM, Actor
from helpdesk.errors import Conflict, Forbidden, NotVisible
from helpdesk.models import Delivery, KnownAddress, Log, Outbox, Ticket
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    hide,
    know,
    mail,
    make_agent,
    make_provider,
    opened,
    outbox_of,
)

MAIL = ["mail"]


def post(session: Session, *addresses: str, **more: object) -> list[int]:
    posted = [Notice("replied", "mail", a, automatic=False) for a in addresses]
    return notices.post(session, posted, now=NOW, **more)  # type: ignore[arg-type]


def claim(session: Session, policy: Policy, *, now: datetime = NOW, limit: int = 20) -> list[int]:
    return [o.id for o in outbox.claim(session, MAIL, policy, now=now, limit=limit)]


@pytest.fixture
def ticket(session: Session, policy: Policy) -> Ticket:
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    ticket = opened(session, mail(), policy)
    [first] = outbox_of(session)
    outbox.sent(session, first.id, now=NOW)
    return ticket


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


def answer(session: Session, policy: Policy, ana: Actor, ticket: Ticket) -> Outbox:
    tickets.reply(session, desk_of(ana, policy), ticket.number, "Segue.")
    return outbox_of(session)[-1]


def test_one_of_each_lane_leaves_at_a_time(session: Session, policy: Policy):
    a1, b1, a2, c1 = post(session, "a@x.example", "b@x.example", "a@x.example", "c@x.example")
    assert claim(session, policy) == [a1, b1, c1]
    assert claim(session, policy) == []
    outbox.sent(session, a1, now=NOW)
    assert claim(session, policy) == [a2]


def test_a_claim_takes_no_more_than_asked(session: Session, policy: Policy):
    ids = post(session, *(f"{n}@x.example" for n in range(5)))
    assert claim(session, policy, limit=2) == ids[:2]
    assert claim(session, policy, limit=9) == ids[2:]


def test_other_channels_are_left_alone(session: Session, policy: Policy):
    notices.post(session, [Notice("replied", "telegram", "77", automatic=False)], now=NOW)
    assert claim(session, policy) == []
    assert not outbox.is_waiting(session, MAIL, now=NOW)
    assert outbox.is_waiting(session, ["telegram"], now=NOW)


def test_a_deferred_head_blocks_its_lane_and_no_other(session: Session, policy: Policy):
    a1, a2, b1, b2 = post(session, "a@x.example", "a@x.example", "b@x.example", "b@x.example")
    assert claim(session, policy) == [a1, b1]
    outbox.deferred(session, a1, "451 later", now=NOW, seconds=600)
    outbox.sent(session, b1, now=NOW)
    assert claim(session, policy) == [b2]
    outbox.sent(session, b2, now=NOW)
    soon = NOW + timedelta(seconds=599)
    assert claim(session, policy, now=soon) == []
    assert claim(session, policy, now=NOW + timedelta(seconds=600)) == [a1]
    outbox.failed(session, a1, "550 no", now=NOW)
    assert claim(session, policy, now=NOW + timedelta(seconds=600)) == [a2]


def test_a_lease_that_ran_out_gives_the_row_back(session: Session, policy: Policy):
    [row] = post(session, "a@x.example")
    assert claim(session, policy) == [row]
    assert not outbox.is_waiting(session, MAIL, now=NOW)
    late = NOW + outbox.LEASE + timedelta(seconds=1)
    assert outbox.is_waiting(session, MAIL, now=late)
    assert claim(session, policy, now=late) == [row]
    assert session.get_one(Outbox, row).attempts == 2


def test_a_row_keeps_its_reference_over_tries(session: Session, policy: Policy):
    post(session, "a@x.example")
    [first] = outbox.claim(session, MAIL, policy, now=NOW)
    outbox.deferred(session, first.id, "later", now=NOW, seconds=0)
    [second] = outbox.claim(session, MAIL, policy, now=NOW)
    assert first.ref == second.ref


def test_what_must_wait_is_not_due(session: Session, policy: Policy):
    [row] = post(session, "a@x.example", delay=timedelta(seconds=10))
    assert not outbox.is_waiting(session, MAIL, now=NOW)
    assert claim(session, policy) == []
    assert claim(session, policy, now=NOW + timedelta(seconds=10)) == [row]


def test_what_is_held_back_holds_back_only_its_own_ticket(
    session: Session, policy: Policy, ticket: Ticket
):
    def told(delay: int, number: int | None) -> int:
        notice = Notice("replied", "mail", "a@x.example", number, automatic=False)
        return notices.post(session, [notice], now=NOW, delay=timedelta(minutes=delay))[0]

    closing, code, reopening = told(5, ticket.number), told(0, None), told(0, ticket.number)
    assert claim(session, policy) == [code]
    outbox.deferred(session, code, "451 later", now=NOW, seconds=600)
    later = NOW + timedelta(minutes=5)
    assert claim(session, policy, now=later) == [closing]
    outbox.sent(session, closing, now=later)
    assert claim(session, policy, now=later) == []
    outbox.sent(session, code, now=later)
    assert claim(session, policy, now=later) == [reopening]


def test_several_workers_take_each_row_once_and_in_order(work: Work, policy: Policy):
    lanes = [f"{n}@x.example" for n in range(8)]
    posted = work.write_now(lambda s: post(s, *lanes * 5))

    def deliver() -> list[int]:
        mine: list[int] = []
        while claimed := work.write_now(claim, policy, limit=3):
            for row in claimed:
                mine.append(row)
                work.write_now(outbox.sent, row, now=NOW)
        return mine

    taken = [row for worker in at_once([deliver] * 5) for row in worker]
    # A worker may find every lane busy and stop early; one more finds nothing left behind.
    taken += deliver()
    assert sorted(taken) == sorted(posted)

    def settled(session: Session) -> list[tuple[str, int]]:
        rows = session.execute(select(Outbox.state, Outbox.attempts))
        return [(state, attempts) for state, attempts in rows]

    assert work.read_now(settled) == [("sent", 1)] * len(posted)


def test_sent_settles_the_delivery(session: Session, policy: Policy, ana: Actor, ticket: Ticket):
    row = answer(session, policy, ana, ticket)
    outbox.sent(session, row.id, now=NOW)
    told = session.scalars(select(Delivery)).one()
    session.refresh(told)
    assert (told.state, row.state, row.sent_at, row.lease_until) == ("sent", "sent", NOW, None)


def test_a_dead_letter_is_seen_and_says_nothing_of_the_address(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answer(session, policy, ana, ticket)
    now = NOW
    for _ in range(outbox.MOST_ATTEMPTS):
        assert row.state == "queued"
        assert claim(session, policy, now=now) == [row.id]
        session.refresh(row)
        outbox.deferred(session, row.id, "451 greylisted", now=now)
        now += outbox.LONGEST_WAIT * 2
    assert (row.state, row.error) == ("failed", "451 greylisted")
    told = session.scalars(select(Delivery)).one()
    session.refresh(told)
    assert (told.state, told.detail, told.status) == ("failed", "451 greylisted", "4.4.7")
    assert is_marked(session, ticket) == (False, False)
    assert [r.id for r in outbox.listing(session, ana)] == [row.id]
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "not_delivered"


def is_marked(session: Session, ticket: Ticket) -> tuple[bool, bool]:
    """The ticket's endpoint, and the address in the register."""
    end = endpoints_of(session, ticket.number)[CLINIC]
    session.refresh(end)
    since = session.scalars(select(KnownAddress.failing_since)).one()
    return end.state == "failing", since is not None


@pytest.mark.parametrize(
    ("status", "dead"),
    [("5.1.1", True), ("5.1.2", True), ("5.2.1", True), ("5.4.4", True), ("5.2.2", False),
     ("5.7.1", False), ("5.3.4", False), ("5.0.0", False), ("", False)],
)  # fmt: skip
def test_only_what_says_that_the_address_is_dead_marks_it(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket, status: str, dead: bool
):
    row = answer(session, policy, ana, ticket)
    outbox.failed(session, row.id, "550 no", now=NOW, status=status)
    assert is_marked(session, ticket) == (dead, dead)
    assert row.state == "failed"


def test_a_bounce_that_is_faster_than_the_news_of_sending_stands(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answer(session, policy, ana, ticket)
    outbox.failed(session, row.id, "550 no", now=NOW, status="5.1.1")
    outbox.sent(session, row.id, now=NOW)
    told = session.scalars(select(Delivery)).one()
    session.refresh(told)
    assert (row.state, told.state, told.status) == ("failed", "failed", "5.1.1")


def test_the_first_failure_is_the_one_that_counts(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    for days in (0, 3):
        row = answer(session, policy, ana, ticket)
        later = NOW + timedelta(days=days)
        outbox.failed(session, row.id, "550 no", now=later, status="5.1.1")
    assert session.scalars(select(KnownAddress.failing_since)).one() == NOW


def test_a_notice_about_no_ticket_fails_alone(session: Session, policy: Policy):
    [row] = post(session, "a@x.example")
    outbox.failed(session, row, "550 no", now=NOW)
    assert session.scalars(select(Log)).all() == []


def test_a_dead_letter_may_be_tried_again(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answer(session, policy, ana, ticket)
    outbox.failed(session, row.id, "550 no", now=NOW, status="5.1.1")
    outbox.retry(session, ana, row.id, now=NOW)
    assert (row.state, row.attempts) == ("queued", 0)
    end = endpoints_of(session, ticket.number)[CLINIC]
    session.refresh(end)
    assert end.state == "active"
    assert claim(session, policy) == [row.id]


def test_what_was_sent_is_not_tried_again(session: Session, policy: Policy):
    [row] = post(session, "a@x.example")
    outbox.sent(session, row, now=NOW)
    with pytest.raises(Conflict):
        outbox.retry(session, SYSTEM, row, now=NOW)
    with pytest.raises(NotVisible):
        outbox.retry(session, SYSTEM, 999, now=NOW)
    with pytest.raises(NotVisible):
        outbox.sent(session, 999, now=NOW)


def test_the_outbox_is_for_who_may_see_it(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answer(session, policy, ana, ticket)
    [free] = post(session, "a@x.example")
    hide(session, ticket.number)
    session.expire_all()
    assert [r.id for r in outbox.listing(session, ana)] == [free]
    with pytest.raises(NotVisible):
        outbox.retry(session, ana, row.id, now=NOW)
    assert [r.id for r in outbox.listing(session, SYSTEM)] == [row.id, free]
    clerk = make_agent(session, "caio", permissions=("ticket.read",))
    with pytest.raises(Forbidden):
        outbox.listing(session, clerk)
    with pytest.raises(Forbidden):
        outbox.retry(session, clerk, free, now=NOW)


def test_a_row_is_taken_back_only_before_it_leaves(
    session: Session, policy: Policy, ana: Actor, ticket: Ticket
):
    row = answer(session, policy, ana, ticket)
    assert row.message_id
    assert outbox.cancel(session, ticket.number, row.message_id, now=NOW)
    assert claim(session, policy) == []
    other = answer(session, policy, ana, ticket)
    assert other.message_id
    claim(session, policy)
    session.refresh(other)
    assert not outbox.cancel(session, ticket.number, other.message_id, now=NOW)


def test_waits_double_up_to_four_hours():
    for attempts, minutes in [(0, 1), (1, 1), (2, 2), (5, 16), (8, 128), (9, 240), (11, 240)]:
        waits = [outbox.backoff(attempts).total_seconds() / 60 for _ in range(50)]
        assert all(minutes * 0.8 <= wait <= minutes * 1.2 for wait in waits)
        assert len(set(waits)) > 1


# Automatic notices in a burst.


def acknowledge(
    session: Session, count: int, *, now: datetime = NOW, address: str = CLINIC
) -> None:
    for _ in range(count):
        notices.post(session, [Notice("opened", "mail", address)], now=now)


def states(session: Session) -> list[str]:
    return [row.state for row in outbox_of(session)]


def test_of_a_burst_ten_leave_and_one_digest_tells_the_rest(session: Session, policy: Policy):
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    protocols = [opened(session, mail(), policy).protocol for _ in range(13)]
    assert states(session) == ["queued"] * 10 + ["held"] * 3
    assert notices.is_held(session)
    assert notices.digest_held(session, now=NOW + notices.BURST_WINDOW) == 0
    over = NOW + notices.BURST_WINDOW + timedelta(seconds=1)
    assert notices.digest_held(session, now=over) == 1
    digest = outbox_of(session)[-1]
    assert (digest.notice, digest.state, digest.address) == ("digest", "queued", CLINIC)
    assert digest.data == {"protocols": protocols[10:]}
    assert states(session)[10:13] == ["cancelled"] * 3
    assert not notices.is_held(session)
    assert notices.digest_held(session, now=over) == 0


def test_a_burst_that_goes_on_has_one_digest_a_window_and_holds_none_back(session: Session):
    now = NOW
    for _ in range(60):
        acknowledge(session, 1, now=now)
        notices.digest_held(session, now=now)
        now += timedelta(seconds=30)
    rows = outbox_of(session)
    digests = [r for r in rows if r.notice == "digest"]
    assert 1 <= len(digests) <= 2
    assert {r.state for r in digests} == {"queued"}


def test_others_and_answers_are_never_held_back(session: Session, policy: Policy):
    acknowledge(session, 10)
    acknowledge(session, 1, address="outra@x.example")
    post(session, CLINIC)
    notices.post(session, [Notice("opened", "telegram", CLINIC)], now=NOW)
    assert states(session) == ["queued"] * 13
    acknowledge(session, 1)
    assert states(session)[-1] == "held"
    later = NOW + notices.BURST_WINDOW
    acknowledge(session, 1, now=later)
    assert states(session)[-1] == "queued"


def test_nothing_to_post_is_nothing(session: Session, policy: Policy):
    assert notices.post(session, [], now=NOW) == []
    assert outbox.claim(session, MAIL, policy, now=NOW) == []
    notices.on_page(session, [], 1, NOW)
    assert not seals.is_due(session)


def test_what_a_process_that_is_gone_had_leased_is_free(session: Session, policy: Policy):
    [row] = post(session, "a@x.example")
    assert claim(session, policy) == [row]
    outbox.release(session)
    assert claim(session, policy) == [row]


def test_a_notice_about_no_ticket_is_tried_again(session: Session, policy: Policy):
    [row] = post(session, "a@x.example")
    outbox.failed(session, row, "550 no", now=NOW)
    outbox.retry(session, SYSTEM, row, now=NOW)
    session.flush()
    assert claim(session, policy) == [row]
