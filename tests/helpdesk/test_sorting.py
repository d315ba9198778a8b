"""What lists sort by follows what it copies, whoever writes."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import grid, tickets
from helpdesk.filters import Filter
from helpdesk.models import Agent, Provider, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, desk_of, make_agent, make_provider, make_ticket


def copies(session: Session, number: int) -> tuple[str, str, str]:
    query = select(Ticket.sort_protocol, Ticket.sort_provider, Ticket.sort_agent)
    protocol, provider, agent = session.execute(query.where(Ticket.number == number)).one()
    return protocol, provider, agent


def test_copies_follow_opening_claiming_and_renaming(session: Session, policy: Policy):
    ana = make_agent(session, "ana")
    provider = make_provider(session, name="Órion Saúde")
    ticket = make_ticket(session, policy, provider)
    session.flush()
    assert copies(session, ticket.number) == (ticket.protocol, "orion saude", "")
    tickets.claim(session, desk_of(ana, policy), ticket.number)
    session.flush()
    assert copies(session, ticket.number)[2] == "ana"
    session.execute(update(Agent).where(Agent.id == ana.id).values(sort_name="zoe"))
    session.execute(update(Provider).where(Provider.id == provider).values(sort_name="alamo"))
    assert copies(session, ticket.number) == (ticket.protocol, "alamo", "zoe")


def test_a_bulk_load_need_not_know_them(session: Session, policy: Policy):
    ana = make_agent(session, "ana")
    ticket = make_ticket(session, policy, make_provider(session, name="Zênite"))
    session.flush()
    session.execute(
        update(Ticket)
        .where(Ticket.number == ticket.number)
        .values(protocol=None, assignee_id=ana.id)
    )
    assert copies(session, ticket.number) == ("", "zenite", "ana")
    page = grid.page(session, ana, Filter(), grid.Order("protocol"), policy=policy, now=NOW)
    assert [row.number for row in page.rows] == [ticket.number]
