"""The refresh tokens that issuers handed out in place of the configured ones, sealed."""

from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk.models import OAuthGrant


def kept(session: Session, account: str) -> str | None:
    """The sealed token of an account, if one was ever replaced."""
    row = session.get(OAuthGrant, account)
    return None if row is None else row.sealed


def keep(session: Session, account: str, sealed: str, *, now: datetime) -> None:
    session.merge(OAuthGrant(account=account, sealed=sealed, at=now))
