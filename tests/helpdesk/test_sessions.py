"""Log-ins that last, and end."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import registers, sessions
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, ApiToken, Log, Membership, Person
from helpdesk.models import Session as Login
from tests.helpdesk.factories import NOW, make_agent, make_person, make_provider

DAY = timedelta(days=1)


@pytest.fixture
def luciana(session: Session) -> Actor:
    return make_person(session, make_provider(session), "Luciana", "luciana@clinica.example")


def start(session: Session, actor: Actor, **more: object) -> str:
    token = sessions.start(session, str(actor.kind), actor.id or 0, now=NOW, **more)  # type: ignore[arg-type]
    session.flush()
    return token


def test_a_session_stands_for_its_owner(session: Session, luciana: Actor):
    token = start(session, luciana, user_agent="x" * 300)
    live = sessions.find(session, token, now=NOW)
    assert live is not None
    assert live.actor == luciana
    assert live.provider_id == luciana.providers[0][0]
    assert not live.stale
    stored = session.scalars(select(Login)).one()
    assert token not in {stored.token_hash, stored.user_agent}
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "logged_in"
    assert sessions.find(session, "nobody's", now=NOW) is None


@pytest.mark.parametrize("kind", ["agent", "person"])
def test_a_session_idles_out_and_ends_absolutely(session: Session, luciana: Actor, kind: str):
    actor = luciana if kind == "person" else make_agent(session)
    token = start(session, actor)
    live = sessions.find(session, token, now=NOW + sessions.TOUCH)
    assert live is not None
    assert live.stale
    assert sessions.find(session, token, now=NOW + sessions.IDLE[kind]) is None
    now = NOW
    while now + sessions.IDLE[kind] < NOW + sessions.ABSOLUTE[kind]:
        now += sessions.IDLE[kind] - timedelta(seconds=1)
        assert sessions.find(session, token, now=now) is not None
        sessions.touch(session, live.id, now=now)
        session.expire_all()
    assert sessions.find(session, token, now=NOW + sessions.ABSOLUTE[kind]) is None


def test_who_logged_out_is_out_but_known(session: Session, luciana: Actor):
    token = start(session, luciana)
    sessions.end(session, token, now=NOW)
    session.expire_all()
    assert sessions.find(session, token, now=NOW) is None
    assert sessions.owner(session, token) == ("person", luciana.id)
    assert sessions.owner(session, "nobody's") is None


def test_the_deactivated_are_out_at_once(session: Session, luciana: Actor):
    ana = make_agent(session)
    tokens = [start(session, luciana), start(session, ana)]
    session.execute(update(Person).values(active=False))
    session.execute(update(Agent).values(active=False))
    session.expire_all()
    assert [sessions.find(session, token, now=NOW) for token in tokens] == [None, None]


def test_a_person_acts_for_one_of_its_providers(session: Session, luciana: Actor):
    other = make_provider(session, "P2")
    make_person(session, other, "", "luciana@clinica.example")
    token = start(session, luciana)
    live = sessions.find(session, token, now=NOW)
    assert live is not None
    first, second = [provider for provider, _ in live.actor.providers]
    assert live.provider_id == first
    sessions.switch(session, live.id, second)
    session.expire_all()
    found = sessions.find(session, token, now=NOW)
    assert found is not None
    assert found.provider_id == second
    session.execute(update(Membership).where(Membership.provider_id == second).values(active=False))
    session.expire_all()
    found = sessions.find(session, token, now=NOW)
    assert found is not None
    assert found.provider_id == first
    session.execute(update(Membership).values(active=False))
    session.expire_all()
    found = sessions.find(session, token, now=NOW)
    assert found is not None
    assert found.provider_id is None


def test_a_token_acts_as_its_agent(session: Session):
    ana = make_agent(session, groups=("juridico",))
    token = sessions.add_token(session, "ERP", "ana", now=NOW)
    session.flush()
    found = sessions.token_actor(session, token, now=NOW)
    assert found is not None
    assert found.actor == ana
    assert ana.kind is ActorKind.AGENT
    assert ana.groups == {"juridico"}
    assert sessions.token_actor(session, "ponte_x", now=NOW) is None
    session.execute(update(Agent).values(active=False))
    assert sessions.token_actor(session, token, now=NOW) is None
    with pytest.raises(NotVisible):
        sessions.add_token(session, "ERP", "ana", now=NOW)
    session.execute(update(Agent).values(active=True))
    session.execute(update(ApiToken).values(revoked_at=NOW))
    assert sessions.token_actor(session, token, now=NOW) is None


def test_permissions_are_the_profiles(session: Session):
    clerk = make_agent(session, "caio", permissions=("ticket.read",))
    assert clerk.may("ticket.read")
    assert not clerk.may("ticket.close")
    assert make_agent(session).may("anything")
    assert registers.Profile
