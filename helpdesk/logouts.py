"""Everybody logs in again: what is left to do when sessions may have fallen into other hands."""

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, sessions
from helpdesk.audit import Change
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Session as Login

#: whose sessions, and what the log calls ending them
KINDS = {"agent": "agents_logged_out", "person": "people_logged_out"}


@dataclass(frozen=True, slots=True)
class Inside:
    """Open sessions, and of how many."""

    sessions: int
    people: int


def look(session: Session, desk: Desk) -> dict[str, Inside]:
    """By `KINDS`. Raises `Forbidden`."""
    access.require(desk.actor, access.reads("agent"))
    counted = func.count(), func.count(Login.subject_id.distinct())
    return {
        kind: Inside(
            *session.execute(select(*counted).where(sessions.is_open(kind, desk.now))).one()
        )
        for kind in KINDS
    }


def end(session: Session, desk: Desk, kind: str, *, but: int) -> None:
    """Every session of agents or of people of providers, but the one that asks (`but`, its id).
    Tokens of the API are not sessions. Raises `Forbidden`, `Invalid` (`whose`)."""
    access.require(desk.actor, access.writes("agent"))
    if kind not in KINDS:
        raise Invalid(FieldError("whose", "unknown"))
    ended = session.execute(
        update(Login)
        .where(Login.kind == kind, Login.ended_at.is_(None), Login.id != but)
        .values(ended_at=desk.now)
        .returning(Login.id)
    ).all()
    change = Change("sessions", str(len(ended)), "0")
    audit.record(session, desk.actor, KINDS[kind], now=desk.now, changes=(change,))
