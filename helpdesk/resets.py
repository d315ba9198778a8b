"""A password that is forgotten, or not there yet: a link by e-mail, good once, to a new one.

Whoever asks for it has half an hour; an agent who is new has as long as an invitation lasts.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from helpdesk import accounts, logins, notices, sessions
from helpdesk.border import Channel
from helpdesk.models import Agent, LoginCode, Person
from helpdesk.notices import Notice
from helpdesk.tokens import Keyring

LIFE = timedelta(minutes=30)
PURPOSE = "reset"
AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose password a link renews."""

    kind: str
    id: int
    name: str
    #: what they type to log in
    login: str
    email: str


def ask(
    session: Session, kind: str, typed: str, keyring: Keyring, link: str, *, now: datetime
) -> None:
    """Send the link to an active agent (login or address) or an invited person (address). The same
    for whoever it is; raises `Throttled` after three an hour, whoever it is."""
    name = logins.address_of(typed)
    logins.check_sends(session, name, now=now)
    owner = _owner(session, kind, name)
    digest = _hash_of(keyring, kind, token := secrets.token_urlsafe(24))
    _keep(session, kind, owner, name, digest, now, LIFE)
    if owner is not None:
        minutes = int(LIFE.total_seconds() // 60)
        data: dict[str, object] = {"link": f"{link}{token}", "minutes": minutes}
        _post(session, "password_reset", owner, data, now)


def welcome(session: Session, agent: Agent, keyring: Keyring, link: str, *, now: datetime) -> None:
    """Send an agent the link of the first log-in; one from before is void. Raises `Throttled` after
    three an hour."""
    name = logins.address_of(agent.email)
    logins.check_sends(session, name, now=now)
    logins.void(session, AGENT, agent.id, now=now)
    owner = _agent(agent)
    digest = _hash_of(keyring, AGENT, token := secrets.token_urlsafe(24))
    _keep(session, AGENT, owner, name, digest, now, logins.INVITATION_LIFE)
    agent.invited_at, agent.accepted_at = now, None
    data: dict[str, object] = {
        "link": f"{link}{token}",
        "days": logins.INVITATION_LIFE.days,
        "login": agent.login,
    }
    _post(session, "first_access", owner, data, now)


def look(
    session: Session, kind: str, token: str, keyring: Keyring, *, now: datetime
) -> Owner | None:
    """Whose the link is, while it is unused. Looking changes nothing."""
    row = _row(session, kind, token, keyring, now)
    return _of_row(session, kind, row) if row is not None else None


def use(
    session: Session, kind: str, token: str, password_hash: str, keyring: Keyring, *, now: datetime
) -> Owner | None:
    """Set the password and end every session; None when the link is void."""
    row = _row(session, kind, token, keyring, now)
    owner = _of_row(session, kind, row) if row is not None else None
    if row is None or owner is None:
        return None
    row.used_at = now
    if kind == AGENT:
        agent = session.get_one(Agent, owner.id)
        agent.accepted_at = agent.accepted_at or now
    actor = sessions.whose(session, kind, owner.id)
    accounts.change_password(session, actor, password_hash, now=now)
    return owner


def _hash_of(keyring: Keyring, kind: str, token: str) -> str:
    return logins.hash_of(keyring, PURPOSE, kind, token)


def _keep(
    session: Session, kind: str, owner: Owner | None, name: str, digest: str, now: datetime,
    life: timedelta,
) -> None:  # fmt: skip
    session.add(
        LoginCode(
            purpose=PURPOSE,
            address=name,
            agent_id=owner.id if owner and kind == AGENT else None,
            person_id=owner.id if owner and kind != AGENT else None,
            code_hash=digest,
            created_at=now,
            expires_at=now + life,
        )
    )


def _post(
    session: Session, notice: str, owner: Owner, data: dict[str, object], now: datetime
) -> None:
    told = Notice(notice, Channel.MAIL, owner.email, to_name=owner.name, automatic=False, data=data)
    notices.post(session, [told], now=now)


def _row(
    session: Session, kind: str, token: str, keyring: Keyring, now: datetime
) -> LoginCode | None:
    return session.scalar(
        select(LoginCode).where(
            LoginCode.purpose == PURPOSE,
            LoginCode.code_hash == _hash_of(keyring, kind, token),
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
        )
    )


def _owner(session: Session, kind: str, name: str) -> Owner | None:
    if kind == "person":
        person = logins.reachable(session, name)
        return _person(person) if person is not None else None
    found = session.scalars(
        select(Agent)
        .where(or_(Agent.login == name, Agent.email == name), Agent.active)
        .order_by(Agent.id)
        .limit(2)
    ).all()
    # Two agents of one address: the login says which.
    exact = [agent for agent in found if agent.login == name] or found
    return _agent(exact[0]) if len(exact) == 1 else None


def _of_row(session: Session, kind: str, row: LoginCode) -> Owner | None:
    if kind == AGENT:
        agent = session.get(Agent, row.agent_id) if row.agent_id else None
        return _agent(agent) if agent is not None and agent.active else None
    person = session.get(Person, row.person_id) if row.person_id else None
    return _person(person) if person is not None and person.active else None


def _agent(agent: Agent) -> Owner:
    return Owner("agent", agent.id, agent.name, agent.login, agent.email)


def _person(person: Person) -> Owner:
    return Owner("person", person.id, person.name, person.email, person.email)
