"""API tokens: who has which, a new one, and taking one back. `sessions` says what one opens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit, sessions
from helpdesk.audit import Change
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Agent, ApiToken, Profile
from helpdesk.registry import people

MOST = 500
LONGEST_NAME = 60
#: days a new one may last; 0 is without an end
LIVES = (30, 90, 365, 0)
#: what a token is given: some rights, or all that its agent may, now and later
RIGHTS = (people.ALL, *access.PERMISSIONS)


@dataclass(frozen=True, slots=True)
class Token:
    """`agent` is whom it acts as; the token itself is stored nowhere. `permissions` None: all that
    the agent may."""

    id: int
    name: str
    agent: str
    login: str
    created_at: datetime
    revoked_at: datetime | None
    permissions: tuple[str, ...] | None
    expires_at: datetime | None
    used_at: datetime | None
    #: neither revoked nor expired
    counts: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A new token, as a form asks for it. `permissions`: some of `RIGHTS`; `days`: of `LIVES`."""

    name: str
    login: str
    permissions: Collection[str]
    days: str


def listing(session: Session, desk: Desk) -> list[Token]:
    """Those in force first, the newest first. Raises `Forbidden`."""
    access.require(desk.actor, access.reads("agent"))
    rows = session.execute(
        select(ApiToken, Agent.name, Agent.login)
        .join(Agent, Agent.id == ApiToken.agent_id)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
        .limit(MOST)
    )
    return [_token(row, name, login, desk.now) for row, name, login in rows]


def agents(session: Session, desk: Desk) -> list[tuple[str, str]]:
    """Login and name of whom a token may act as. Raises `Forbidden`."""
    access.require(desk.actor, access.writes("agent"))
    rows = session.execute(
        select(Agent.login, Agent.name).where(Agent.active).order_by(Agent.sort_name, Agent.id)
    )
    return [(login, name) for login, name in rows]


def create(session: Session, desk: Desk, asked: Asked) -> str:
    """The new token, told this once. Raises `Forbidden`, `Invalid` (`permissions`: `beyond` what
    the actor may, as nobody gives what they do not have)."""
    access.require(desk.actor, access.writes("agent"))
    name = asked.name.strip()
    found = session.execute(
        select(Agent, Profile)
        .join(Profile, Profile.id == Agent.profile_id)
        .where(Agent.login == asked.login, Agent.active)
    ).first()
    chosen = set(asked.permissions)
    rights = None if people.ALL in chosen else chosen
    errors = [
        FieldError(field, code, (("limit", LONGEST_NAME),))
        for field, code, wrong in (
            ("name", "required", not name),
            ("name", "too_long", len(name) > LONGEST_NAME),
            ("agent", "required", not asked.login),
            ("agent", "unknown", bool(asked.login) and found is None),
            ("days", "unknown", asked.days not in {str(life) for life in LIVES}),
            ("permissions", "required", not chosen),
            ("permissions", "unknown", not chosen <= set(RIGHTS)),
        )
        if wrong
    ]
    if not errors and found is not None:
        held, groups = people.rights(found[1])
        if people.exceeds(desk.actor, access.narrowed(held, rights), groups):
            errors.append(FieldError("permissions", "beyond"))
    if errors:
        raise Invalid(*errors)
    days = int(asked.days)
    return sessions.add_token(
        session,
        name,
        asked.login,
        desk.actor,
        now=desk.now,
        permissions=rights,
        expires_at=desk.now + timedelta(days=days) if days else None,
    )


def revoke(session: Session, desk: Desk, token_id: int) -> None:
    """From now on it opens nothing. Raises `Forbidden`, `NotVisible`."""
    access.require(desk.actor, access.writes("agent"))
    token = session.get(ApiToken, token_id, with_for_update=True)
    if token is None:
        raise NotVisible("token", token_id)
    if token.revoked_at is None:
        token.revoked_at = desk.now
        change = Change("token", token.name, None)
        audit.record(session, desk.actor, "token_revoked", now=desk.now, changes=(change,))


def _token(row: ApiToken, name: str, login: str, now: datetime) -> Token:
    ended = row.expires_at is not None and row.expires_at <= now
    return Token(
        row.id,
        row.name,
        name,
        login,
        row.created_at,
        row.revoked_at,
        tuple(row.permissions) if row.permissions is not None else None,
        row.expires_at,
        row.used_at,
        counts=row.revoked_at is None and not ended,
    )
