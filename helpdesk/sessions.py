"""Log-ins that last: sessions on the database, API tokens, and the actor behind each."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, factors, secrecy
from helpdesk.audit import Change
from helpdesk.border import SYSTEM, Actor, ActorKind
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, ApiToken, Membership, Person, Profile
from helpdesk.models import Session as Login

IDLE = {"agent": timedelta(hours=4), "person": timedelta(hours=2)}
ABSOLUTE = {"agent": timedelta(hours=12), "person": timedelta(hours=24)}
#: a session is touched at most this often, so that reading pages writes next to nothing
TOUCH = timedelta(minutes=5)
#: ways in that are two factors already: a passkey asks for finger or PIN, the directory for its own
STRONG = frozenset({"passkey", "directory"})


@dataclass(frozen=True, slots=True)
class Live:
    """A session and who it stands for. `provider_id` is the one a person acts for now."""

    id: int
    actor: Actor
    provider_id: int | None
    stale: bool
    begun_at: datetime
    #: the profile asks for a second factor and the agent has none yet
    owes: bool = False


@dataclass(frozen=True, slots=True)
class Bearer:
    """An API token, and the agent it acts as. `stale`: its last use is not known of late."""

    id: int
    actor: Actor
    stale: bool


def start(
    session: Session,
    kind: str,
    subject_id: int,
    *,
    now: datetime,
    user_agent: str = "",
    remote: str = "",
    method: str = "password",
    provider_id: int | None = None,
    instead_of: str = "",
) -> str:
    """Begin a session and return its token, which is told to nobody else and stored nowhere.

    `method`: how they proved who they are, a word of the label table; `instead_of`: the token the
    browser had before, which ends with this.
    """
    token = secrets.token_urlsafe(32)
    if instead_of:
        _end(session, instead_of, now)
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
            remote=remote[:45],
            method=method,
        )
    )
    come_from = [
        Change("method", None, method),
        *([Change("remote", None, remote[:45])] if remote else []),
        *([Change("browser", None, user_agent[:200])] if user_agent else []),
    ]
    actor = whose(session, kind, subject_id)
    audit.record(session, actor, "logged_in", now=now, changes=come_from)
    return token


def is_open(kind: str, now: datetime) -> ColumnElement[bool]:
    """Sessions of agents or of people that somebody could still go on with, as `find` has it."""
    return and_(
        Login.kind == kind,
        Login.ended_at.is_(None),
        Login.expires_at > now,
        Login.seen_at > now - IDLE[kind],
    )


def find(session: Session, token: str, *, now: datetime) -> Live | None:
    """The live session of a token; None when it ended, expired, idled or its owner was closed."""
    row = session.execute(
        select(Login, Profile.second_factor)
        .outerjoin(Agent, and_(Agent.id == Login.subject_id, Login.kind == "agent"))
        .outerjoin(Profile, Profile.id == Agent.profile_id)
        .where(Login.token_hash == token_hash(token))
    ).first()
    if row is None:
        return None
    login, asks_for_factor = row
    if login.ended_at is not None or login.expires_at <= now:
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
    owes = bool(asks_for_factor) and login.method not in STRONG
    return Live(
        login.id,
        actor,
        provider_id,
        stale=login.seen_at + TOUCH <= now,
        begun_at=login.created_at,
        owes=owes and factors.is_owed(session, login.subject_id),
    )


def owner(session: Session, token: str) -> tuple[str, int] | None:
    """Whose an ended or expired session was, so that a form it was filling can be kept for them."""
    row = session.execute(
        select(Login.kind, Login.subject_id).where(Login.token_hash == token_hash(token))
    ).first()
    return (row[0], row[1]) if row else None


def stood_for(session: Session, token: str, person_id: int) -> int | None:
    """The provider that person acted for in the session of this token, ended or not."""
    return session.scalar(
        select(Login.provider_id).where(
            Login.token_hash == token_hash(token),
            Login.kind == "person",
            Login.subject_id == person_id,
        )
    )


def touch(session: Session, session_id: int, *, now: datetime) -> None:
    session.execute(update(Login).where(Login.id == session_id).values(seen_at=now))


def switch(session: Session, session_id: int, provider_id: int) -> None:
    """The person acts for another of its providers from now on."""
    session.execute(update(Login).where(Login.id == session_id).values(provider_id=provider_id))


def end(session: Session, token: str, *, now: datetime) -> None:
    ended = _end(session, token, now)
    if ended is not None:
        audit.record(session, whose(session, *ended), "logged_out", now=now)


def end_all(
    session: Session, kind: str, subject_id: int, *, now: datetime, but: int | None = None
) -> None:
    """Every session of somebody, but perhaps one."""
    session.execute(
        update(Login)
        .where(
            Login.kind == kind,
            Login.subject_id == subject_id,
            Login.ended_at.is_(None),
            Login.id != (but or 0),
        )
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
        permissions=access.held(profile.permissions),
        sector_id=agent.sector_id,
        profile_id=agent.profile_id,
        groups=frozenset(profile.groups),
        sectors=frozenset(agent.sectors),
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


def add_token(
    session: Session,
    name: str,
    login: str,
    actor: Actor = SYSTEM,
    *,
    now: datetime,
    permissions: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """An API token that acts as an agent; returned once. `permissions` None is all that the agent
    may, now and later. Raises `NotVisible`."""
    agent = session.scalar(select(Agent).where(Agent.login == login, Agent.active))
    if agent is None:
        raise NotVisible("agent", login)
    token = f"ponte_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(
            name=name,
            agent_id=agent.id,
            token_hash=token_hash(token),
            created_at=now,
            permissions=sorted(permissions) if permissions is not None else None,
            expires_at=expires_at,
        )
    )
    changes = (Change("token", None, name), Change("login", None, login))
    audit.record(session, actor, "token_added", now=now, changes=changes)
    return token


def token_actor(session: Session, token: str, *, now: datetime) -> Bearer | None:
    """The agent an API token acts as, with what the token may of it; None when it is void."""
    row = session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
    )
    actor = agent_actor(session, row.agent_id) if row is not None else None
    if row is None or actor is None:
        return None
    may = access.narrowed(actor.permissions, row.permissions)
    stale = row.used_at is None or row.used_at + TOUCH <= now
    return Bearer(row.id, replace(actor, permissions=may), stale)


def touch_token(session: Session, token_id: int, *, now: datetime) -> None:
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


def token_hash(token: str) -> str:
    """Tokens are random 256 bits: a plain hash is enough, and it can be looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def whose(session: Session, kind: str, subject_id: int) -> Actor:
    """Whom the log names: the account, without what it may do."""
    table = Agent if kind == "agent" else Person
    name = session.scalar(select(table.name).where(table.id == subject_id)) or ""
    return Actor(ActorKind(kind), subject_id, name)


def _end(session: Session, token: str, now: datetime) -> tuple[str, int] | None:
    row = session.execute(
        update(Login)
        .where(Login.token_hash == token_hash(token), Login.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Login.kind, Login.subject_id)
    ).first()
    return (row[0], row[1]) if row else None
