"""Agents whom the company's directory vouches for (OpenID Connect).

An account of the directory is known by issuer and subject, nothing else: names and addresses
change owners. The first time it is tied to the agent of the same address or login, or a new agent
is made where the settings say so. Its groups choose the profile, at each log-in anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit, identifiers
from helpdesk.audit import Change
from helpdesk.border import SYSTEM
from helpdesk.errors import HelpdeskError
from helpdesk.models import Agent, AgentIdentity, Profile
from helpdesk.registers import LOGIN, LONGEST_NAME
from helpdesk.sessions import whose

Link = Literal["email", "login", "off"]


class Unwelcome(HelpdeskError):
    """The directory knows them, Ponte does not let them in. `why`: unknown | inactive | group |
    unverified | login."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Claims:
    """What the directory says of somebody (OpenID Connect Core §5.1)."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    login: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """`profiles`: group to the code of a profile, the first that fits counts; empty leaves the
    profile as it is. `link`: how an unknown account finds its agent. `create`: make one."""

    profiles: Mapping[str, str] = field(default_factory=dict[str, str])
    link: Link = "email"
    create: bool = False


def welcome(session: Session, claims: Claims, rules: Rules, *, now: datetime) -> int:
    """The agent's id. Raises `Unwelcome`."""
    profile = _profile(session, claims.groups, rules)
    known = session.scalar(
        select(AgentIdentity).where(
            AgentIdentity.issuer == claims.issuer, AgentIdentity.subject == claims.subject
        )
    )
    agent = session.get(Agent, known.agent_id) if known is not None else None
    if agent is None:
        agent = _of_same_name(session, claims, rules) or _made(session, claims, profile, rules, now)
        session.add(
            AgentIdentity(
                agent_id=agent.id, issuer=claims.issuer, subject=claims.subject, linked_at=now
            )
        )
        owner = whose(session, "agent", agent.id)
        audit.record(session, owner, "directory_linked", now=now, note=claims.issuer)
    if not agent.active:
        raise Unwelcome("inactive")
    if profile is not None and profile.id != agent.profile_id:
        before = session.get_one(Profile, agent.profile_id).code
        agent.profile_id = profile.id
        changes = [Change("profile", before, profile.code)]
        audit.record(session, SYSTEM, "agent_changed", now=now, changes=changes, note=agent.login)
    return agent.id


def _profile(session: Session, groups: Sequence[str], rules: Rules) -> Profile | None:
    """None where groups decide nothing. Raises `Unwelcome` for somebody of no group that counts."""
    if not rules.profiles:
        return None
    code = next((code for group, code in rules.profiles.items() if group in groups), None)
    found = session.scalar(select(Profile).where(Profile.code == code)) if code else None
    if found is None or not found.active:
        raise Unwelcome("group")
    return found


def _of_same_name(session: Session, claims: Claims, rules: Rules) -> Agent | None:
    """Only one whom no other account of the issuer is tied to already."""
    if rules.link == "off":
        return None
    if rules.link == "email":
        if not claims.email_verified:
            raise Unwelcome("unverified")
        address = identifiers.email(claims.email)
        found = session.scalars(select(Agent).where(Agent.email == address).limit(2)).all()
    else:
        found = session.scalars(select(Agent).where(Agent.login == claims.login.lower())).all()
    if len(found) != 1:
        return None
    taken = select(AgentIdentity.id).where(
        AgentIdentity.agent_id == found[0].id, AgentIdentity.issuer == claims.issuer
    )
    return None if session.scalar(taken) is not None else found[0]


def _made(
    session: Session, claims: Claims, profile: Profile | None, rules: Rules, now: datetime
) -> Agent:
    login = claims.login.lower()
    address = identifiers.email(claims.email)
    if not rules.create or profile is None:
        raise Unwelcome("unknown")
    taken = session.scalar(select(Agent.id).where(Agent.login == login)) is not None
    if LOGIN.fullmatch(login) is None or taken or address is None:
        raise Unwelcome("login")
    name = claims.name.strip()[:LONGEST_NAME] or login
    agent = Agent(login=login, name=name, email=address, profile_id=profile.id)
    session.add(agent)
    session.flush()  # the identity needs its id
    changes = [Change("login", None, login), Change("profile", None, profile.code)]
    audit.record(session, SYSTEM, "agent_added", now=now, changes=changes, note=claims.issuer)
    return agent
