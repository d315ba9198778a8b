"""Who runs what must run once."""

from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import leases
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW


def test_of_many_one_holds_a_lease(work: Work):
    def take(holder: str) -> bool:
        return work.write_now(leases.acquire, "timer", holder, now=NOW)

    got = at_once([lambda n=n: take(f"host:{n}") for n in range(10)])
    assert got.count(True) == 1


def test_a_lease_is_renewed_released_and_lost(session: Session):
    def take(holder: str, seconds: float = 0) -> bool:
        return leases.acquire(session, "timer", holder, now=NOW + timedelta(seconds=seconds))

    assert take("a")
    assert take("a", 60)
    assert not take("b", 60 + leases.EXPIRY.total_seconds())
    assert take("b", 61 + leases.EXPIRY.total_seconds())
    leases.release(session, "timer", "a")
    assert not take("a")
    leases.release(session, "timer", "b")
    assert take("a")
