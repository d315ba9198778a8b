"""Addresses let in from quarantine: what they may, what they never may, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import logins, trust
from helpdesk.border import Inbound, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, NotVisible
from helpdesk.models import Held, KnownAddress, LoginCode
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    desk_of,
    endpoints_of,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    opened,
    outbox_of,
    receive,
)
from tests.helpdesk.test_quarantine import arrived

STRANGER = "estranho@fora.example"


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def hold(session: Session, policy: Policy, **more: object) -> tuple[Inbound, Held]:
    sent = arrived(session, mail(**({"sender": STRANGER} | more)))
    receive(session, sent, policy)
    row = session.scalars(select(Held).order_by(Held.id.desc())).first()
    assert row is not None
    return sent, row


def test_who_is_trusted_speaks_for_the_provider(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, row = hold(session, policy)
    trust.for_provider(session, desk, row.public_id, "P1")
    session.flush()
    ticket = opened(session, sent, policy)
    assert (ticket.provider_id, row.state) == (provider_id, "opened")
    [listed] = trust.listing(session, desk.actor)
    assert (listed.row.value, listed.provider_code, listed.agent) == (
        STRANGER,
        "P1",
        desk.actor.name,
    )
    assert listed.row.added_at == desk.now
    # It is no person: whoever asks for a code at its name gets none.
    logins.send_code(session, STRANGER, "login", policy.keyring, now=desk.now)
    logins.send_code(session, STRANGER, "bot", policy.keyring, now=desk.now)
    assert session.scalars(select(LoginCode.person_id)).all() == [None, None]
    assert all(row.notice != "login_code" for row in outbox_of(session))


def test_trust_ends(session: Session, policy: Policy, desk: Desk, provider_id: int):
    sent, row = hold(session, policy)
    trust.for_provider(session, desk, row.public_id, "P1")
    session.flush()
    ticket = opened(session, sent, policy)
    assert endpoints_of(session, ticket.number)[STRANGER].state == "active"
    [listed] = trust.listing(session, desk.actor)
    trust.revoke(session, desk, listed.row.id)
    session.flush()
    assert trust.listing(session, desk.actor) == []
    session.expire_all()
    assert endpoints_of(session, ticket.number)[STRANGER].state == "removed"
    _, again = hold(session, policy, subject="De novo", text="De novo")
    assert again.reason == "unknown-sender"
    with pytest.raises(NotVisible):
        trust.revoke(session, desk, listed.row.id)


def test_who_became_a_person_meanwhile_keeps_what_is_theirs(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    sent, row = hold(session, policy)
    trust.for_provider(session, desk, row.public_id, "P1")
    session.flush()
    ticket = opened(session, sent, policy)
    make_person(session, provider_id, "Edu", STRANGER)
    known = session.scalars(select(KnownAddress).where(KnownAddress.source == "trusted")).all()
    for each in known:
        trust.revoke(session, desk, each.id)
    session.flush()
    assert endpoints_of(session, ticket.number)[STRANGER].state == "active"


def test_what_is_registered_is_not_ended_here(session: Session, desk: Desk, provider_id: int):
    registered = session.scalars(select(KnownAddress)).one()
    with pytest.raises(NotVisible):
        trust.revoke(session, desk, registered.id)


def test_a_failed_sender_is_never_trusted(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = opened(session, mail(), policy)
    _, row = hold(session, policy, verdict=Verdict.FAILED)
    for call in (
        lambda: trust.for_provider(session, desk, row.public_id, "P1"),
        lambda: trust.in_ticket(session, desk, row.public_id, ticket.number),
    ):
        with pytest.raises(Conflict, match="failed_sender"):
            call()
    assert STRANGER not in endpoints_of(session, ticket.number)


def test_trust_never_overrides_a_failed_verdict(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    _, row = hold(session, policy)
    trust.for_provider(session, desk, row.public_id, "P1")
    session.flush()
    _, forged = hold(session, policy, subject="Conta nova", verdict=Verdict.FAILED)
    assert forged.reason == "authentication-failed"


def test_in_one_ticket_it_receives_only_when_ticked(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    first, second = (opened(session, mail(subject=s, text=s), policy) for s in ("um", "dois"))
    sent, row = hold(session, policy)
    trust.in_ticket(session, desk, row.public_id, first.number)
    placed = replace(sent, placed_by=desk.actor.id, number=first.number)
    assert opened(session, placed, policy) is first
    assert endpoints_of(session, first.number)[STRANGER].state == "reading"
    sent, row = hold(session, policy, subject="Outra", text="Outra")
    trust.in_ticket(session, desk, row.public_id, second.number, answers=True)
    assert endpoints_of(session, second.number)[STRANGER].state == "active"
    known = select(KnownAddress.id).where(KnownAddress.value == STRANGER)
    assert session.scalar(known) is None


def test_no_address_no_provider_no_permission(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    session.add(
        Held(
            public_id="a" * 32, received_at=datetime.now(UTC), channel="mail", sender="",
            reason="unreadable", trace=[],
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(Conflict, match="no_address"):
        trust.for_provider(session, desk, "a" * 32, "P1")
    with pytest.raises(NotVisible):
        trust.for_provider(session, desk, "a" * 32, "P9")
    clerk = desk_of(make_agent(session, "caio", permissions=("ticket.read",)), policy)
    with pytest.raises(Forbidden):
        trust.for_provider(session, clerk, "a" * 32, "P1")
    with pytest.raises(Forbidden):
        trust.listing(session, clerk.actor)
    with pytest.raises(Forbidden):
        trust.revoke(session, clerk, 1)


def test_the_list_pages(session: Session, policy: Policy, desk: Desk, provider_id: int):
    for n in range(3):
        _, row = hold(session, policy, sender=f"s{n}@fora.example", subject=str(n))
        trust.for_provider(session, desk, row.public_id, "P1")
        trust.for_provider(session, desk, row.public_id, "P1")
    session.flush()
    first = trust.listing(session, desk.actor, limit=2)
    rest = trust.listing(session, desk.actor, limit=2, before=first[-1].row.id)
    assert [each.row.value[:2] for each in (*first, *rest)] == ["s2", "s1", "s0"]
