"""Wrong tries make others wait; nobody waits for ever, and a known browser is counted apart."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import throttles
from helpdesk.errors import Throttled
from helpdesk.models import Throttle
from helpdesk.policy import Policy
from helpdesk.throttles import Gate
from tests.helpdesk.factories import NOW

OVER = NOW + throttles.WINDOW


def fail(session: Session, gates: tuple[Gate, ...], times: int = throttles.TRIES) -> None:
    for _ in range(times):
        throttles.check(session, gates, now=NOW)
        throttles.count(session, gates, now=NOW)


def test_failures_make_an_account_wait_and_the_wait_ends(session: Session):
    gates = throttles.gates("agent:" + "ana" * 200 + "\0\ud800")
    throttles.clear(session, gates)
    fail(session, gates)
    with pytest.raises(Throttled) as refused:
        throttles.check(session, gates, now=NOW + timedelta(minutes=5))
    assert 600 < refused.value.seconds <= 601
    throttles.check(session, gates, now=OVER)
    throttles.count(session, gates, now=OVER)
    assert session.scalars(select(Throttle.count)).one() == 1
    throttles.clear(session, gates)
    assert session.scalars(select(Throttle)).all() == []


def test_a_known_browser_is_counted_apart(session: Session, policy: Policy):
    keyring = policy.keyring
    mark = throttles.known_token(keyring, "agent", 7, now=NOW)
    device = throttles.known_device(keyring, mark, "agent", 7, now=NOW)
    assert device
    for kind, subject in (("agent", 8), ("person", 7), ("agent", None)):
        assert throttles.known_device(keyring, mark, kind, subject, now=NOW) == ""
    late = NOW + throttles.KNOWN_FOR
    assert throttles.known_device(keyring, mark, "agent", 7, now=late) == ""
    assert throttles.known_device(keyring, "feito em casa", "agent", 7, now=NOW) == ""
    stranger = throttles.gates("agent:ana", remote="203.0.113.9")
    known = throttles.gates("agent:ana", device=device, remote="203.0.113.9")
    fail(session, stranger)
    throttles.check(session, known, now=NOW)
    fail(session, known)
    with pytest.raises(Throttled):
        throttles.check(session, known, now=NOW)


def test_a_network_has_more_tries_over_all_accounts(session: Session):
    for n in range(throttles.NETWORK_TRIES):
        gates = throttles.gates(f"agent:{n}", remote="2001:db8:1:2::3")
        throttles.check(session, gates, now=NOW)
        throttles.count(session, gates, now=NOW)
    neighbour = throttles.gates("agent:new", remote="2001:db8:1:2:ffff::1")
    with pytest.raises(Throttled):
        throttles.check(session, neighbour, now=NOW)
    throttles.clear(session, neighbour)
    with pytest.raises(Throttled):
        throttles.check(session, neighbour, now=NOW)
    throttles.check(session, throttles.gates("agent:new", remote="2001:db8:1:3::1"), now=NOW)
    throttles.forget(session, now=OVER)
    assert session.scalars(select(Throttle)).all() == []


@pytest.mark.parametrize("remote", ["", "127.0.0.1", "::1", "testclient"])
def test_our_own_proxy_is_no_network(remote: str):
    assert throttles.gates("agent:ana", remote=remote) == (Gate("agent:ana"),)


def test_an_address_is_its_own_network():
    gates = throttles.gates("agent:ana", remote="198.51.100.7")
    assert gates[1] == Gate("from 198.51.100.7", throttles.NETWORK_TRIES)
