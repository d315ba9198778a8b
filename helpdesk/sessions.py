"""Log-ins that last: sessions on the database, API tokens, and the actor behind each."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit, secrecy
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, ApiToken, Membership, Person, Profile
from helpdesk.models import Session as Login

IDLE = {"agent": timedelta(hours=4), "person": timedelta(hours=2)}
ABSOLUTE = {"agent": timedelta(hours=12), "person": timedelta(hours=24)}
#: a session is touched at most this often, so that reading pages writes next to nothing
TOUCH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Live:
    """A session and who it stands for. `provider_id` is the one a person acts for now."""

    id: int
    actor: Actor
    provider_id: int | None
    stale: bool


def start(
    session: Session,
    kind: str,
    subject_id: int,
    *,
    now: datetime,
    user_agent: str = "",
    provider_id: int | None = None,
) -> str:
    """Begin a session and return its token, which is told to nobody else and stored nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        Login(
            token_hash=token_hash(token),
            kind=kind,
            subject_id=subject_id,
            provider_id=provider_id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE[kind],
            user_agent=user_agent[:200],
        )
    )
    actor = Actor(ActorKind(kind), subject_id, _name(session, kind, subject_id))
    audit.record(session, actor, "logged_in", now=now)
    return token


def find(session: Session, token: str, *, now: datetime) -> Live | None:
    """The live session of a token; None when it ended, expired, idled or its owner was closed."""
    login = session.scalar(select(Login).where(Login.token_hash == token_hash(token)))
    if login is None or login.ended_at is not None or login.expires_at <= now:
        return None
    if login.seen_at + IDLE[login.kind] <= now:
        return None
    load = agent_actor if login.kind == "agent" else person_actor
    actor = load(session, login.subject_id)
    if actor is None:
        return None
    if login.kind == "agent":
        actor = replace(actor, opened=secrecy.opened(session, login.subject_id, now=now))
    providers = [provider for provider, _ in actor.providers]
    provider_id = login.provider_id if login.provider_id in providers else None
    if provider_id is None and providers:
        provider_id = providers[0]
    return Live(login.id, actor, provider_id, stale=login.seen_at + TOUCH <= now)


def owner(session: Session, token: str) -> tuple[str, int] | None:
    """Whose an ended or expired session was, so that a form it was filling can be kept for them."""
    row = session.execute(
        select(Login.kind, Login.subject_id).where(Login.token_hash == token_hash(token))
    ).first()
    return (row[0], row[1]) if row else None


def touch(session: Session, session_id: int, *, now: datetime) -> None:
    session.execute(update(Login).where(Login.id == session_id).values(seen_at=now))


def switch(session: Session, session_id: int, provider_id: int) -> None:
    """The person acts for another of its providers from now on."""
    session.execute(update(Login).where(Login.id == session_id).values(provider_id=provider_id))


def end(session: Session, token: str, *, now: datetime) -> None:
    session.execute(
        update(Login)
        .where(Login.token_hash == token_hash(token), Login.ended_at.is_(None))
        .values(ended_at=now)
    )


def agent_actor(session: Session, agent_id: int) -> Actor | None:
    row = session.execute(
        select(Agent, Profile)
        .join(Profile, Profile.id == Agent.profile_id)
        .where(Agent.id == agent_id, Agent.active)
    ).first()
    if row is None:
        return None
    agent, profile = row
    return Actor(
        ActorKind.AGENT,
        agent.id,
        agent.name,
        permissions=frozenset(profile.permissions),
        sector_id=agent.sector_id,
        profile_id=agent.profile_id,
        groups=frozenset(profile.groups),
    )


def person_actor(session: Session, person_id: int) -> Actor | None:
    person = session.scalar(select(Person).where(Person.id == person_id, Person.active))
    if person is None:
        return None
    memberships = session.execute(
        select(Membership.provider_id, Membership.scope)
        .where(Membership.person_id == person_id, Membership.active)
        .order_by(Membership.id)
    )
    return Actor(ActorKind.PERSON, person.id, person.name, providers=tuple(memberships.all()))


def add_token(session: Session, name: str, login: str, *, now: datetime) -> str:
    """An API token that acts as an agent; returned once. Raises `NotVisible`."""
    agent = session.scalar(select(Agent).where(Agent.login == login, Agent.active))
    if agent is None:
        raise NotVisible("agent", login)
    token = f"ponte_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(name=name, agent_id=agent.id, token_hash=token_hash(token), created_at=now)
    )
    actor = Actor(ActorKind.AGENT, agent.id, agent.name)
    audit.record(session, actor, "token_added", now=now, note=name)
    return token


def token_actor(session: Session, token: str) -> tuple[int, Actor] | None:
    """The id of an API token and the agent it acts as."""
    row = session.execute(
        select(ApiToken.id, ApiToken.agent_id).where(
            ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    actor = agent_actor(session, row[1])
    return (row[0], actor) if actor is not None else None


def token_hash(token: str) -> str:
    """Tokens are random 256 bits: a plain hash is enough, and it can be looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def _name(session: Session, kind: str, subject_id: int) -> str:
    table = Agent if kind == "agent" else Person
    return session.scalar(select(table.name).where(table.id == subject_id)) or ""
