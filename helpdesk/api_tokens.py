"""API tokens as they are kept: who has which, and taking one back. `sessions` makes them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit
from helpdesk.audit import Change
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, ApiToken

MOST = 500


@dataclass(frozen=True, slots=True)
class Token:
    """`agent` is whom it acts as; the token itself is stored nowhere."""

    id: int
    name: str
    agent: str
    login: str
    created_at: datetime
    revoked_at: datetime | None


def listing(session: Session, desk: Desk) -> list[Token]:
    """Those in force first, the newest first. Raises `Forbidden`."""
    access.require(desk.actor, access.reads("agent"))
    rows = session.execute(
        select(ApiToken, Agent.name, Agent.login)
        .join(Agent, Agent.id == ApiToken.agent_id)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
        .limit(MOST)
    )
    return [
        Token(token.id, token.name, name, login, token.created_at, token.revoked_at)
        for token, name, login in rows
    ]


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
