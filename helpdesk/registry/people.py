"""The registers of who acts for the operadora: profiles and agents.

Nobody gives what they do not have: a profile, and an agent of it, is in the hands of those who may
all that it may.
"""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, departures, identifiers, logins, registers
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Forbidden
from helpdesk.models import Agent, Profile, Sector
from helpdesk.registry.shape import Field, Pair, Register, Values

ALL = "*"
_PROFILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def _lower(pattern: re.Pattern[str], said: str) -> str | None:
    spelled = said.lower()
    return spelled if pattern.fullmatch(spelled) else None


def rights(profile: Profile) -> tuple[frozenset[str], frozenset[str]]:
    """The permissions and the secrecy groups of whoever has the profile."""
    return access.held(profile.permissions), frozenset(profile.groups)


def exceeds(actor: Actor, permissions: frozenset[str], groups: frozenset[str]) -> bool:
    """Whether this is more than the actor has: nobody gives what they do not have."""
    if actor.may(ALL):
        return False
    return not permissions <= actor.permissions or not groups <= actor.groups


def _beyond(actor: Actor, values: Values) -> Sequence[FieldError]:
    if exceeds(actor, access.held(values["permissions"]), frozenset()):
        return [FieldError("permissions", "beyond")]
    if exceeds(actor, frozenset(), frozenset(values["groups"])):
        return [FieldError("groups", "beyond")]
    return []


def _check_agent(session: Session, desk: Desk, values: Values) -> Sequence[FieldError]:
    profile = session.get_one(Profile, values["profile"])
    return [FieldError("profile", "beyond")] if exceeds(desk.actor, *rights(profile)) else []


def _act_profile(session: Session, desk: Desk, pairs: Sequence[Pair]) -> None:
    """Raises `Forbidden` for a profile that may more than the actor, `Conflict` (`last_admin`)."""
    for before, _ in pairs:
        if before is not None and _beyond(desk.actor, before):
            raise Forbidden(PROFILE.writes)
    _keep_an_admin(session)


def _act_agent(session: Session, desk: Desk, pairs: Sequence[Pair]) -> None:
    """Who goes lets go. Raises `Forbidden` for an agent who may more than the actor, `Conflict`
    (`self`, `last_admin`)."""
    for before, after in pairs:
        if before is None:
            continue
        if _check_agent(session, desk, before):
            raise Forbidden(AGENT.writes)
        agent_id = session.scalars(select(Agent.id).where(Agent.login == before["login"])).one()
        if after is None:
            if agent_id == desk.actor.id:
                raise Conflict("self")
            departures.agent(session, desk.actor, agent_id, now=desk.now)
        elif after["email"] != before["email"]:
            # A link is on its way to the address of before, which may be somebody else's.
            logins.void(session, "agent", agent_id, now=desk.now)
    _keep_an_admin(session)


def _keep_an_admin(session: Session) -> None:
    """Somebody may always change who may what. Raises `Conflict`."""
    held = session.scalars(
        select(Profile.permissions)
        .join(Agent, Agent.profile_id == Profile.id)
        .where(Agent.active, Profile.active)
    )
    if not any(ALL in permissions for permissions in held):
        raise Conflict("last_admin")


PROFILE = Register(
    name="profile",
    model=Profile,
    fields=(
        Field(name="code", limit=40, clean=lambda said: _lower(_PROFILE, said), listed=True),
        Field(name="name", listed=True),
        Field(
            name="permissions", kind="many", choices=(ALL, *access.PERMISSIONS),
            label="permission", required=False,
        ),
        Field(name="groups", kind="many", required=False, limit=60, listed=True),
        Field(name="second_factor", kind="flag", listed=True),
    ),
    order=("code", "id"),
    holders=((Agent.profile_id, Agent.active),),
    needed=frozenset({"admin"}),
    check=lambda _session, desk, values: _beyond(desk.actor, values),
    act=_act_profile,
)  # fmt: skip

AGENT = Register(
    name="agent",
    model=Agent,
    fields=(
        Field(
            name="login", limit=40, fixed=True, listed=True,
            clean=lambda said: _lower(registers.LOGIN, said),
        ),
        Field(name="name", listed=True),
        Field(name="email", limit=254, clean=identifiers.email, listed=True),
        Field(
            name="profile", kind="ref", column="profile_id",
            of=Profile.code, called=Profile.name, listed=True,
        ),
        Field(
            name="sector", kind="ref", column="sector_id", required=False,
            of=Sector.code, called=Sector.name, listed=True,
        ),
        Field(
            name="sectors", kind="refs", required=False, of=Sector.code, called=Sector.name,
        ),
    ),
    key=("login",),
    order=("sort_name", "id"),
    # An agent stays in the log and in every ticket: never removed.
    uses=(Agent.id,),
    check=_check_agent,
    act=_act_agent,
)  # fmt: skip
