"""The log and who looked, sifted and a page at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from helpdesk import audit, history, secrecy, tickets
from helpdesk.border import SYSTEM
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.history import Sought
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, "ana", groups=("juridico",)), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, desk: Desk) -> Ticket:
    provider = make.make_provider(session)
    return make.make_ticket(session, policy, provider, agent_id=desk.actor.id)


def test_the_log_is_sifted_by_kind_person_and_period(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    number = ticket.number
    tickets.claim(session, desk, number)
    later = replace(make.desk_of(make.make_agent(session, "rui"), policy), now=NOW + timedelta(1))
    tickets.note(session, later, number, "Vejo amanhã")

    def actions(sought: Sought) -> list[str]:
        return [e.action for e in history.changes(session, desk.actor, number, sought)[0]]

    assert actions(Sought()) == ["noted", "claimed", "opened"]
    assert actions(Sought(actions={"claimed"})) == ["claimed"]
    assert actions(Sought(who=("agent", later.actor.id))) == ["noted"]
    assert actions(Sought(since=NOW + timedelta(hours=1))) == ["noted"]
    assert actions(Sought(until=NOW + timedelta(hours=1))) == ["claimed", "opened"]
    names = [d.name for d in history.doers(session, desk.actor, number)]
    assert {desk.actor.name, later.actor.name} <= set(names)


def test_pages_follow_one_another_without_gap(session: Session, desk: Desk, ticket: Ticket):
    for n in range(12):
        tickets.note(session, desk, ticket.number, f"Nota {n}")
    whole = [e.id for e in history.changes(session, desk.actor, ticket.number)[0]]
    paged: list[int] = []
    sought = Sought()
    while True:
        page, following = history.changes(session, desk.actor, ticket.number, sought, limit=5)
        paged += [e.id for e in page]
        if following is None:
            break
        sought = Sought(before=following)
    assert paged == whole == sorted(whole, reverse=True)


def test_who_looked_is_told_to_agents_who_see_the_ticket_and_to_nobody_else(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    audit.accessed(session, desk.actor, "raw", now=NOW, number=ticket.number, detail="1")
    audit.accessed(session, SYSTEM, "ticket", now=NOW, number=ticket.number)
    audit.accessed(session, desk.actor, "raw", now=NOW, number=ticket.number + 1)
    looks, following = history.looks(session, desk.actor, ticket.number, limit=1)
    assert [(look.name, look.what) for look in looks] == [("", "ticket")]
    rest, end = history.looks(session, desk.actor, ticket.number, Sought(before=following), limit=1)
    assert [(look.name, look.detail) for look in rest] == [(desk.actor.name, "1")]
    assert end is None
    outsider = make.make_agent(session, "rui")
    secrecy.hide(session, desk, ticket.number, "juridico")
    assert [d.name for d in history.lookers(session, desk.actor, ticket.number)] == [
        "",
        desk.actor.name,
    ]
    for read in (history.changes, history.looks, history.doers):
        with pytest.raises(NotVisible):
            read(session, outsider, ticket.number)
    person = make.make_person(session, ticket.provider_id, "Luciana", "luciana@clinica.example")
    with pytest.raises(NotVisible):
        history.looks(session, person, ticket.number)
