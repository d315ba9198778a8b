"""What waits for a person, and what an agent decides about it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import inbound, quarantine, thread, tickets
from helpdesk.arrivals import Arrival
from helpdesk.border import Actor, HoldReason, Inbound, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, NotVisible
from helpdesk.inbound import Stored
from helpdesk.intake import holding
from helpdesk.models import Event, Held, InboundRaw, Log, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    know,
    mail,
    make_agent,
    make_provider,
    messages_of,
    opened,
    receive,
)

STRANGER = "estranho@fora.example"


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def arrived(session: Session, sent: Inbound) -> Inbound:
    """The mail with its raw arrival, as the applier has it."""
    stored = Stored(
        Arrival(sent.arrival, b"", NOW, envelope_from=STRANGER), "a" * 64, 0, sent.arrival
    )
    inbound.store(session, [stored], NOW)
    raw = session.scalars(select(InboundRaw).order_by(InboundRaw.id.desc())).first()
    assert raw is not None
    return replace(sent, raw_id=raw.id)


def hold(session: Session, policy: Policy, **more: object) -> tuple[Inbound, Held]:
    sent = arrived(session, mail(STRANGER, subject="s" * 2_000, **more))
    receive(session, sent, policy)
    held = session.scalars(select(Held).order_by(Held.id.desc())).first()
    assert held is not None
    return sent, held


def raw_state(session: Session, sent: Inbound) -> str:
    return session.get_one(InboundRaw, sent.raw_id, populate_existing=True).state


def test_a_held_message_waits_with_its_reason(session: Session, policy: Policy, desk: Desk):
    sent, held = hold(session, policy)
    assert (held.reason, held.sender, held.state) == ("unknown-sender", STRANGER, "held")
    assert (len(held.public_id), len(held.subject)) == (32, 998)
    assert raw_state(session, sent) == "held"
    assert quarantine.waiting(session) == 1
    assert session.scalars(select(Event.kind)).all() == ["held"]
    [listed] = quarantine.listing(session, desk.actor)
    found, raw = quarantine.get(session, desk.actor, listed.public_id)
    assert raw is not None
    assert (found, raw.id) == (held, sent.raw_id)


def test_the_list_pages_newest_first(session: Session, policy: Policy, desk: Desk):
    ids = [hold(session, policy)[1].id for _ in range(5)]
    first = quarantine.listing(session, desk.actor, limit=3)
    rest = quarantine.listing(session, desk.actor, limit=3, before=first[-1].id)
    assert [row.id for row in (*first, *rest)] == ids[::-1]
    assert quarantine.listing(session, desk.actor, state="spam") == []


def test_judged_again_it_finds_its_place(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, held = hold(session, policy)
    know(session, provider_id, STRANGER)
    quarantine.retry(session, desk, held.public_id)
    assert raw_state(session, sent) == "waiting"
    assert quarantine.decision(session, [sent.raw_id or 0]) == {}
    ticket = opened(session, sent, policy)
    assert (held.state, held.number, held.settled_at) == ("opened", ticket.number, NOW)
    assert raw_state(session, sent) == "applied"
    assert quarantine.waiting(session) == 0
    [message] = messages_of(session, ticket.number)
    assert thread.raw(session, desk.actor, message.id) == "a" * 64
    with pytest.raises(Conflict):
        quarantine.retry(session, desk, held.public_id)


def test_judged_again_it_may_wait_again(session: Session, policy: Policy, desk: Desk):
    sent, held = hold(session, policy)
    quarantine.retry(session, desk, held.public_id)
    receive(session, replace(sent, verdict=Verdict.FAILED), policy)
    assert session.scalars(select(Held)).all() == [held]
    assert (held.reason, held.state) == ("authentication-failed", "held")
    assert raw_state(session, sent) == "held"


def test_attached_it_becomes_part_of_a_ticket(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    sent, held = hold(session, policy)
    quarantine.attach(session, desk, held.public_id, ticket.number)
    session.flush()
    decided = quarantine.decision(session, [sent.raw_id or 0])[sent.raw_id or 0]
    assert (decided.placed_number, decided.placed_by) == (ticket.number, desk.actor.id)
    placed = replace(sent, placed_by=desk.actor.id, number=ticket.number)
    assert opened(session, placed, policy) is ticket
    assert (held.state, held.number, held.settled_by) == ("attached", ticket.number, desk.actor.id)
    actions = session.scalars(select(Log.action).order_by(Log.id)).all()
    assert actions[-2:] == ["quarantine_attached", "complemented"]


def test_opened_for_a_provider(session: Session, policy: Policy, desk: Desk, provider_id: int):
    sent, held = hold(session, policy)
    with pytest.raises(NotVisible):
        quarantine.open_for(session, desk, held.public_id, "P9")
    quarantine.open_for(session, desk, held.public_id, "P1")
    session.flush()
    decided = quarantine.decision(session, [sent.raw_id or 0])[sent.raw_id or 0]
    assert decided.placed_provider_id == provider_id


def test_a_second_copy_of_what_was_placed_is_settled_too(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, _ = hold(session, policy)
    copy = arrived(session, replace(sent, arrival="imap:x/1"))
    receive(session, copy, policy)
    ticket = opened(
        session, replace(sent, placed_by=desk.actor.id, provider_id=provider_id), policy
    )
    assert opened(session, copy, policy) is ticket
    states = session.execute(select(Held.state, Held.number).order_by(Held.id))
    assert [tuple(row) for row in states] == [
        ("opened", ticket.number), ("attached", ticket.number),
    ]  # fmt: skip
    assert raw_state(session, copy) == "duplicate"


def test_spam_is_settled(session: Session, policy: Policy, desk: Desk):
    sent, held = hold(session, policy)
    quarantine.mark_spam(session, desk, held.public_id)
    assert (held.state, held.settled_by) == ("spam", desk.actor.id)
    assert raw_state(session, sent) == "held"
    with pytest.raises(Conflict) as refused:
        quarantine.mark_spam(session, desk, held.public_id)
    assert refused.value.data == {"state": "spam"}


def test_it_goes_to_no_ticket_the_agent_may_not_touch(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    _, held = hold(session, policy)
    tickets.delete(session, desk, ticket.number, justification="engano")
    with pytest.raises(Conflict):
        quarantine.attach(session, desk, held.public_id, ticket.number)
    with pytest.raises(NotVisible):
        quarantine.attach(session, desk, held.public_id, 999)


def test_it_needs_its_permission(session: Session, policy: Policy):
    _, held = hold(session, policy)
    clerk: Actor = make_agent(session, "caio", permissions=("ticket.read",))
    desk = desk_of(clerk, policy)
    for call in (
        lambda: quarantine.listing(session, clerk),
        lambda: quarantine.get(session, clerk, held.public_id),
        lambda: quarantine.retry(session, desk, held.public_id),
        lambda: quarantine.mark_spam(session, desk, held.public_id),
    ):
        with pytest.raises(Forbidden):
            call()


def test_the_unknown_is_not_visible(session: Session, desk: Desk):
    with pytest.raises(NotVisible):
        quarantine.get(session, desk.actor, "0" * 32)
    with pytest.raises(NotVisible):
        quarantine.retry(session, desk, "0" * 32)


def test_what_came_without_mail_is_not_judged_again(session: Session, desk: Desk):
    session.add(
        Held(
            public_id="a" * 32, received_at=NOW, channel="mail", sender="", reason="limit", trace=[]
        )
    )
    session.flush()
    assert quarantine.get(session, desk.actor, "a" * 32)[1] is None
    with pytest.raises(Conflict):
        quarantine.retry(session, desk, "a" * 32)


def test_what_could_not_be_applied_is_held_once(session: Session, policy: Policy, desk: Desk):
    sent = arrived(session, mail(STRANGER))
    raw = session.get_one(InboundRaw, sent.raw_id)
    holding.hold(session, raw, HoldReason.INTERNAL_ERROR, "boom", now=NOW)
    session.flush()
    held = session.scalars(select(Held)).one()
    assert (held.reason, held.detail, held.sender) == ("internal-error", "boom", STRANGER)
    quarantine.retry(session, desk, held.public_id)
    held.placed_by = desk.actor.id
    session.flush()
    holding.hold(session, raw, HoldReason.INTERNAL_ERROR, "bang", now=NOW + timedelta(1))
    session.flush()
    assert session.scalars(select(Held.detail)).all() == ["bang"]
    assert held.placed_by is None
    assert raw_state(session, sent) == "held"


def test_an_ignored_message_is_settled(session: Session, policy: Policy):
    sent = arrived(session, mail(automatic="list"))
    receive(session, sent, policy)
    assert raw_state(session, sent) == "ignored"
    assert session.scalars(select(Ticket)).all() == []
