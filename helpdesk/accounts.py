"""What somebody sees and changes of the own account: sessions, log-ins, password.

Refused log-ins stand in the log under the account they were tried on, so that its owner sees them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit, logins, notices, sessions
from helpdesk.audit import Change
from helpdesk.border import Actor, Channel
from helpdesk.errors import NotVisible
from helpdesk.models import Agent, Log, LogPrivate, Person
from helpdesk.models import Session as Login
from helpdesk.notices import Notice

#: what of the log is about the account
EVENTS = (
    "logged_in",
    "logged_out",
    "login_failed",
    "session_ended",
    "password_changed",
    "factor_added",
    "factor_removed",
    "recovery_renewed",
    "recovery_used",
    "passkey_added",
    "passkey_removed",
    "directory_linked",
)
MOST_EVENTS = 30


@dataclass(frozen=True, slots=True)
class Open:
    """A session that still lets somebody in."""

    id: int
    begun_at: datetime
    seen_at: datetime
    browser: str
    remote: str
    method: str


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    action: str
    method: str
    browser: str
    remote: str
    note: str


def open_sessions(session: Session, kind: str, subject_id: int, *, now: datetime) -> list[Open]:
    """Last used first."""
    rows = session.scalars(
        select(Login)
        .where(
            sessions.is_open(kind, now),
            Login.subject_id == subject_id,
        )
        .order_by(Login.seen_at.desc(), Login.id.desc())
    )
    return [
        Open(row.id, row.created_at, row.seen_at, row.user_agent, row.remote, row.method)
        for row in rows
    ]


def end_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """One of the own sessions. Raises `NotVisible`."""
    ended = session.execute(
        update(Login)
        .where(
            Login.id == session_id,
            Login.kind == str(actor.kind),
            Login.subject_id == actor.id,
            Login.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(Login.user_agent, Login.remote)
    ).first()
    if ended is None:
        raise NotVisible("session", session_id)
    audit.record(session, actor, "session_ended", now=now, changes=came_from(*ended))


def end_others(session: Session, actor: Actor, but: int, *, now: datetime) -> None:
    assert actor.id is not None
    sessions.end_all(session, str(actor.kind), actor.id, now=now, but=but)
    audit.record(session, actor, "session_ended", now=now)


def events(session: Session, kind: str, subject_id: int) -> list[Event]:
    """Newest first; what was erased has only its time and action."""
    rows = session.execute(
        select(Log, LogPrivate)
        .outerjoin(LogPrivate, LogPrivate.log_id == Log.id)
        .where(
            Log.number.is_(None),
            Log.actor_kind == kind,
            Log.actor_id == subject_id,
            Log.action.in_(EVENTS),
        )
        .order_by(Log.id.desc())
        .limit(MOST_EVENTS)
    )
    return [_event(log, private) for log, private in rows]


def failed(
    session: Session,
    kind: str,
    subject_id: int,
    *,
    method: str,
    browser: str,
    remote: str,
    now: datetime,
) -> None:
    """Somebody tried to get into this account and was refused."""
    changes = [Change("method", None, method), *came_from(browser, remote)]
    actor = sessions.whose(session, kind, subject_id)
    audit.record(session, actor, "login_failed", now=now, changes=changes)


def change_password(
    session: Session, actor: Actor, password_hash: str, *, now: datetime, keep: int | None = None
) -> None:
    """Every session ends but `keep`; the owner is told by mail."""
    assert actor.id is not None
    logins.set_password(session, str(actor.kind), actor.id, password_hash)
    sessions.end_all(session, str(actor.kind), actor.id, now=now, but=keep)
    audit.record(session, actor, "password_changed", now=now)
    tell(session, actor, "password_changed", now=now)


def tell(session: Session, actor: Actor, what: str, *, now: datetime) -> None:
    """Who guards an account hears when its locks change, in case it was somebody else."""
    table = Agent if str(actor.kind) == "agent" else Person
    found = session.execute(select(table.email, table.name).where(table.id == actor.id)).first()
    if found is None or not found[0]:
        return
    told = Notice(
        "account_changed",
        Channel.MAIL,
        found[0],
        to_name=found[1],
        automatic=False,
        data={"what": what, "link": ""},
    )
    notices.post(session, [told], now=now)


def came_from(browser: str, remote: str) -> Sequence[Change]:
    """Where somebody sits, as the log keeps it."""
    return [
        *([Change("remote", None, remote)] if remote else []),
        *([Change("browser", None, browser[:200])] if browser else []),
    ]


def _event(log: Log, private: LogPrivate | None) -> Event:
    values: dict[str, Any] = private.values if private is not None else {"changes": []}
    after = {change["field"]: str(change["after"] or "") for change in values["changes"]}
    return Event(
        log.at,
        log.action,
        after.get("method", ""),
        after.get("browser", ""),
        after.get("remote", ""),
        str(values.get("note", "")),
    )
