"""A mail domain that puts off one mail is left alone for all of them, and tried by one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import mail_domains, notices, outbox
from helpdesk.border import SYSTEM
from helpdesk.models import MailDomain, Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW

MINUTES = [timedelta(minutes=n) for n in (2, 5, 11, 30)]


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No jitter: what is tested here is the order of things."""
    monkeypatch.setattr(outbox, "backoff", lambda _: timedelta(minutes=1))
    return


def post(session: Session, *addresses: str) -> list[int]:
    posted = [Notice("replied", "mail", a, automatic=False) for a in addresses]
    return notices.post(session, posted, now=NOW)


def claim(session: Session, policy: Policy, after: timedelta = timedelta()) -> list[int]:
    return [o.id for o in outbox.claim(session, ["mail"], policy, now=NOW + after)]


def put_off(session: Session, outbox_id: int, after: timedelta = timedelta()) -> None:
    outbox.deferred(session, outbox_id, "450 4.7.1 later", now=NOW + after, whole_domain=True)


def waits(session: Session) -> dict[str, tuple[int, timedelta]]:
    rows = session.scalars(select(MailDomain).execution_options(populate_existing=True))
    return {row.domain: (row.failures, row.until - NOW) for row in rows}


def test_the_domain_of_an_address_is_kept(session: Session):
    post(session, "Ana@Clinica.Example")
    assert session.scalar(select(Outbox.domain)) == "clinica.example"


def test_all_lanes_of_a_domain_wait_and_others_do_not(session: Session, policy: Policy):
    a, b, other = post(session, "a@x.example", "b@x.example", "c@y.example")
    assert claim(session, policy) == [a, b, other]
    put_off(session, a)
    put_off(session, b)
    assert waits(session) == {"x.example": (1, timedelta(minutes=1))}
    (more,) = post(session, "d@x.example")
    assert not outbox.is_waiting(session, ["mail"], now=NOW)
    assert claim(session, policy) == []
    assert more not in claim(session, policy, timedelta(seconds=59))


def test_one_goes_ahead_and_its_success_opens_the_way(session: Session, policy: Policy):
    a, b = post(session, "a@x.example", "b@x.example")
    claim(session, policy)
    put_off(session, a)
    put_off(session, b)
    (c,) = post(session, "c@x.example")
    assert claim(session, policy, MINUTES[0]) == [a]
    # the one that is out keeps the others back
    assert claim(session, policy, MINUTES[0]) == []
    outbox.sent(session, a, now=NOW + MINUTES[0])
    assert waits(session) == {}
    assert claim(session, policy, MINUTES[0]) == [b, c]


def test_each_refusal_in_a_row_doubles_the_wait_up_to_an_hour(session: Session, policy: Policy):
    post(session, "a@x.example", "b@x.example")
    after, seen = timedelta(), []
    for _ in range(9):
        (ahead, *_) = claim(session, policy, after)
        put_off(session, ahead, after)
        failures, until = waits(session)["x.example"]
        seen.append(int((until - after).total_seconds() // 60))
        after = until + timedelta(minutes=61)
        assert failures == len(seen)
    assert seen == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refusal_that_is_not_the_domains_holds_nobody_back(session: Session, policy: Policy):
    a, _ = post(session, "a@x.example", "b@x.example")
    claim(session, policy)
    outbox.deferred(session, a, "relay down", now=NOW)
    assert waits(session) == {}


def test_an_agent_who_tries_again_asks_the_domain_at_once(session: Session, policy: Policy):
    (a,) = post(session, "a@x.example")
    claim(session, policy)
    put_off(session, a)
    outbox.retry(session, SYSTEM, a, now=NOW)
    assert claim(session, policy) == [a]


def test_other_channels_have_no_domain(session: Session, policy: Policy):
    (row,) = notices.post(session, [Notice("replied", "telegram", "77", automatic=False)], now=NOW)
    assert session.scalar(select(Outbox.domain)) == ""
    outbox.claim(session, ["telegram"], policy, now=NOW)
    outbox.deferred(session, row, "later", now=NOW, whole_domain=True)
    assert waits(session) == {}


def test_two_processes_that_hear_no_at_once_count_one_refusal(work: Work):
    wait = timedelta(minutes=1)
    at_once(
        [lambda: work.write_now(mail_domains.put_off, "x.example", "no", now=NOW, wait=wait)] * 4
    )
    assert work.read_now(waits) == {"x.example": (1, timedelta(minutes=1))}
