"""Copies of one mail: applied once, held once, counted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk.border import Inbound, Outcome, Receipt, Refusal, Verdict
from helpdesk.intake import receive_many
from helpdesk.models import Content, Held, InboundRaw, Outbox, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    know,
    mail,
    make_provider,
    messages_of,
    opened,
    receive,
)

STRANGER = "estranho@fora.example"


def arrived(session: Session, name: str) -> int:
    row = InboundRaw(
        arrival=name, recipients=[], sha256="0" * 64, size=1, received_at=NOW, thread_key=name
    )
    session.add(row)
    session.flush()
    return row.id


def test_what_came_again_is_counted_and_said_on_the_message(session: Session, policy: Policy):
    know(session, make_provider(session), CLINIC)
    sent = mail(verdict=Verdict.VERIFIED)
    ticket = opened(session, sent, policy)
    for way in ("imap:a/INBOX/1/9", "smtp:again"):
        answer = receive(session, replace(sent, arrival=way), policy)
        assert isinstance(answer, Receipt)
        assert answer.outcome is Outcome.DUPLICATE
    assert session.scalar(select(Content.repeats)) == 2
    [message] = messages_of(session, ticket.number)
    assert message.match is not None
    assert (message.match["repeats"], message.match["standing"]) == (2, "registered")


@pytest.mark.parametrize("together", [True, False])
def test_what_is_held_by_two_routes_waits_once(session: Session, policy: Policy, *, together: bool):
    sent = mail(STRANGER)
    copies = [
        replace(sent, arrival=way, raw_id=arrived(session, way)) for way in ("smtp:1", "imap:a/1/1")
    ]
    if together:
        answers = receive_many(session, copies, policy, now=NOW)
    else:
        answers = [receive(session, copy, policy) for copy in copies]
    assert all(isinstance(answer, Refusal) for answer in answers)
    [held] = session.scalars(select(Held))
    assert held.raw_id == copies[0].raw_id
    states = session.scalars(select(InboundRaw.state).order_by(InboundRaw.id))
    assert list(states) == ["held", "duplicate"]
    # Another mail of the same sender is another matter.
    other = replace(mail(STRANGER), raw_id=arrived(session, "smtp:2"))
    receive(session, other, policy)
    assert session.scalar(select(func.count()).select_from(Held)) == 2


def test_the_copy_of_a_held_mail_finds_it_placed(session: Session, policy: Policy):
    sent = mail(STRANGER)
    first = replace(sent, arrival="smtp:1", raw_id=arrived(session, "smtp:1"))
    receive(session, first, policy)
    know(session, make_provider(session), STRANGER)
    assert isinstance(receive(session, first, policy), Receipt)
    copy = replace(sent, arrival="imap:1", raw_id=arrived(session, "imap:1"))
    answer = receive(session, copy, policy)
    assert isinstance(answer, Receipt)
    assert answer.outcome is Outcome.DUPLICATE
    assert [held.state for held in session.scalars(select(Held))] == ["opened"]


def test_two_processes_with_a_copy_each_open_one_ticket(work: Work, policy: Policy):
    """One mail to two of our mailboxes, whose copies two appliers hold at the same moment."""

    def known(session: Session) -> None:
        know(session, make_provider(session), CLINIC)

    work.write_now(known)
    for round_ in range(5):
        sent = mail(verdict=Verdict.VERIFIED)
        copies = [replace(sent, arrival=f"smtp:{round_}/{way}") for way in range(2)]
        start = Barrier(2)

        def apply(copy: Inbound, start: Barrier = start) -> Outcome:
            start.wait()
            answer = work.write_now(receive_many, [copy], policy, now=NOW)[0]
            assert isinstance(answer, Receipt)
            return answer.outcome

        with ThreadPoolExecutor(2) as pool:
            outcomes = sorted(pool.map(apply, copies))
        assert outcomes == [Outcome.DUPLICATE, Outcome.OPENED]

    def counts(session: Session) -> tuple[int | None, int | None]:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) for table in (Ticket, Outbox)
        )  # type: ignore[return-value]

    assert work.read_now(counts) == (5, 5)
