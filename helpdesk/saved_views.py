"""Lists that agents keep under a name (visões salvas), for themselves or shared."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import audit, sharing, text
from helpdesk.audit import Change
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Agent, SavedView, Sector

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
MOST_VIEWS = 50
#: of others, on one page
MOST_SHARED = 500


@dataclass(frozen=True, slots=True)
class View:
    """`query` is what stands behind `/central?`; `mine`: the reader may change it."""

    id: int
    name: str
    query: str
    scope: str
    mine: bool


def listing(session: Session, actor: Actor) -> list[View]:
    """The agent's own and those shared with it, each group in its order."""
    found = session.scalars(
        select(SavedView)
        .where(sharing.seen_by(SavedView, actor), SavedView.removed_at.is_(None))
        .order_by(SavedView.position, SavedView.id)
        .limit(MOST_VIEWS * 2)
    )
    return [View(v.id, v.name, v.query, v.scope, v.agent_id == actor.id) for v in found]


@dataclass(frozen=True, slots=True)
class Shared:
    """One that somebody else shares: `owner` by name, `sector` None where everybody has it."""

    id: int
    name: str
    owner: str
    sector: str | None


def shared_by_others(session: Session, actor: Actor) -> list[Shared]:
    """Those of every sector, for who keeps them in order (`sharing.SHARES`); none for others."""
    if not actor.may(sharing.SHARES[SavedView]):
        return []
    found = session.execute(
        select(SavedView.id, SavedView.name, Agent.name, Sector.name)
        .join(Agent, Agent.id == SavedView.agent_id)
        .outerjoin(Sector, Sector.id == SavedView.sector_id)
        .where(
            SavedView.scope != "personal",
            SavedView.agent_id != actor.id,
            SavedView.removed_at.is_(None),
        )
        .order_by(SavedView.scope, SavedView.name, SavedView.id)
        .limit(MOST_SHARED)
    )
    return [Shared(*row) for row in found]


def save(session: Session, desk: Desk, name: str, query: str, scope: str) -> int:
    """Keep a list under a name; the same name of the same agent is replaced. Returns its id.
    Raises `Invalid`, `Forbidden`."""
    called = _called(name)
    if len(query) > LONGEST_QUERY:
        raise Invalid(FieldError("query", "too_long", (("limit", LONGEST_QUERY),)))
    sector_id = sharing.sector_of(desk, SavedView, scope)
    known = _of(session, desk.actor.id)
    row = next((v for v in known if v.name == called), None)
    if row is None:
        if len(known) >= MOST_VIEWS:
            raise Invalid(FieldError("name", "too_many", (("limit", MOST_VIEWS),)))
        last = session.scalar(select(func.max(SavedView.position))) or 0
        row = SavedView(name=called, agent_id=desk.actor.id, position=last + 1)
        session.add(row)
    row.query, row.scope, row.sector_id, row.changed_at = query, scope, sector_id, desk.now
    session.flush()  # its id is the answer
    _log(session, desk, "view_saved", called)
    return row.id


def change(session: Session, desk: Desk, view_id: int, name: str, scope: str) -> None:
    """Another name, or for others. Raises `Invalid`, `Forbidden`, `NotVisible`."""
    row = _changeable(session, desk, view_id)
    if scope != row.scope:
        row.sector_id, row.scope = sharing.sector_of(desk, SavedView, scope), scope
    _call(session, desk, row, name)


def rename(session: Session, desk: Desk, view_id: int, name: str) -> None:
    """Another name, for as many as had it. Raises `Invalid`, `NotVisible`."""
    _call(session, desk, _changeable(session, desk, view_id), name)


def remove(session: Session, desk: Desk, view_id: int) -> None:
    """Raises `NotVisible`."""
    row = _changeable(session, desk, view_id)
    row.removed_at = desk.now
    _log(session, desk, "view_removed", row.name)


def restore(session: Session, desk: Desk, view_id: int) -> None:
    """Bring a removed one back. Raises `NotVisible`."""
    row = _changeable(session, desk, view_id)
    row.removed_at = None
    _log(session, desk, "view_saved", row.name)


def order(session: Session, desk: Desk, ids: Sequence[int]) -> None:
    """Put one's own views in this order. Raises `NotVisible` for another's."""
    known = {v.id: v for v in _of(session, desk.actor.id)}
    places = sorted(v.position for v in known.values())
    if set(ids) != set(known):
        what = "view"
        raise NotVisible(what)
    for place, view_id in zip(places, ids, strict=True):
        known[view_id].position = place


def _changeable(session: Session, desk: Desk, view_id: int) -> SavedView:
    row = session.get(SavedView, view_id)
    sharing.own(desk, row, "view", view_id)
    assert row is not None  # `own` lets nothing else pass
    return row


def _call(session: Session, desk: Desk, row: SavedView, name: str) -> None:
    """A name stands once among those of whoever made the view."""
    before, called = row.name, _called(name)
    if any(v.name == called and v.id != row.id for v in _of(session, row.agent_id)):
        raise Invalid(FieldError("name", "taken"))
    row.name, row.changed_at = called, desk.now
    changes = [Change("view", before, called)] if before != called else []
    audit.record(session, desk.actor, "view_saved", now=desk.now, changes=changes, note=called)


def _called(name: str) -> str:
    called = " ".join(text.normalise(name).split())
    if not called:
        raise Invalid(FieldError("name", "required"))
    if len(called) > LONGEST_NAME:
        raise Invalid(FieldError("name", "too_long", (("limit", LONGEST_NAME),)))
    return called


def _of(session: Session, agent_id: int | None) -> list[SavedView]:
    """In their order."""
    mine = (SavedView.agent_id == agent_id, SavedView.removed_at.is_(None))
    query = select(SavedView).where(*mine).order_by(SavedView.position, SavedView.id)
    return list(session.scalars(query))


def _log(session: Session, desk: Desk, action: str, name: str) -> None:
    audit.record(session, desk.actor, action, now=desk.now, note=name)
