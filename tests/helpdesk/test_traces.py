"""What a trace tells whom."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import thread, traces
from helpdesk.border import Actor
from helpdesk.matching import LAYERS
from helpdesk.models import Message, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    know,
    mail,
    make_agent,
    make_provider,
    opened,
)

NAMING = (*(f"{layer} {{}}: stranger" for layer in LAYERS), "forged {}")


def test_a_step_names_the_ticket_it_looked_at():
    trace = ["verdict verified: dkim-pass", *(step.format(7) for step in NAMING), "provider 7"]
    assert traces.named(trace) == {7}
    assert traces.readable(trace, {7}) == tuple(trace)
    assert traces.readable(trace, {8}) == (trace[0], "provider 7")
    assert traces.shown(None, {7}) is None
    assert traces.shown({"standing": "registered"}, ()) == {"standing": "registered"}


def test_for_an_outsider_the_conversation_is_the_same_whether_a_secret_ticket_was_named_or_not(
    session: Session, policy: Policy
):
    provider = make_provider(session)
    know(session, provider, CLINIC)
    ticket = opened(session, mail(), policy)
    secret = opened(session, mail(), policy).number
    session.execute(update(Ticket).where(Ticket.number == secret).values(secret_group="auditoria"))
    agent = make_agent(session)

    def shown(actor: Actor, steps: tuple[str, ...]) -> bytes:
        match = {"score": 100, "trace": ["verdict verified", *steps]}
        session.execute(update(Message).where(Message.number == ticket.number).values(match=match))
        session.expire_all()
        return repr(thread.view(session, actor, ticket.number, policy=policy, now=NOW)).encode()

    naming = tuple(step.format(secret) for step in NAMING)
    assert shown(agent, naming) == shown(agent, ())
