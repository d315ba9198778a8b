"""A program that answers everything and says nowhere that it is one is put to silence; whoever
sends much is not."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from helpdesk import notices, outbox
from helpdesk.border import HoldReason, Inbound, Receipt, Refusal
from helpdesk.intake import echoes
from helpdesk.intake.echoes import Heard
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    know,
    mail,
    make_provider,
    outbox_of,
    pdf,
    receive,
)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


def auto(n: int, protocol: str) -> Inbound:
    text = f"Recebemos sua mensagem sobre {protocol}. Responderemos em breve."
    return mail(title="Recebemos sua mensagem", text=text)


def counting(n: int, protocol: str) -> Inbound:
    return mail(title=f"Chamado {n} registrado", text=f"Seu chamado tem o número {n}.")


def dance(
    session: Session, policy: Policy, program: Callable[[int, str], Inbound], rounds: int
) -> tuple[int, Refusal | None, datetime]:
    """Each notice of ours is answered five seconds later, as digests are made each minute; tickets
    opened, the first refusal and when it came."""
    now, tickets, protocol = NOW, 0, "0"
    receive(session, mail(text="Bom dia, uma dúvida."), policy, now=now)
    for n in range(rounds):
        notices.digest_held(session, now=now)
        due = [row for row in outbox_of(session) if row.state == "queued"]
        for row in due:
            outbox.sent(session, row.id, now=now)
            now += 5 * SECOND
            answer = receive(session, program(n, protocol), policy, now=now)
            if isinstance(answer, Refusal):
                assert [r for r in outbox_of(session) if r.state == "queued"] == []
                return tickets, answer, now
            assert isinstance(answer, Receipt)
            protocol = session.get_one(Ticket, answer.number).protocol or ""
            tickets += 1
        now += timedelta(minutes=1) if not due else timedelta()
    return tickets, None, now


def test_the_same_words_fall_silent_at_once(session: Session, policy: Policy):
    tickets, refused, _ = dance(session, policy, auto, 20)
    assert refused is not None
    assert refused.reason is HoldReason.LIMIT
    assert tickets == echoes.SAME + 1  # the first spoke of another protocol


def test_words_that_differ_fall_silent_within_the_hour(session: Session, policy: Policy):
    tickets, refused, now = dance(session, policy, counting, 120)
    assert refused is not None
    assert tickets < echoes.ANY + 2
    assert now - NOW < timedelta(hours=1)


def test_who_sends_in_bulk_is_never_held(session: Session, policy: Policy):
    """Ten a minute, acknowledged as fast as the limits allow."""
    for n in range(120):
        now = NOW + n * 6 * SECOND
        answer = receive(session, mail(title="Glosa", text="Segue a guia."), policy, now=now)
        assert isinstance(answer, Receipt), n
        if n % 7 == 0:
            for row in outbox_of(session):
                if row.state == "queued":
                    outbox.sent(session, row.id, now=now)


def test_files_are_no_programs_answer(session: Session, policy: Policy):
    def with_file(n: int, protocol: str) -> Inbound:
        return mail(title="Guia", text="Segue.", files=(pdf(f"{n}.pdf"),))

    tickets, refused, _ = dance(session, policy, with_file, 60)
    assert refused is None
    assert tickets > echoes.ANY


@given(
    st.lists(st.integers(0, 7200), max_size=20, unique=True),
    st.lists(st.integers(0, 7200), max_size=20, unique=True),
)
def test_a_streak_needs_a_notice_for_each(openings: list[int], sent: list[int]):
    heard = Heard(
        openings=[(NOW + n * SECOND, "x") for n in sorted(openings)],
        notices=[NOW + n * SECOND for n in sorted(sent)],
    )
    length = echoes.streak(heard, NOW + 7200 * SECOND)
    assert 0 <= length <= min(len(openings), len(sent) * 2)
    if not sent:
        assert not echoes.is_echo(heard, "x", length)
