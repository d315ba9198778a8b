"""Assumir o próximo: the order, what is passed over, and many at the same moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import claiming, closing, grid, routing, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Forbidden
from helpdesk.filters import Filter
from helpdesk.models import Agent, Ticket
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    form,
    hide,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    opened,
    receive,
)


@pytest.fixture
def provider_id(session: Session) -> int:
    return make_provider(session)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def desk(ana: Actor, policy: Policy) -> Desk:
    return desk_of(ana, policy)


def taken(session: Session, desk: Desk) -> int | None:
    found = claiming.claim_next(session, desk)
    return found.number if found else None


def test_the_most_urgent_comes_first_as_in_the_list(
    session: Session, policy: Policy, provider_id: int, desk: Desk
):
    for classification in ("GLO", "AUT", "PAG", "AUT"):
        make_ticket(session, policy, provider_id, classification=classification)
    listed = grid.page(
        session, desk.actor, Filter(situation="open"), grid.Order("due"), policy=policy, now=NOW
    )
    assert [taken(session, desk) for _ in range(5)] == [*(r.number for r in listed.rows), None]
    held = session.scalars(select(Ticket.claimed_by).distinct()).all()
    assert held == [desk.actor.id]


def test_it_is_taken_as_a_claim_takes_it(
    session: Session, policy: Policy, provider_id: int, desk: Desk
):
    number = make_ticket(session, policy, provider_id).number
    ticket = claiming.claim_next(session, desk)
    assert ticket is not None
    assert (ticket.number, ticket.started, ticket.assignee_id) == (number, True, desk.actor.id)
    assert ticket.claimed_until is not None
    assert ticket.claimed_until > NOW


def test_who_may_not_claim_is_refused(session: Session, policy: Policy):
    clerk = make_agent(session, "caio", permissions=("ticket.read",))
    with pytest.raises(Forbidden) as refused:
        claiming.claim_next(session, desk_of(clerk, policy))
    assert refused.value.permission == "ticket.claim"


Spoil = Callable[[Session, Desk, int], object]
PASSED_OVER: dict[str, Spoil] = {
    "held by another": tickets.claim,
    "pending": tickets.pending,
    "closed": lambda s, d, n: closing.close(s, d, n, status="EPR", body="Pago em 30/11."),
    "deleted": lambda s, d, n: tickets.delete(s, d, n, justification="engano"),
    "answered, the provider's turn": lambda s, d, n: tickets.reply(s, d, n, "Segue a guia 1."),
    "waiting for another sector": lambda s, d, n: routing.consult(
        s, d, n, sector="CTM", note="Confere?"
    ),
    "of another sector": lambda s, d, n: routing.forward(s, d, n, note="Veja.", sector="TIS"),
    "another's": lambda s, d, n: routing.forward(s, d, n, note="Veja.", agent="bia"),
    "secret of others": lambda s, _, n: hide(s, n),
}  # fmt: skip


@pytest.mark.parametrize("why", PASSED_OVER)
def test_what_is_not_theirs_to_take_is_passed_over(
    session: Session, policy: Policy, provider_id: int, why: str
):
    bia = desk_of(make_agent(session, "bia"), policy)
    caio = desk_of(make_agent(session, "caio", sector="CTM"), policy)
    number = make_ticket(session, policy, provider_id, classification="LOT").number
    PASSED_OVER[why](session, bia, number)
    assert taken(session, caio) is None


def test_a_secret_of_their_group_is_offered(session: Session, policy: Policy, provider_id: int):
    lia = desk_of(make_agent(session, "lia", groups=("juridico",)), policy)
    number = make_ticket(session, policy, provider_id).number
    hide(session, number)
    assert taken(session, lia) == number


def test_a_claim_that_ran_out_is_offered_and_so_is_what_somebody_left_behind(
    session: Session, policy: Policy, provider_id: int, desk: Desk
):
    bia = desk_of(make_agent(session, "bia"), policy)
    expired = make_ticket(session, policy, provider_id, classification="AUT")
    given_up = make_ticket(session, policy, provider_id, classification="PAG")
    gone = make_ticket(session, policy, provider_id, classification="GLO")
    for number in (expired.number, given_up.number, gone.number):
        tickets.claim(session, bia, number)
    expired.claimed_until, expired.assignee_id = NOW - timedelta(minutes=1), None
    tickets.give_up(session, bia, given_up.number)
    session.flush()
    assert [taken(session, desk) for _ in range(3)] == [expired.number, given_up.number, None]
    tickets.give_up(session, bia, gone.number)
    later = desk_of(bia.actor, policy, NOW + timedelta(minutes=1))
    routing.forward(session, later, gone.number, note="Fica comigo.", agent="bia")
    assert taken(session, desk) is None
    session.get_one(Agent, bia.actor.id).active = False
    session.flush()
    assert taken(session, desk) == gone.number


def test_what_one_gave_up_is_not_offered_again_until_something_is_said(
    session: Session, policy: Policy, provider_id: int, desk: Desk
):
    luciana = make_person(session, provider_id, "Luciana", "l@clinica.example")
    first = opened(
        session, form(luciana, provider_id, classification="AUT", subclassification="AUT.1"), policy
    ).number
    second = opened(
        session, form(luciana, provider_id, classification="PAG", subclassification="PAG.1"), policy
    ).number
    assert taken(session, desk) == first
    tickets.give_up(session, desk, first)
    assert taken(session, desk) == second
    tickets.give_up(session, desk, second)
    assert taken(session, desk) is None
    later = NOW + timedelta(minutes=5)
    receive(session, form(luciana, provider_id, number=second, at=later), policy, now=later)
    assert taken(session, desk_of(desk.actor, policy, later)) == second


def test_fifty_at_once_get_fifty_different_tickets(work: Work, policy: Policy):
    def prepare(session: Session) -> list[Actor]:
        provider = make_provider(session)
        agents = [make_agent(session, f"a{n}") for n in range(50)]
        for _ in range(50):
            make_ticket(session, policy, provider)
        return agents

    agents = work.write_now(prepare)

    def take(agent: Actor) -> int | None:
        return work.write_now(lambda s: taken(s, desk_of(agent, policy)))

    numbers = at_once([lambda a=a: take(a) for a in agents])
    assert None not in numbers
    assert len(set(numbers)) == 50
    held = work.read_now(lambda s: dict(s.execute(select(Ticket.number, Ticket.claimed_by)).all()))
    assert held == {n: a.id for n, a in zip(numbers, agents, strict=True)}
    assert work.write_now(lambda s: taken(s, desk_of(agents[0], policy))) is None
