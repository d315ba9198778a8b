"""Protocol numbers: distinct, gap-free, never reused, whoever opens at the same time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk.border import Receipt
from helpdesk.intake import receive_many
from helpdesk.models import ProtocolDay, Ticket
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import CLINIC, NOW, know, mail, make_provider, opened


def prepare(session: Session) -> int:
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    return provider_id


class Broken(Exception):
    pass


def test_twenty_at_once_with_failures_leave_no_gap(work: Work, policy: Policy):
    work.write_now(prepare)

    def open_some(n: int) -> list[str | None]:
        def verb(session: Session) -> list[str | None]:
            answers = receive_many(session, [mail() for _ in range(n % 3 + 1)], policy, now=NOW)
            if n % 4 == 3:
                raise Broken
            return [a.protocol for a in answers if isinstance(a, Receipt)]

        given: list[str | None] = []
        for _ in range(3):
            try:
                given += work.write_now(verb)
            except Broken:
                given += []
        return given

    told = [p for some in at_once([lambda n=n: open_some(n) for n in range(20)]) for p in some]
    expected = [f"41999920261124{n:06}" for n in range(1, len(told) + 1)]
    assert sorted(told) == expected  # type: ignore[type-var]
    stored = work.read_now(lambda s: s.scalars(select(Ticket.protocol)).all())
    assert sorted(stored) == expected  # type: ignore[type-var]


def test_a_batch_is_numbered_in_its_order(session: Session, policy: Policy):
    prepare(session)
    answers = receive_many(session, [mail() for _ in range(5)], policy, now=NOW)
    numbered = [(a.number, a.protocol) for a in answers if isinstance(a, Receipt)]
    assert [p[-1:] for _, p in numbered if p] == list("12345")
    assert numbered == sorted(numbered, key=lambda pair: pair[0] or 0)


def test_a_day_begins_at_midnight_of_the_insurer(session: Session, policy: Policy):
    prepare(session)
    before = datetime(2026, 11, 25, 2, 59, tzinfo=UTC)
    assert opened(session, mail(), policy, now=before).protocol == "41999920261124000001"
    after = before + timedelta(minutes=1)
    assert opened(session, mail(), policy, now=after).protocol == "41999920261125000001"
    days = session.execute(select(ProtocolDay.day, ProtocolDay.last).order_by(ProtocolDay.day))
    assert [last for _, last in days] == [1, 1]


def test_a_template_of_the_operadora(session: Session, policy: Policy):
    prepare(session)
    own = replace(policy, protocol_template="P-{date:%Y%m%d}-{seq:08}")
    assert opened(session, mail(), own).protocol == "P-20261124-00000001"


def test_a_failure_gives_the_sequence_back(work: Work, policy: Policy):
    work.write_now(prepare)

    def fail(session: Session) -> None:
        receive_many(session, [mail()], policy, now=NOW)
        raise Broken

    with pytest.raises(Broken):
        work.write_now(fail)
    [answer] = work.write_now(receive_many, [mail()], policy, now=NOW)
    assert isinstance(answer, Receipt)
    assert answer.protocol == "41999920261124000001"
