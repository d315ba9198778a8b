"""What happened to a ticket and who looked at it, a page at a time, newest first.

The log tells changes; `access_log` tells who opened what must be answered for: secret tickets and
files, raw mails. Both page by the id they end with.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from helpdesk import access
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import NotVisible
from helpdesk.models import Access, Agent, Log, LogPrivate, Person
from helpdesk.views import LogView

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: `actions` any of (empty: all), by one actor, in a period (`until` excluded).
    `before`: only those older than that id."""

    actions: Collection[str] = ()
    who: tuple[str, int | None] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked. `what`: ticket, raw, attachment or break_glass; `detail` is of the last one
    the reason, of the others the id of what was opened."""

    id: int
    at: datetime
    name: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody the log of a ticket names."""

    kind: str
    id: int | None
    name: str


EVERYTHING = Sought()


def changes(
    session: Session, actor: Actor, number: int, sought: Sought = EVERYTHING, *, limit: int = PAGE
) -> tuple[list[LogView], int | None]:
    """Entries of the log and where the next page begins. Raises `NotVisible`."""
    _check(session, actor, number)
    conditions = [Log.number == number, *_sought(Log, sought)]
    if sought.actions:
        conditions.append(Log.action.in_(sorted(sought.actions)))
    query = (
        select(Log, LogPrivate.values)
        .outerjoin(LogPrivate, LogPrivate.log_id == Log.id)
        .where(*conditions)
    )
    found = session.execute(query.order_by(Log.id.desc()).limit(limit + 1)).all()
    shown = [view(row, private) for row, private in found[:limit]]
    return shown, shown[-1].id if len(found) > limit else None


def looks(
    session: Session, actor: Actor, number: int, sought: Sought = EVERYTHING, *, limit: int = PAGE
) -> tuple[list[Look], int | None]:
    """Who looked, and where the next page begins. Raises `NotVisible`."""
    _check(session, actor, number)
    query = (
        select(Access, Agent.name)
        .outerjoin(Agent, (Agent.id == Access.actor_id) & (Access.actor_kind == ActorKind.AGENT))
        .where(Access.number == number, *_sought(Access, sought))
    )
    found = session.execute(query.order_by(Access.id.desc()).limit(limit + 1)).all()
    shown = [Look(a.id, a.at, name or "", a.what, a.detail) for a, name in found[:limit]]
    return shown, shown[-1].id if len(found) > limit else None


def doers(session: Session, actor: Actor, number: int) -> list[Doer]:
    """Who did something to the ticket, by name. Raises `NotVisible`."""
    return _named(session, actor, number, Log)


def lookers(session: Session, actor: Actor, number: int) -> list[Doer]:
    """Who looked, by name. Raises `NotVisible`."""
    return _named(session, actor, number, Access)


def view(row: Log, private: dict[str, Any] | None) -> LogView:
    """`private` is None once it was erased."""
    values: dict[str, Any] = private or {}
    return LogView(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=values.get("actor", ""),
        action=row.action,
        changes=values.get("changes", []),
        note=values.get("note", ""),
        digest=row.digest,
        seal=row.seal_id,
    )


def _check(session: Session, actor: Actor, number: int) -> None:
    """A person of a provider has no access to either."""
    access.ticket(session, actor, number)
    if actor.kind is ActorKind.PERSON:
        raise NotVisible("log", number)


def _sought(table: type[Log] | type[Access], sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.who is not None:
        kind, key = sought.who
        conditions += [table.actor_kind == kind, table.actor_id.is_not_distinct_from(key)]
    if sought.since is not None:
        conditions.append(table.at >= sought.since)
    if sought.until is not None:
        conditions.append(table.at < sought.until)
    if sought.before is not None:
        conditions.append(table.id < sought.before)
    return conditions


def _named(
    session: Session, actor: Actor, number: int, table: type[Log] | type[Access]
) -> list[Doer]:
    _check(session, actor, number)
    found = session.execute(
        select(table.actor_kind, table.actor_id, Agent.name, Person.name)
        .outerjoin(Agent, (Agent.id == table.actor_id) & (table.actor_kind == ActorKind.AGENT))
        .outerjoin(Person, (Person.id == table.actor_id) & (table.actor_kind == ActorKind.PERSON))
        .where(table.number == number)
        .distinct()
    )
    named = [Doer(kind, key, agent or person or "") for kind, key, agent, person in found]
    return sorted(named, key=lambda each: (each.name.casefold(), each.kind, each.id or 0))
