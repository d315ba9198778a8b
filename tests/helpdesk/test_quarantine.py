"""What waits for a person, and what an agent decides about it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import held, inbound, quarantine, thread, tickets
from helpdesk.arrivals import Arrival
from helpdesk.border import Actor, HoldReason, Inbound, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.inbound import Stored
from helpdesk.intake import holding
from helpdesk.models import Event, Held, InboundRaw, Log, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
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
    row = session.scalars(select(Held).order_by(Held.id.desc())).first()
    assert row is not None
    return sent, row


def raw_state(session: Session, sent: Inbound) -> str:
    return session.get_one(InboundRaw, sent.raw_id, populate_existing=True).state


def test_a_held_message_waits_with_its_reason(session: Session, policy: Policy, desk: Desk):
    sent, row = hold(session, policy)
    assert (row.reason, row.sender, row.state) == ("unknown-sender", STRANGER, "held")
    assert (len(row.public_id), len(row.subject)) == (32, 998)
    assert raw_state(session, sent) == "held"
    assert quarantine.waiting(session) == 1
    assert session.scalars(select(Event.kind)).all() == ["held"]
    [listed] = held.listing(session, desk.actor, held.Asked())
    found, raw = held.get(session, desk.actor, listed.row.public_id)
    assert raw is not None
    assert (found.row, raw.id) == (row, sent.raw_id)


def test_the_list_pages_newest_first(session: Session, policy: Policy, desk: Desk):
    ids = [hold(session, policy)[1].id for _ in range(5)]
    first = held.listing(session, desk.actor, held.Asked(), limit=3)
    rest = held.listing(session, desk.actor, held.Asked(), limit=3, before=first[-1].row.id)
    assert [each.row.id for each in (*first, *rest)] == ids[::-1]
    assert held.listing(session, desk.actor, held.Asked(state="spam")) == []


def test_judged_again_it_finds_its_place(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, row = hold(session, policy)
    know(session, provider_id, STRANGER)
    quarantine.retry(session, desk, row.public_id)
    assert raw_state(session, sent) == "waiting"
    assert quarantine.decision(session, [sent.raw_id or 0]) == {}
    ticket = opened(session, sent, policy)
    assert (row.state, row.number, row.settled_at) == ("opened", ticket.number, NOW)
    assert raw_state(session, sent) == "applied"
    assert quarantine.waiting(session) == 0
    [message] = messages_of(session, ticket.number)
    assert thread.raw(session, desk.actor, message.id) == "a" * 64
    with pytest.raises(Conflict):
        quarantine.retry(session, desk, row.public_id)


def test_judged_again_it_may_wait_again(session: Session, policy: Policy, desk: Desk):
    sent, row = hold(session, policy)
    quarantine.retry(session, desk, row.public_id)
    receive(session, replace(sent, verdict=Verdict.FAILED), policy)
    assert session.scalars(select(Held)).all() == [row]
    assert (row.reason, row.state) == ("authentication-failed", "held")
    assert raw_state(session, sent) == "held"


def test_attached_it_becomes_part_of_a_ticket(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    sent, row = hold(session, policy)
    quarantine.attach(session, desk, row.public_id, ticket.number)
    session.flush()
    decided = quarantine.decision(session, [sent.raw_id or 0])[sent.raw_id or 0]
    assert (decided.placed_number, decided.placed_by) == (ticket.number, desk.actor.id)
    placed = replace(sent, placed_by=desk.actor.id, number=ticket.number)
    assert opened(session, placed, policy) is ticket
    assert (row.state, row.number, row.settled_by) == ("attached", ticket.number, desk.actor.id)
    actions = session.scalars(select(Log.action).order_by(Log.id)).all()
    assert actions[-2:] == ["quarantine_attached", "complemented"]


def test_opened_for_a_provider(session: Session, policy: Policy, desk: Desk, provider_id: int):
    sent, row = hold(session, policy)
    with pytest.raises(NotVisible):
        quarantine.open_for(session, desk, row.public_id, "P9")
    quarantine.open_for(session, desk, row.public_id, "P1")
    session.flush()
    decided = quarantine.decision(session, [sent.raw_id or 0])[sent.raw_id or 0]
    assert decided.placed_provider_id == provider_id


def test_a_second_copy_of_what_waits_is_no_second_row(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, row = hold(session, policy)
    copy = arrived(session, replace(sent, arrival="imap:x/1"))
    receive(session, copy, policy)
    assert raw_state(session, copy) == "duplicate"
    ticket = opened(
        session, replace(sent, placed_by=desk.actor.id, provider_id=provider_id), policy
    )
    assert session.scalars(select(Held)).all() == [row]
    assert (row.state, row.number) == ("opened", ticket.number)
    assert opened(session, copy, policy) is ticket


def test_spam_is_settled(session: Session, policy: Policy, desk: Desk):
    sent, row = hold(session, policy)
    quarantine.mark_spam(session, desk, row.public_id)
    assert (row.state, row.settled_by) == ("spam", desk.actor.id)
    assert raw_state(session, sent) == "held"
    assert quarantine.mark_spam(session, desk, row.public_id) is row
    other = desk_of(make_agent(session, "rui"), desk.policy)
    with pytest.raises(Conflict) as refused:
        quarantine.mark_spam(session, other, row.public_id)
    assert refused.value.data == {"state": "spam", "agent": desk.actor.name}


def test_it_goes_to_no_ticket_the_agent_may_not_touch(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    _, row = hold(session, policy)
    tickets.delete(session, desk, ticket.number, justification="engano")
    with pytest.raises(Conflict):
        quarantine.attach(session, desk, row.public_id, ticket.number)
    with pytest.raises(NotVisible):
        quarantine.attach(session, desk, row.public_id, 999)


def test_it_needs_its_permission(session: Session, policy: Policy):
    _, row = hold(session, policy)
    clerk: Actor = make_agent(session, "caio", permissions=("ticket.read",))
    desk = desk_of(clerk, policy)
    for call in (
        lambda: held.listing(session, clerk, held.Asked()),
        lambda: held.get(session, clerk, row.public_id),
        lambda: quarantine.retry(session, desk, row.public_id),
        lambda: quarantine.mark_spam(session, desk, row.public_id),
    ):
        with pytest.raises(Forbidden):
            call()


def test_the_unknown_is_not_visible(session: Session, desk: Desk):
    with pytest.raises(NotVisible):
        held.get(session, desk.actor, "0" * 32)
    with pytest.raises(NotVisible):
        quarantine.retry(session, desk, "0" * 32)


def test_what_came_without_mail_is_not_judged_again(session: Session, desk: Desk):
    session.add(
        Held(
            public_id="a" * 32, received_at=NOW, channel="mail", sender="", reason="limit", trace=[]
        )
    )
    session.flush()
    assert held.get(session, desk.actor, "a" * 32)[1] is None
    with pytest.raises(Conflict):
        quarantine.retry(session, desk, "a" * 32)


def test_what_could_not_be_applied_is_held_once(session: Session, policy: Policy, desk: Desk):
    sent = arrived(session, mail(STRANGER))
    raw = session.get_one(InboundRaw, sent.raw_id)
    holding.hold(session, raw, HoldReason.INTERNAL_ERROR, "boom", now=NOW)
    session.flush()
    row = session.scalars(select(Held)).one()
    assert (row.reason, row.detail, row.sender) == ("internal-error", "boom", STRANGER)
    quarantine.retry(session, desk, row.public_id)
    row.placed_by = desk.actor.id
    session.flush()
    holding.hold(session, raw, HoldReason.INTERNAL_ERROR, "bang", now=NOW + timedelta(1))
    session.flush()
    assert session.scalars(select(Held.detail)).all() == ["bang"]
    assert row.placed_by is None
    assert raw_state(session, sent) == "held"


def test_an_ignored_message_is_settled(session: Session, policy: Policy):
    sent = arrived(session, mail(automatic="list"))
    receive(session, sent, policy)
    assert raw_state(session, sent) == "ignored"
    assert session.scalars(select(Ticket)).all() == []


# Two agents, double clicks, and an agent faster than the applier.


def test_the_same_decision_twice_is_one(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    sent, row = hold(session, policy)
    for _ in range(2):
        quarantine.attach(session, desk, row.public_id, ticket.number)
    placed = replace(sent, placed_by=desk.actor.id, number=ticket.number)
    assert opened(session, placed, policy) is ticket
    assert quarantine.attach(session, desk, row.public_id, ticket.number) is row
    session.flush()
    actions = session.scalars(select(Log.action).where(Log.action == "quarantine_attached"))
    assert len(actions.all()) == 1
    assert len(messages_of(session, ticket.number)) == 2


def test_who_comes_second_hears_of_the_first(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    second = desk_of(make_agent(session, "rui"), policy)
    sent, row = hold(session, policy)
    quarantine.open_for(session, desk, row.public_id, "P1", "GLO")
    session.flush()
    assert (row.placed_provider_id, row.placed_classification) == (provider_id, "GLO")
    for call in (
        lambda: quarantine.attach(session, second, row.public_id, ticket.number),
        lambda: quarantine.open_for(session, second, row.public_id, "P1"),
        lambda: quarantine.retry(session, second, row.public_id),
        lambda: quarantine.mark_spam(session, second, row.public_id),
    ):
        with pytest.raises(Conflict, match="decided") as refused:
            call()
        assert refused.value.data == {"agent": desk.actor.name}
    number = opened(
        session, replace(sent, placed_by=desk.actor.id, provider_id=provider_id), policy
    ).number
    with pytest.raises(Conflict, match="settled") as refused:
        quarantine.not_spam(session, second, row.public_id)
    assert refused.value.data == {"state": "opened", "agent": desk.actor.name, "number": number}
    assert quarantine.open_for(session, desk, row.public_id, "P1") is row


def test_an_agent_may_think_again_before_it_is_applied(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    _, row = hold(session, policy)
    quarantine.open_for(session, desk, row.public_id, "P1", "GLO")
    quarantine.retry(session, desk, row.public_id)
    quarantine.attach(session, desk, row.public_id, ticket.number)
    assert (row.placed_number, row.placed_provider_id) == (ticket.number, None)
    assert row.placed_classification is None
    with pytest.raises(Invalid):
        quarantine.open_for(session, desk, row.public_id, "P1", "NADA")


def test_answers_are_ticked_for_a_known_end_too(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    sent, row = hold(session, policy)
    quarantine.attach(session, desk, row.public_id, ticket.number)
    receive(session, replace(sent, placed_by=desk.actor.id, number=ticket.number), policy)
    assert endpoints_of(session, ticket.number)[STRANGER].state == "reading"
    _, row = hold(session, policy)
    quarantine.attach(session, desk, row.public_id, ticket.number, answers=True)
    assert endpoints_of(session, ticket.number)[STRANGER].state == "active"
    _, forged = hold(session, policy, verdict=Verdict.FAILED)
    with pytest.raises(Conflict, match="failed_sender"):
        quarantine.attach(session, desk, forged.public_id, ticket.number, answers=True)


def test_a_merged_ticket_leads_to_its_target(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    old, new = (opened(session, mail(), policy) for _ in range(2))
    old.merged_into = new.number
    session.flush()
    _, row = hold(session, policy)
    quarantine.attach(session, desk, row.public_id, old.number)
    assert row.placed_number == new.number
    new.merged_into = old.number  # a circle ends somewhere
    session.flush()
    _, row = hold(session, policy)
    quarantine.attach(session, desk, row.public_id, old.number)
    assert row.placed_number in {old.number, new.number}


def test_spam_is_taken_back(session: Session, policy: Policy, desk: Desk):
    sent, row = hold(session, policy)
    quarantine.retry(session, desk, row.public_id)
    quarantine.mark_spam(session, desk, row.public_id)
    assert raw_state(session, sent) == "held"
    assert quarantine.not_spam(session, desk, row.public_id).state == "held"
    assert quarantine.not_spam(session, desk, row.public_id) is row
    kinds = session.scalars(select(Event.kind).order_by(Event.id)).all()
    assert kinds == ["held", "placed", "held"]
    without = Held(
        public_id="b" * 32, received_at=NOW, channel="mail", sender="", reason="limit", trace=[]
    )
    session.add(without)
    session.flush()
    assert quarantine.mark_spam(session, desk, without.public_id).state == "spam"


def test_several_are_decided_and_the_others_counted(session: Session, policy: Policy, desk: Desk):
    ids = [hold(session, policy)[1].public_id for _ in range(3)]
    second = desk_of(make_agent(session, "rui"), policy)
    quarantine.mark_spam(session, second, ids[0])
    done = quarantine.many(session, desk, quarantine.mark_spam, [*ids, ids[1], "0" * 32])
    assert (sorted(row.public_id for row in done.rows), done.left) == (sorted(ids[1:]), 2)


def test_a_decision_taken_while_it_is_judged_is_not_lost(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    sent, row = hold(session, policy)
    quarantine.retry(session, desk, row.public_id)
    # The applier read it without a decision; the agent decides before it writes.
    quarantine.attach(session, desk, row.public_id, ticket.number)
    session.flush()
    receive(session, sent, policy)
    assert (row.state, row.placed_number) == ("held", ticket.number)
    assert raw_state(session, sent) == "waiting"
    assert opened(session, replace(sent, placed_by=desk.actor.id, number=ticket.number), policy)
    assert row.state == "attached"


def test_spam_that_was_being_judged_stays_one_row(session: Session, policy: Policy, desk: Desk):
    sent, row = hold(session, policy)
    quarantine.retry(session, desk, row.public_id)
    quarantine.mark_spam(session, desk, row.public_id)
    session.flush()
    receive(session, sent, policy)
    assert session.scalars(select(Held)).all() == [row]
    assert (row.state, raw_state(session, sent)) == ("spam", "held")


def test_arrivals_know_their_ticket(session: Session, policy: Policy, provider_id: int):
    sent = arrived(session, mail())
    ticket = opened(session, sent, policy)
    copy = arrived(session, replace(sent, arrival="imap:y/1"))
    receive(session, copy, policy)
    numbers = session.scalars(select(InboundRaw.number).order_by(InboundRaw.id)).all()
    assert numbers == [ticket.number, ticket.number]
