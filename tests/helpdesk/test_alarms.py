"""What counts as wrong with an instance, and how an alarm begins, is told and ends."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import alarms, audit, notices, seals
from helpdesk.alarms import Found, Listener
from helpdesk.border import SYSTEM
from helpdesk.models import Agent, Alarm, Held, InboundRaw, MailDomain, Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, make_agent

MINUTE = timedelta(minutes=1)


def held(session: Session, count: int, ago: timedelta) -> None:
    session.add_all(
        Held(
            public_id=secrets.token_hex(16),
            received_at=NOW - ago,
            channel="mail",
            sender="a@x.example",
            reason="limit",
            trace=[],
        )
        for _ in range(count)
    )
    session.flush()


def kinds(session: Session, policy: Policy, *channels: str) -> list[str]:
    return [each.kind for each in alarms.of_database(session, policy, channels, now=NOW)]


# Listeners.


@pytest.mark.parametrize(
    ("listener", "since", "detail"),
    [
        (Listener("x", failing_since=NOW - 6 * MINUTE, error="refused"), 6, "refused"),
        (Listener("x", failing_since=NOW - 4 * MINUTE, error="refused"), None, ""),
        (Listener("x", last_success=NOW - 16 * MINUTE), 16, ""),
        (Listener("x", last_success=NOW - 14 * MINUTE), None, ""),
        # A long first look: silent, but what waits becomes less.
        (Listener("x", last_success=NOW - 60 * MINUTE, lag=40_000), None, ""),
        (Listener("x", last_success=NOW, lag=7, growing_since=NOW - 15 * MINUTE), 15, "7"),
        (Listener("x", last_success=NOW, lag=7, growing_since=NOW - 3 * MINUTE), None, ""),
        (Listener("x"), None, ""),
    ],
)
def test_a_listener_stalls_or_fares_well(listener: Listener, since: int | None, detail: str):
    found = alarms.of_listener(listener, NOW)
    if since is None:
        assert found is None
    else:
        assert found == Found("fetching:x", "fetching", NOW - since * MINUTE, detail)


def test_strays_are_of_mailboxes_no_longer_configured(session: Session):
    alarms.settle(session, [Found("fetching:old", "fetching", NOW)], (), now=NOW)
    assert alarms.strays(session, ["new"]) == ["fetching:old"]
    assert alarms.strays(session, ["old"]) == []


# The database.


def test_a_quiet_instance_has_none(session: Session, policy: Policy):
    assert kinds(session, policy, "mail") == []


def test_the_quarantine_grows(session: Session, policy: Policy):
    held(session, alarms.HELD_BURST, 2 * MINUTE)
    assert kinds(session, policy) == []
    held(session, 1, MINUTE)
    assert kinds(session, policy) == ["held-burst"]
    held(session, alarms.HELD_MANY - alarms.HELD_BURST, MINUTE)
    assert kinds(session, policy) == ["held-many", "held-burst"]


def test_it_waits_for_more_than_a_working_day(session: Session, policy: Policy):
    # From Friday morning to Tuesday 09:00 are more than ten hours of service.
    held(session, 1, timedelta(days=4))
    assert kinds(session, policy) == ["held-old"]


def test_a_weekend_is_no_working_day(session: Session, policy: Policy):
    # From Monday 09:00 to Tuesday 09:00 is one, from Friday 18:00 a little more.
    held(session, 1, timedelta(days=1))
    assert kinds(session, policy) == []


def queued(session: Session, address: str, ago: timedelta, **more: object) -> Outbox:
    [outbox_id] = notices.post(session, [Notice("opened", "mail", address)], now=NOW - ago)
    row = session.get_one(Outbox, outbox_id)
    for name, value in more.items():
        setattr(row, name, value)
    session.flush()
    return row


def test_what_came_in_is_not_applied(session: Session, policy: Policy):
    def arrived(name: str, ago: timedelta) -> InboundRaw:
        row = InboundRaw(
            arrival=name, recipients=[], sha256="a" * 64, size=1, thread_key=name,
            received_at=NOW - ago,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    arrived("smtp:1", 60 * MINUTE).state = "applied"
    arrived("smtp:2", 14 * MINUTE)
    assert kinds(session, policy) == []
    later = alarms.of_database(session, policy, (), now=NOW + 2 * MINUTE)
    assert [(each.kind, each.since) for each in later] == [("applying", NOW - 14 * MINUTE)]


def test_what_is_due_is_not_sent(session: Session, policy: Policy):
    queued(session, "a@x.example", 14 * MINUTE)
    assert kinds(session, policy, "mail") == []
    queued(session, "b@x.example", 16 * MINUTE)
    assert kinds(session, policy, "mail") == ["outbox"]
    assert kinds(session, policy) == []  # without a sender it waits on purpose


def test_what_waits_for_good_reason_is_no_alarm(session: Session, policy: Policy):
    queued(session, "a@x.example", 60 * MINUTE, lease_until=NOW + MINUTE)
    queued(session, "b@x.example", 60 * MINUTE, not_before=NOW + MINUTE)
    queued(session, "b@x.example", 59 * MINUTE)  # behind one that was refused for now
    queued(session, "c@resting.example", 60 * MINUTE, domain="resting.example")
    session.add(MailDomain(domain="resting.example", failures=3, until=NOW + MINUTE, error="x"))
    session.flush()
    assert kinds(session, policy, "mail") == []


def test_a_channel_refuses_everybody(session: Session, policy: Policy):
    said = "535 5.7.8 authentication failed"
    waits = {"error": said, "attempts": 3, "not_before": NOW + MINUTE}
    first = queued(session, "a@x.example", 60 * MINUTE, **waits)
    assert kinds(session, policy, "mail") == []  # one recipient's own affair
    queued(session, "b@y.example", 16 * MINUTE, **waits)
    [found] = alarms.of_database(session, policy, ("mail",), now=NOW)
    assert (found.code, found.kind, found.detail) == ("refused:mail", "refused", said)
    assert found.since == first.created_at
    assert kinds(session, policy, "telegram") == []
    queued(session, "c@z.example", 2 * MINUTE, state="sent", sent_at=NOW - MINUTE)
    assert kinds(session, policy, "mail") == []


def test_a_way_out_that_is_known_to_be_broken_needs_no_second_witness(
    session: Session, policy: Policy
):
    said = "535 5.7.8 authentication failed"
    row = queued(session, "a@x.example", 4 * MINUTE, error=said, cause="log-in", attempts=2)
    row.not_before = NOW + MINUTE
    assert kinds(session, policy, "mail") == []
    row.created_at = NOW - 5 * MINUTE
    session.flush()
    [found] = alarms.of_database(session, policy, ("mail",), now=NOW)
    assert (found.code, found.kind, found.detail) == ("refused:mail:log-in", "refused", said)
    assert kinds(session, policy) == []


def test_nothing_is_sealed(session: Session, policy: Policy):
    audit.record(session, SYSTEM, "x", now=NOW - 9 * MINUTE)
    assert kinds(session, policy) == []
    later = NOW + 2 * MINUTE
    [found] = alarms.of_database(session, policy, (), now=later)
    assert (found.kind, found.since) == ("sealing", NOW - 9 * MINUTE)
    seals.seal(session, policy.keyring, now=later)
    assert alarms.of_database(session, policy, (), now=later) == []


# Rows.


def test_rows_follow_what_is_found(session: Session):
    codes = ("a", "b")
    found = [Found("a", "outbox", NOW + MINUTE, "1")]
    assert alarms.differs(session, found, codes)
    alarms.settle(session, found, codes, now=NOW)
    assert not alarms.differs(session, found, codes)
    [row] = alarms.current(session)
    assert (row.code, row.since, row.told_at) == ("a", NOW, None)
    worse = [Found("a", "outbox", NOW, "2")]
    alarms.settle(session, worse, codes, now=NOW + MINUTE)
    session.expire_all()
    [row] = alarms.current(session)
    assert (row.since, row.detail) == (NOW, "2")
    alarms.settle(session, [], codes, now=NOW)
    assert alarms.current(session) == []


def test_only_who_may_look_into_it_is_shown_one(session: Session):
    alarms.settle(session, [Found("a", "outbox", NOW)], (), now=NOW)
    assert len(alarms.seen(session, make_agent(session))) == 1
    clerk = make_agent(session, "caio", permissions=("ticket.read",))
    assert alarms.seen(session, clerk) == []


def test_administrators_are_told_once(session: Session, policy: Policy):
    make_agent(session, "ana")
    make_agent(session, "bia", permissions=("quarantine",))
    make_agent(session, "leo")
    session.scalars(select(Agent).where(Agent.login == "leo")).one().active = False
    found = [Found("a", "outbox", NOW), Found("b", "sealing", NOW)]
    alarms.settle(session, found, (), now=NOW)
    soon, later = NOW + 4 * MINUTE, NOW + 6 * MINUTE
    assert not alarms.untold(session, now=soon)
    assert alarms.tell(session, policy, now=soon) == 0
    assert alarms.untold(session, now=later)
    assert alarms.tell(session, policy, now=later) == 1
    assert not alarms.untold(session, now=later)
    [row] = session.scalars(select(Outbox)).all()
    assert (row.notice, row.address) == ("alarm", "ana@operadora.example")
    assert [each["code"] for each in row.data["alarms"]] == ["a", "b"]
    assert alarms.tell(session, policy, now=later) == 0
    assert all(alarm.told_at == later for alarm in session.scalars(select(Alarm)))
