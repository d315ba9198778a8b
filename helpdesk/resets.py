"""A forgotten password: a link by e-mail, good once and for half an hour, to a new one."""

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
    token = secrets.token_urlsafe(24)
    session.add(
        LoginCode(
            purpose=PURPOSE,
            address=name,
            agent_id=owner.id if owner and kind == "agent" else None,
            person_id=owner.id if owner and kind == "person" else None,
            code_hash=logins.hash_of(keyring, PURPOSE, kind, token),
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    if owner is not None:
        told = Notice(
            "password_reset",
            Channel.MAIL,
            owner.email,
            to_name=owner.name,
            automatic=False,
            data={"link": f"{link}{token}", "minutes": int(LIFE.total_seconds() // 60)},
        )
        notices.post(session, [told], now=now)


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
    actor = sessions.whose(session, kind, owner.id)
    accounts.change_password(session, actor, password_hash, now=now)
    return owner


def _row(
    session: Session, kind: str, token: str, keyring: Keyring, now: datetime
) -> LoginCode | None:
    return session.scalar(
        select(LoginCode).where(
            LoginCode.purpose == PURPOSE,
            LoginCode.code_hash == logins.hash_of(keyring, PURPOSE, kind, token),
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
    if kind == "agent":
        agent = session.get(Agent, row.agent_id) if row.agent_id else None
        return _agent(agent) if agent is not None and agent.active else None
    person = session.get(Person, row.person_id) if row.person_id else None
    return _person(person) if person is not None and person.active else None


def _agent(agent: Agent) -> Owner:
    return Owner("agent", agent.id, agent.name, agent.login, agent.email)


def _person(person: Person) -> Owner:
    return Owner("person", person.id, person.name, person.email, person.email)
