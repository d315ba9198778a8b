"""Where others name somebody: notes, the log's values, drafts, views, kept answers."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from helpdesk.border import ActorKind
from helpdesk.models import (
    Alert,
    Draft,
    GlassBreak,
    Idempotency,
    Log,
    LogPrivate,
    Message,
    SavedView,
    Throttle,
)
from helpdesk.privacy.among import any_of
from helpdesk.privacy.subject import folded


@dataclass(frozen=True, slots=True)
class Named:
    """`words` identify the subject; of `whole` tickets every row counts. `titles` name nobody
    elsewhere: they count in the log of the tickets alone."""

    persons: Collection[int]
    numbers: Collection[int]
    whole: Collection[int]
    words: Collection[str]
    titles: Collection[str]


def found(session: Session, named: Named) -> dict[str, tuple[Any, ...]]:
    """Ids by place; `mention` are messages, whoever wrote them."""
    log = select(Log.id, Log.number, LogPrivate.values).join(
        LogPrivate, LogPrivate.log_id == Log.id
    )
    titled = replace(named, words={*named.words, *named.titles})
    own = and_(Log.actor_kind == ActorKind.PERSON, any_of(session, Log.actor_id, named.persons))
    values = {
        *_naming(session, log.where(_near(session, Log.number, named)), titled),
        *_spoken(
            session,
            select(Log.id, LogPrivate.values)
            .join(LogPrivate, LogPrivate.log_id == Log.id)
            .where(Log.number.is_(None)),
            named,
        ),
        *session.scalars(
            select(LogPrivate.log_id).join(Log, Log.id == LogPrivate.log_id).where(own)
        ),
    }
    alert = select(Alert.id, Alert.number, Alert.detail)
    glass = select(GlassBreak.id, GlassBreak.number, GlassBreak.reason)
    said = Message.text + Message.quoted + func.coalesce(Message.html, "")
    message = select(Message.id, Message.number, said)
    return {
        "log_private": tuple(sorted(values)),
        "alert": _naming(session, alert.where(_near(session, Alert.number, named)), named),
        "glass_break": _naming(
            session, glass.where(_near(session, GlassBreak.number, named)), named
        ),
        "mention": _naming(session, message.where(_near(session, Message.number, named)), named),
        "other_draft": _spoken(
            session, select(Draft.id, Draft.fields).where(Draft.owner_kind != "person"), named
        ),
        "saved_view": _spoken(session, select(SavedView.id, SavedView.query), named),
        "throttle": _spoken(session, select(Throttle.key, Throttle.key), named),
        "answer": _spoken(session, select(Idempotency.key, Idempotency.answer), named),
    }


def _near(session: Session, column: Any, named: Named) -> ColumnElement[bool]:
    return any_of(session, column, named.numbers)


def _naming(session: Session, query: Any, named: Named) -> tuple[Any, ...]:
    """Of rows (id, number, what it says), the ids that name one, or stand in a whole ticket."""
    rows: Any = session.execute(query).all()
    whole = [key for key, number, _ in rows if number in named.whole]
    return tuple(dict.fromkeys([*whole, *_those(((k, said) for k, _, said in rows), named)]))


def _spoken(session: Session, query: Any, named: Named) -> tuple[Any, ...]:
    """Of rows (id, what it says), the ids that name one: read whole, where anybody is named."""
    if not named.words:
        return ()
    rows: Any = session.execute(query).all()
    return tuple(dict.fromkeys(_those(rows, named)))


def _those(rows: Iterable[Any], named: Named) -> list[Any]:
    wanted = [folded(word) for word in named.words]
    found: list[Any] = []
    for key, said in rows:
        spoken = folded(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))
        if any(word in spoken for word in wanted):
            found.append(key)
    return found
