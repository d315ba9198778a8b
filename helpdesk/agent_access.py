"""What others do for an agent's way in: the mail of the first log-in, the factors of a lost phone,
the end of sessions left open.

Nobody opens an account that may more than they do: by either they could come to enter it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, accounts, audit, factors, logins, resets, sessions
from helpdesk.audit import Change
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Forbidden, Invalid, NotVisible
from helpdesk.factors import Factors
from helpdesk.models import Agent, Profile
from helpdesk.registry import people

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class WayIn:
    """`has_password`: the first log-in needs no mail any more. `sessions`: how many are open now.
    `may`: whether the actor may help this agent. `is_self`: one's own locks are kept on the page of
    the own account."""

    email: str
    active: bool
    has_password: bool
    invited_at: datetime | None
    accepted_at: datetime | None
    factors: Factors
    sessions: int
    may: bool
    is_self: bool


def look(session: Session, desk: Desk, agent_id: int) -> WayIn:
    """Raises `Forbidden`, `NotVisible`."""
    access.require(desk.actor, access.reads("agent"))
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotVisible("agent", agent_id)
    writes = desk.actor.may(access.writes("agent"))
    return WayIn(
        agent.email,
        agent.active,
        bool(agent.password_hash),
        agent.invited_at,
        agent.accepted_at,
        factors.of(session, "agent", agent_id),
        len(accounts.open_sessions(session, "agent", agent_id, now=desk.now)),
        writes and not _is_above(session, desk.actor, agent),
        agent_id == desk.actor.id,
    )


def send(session: Session, desk: Desk, agent_id: int) -> None:
    """The mail with the link to the first password. Raises `Forbidden`, `NotVisible`, `Conflict`
    (`inactive`, `entered`: there is a password, and a page for who forgot it), `Throttled`."""
    agent = _load(session, desk, agent_id)
    if agent.password_hash:
        raise Conflict("entered")
    link = desk.policy.link("/entrar/nova-senha/")
    resets.welcome(session, agent, desk.policy.keyring, link, now=desk.now)
    change = Change("login", None, agent.login)
    audit.record(session, desk.actor, "first_access_sent", now=desk.now, changes=(change,))


def take_factors(session: Session, desk: Desk, agent_id: int, reason: str) -> None:
    """For somebody else who lost the phone. Raises `Forbidden`, `NotVisible`, `Invalid` (`reason`),
    `Conflict` (`inactive`, `self`, `no_factor`)."""
    agent = _load(session, desk, agent_id)
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        code = "too_long" if why else "required"
        raise Invalid(FieldError("reason", code, (("limit", LONGEST_REASON),)))
    if agent_id == desk.actor.id:
        raise Conflict("self")
    if not factors.of(session, "agent", agent_id).any:
        raise Conflict("no_factor")
    _forget(session, desk.actor, agent, why, desk.now)


def end_sessions(session: Session, desk: Desk, agent_id: int) -> None:
    """Of a machine left behind, say. Links that are under way end too. Raises `Forbidden`,
    `NotVisible`, `Conflict` (`inactive`, `self`)."""
    agent = _load(session, desk, agent_id)
    if agent_id == desk.actor.id:
        raise Conflict("self")
    sessions.end_all(session, "agent", agent_id, now=desk.now)
    logins.void(session, "agent", agent_id, now=desk.now)
    change = Change("login", None, agent.login)
    audit.record(session, desk.actor, "agent_sessions_ended", now=desk.now, changes=(change,))


def forget_factors(session: Session, login: str, actor: Actor, *, now: datetime) -> None:
    """The same from the command line, where whoever stands at the server needs no right. Raises
    `NotVisible`."""
    agent = session.scalar(select(Agent).where(Agent.login == login))
    if agent is None:
        raise NotVisible("agent", login)
    _forget(session, actor, agent, "", now)


def _forget(session: Session, actor: Actor, agent: Agent, reason: str, now: datetime) -> None:
    """App, passkeys and codes go. So do sessions and links: whoever has the phone may have both."""
    factors.drop(session, "agent", agent.id)
    sessions.end_all(session, "agent", agent.id, now=now)
    logins.void(session, "agent", agent.id, now=now)
    change = Change("login", None, agent.login)
    audit.record(session, actor, "factors_forgotten", now=now, changes=(change,), note=reason)
    whose = sessions.whose(session, "agent", agent.id)
    accounts.tell(session, whose, "factors_forgotten", now=now)


def _load(session: Session, desk: Desk, agent_id: int) -> Agent:
    access.require(desk.actor, access.writes("agent"))
    agent = session.get(Agent, agent_id, with_for_update=True)
    if agent is None:
        raise NotVisible("agent", agent_id)
    if _is_above(session, desk.actor, agent):
        raise Forbidden(access.writes("agent"))
    if not agent.active:
        raise Conflict("inactive")
    return agent


def _is_above(session: Session, actor: Actor, agent: Agent) -> bool:
    profile = session.get_one(Profile, agent.profile_id)
    return people.exceeds(actor, *people.rights(profile))
