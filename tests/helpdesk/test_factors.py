"""The second factor: seeds sealed, steps used once, codes hashed, and what a profile demands."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import agent_access, factors, sessions
from helpdesk.border import SYSTEM, Actor
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import Log, Passkey, Profile, Totp
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, make_agent, make_person, make_provider

STEP = timedelta(seconds=factors.STEP_SECONDS)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


def enrol(session: Session, policy: Policy, actor: Actor) -> tuple[pyotp.TOTP, list[str]]:
    seed, codes = factors.new_seed(), factors.new_codes()
    app = pyotp.TOTP(seed)
    step = factors.step_of(seed, app.at(NOW), now=NOW)
    assert step is not None
    factors.enrol(session, actor, seed, step, codes, policy.keyring, now=NOW)
    session.flush()
    return app, codes


def check(session: Session, policy: Policy, actor: Actor, code: str, at: int = 0) -> bool:
    return factors.check(
        session, str(actor.kind), actor.id or 0, code, policy.keyring, now=NOW + at * STEP
    )


def test_a_step_is_used_once_and_the_clock_may_be_off_by_one(
    session: Session, policy: Policy, ana: Actor
):
    app, _ = enrol(session, policy, ana)
    assert not check(session, policy, ana, app.at(NOW), 0)
    assert check(
        session, policy, ana, f"{app.at(NOW + 2 * STEP)[:3]} {app.at(NOW + 2 * STEP)[3:]}", 1
    )
    assert not check(session, policy, ana, app.at(NOW + 2 * STEP), 2)
    assert not check(session, policy, ana, app.at(NOW + STEP), 2)
    assert check(session, policy, ana, app.at(NOW + 5 * STEP), 6)
    assert not check(session, policy, ana, app.at(NOW + 8 * STEP), 10)
    assert not check(session, policy, ana, "½", 12)


def test_codes_are_its_owners(session: Session, policy: Policy, ana: Actor):
    luciana = make_person(session, make_provider(session), "Luciana", "luciana@clinica.example")
    _, codes = enrol(session, policy, ana)
    _, theirs = enrol(session, policy, luciana)
    assert not check(session, policy, ana, theirs[0])
    assert check(session, policy, luciana, theirs[0])
    assert check(session, policy, ana, codes[0])
    assert factors.of(session, "agent", ana.id or 0).recovery_left == 9
    fresh = factors.new_codes()
    factors.renew_codes(session, ana, fresh, policy.keyring, now=NOW)
    assert not check(session, policy, ana, codes[1])
    assert check(session, policy, ana, fresh[1])


def test_a_seed_of_another_key_opens_nothing(session: Session, policy: Policy, ana: Actor):
    app, _ = enrol(session, policy, ana)
    session.execute(update(Totp).values(sealed="bm90aGluZw=="))
    session.expire_all()
    assert not check(session, policy, ana, app.at(NOW + STEP), 1)


def test_what_a_profile_demands_stays(session: Session, policy: Policy, ana: Actor):
    assert not factors.is_owed(session, ana.id or 0)
    session.execute(update(Profile).values(second_factor=True))
    assert factors.is_owed(session, ana.id or 0)
    enrol(session, policy, ana)
    assert not factors.is_owed(session, ana.id or 0)
    with pytest.raises(Conflict):
        factors.remove(session, ana, now=NOW)
    session.add(
        Passkey(
            agent_id=ana.id or 0,
            credential="c",
            public_key="k",
            sign_count=0,
            name="Celular",
            created_at=NOW,
        )
    )
    session.flush()
    factors.remove(session, ana, now=NOW)
    found = factors.of(session, "agent", ana.id or 0)
    assert found.totp_since is None
    assert [key.name for key in found.passkeys] == ["Celular"]
    assert found.recovery_left == 10, "they go with the last factor"


def test_everything_may_be_forgotten_for_who_lost_it(session: Session, policy: Policy, ana: Actor):
    enrol(session, policy, ana)
    agent_access.forget_factors(session, "ana", SYSTEM, now=NOW)
    session.expire_all()
    found = factors.of(session, "agent", ana.id or 0)
    assert not found.any
    assert found.recovery_left == 0
    assert (
        session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "factors_forgotten"
    )
    with pytest.raises(NotVisible):
        agent_access.forget_factors(session, "ninguem", SYSTEM, now=NOW)


def test_only_strong_ways_in_pay_for_it(session: Session, ana: Actor):
    session.execute(update(Profile).values(second_factor=True))
    owes = {}
    for method in ("password", "reset", "passkey", "directory"):
        token = sessions.start(session, "agent", ana.id or 0, now=NOW, method=method)
        session.flush()
        live = sessions.find(session, token, now=NOW)
        assert live is not None
        owes[method] = live.owes
    assert owes == {"password": True, "reset": True, "passkey": False, "directory": False}
