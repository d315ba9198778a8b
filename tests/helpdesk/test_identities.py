"""Accounts of the company's directory, tied to agents by rules that names alone do not pass."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import identities, resets, sessions
from helpdesk.errors import Throttled
from helpdesk.identities import Claims, Rules, Unwelcome
from helpdesk.models import Agent, AgentIdentity, Outbox, Profile
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, make_agent

CLAIMS = Claims(
    issuer="https://id.op.example",
    subject="00u1",
    email="ana@op.example",
    email_verified=True,
    login="ana",
    name="Ana Souza",
)


def address(session: Session, login: str, email: str) -> None:
    session.execute(update(Agent).where(Agent.login == login).values(email=email))
    session.expire_all()


def refused(session: Session, claims: Claims, rules: Rules) -> str:
    with pytest.raises(Unwelcome) as error:
        identities.welcome(session, claims, rules, now=NOW)
    return error.value.why


def test_a_login_may_be_what_ties(session: Session):
    ana = make_agent(session)
    claims = replace(CLAIMS, email="", email_verified=False, login="ANA")
    assert identities.welcome(session, claims, Rules(link="login"), now=NOW) == ana.id
    session.flush()
    again = replace(claims, login="outro")
    assert identities.welcome(session, again, Rules(link="off"), now=NOW) == ana.id


def test_off_ties_nobody(session: Session):
    make_agent(session)
    assert refused(session, CLAIMS, Rules(link="off")) == "unknown"
    assert session.scalars(select(AgentIdentity)).all() == []


def test_an_address_of_two_agents_is_nobodys(session: Session):
    make_agent(session)
    make_agent(session, "bia")
    address(session, "ana", CLAIMS.email)
    address(session, "bia", CLAIMS.email)
    assert refused(session, CLAIMS, Rules()) == "unknown"


def test_a_profile_that_is_closed_lets_nobody_in(session: Session):
    make_agent(session)
    address(session, "ana", CLAIMS.email)
    claims = replace(CLAIMS, groups=("g",))
    code = session.scalars(select(Profile.code)).first() or ""
    rules = Rules({"g": code})
    session.execute(update(Profile).where(Profile.code == code).values(active=False))
    session.expire_all()
    assert refused(session, claims, rules) == "group"
    assert refused(session, claims, Rules({"g": "nenhum"})) == "group"
    assert refused(session, CLAIMS, rules) == "group"


def test_one_account_of_two_directories_is_two(session: Session):
    ana = make_agent(session)
    address(session, "ana", CLAIMS.email)
    other = replace(CLAIMS, issuer="https://outra.op.example")
    for claims in (CLAIMS, other):
        assert identities.welcome(session, claims, Rules(), now=NOW) == ana.id
        session.flush()
    assert len(session.scalars(select(AgentIdentity)).all()) == 2


def test_who_forgot_is_found_by_login_before_address(session: Session, policy: Policy):
    """Two agents of one address get no link by it: the login says which."""
    make_agent(session)
    make_agent(session, "bia")
    address(session, "ana", "equipe@op.example")
    address(session, "bia", "equipe@op.example")
    keyring = policy.keyring
    resets.ask(session, "agent", "equipe@op.example", keyring, "https://x/", now=NOW)
    assert session.scalars(select(Outbox)).all() == []
    resets.ask(session, "agent", " BIA ", keyring, "https://x/", now=NOW)
    (told,) = session.scalars(select(Outbox)).all()
    token = str(told.data["link"]).removeprefix("https://x/")
    owner = resets.look(session, "agent", token, keyring, now=NOW)
    assert owner is not None
    assert owner.login == "bia"
    assert resets.look(session, "person", token, keyring, now=NOW) is None
    assert resets.look(session, "agent", token, keyring, now=NOW + resets.LIFE) is None
    kept = sessions.start(session, "agent", owner.id, now=NOW)
    session.flush()
    assert resets.use(session, "agent", token, "hash", keyring, now=NOW) == owner
    session.flush()
    session.expire_all()
    assert resets.use(session, "agent", token, "hash", keyring, now=NOW) is None
    assert sessions.find(session, kept, now=NOW) is None
    for _ in range(2):
        resets.ask(session, "agent", "bia", keyring, "https://x/", now=NOW)
    with pytest.raises(Throttled):
        resets.ask(session, "agent", "bia", keyring, "https://x/", now=NOW)
