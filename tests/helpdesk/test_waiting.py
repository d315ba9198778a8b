"""Why what is to leave is still here, and that it leaves once its way is open again."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import notices, outbox, waiting
from helpdesk.models import Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW

A, B, C = "a@x.example", "b@y.example", "c@z.example"
MINUTE = timedelta(minutes=1)


def post(session: Session, *addresses: str) -> list[int]:
    posted = [Notice("replied", "mail", each, automatic=False) for each in addresses]
    return notices.post(session, posted, now=NOW)


def refuse(session: Session, policy: Policy, cause: str = "", **more: bool) -> None:
    """Whatever is due is tried and refused."""
    for outbound in outbox.claim(session, ["mail"], policy, now=NOW):
        outbox.deferred(session, outbound.id, "no", now=NOW, cause=cause, **more)


def test_its_own_refusal_one_before_it_and_a_domain_that_rests(session: Session, policy: Policy):
    first, behind, other = post(session, A, A, B)
    assert waiting.why(session, [first, behind, other]) == {}
    refuse(session, policy, "log-in")
    assert waiting.why(session, [first, behind, other]) == {
        first: "log-in", behind: "log-in", other: "log-in",
    }  # fmt: skip
    outbox.deferred(session, first, "452 4.2.2 full", now=NOW)
    outbox.deferred(session, other, "450 4.7.1 later", now=NOW, whole_domain=True)
    assert waiting.why(session, [first, behind, other]) == {behind: "earlier", other: "domain"}
    outbox.sent(session, first, now=NOW)
    assert waiting.why(session, [first, behind]) == {}


def test_what_is_nobodys_fault_but_ours_is_never_given_up(session: Session, policy: Policy):
    [row_id] = post(session, A)
    row = session.get_one(Outbox, row_id)
    now = NOW
    for _ in range(outbox.MOST_ATTEMPTS * 100):
        row.attempts += 1
        outbox.deferred(session, row_id, "535 5.7.8", now=now, cause="log-in")
        assert now < row.not_before <= now + waiting.LONGEST_WAIT
        now = row.not_before
    assert row.state == "queued"


def test_a_refusal_of_our_account_may_be_one_recipients(session: Session, policy: Policy):
    [row_id] = post(session, A)
    row = session.get_one(Outbox, row_id)
    row.attempts = outbox.MOST_ATTEMPTS
    outbox.deferred(session, row_id, "554 5.7.1 Relay access denied", now=NOW, cause="rights")
    assert row.state == "failed"


@pytest.mark.parametrize("cause", sorted(waiting.ANYBODYS))
def test_one_that_leaves_opens_the_way_for_all(session: Session, policy: Policy, cause: str):
    first, other, full = post(session, A, B, C)
    refuse(session, policy, cause)
    outbox.deferred(session, full, "452 4.2.2 full", now=NOW)
    later = NOW + MINUTE / 2
    assert outbox.claim(session, ["mail"], policy, now=later) == []
    outbox.sent(session, first, now=later)
    assert [each.id for each in outbox.claim(session, ["mail"], policy, now=later)] == [other]


def test_many_that_leave_at_once_open_it_without_standing_in_each_others_way(
    work: Work, policy: Policy
):
    ids = work.write_now(lambda s: post(s, *(f"{n}@x{n}.example" for n in range(40))))
    for _ in range(2):
        work.write_now(refuse, policy, "away")
    gone = ids[:8]
    at_once([lambda each=each: work.write_now(outbox.sent, each, now=NOW) for each in gone])
    left = select(Outbox.id).where(Outbox.cause != "", Outbox.state == "queued")
    assert work.read_now(lambda s: s.scalars(left).all()) == []


def test_a_broken_way_is_told_for_each_channel(session: Session, policy: Policy):
    [first, _] = post(session, A, B)
    refuse(session, policy, "no-tls")
    assert waiting.broken(session, ["mail"], before=NOW - MINUTE) == []
    [found] = waiting.broken(session, ["mail", "telegram"], before=NOW)
    assert (found.channel, found.cause, found.since, found.said) == ("mail", "no-tls", NOW, "no")
    assert waiting.broken(session, ["telegram"], before=NOW) == []
    outbox.sent(session, first, now=NOW)
    assert waiting.broken(session, ["mail"], before=NOW) == []


def test_a_server_that_is_only_away_is_not_broken(session: Session, policy: Policy):
    post(session, A)
    refuse(session, policy, "away")
    assert waiting.broken(session, ["mail"], before=NOW) == []
