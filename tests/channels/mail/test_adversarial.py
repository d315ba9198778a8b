"""Nobody gets into a conversation that is not theirs, nor has its answers sent elsewhere.

Every case of `forgeries` as raw bytes, through the real parser and the real intake, on both
databases, once where unverified senders are accepted and once where they are held.
"""

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.blobs import FileBlobs
from helpdesk.border import Outcome, Receipt, Refusal
from helpdesk.models import ProviderDomain, Ticket
from helpdesk.policy import Policy
from tests.channels.mail.forgeries import CASES, GROUPS, JOINED, LEAST_CASES, NOTED, OPENED, Case
from tests.channels.mail.world import LAB, STRANGER, TRUSTED, World, build


@pytest.fixture
def world(session: Session, policy: Policy, blobs: FileBlobs) -> World:
    return build(session, policy, blobs)


def test_cases_are_many_and_each_is_another():
    assert len(CASES) >= LEAST_CASES
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("group", GROUPS)
def test_nobody_gets_in_and_nothing_gets_out(group: str, world: World):
    for case, unverified in product(GROUPS[group], ("accept", "hold")):
        trial, clock = world.session.begin_nested(), world.now
        try:
            _try(case, unverified, world)
        except Exception as error:
            error.add_note(f"{case.name} ({unverified})")
            raise
        trial.rollback()
        world.session.expire_all()
        world.now = clock


def _try(case: Case, unverified: str, world: World) -> None:
    built = case.write(world)
    raw, recipients = built if isinstance(built, tuple) else (built, ())
    before = world.messages()
    answer = world.receive(raw, recipients, replace(world.policy, unverified=unverified))
    after = world.messages()
    if unverified == "accept":
        _as_expected(case, answer, world.ticket.number)
    if case.expected != JOINED:
        assert {n: after.get(n) for n in before} == before
    if isinstance(answer, Refusal):
        assert len(world.held()) == 1
        assert after == before
    elif answer.outcome is Outcome.OPENED:
        _opened_for_its_own(answer, world)
    _answers_stay(case, world, answer)


def _as_expected(case: Case, answer: Receipt | Refusal, victim: int) -> None:
    if isinstance(answer, Refusal):
        assert answer.reason == case.expected
        assert not case.suggests or answer.suggestion == victim
        return
    outcome = {Outcome.OPENED: OPENED, Outcome.COMPLEMENTED: JOINED, Outcome.IGNORED: NOTED}
    assert outcome[answer.outcome] == case.expected


def _opened_for_its_own(answer: Receipt, world: World) -> None:
    """A protocol of the writer's own provider, which says nothing of the victim's."""
    ticket = world.session.get_one(Ticket, answer.number)
    assert ticket.number != world.ticket.number
    assert ticket.follows is None
    assert world.reached(ticket.number) <= ({LAB} if ticket.provider_id == world.lab else TRUSTED)


def _answers_stay(case: Case, world: World, answer: Receipt | Refusal) -> None:
    session = world.session
    numbers = {world.ticket.number}
    if isinstance(answer, Receipt) and answer.number is not None:
        numbers.add(answer.number)
    for number in numbers:
        assert STRANGER not in world.reached(number)
        ticket = session.get_one(Ticket, number)
        if ticket.situation != "closed" and ticket.secret_group is None:
            world.answer(number)
    assert world.told() <= TRUSTED | {"ti@grupo.example"}
    assert world.reached(world.ticket.number).isdisjoint({STRANGER, LAB})
    assert case.expected == OPENED or LAB not in world.told()
    proved = session.scalars(select(ProviderDomain).where(ProviderDomain.verified_at.is_not(None)))
    assert all("proved domain" in case.name for _ in proved)
