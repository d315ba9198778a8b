"""Codes, invitations and throttles: the same answer for everybody, few tries, single use."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import logins, registers
from helpdesk.border import Actor
from helpdesk.errors import Throttled
from helpdesk.logins import WrongCode
from helpdesk.models import LoginCode, Membership, Outbox, Person
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, know, make_agent, make_person, make_provider

EMAIL = "luciana@clinica.example"


@pytest.fixture
def luciana(session: Session) -> Actor:
    found = make_person(session, make_provider(session), "Luciana", EMAIL)
    session.execute(update(Person).values(invited_at=NOW))
    session.expire_all()
    return found


def send(
    session: Session, policy: Policy, email: str = EMAIL, *, now: datetime = NOW
) -> str | None:
    """The code that went out, if any."""
    before = len(session.scalars(select(Outbox)).all())
    logins.send_code(session, email, "portal", policy.keyring, now=now)
    session.flush()
    rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()[before:]
    assert len(rows) <= 1
    return rows[0].data["code"] if rows else None


def check(session: Session, policy: Policy, code: str, email: str = EMAIL, *, now: datetime = NOW,
          purpose: str = "portal") -> int | WrongCode:  # fmt: skip
    found = logins.check_code(session, email, code, purpose, policy.keyring, now=now)
    session.flush()
    return found


def wrong(code: str | None) -> str:
    return "00000000" if code != "00000000" else "00000001"


def test_a_code_has_eight_digits_and_opens_once(session: Session, policy: Policy, luciana: Actor):
    code = send(session, policy, " Luciana@Clinica.Example ")
    assert code is not None
    assert len(code) == 8
    assert code.isdecimal()
    told = session.scalars(select(Outbox)).one()
    assert (told.notice, told.address, told.automatic) == ("login_code", EMAIL, False)
    assert code not in session.scalars(select(LoginCode.code_hash)).one()
    assert check(session, policy, f"{code[:4]} {code[4:]}") == luciana.id
    again = check(session, policy, code)
    assert isinstance(again, WrongCode)
    assert again.tries == 0


def test_a_code_is_for_its_purpose_and_address(session: Session, policy: Policy, luciana: Actor):
    code = send(session, policy) or ""
    assert isinstance(check(session, policy, code, purpose="bot"), WrongCode)
    assert isinstance(check(session, policy, code, "outra@x.example"), WrongCode)
    assert check(session, policy, code) == luciana.id


def test_a_code_lives_ten_minutes(session: Session, policy: Policy, luciana: Actor):
    code = send(session, policy) or ""
    assert isinstance(check(session, policy, code, now=NOW + logins.CODE_LIFE), WrongCode)
    just = NOW + timedelta(minutes=10) - timedelta(seconds=1)
    assert check(session, policy, code, now=just) == luciana.id


def test_a_code_has_five_tries(session: Session, policy: Policy, luciana: Actor):
    code = send(session, policy) or ""
    left = [check(session, policy, wrong(code)) for _ in range(5)]
    assert [w.tries for w in left if isinstance(w, WrongCode)] == [4, 3, 2, 1, 0]
    assert isinstance(check(session, policy, code), WrongCode)
    fresh = send(session, policy, now=NOW + timedelta(seconds=1)) or ""
    assert check(session, policy, fresh, now=NOW + timedelta(seconds=1)) == luciana.id


def test_a_newer_code_ends_the_older(session: Session, policy: Policy, luciana: Actor):
    old, new = send(session, policy) or "", send(session, policy) or ""
    if old != new:
        assert isinstance(check(session, policy, old), WrongCode)
    assert check(session, policy, new) == luciana.id


def test_unknown_and_known_are_answered_alike(session: Session, policy: Policy, luciana: Actor):
    """Whoever asks learns nothing: not by the first answer, the wrong tries or the limit."""

    def ask(email: str) -> list[object]:
        seen: list[object] = []
        for _ in range(4):
            try:
                code = send(session, policy, email)
                seen += [w.tries for w in [check(session, policy, wrong(code), email)]]  # type: ignore[union-attr]
            except Throttled as error:
                seen.append(error.seconds)
        return seen

    assert ask(EMAIL) == ask("ninguem@x.example") == [4, 4, 4, 3600]


def test_three_sends_an_hour(session: Session, policy: Policy, luciana: Actor):
    for _ in range(3):
        assert send(session, policy)
    with pytest.raises(Throttled):
        send(session, policy)
    assert send(session, policy, now=NOW + timedelta(hours=1))


def test_only_invited_and_active_people_get_one(session: Session, policy: Policy, luciana: Actor):
    know(session, luciana.providers[0][0], "faturas@clinica.example")
    assert send(session, policy, "faturas@clinica.example") is None
    session.execute(update(Person).values(invited_at=None))
    session.expire_all()
    assert send(session, policy) is None
    session.execute(update(Person).values(invited_at=NOW, active=False))
    session.expire_all()
    assert send(session, policy) is None
    session.execute(update(Person).values(active=True))
    session.execute(update(Membership).values(active=False))
    session.expire_all()
    assert send(session, policy) is None


def test_what_no_database_takes_is_nobody(session: Session, policy: Policy, luciana: Actor):
    assert send(session, policy, "a\0" + "b" * 400) is None
    assert isinstance(check(session, policy, "1\0", "a\0"), WrongCode)
    assert logins.person_credential(session, "a\0") is None
    assert logins.agent_credential(session, "\ud800a\0") is None


def invite(session: Session, policy: Policy, email: str = EMAIL) -> str:
    registers.invite(session, "P1", email, policy, now=NOW)
    session.flush()
    link = session.scalars(select(Outbox.data).order_by(Outbox.id.desc())).first()
    assert link is not None
    return link["link"].rpartition("/")[2]


def test_an_invitation_is_used_once(session: Session, policy: Policy):
    make_provider(session)
    token = invite(session, policy)
    keyring = policy.keyring
    person = logins.invited(session, token, keyring, now=NOW)
    assert person is not None
    assert logins.invited(session, token, keyring, now=NOW) is person
    assert logins.invited(session, token + "x", keyring, now=NOW) is None
    assert logins.invited(session, token, keyring, now=NOW + timedelta(days=7)) is None
    assert logins.accept(session, token, keyring, "hash", now=NOW) == person.id
    session.flush()
    session.expire_all()
    assert logins.accept(session, token, keyring, "other", now=NOW) is None
    assert logins.invited(session, token, keyring, now=NOW) is None
    assert logins.person_credential(session, EMAIL.upper()) == logins.Credential(
        "person", person.id, "hash"
    )


def test_an_invitation_does_not_use_up_the_codes(session: Session, policy: Policy):
    make_provider(session)
    for _ in range(3):
        invite(session, policy)
    assert send(session, policy)


def test_an_agent_has_a_password(session: Session):
    ana = make_agent(session)
    logins.set_password(session, "agent", ana.id or 0, "hash")
    assert logins.agent_credential(session, "ana") == logins.Credential("agent", ana.id, "hash")
    assert logins.agent_credential(session, "bia") is None
