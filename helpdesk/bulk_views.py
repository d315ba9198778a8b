"""An action on many tickets as its agent sees it: how far it came, what was left alone, and until
when it can be undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from helpdesk import access, putting_back
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.models import Bulk, BulkItem, Ticket

#: states in which something is left to do
AT_WORK = ("running", "undoing")
#: states in which what was done may be undone
ENDED = ("stopped", "done")
#: what became of a ticket, where it was not left alone
CHANGED = ("done", "undone")
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class View:
    """`interrupted`: nobody works on it any more, and it is not finished. `told_at`: when its words
    leave for the providers, and it can no longer be undone; None where nothing waits to leave."""

    id: int
    action: str
    state: str
    total: int
    done: int
    left: int
    at: datetime
    interrupted: bool
    undoable: bool
    told_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.state not in AT_WORK


@dataclass(frozen=True, slots=True)
class Left:
    """A ticket that stayed as it was: stale, claimed (by `detail`), gone, invalid, no_reason or a
    code of `Conflict`."""

    number: int
    title: str
    code: str
    detail: str


def view(session: Session, actor: Actor, bulk_id: int, *, now: datetime) -> View:
    """Raises `NotVisible` for another's."""
    return _view(own(session, actor, bulk_id), now)


def at_hand(session: Session, actor: Actor, *, now: datetime) -> list[View]:
    """The agent's own that are not finished, and those whose words wait to leave; oldest first."""
    waiting = and_(
        Bulk.state.in_(ENDED),
        Bulk.action.in_(putting_back.SPEAKING),
        Bulk.finished_at > now - putting_back.GRACE,
        Bulk.done > 0,
    )
    found = session.scalars(
        select(Bulk)
        .where(Bulk.agent_id == actor.id, or_(Bulk.state.in_(AT_WORK), waiting))
        .order_by(Bulk.id)
    )
    return [_view(row, now) for row in found]


def left(session: Session, actor: Actor, bulk_id: int) -> list[Left]:
    """Those that stayed as they were, at most `MOST_LISTED`; no title where the actor no longer
    sees the ticket. Raises `NotVisible`."""
    own(session, actor, bulk_id)
    rows = session.execute(
        select(BulkItem.number, Ticket.title, BulkItem.outcome, BulkItem.detail)
        .outerjoin(Ticket, (Ticket.number == BulkItem.number) & access.visible(actor))
        .where(
            BulkItem.bulk_id == bulk_id,
            BulkItem.outcome.is_not(None),
            BulkItem.outcome.not_in(CHANGED),
        )
        .order_by(BulkItem.position)
        .limit(MOST_LISTED)
    )
    return [Left(number, title or "", code or "", detail) for number, title, code, detail in rows]


def own(session: Session, actor: Actor, bulk_id: int, *, lock: bool = False) -> Bulk:
    """Raises `NotVisible` for another's."""
    query = select(Bulk).where(Bulk.id == bulk_id, Bulk.agent_id == actor.id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        what = "bulk"
        raise NotVisible(what, bulk_id)
    return row


def is_undoable(row: Bulk, now: datetime) -> bool:
    told_at = _told_at(row)
    return row.state in ENDED and row.done > 0 and (told_at is None or now < told_at)


def _told_at(row: Bulk) -> datetime | None:
    if row.action not in putting_back.SPEAKING or row.finished_at is None:
        return None
    return row.finished_at + putting_back.GRACE


def _view(row: Bulk, now: datetime) -> View:
    interrupted = row.state in AT_WORK and row.held_until < now
    undoable = is_undoable(row, now)
    return View(
        row.id, row.action, row.state, row.total, row.done, row.left, row.at, interrupted,
        undoable, _told_at(row) if undoable else None,
    )  # fmt: skip
