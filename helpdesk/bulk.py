"""One action on many tickets: what was asked is kept, and done a few tickets at a time.

Each step is a transaction of its own, so that nobody waits for ten thousand tickets, and says of
each of its tickets what became of it: a crash in the middle leaves what was done, what was not,
and where to go on. A ticket is changed as the agent saw it, by version; one that changed meanwhile
is left alone and listed with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from helpdesk import access, putting_back, sessions
from helpdesk.border import Actor
from helpdesk.bulk_verbs import VERBS, Given
from helpdesk.desk import Desk
from helpdesk.errors import (
    Claimed,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotVisible,
)
from helpdesk.models import Bulk, BulkItem, Ticket
from helpdesk.policy import Policy

#: tickets of one action, and of one step
MOST, STEP = 10_000, 25
#: a step takes a second at most; who is silent for so long has died
HELD = timedelta(seconds=60)
#: what became of old ones is forgotten when the agent begins another
KEPT = timedelta(days=7)
#: states in which something is left to do
AT_WORK = ("running", "undoing")
DONE, UNDONE = "done", "undone"
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class View:
    """`interrupted`: nobody works on it any more, and it is not finished."""

    id: int
    action: str
    state: str
    total: int
    done: int
    left: int
    at: datetime
    interrupted: bool
    undoable: bool

    @property
    def finished(self) -> bool:
        return self.state not in AT_WORK


@dataclass(frozen=True, slots=True)
class Left:
    """A ticket that stayed as it was: stale, claimed (by `detail`), gone, invalid or a code of
    `Conflict`."""

    number: int
    title: str
    code: str
    detail: str


def start(
    session: Session, desk: Desk, action: str, given: Given, items: Sequence[tuple[int, int]]
) -> int:
    """Keep what is asked, and do the first step. `items`: number and version, as the agent saw
    them. Returns the id. What no ticket of the first step could take is refused as a whole.

    Raises `Forbidden`, `Invalid`.
    """
    access.require(desk.actor, f"ticket.{action}")
    unique = dict(items)
    if not 0 < len(unique) <= MOST:
        raise Invalid(FieldError("number", "too_many", (("limit", MOST),)))
    _forget(session, desk)
    row = Bulk(
        agent_id=desk.actor.id,
        action=action,
        given={name: list(values) for name, values in given.items()},
        state="running",
        total=len(unique),
        done=0,
        left=0,
        at=desk.now,
        held_until=desk.now + HELD,
    )
    session.add(row)
    session.flush()  # its items need its id
    waiting = [
        {"bulk_id": row.id, "position": n, "number": number, "version": version, "detail": ""}
        for n, (number, version) in enumerate(unique.items())
    ]
    session.execute(insert(BulkItem), waiting)
    wrong = _do(session, desk, row)
    if row.done == 0 and wrong is not None:
        raise wrong
    return row.id


def step(session: Session, bulk_id: int, policy: Policy, now: datetime) -> bool:
    """The next few tickets, in the name of who asked; whether more wait."""
    row = session.scalar(select(Bulk).where(Bulk.id == bulk_id).with_for_update())
    if row is None or row.state not in AT_WORK:
        return False
    actor = sessions.agent_actor(session, row.agent_id)
    if actor is None or not actor.may(f"ticket.{row.action}"):
        _finish(row, "stopped" if row.state == "running" else UNDONE, now)
        return False
    desk = Desk(actor, policy, now)
    row.held_until = now + HELD
    if row.state == "running":
        _do(session, desk, row)
    else:
        _put_back(session, desk, row)
    return row.state in AT_WORK


def stop(session: Session, desk: Desk, bulk_id: int) -> None:
    """What is done stays done. Raises `NotVisible`."""
    row = _own(session, desk.actor, bulk_id)
    if row.state == "running":
        _finish(row, "stopped", desk.now)


def go_on(session: Session, desk: Desk, bulk_id: int) -> bool:
    """Take over what nobody works on; whether there is anything to do. Raises `NotVisible`."""
    row = _own(session, desk.actor, bulk_id)
    if row.state not in AT_WORK or row.held_until >= desk.now:
        return False
    row.held_until = desk.now + HELD
    return True


def undo(session: Session, desk: Desk, bulk_id: int) -> None:
    """Begin to put back what was done, ticket by ticket, where nothing happened since.
    Raises `NotVisible`, `Conflict`."""
    row = _own(session, desk.actor, bulk_id)
    if not _undoable(row):
        code = "not_allowed"
        raise Conflict(code)
    row.state, row.finished_at = "undoing", None
    row.held_until = desk.now + HELD


def view(session: Session, actor: Actor, bulk_id: int, *, now: datetime) -> View:
    """Raises `NotVisible` for another's."""
    return _view(_own(session, actor, bulk_id, lock=False), now)


def at_work(session: Session, actor: Actor, *, now: datetime) -> list[View]:
    """The agent's own that are not finished, oldest first."""
    found = session.scalars(
        select(Bulk).where(Bulk.agent_id == actor.id, Bulk.state.in_(AT_WORK)).order_by(Bulk.id)
    )
    return [_view(row, now) for row in found]


def left(session: Session, actor: Actor, bulk_id: int) -> list[Left]:
    """Those that stayed as they were, at most `MOST_LISTED`; no title where the actor no longer
    sees the ticket. Raises `NotVisible`."""
    _own(session, actor, bulk_id, lock=False)
    rows = session.execute(
        select(BulkItem.number, Ticket.title, BulkItem.outcome, BulkItem.detail)
        .outerjoin(Ticket, (Ticket.number == BulkItem.number) & access.visible(actor))
        .where(
            BulkItem.bulk_id == bulk_id,
            BulkItem.outcome.is_not(None),
            BulkItem.outcome.not_in([DONE, UNDONE]),
        )
        .order_by(BulkItem.position)
        .limit(MOST_LISTED)
    )
    return [Left(number, title or "", code or "", detail) for number, title, code, detail in rows]


def _do(session: Session, desk: Desk, row: Bulk) -> Invalid | None:
    """The next tickets that wait. Returns what was wrong with the form, should all say so."""
    wrong: Invalid | None = None
    items = _next(session, row, None)
    for item in items:
        try:
            # What one ticket refuses must not undo the others of the step.
            with session.begin_nested():
                ticket = access.ticket(session, desk.actor, item.number)
                before = putting_back.taken(ticket, row.action)
                changed = VERBS[row.action](session, desk, item.number, row.given, item.version)
                item.before, item.after, item.outcome = before, changed.version, DONE
            row.done += 1
        except (Conflict, NotVisible, Invalid, Forbidden) as error:
            wrong = error if isinstance(error, Invalid) else wrong
            _leave(item, error)
            row.left += 1
    if len(items) < STEP:
        _finish(row, DONE, desk.now)
    return wrong


def _put_back(session: Session, desk: Desk, row: Bulk) -> None:
    items = _next(session, row, DONE)
    for item in items:
        try:
            with session.begin_nested():
                putting_back.put_back(
                    session, desk, item.number, row.action, item.before or {}, item.after
                )
                item.outcome = UNDONE
        except (Conflict, NotVisible, Forbidden) as error:
            _leave(item, error)
            row.left += 1
        row.done -= 1
    if len(items) < STEP:
        _finish(row, UNDONE, desk.now)


def _next(session: Session, row: Bulk, outcome: str | None) -> Sequence[BulkItem]:
    query = select(BulkItem).where(BulkItem.bulk_id == row.id, BulkItem.outcome.is_(outcome))
    if outcome is not None:
        query = select(BulkItem).where(BulkItem.bulk_id == row.id, BulkItem.outcome == outcome)
    return session.scalars(query.order_by(BulkItem.position).limit(STEP)).all()


def _leave(item: BulkItem, error: Exception) -> None:
    item.before = item.after = None
    match error:
        case Claimed():
            item.outcome, item.detail = error.code, error.holder
        case Conflict():
            item.outcome = error.code
        case Invalid():
            item.outcome = "invalid"
        case Forbidden():
            item.outcome = "forbidden"
        case _:
            item.outcome = "gone"


def _finish(row: Bulk, state: str, now: datetime) -> None:
    """What was typed may speak of people: it is kept no longer than it is needed."""
    row.state, row.finished_at, row.given = state, now, {}


def _forget(session: Session, desk: Desk) -> None:
    old = select(Bulk.id).where(Bulk.agent_id == desk.actor.id, Bulk.finished_at < desk.now - KEPT)
    session.execute(delete(BulkItem).where(BulkItem.bulk_id.in_(old)))
    session.execute(
        delete(Bulk).where(Bulk.agent_id == desk.actor.id, Bulk.finished_at < desk.now - KEPT)
    )


def _own(session: Session, actor: Actor, bulk_id: int, *, lock: bool = True) -> Bulk:
    query = select(Bulk).where(Bulk.id == bulk_id, Bulk.agent_id == actor.id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        what = "bulk"
        raise NotVisible(what, bulk_id)
    return row


def _undoable(row: Bulk) -> bool:
    """A provider was told of a closing or a question: that is not taken back unheard."""
    return row.state in {DONE, "stopped"} and row.done > 0 and row.action in putting_back.FIELDS


def _view(row: Bulk, now: datetime) -> View:
    interrupted = row.state in AT_WORK and row.held_until < now
    return View(
        row.id, row.action, row.state, row.total, row.done, row.left, row.at, interrupted,
        _undoable(row),
    )  # fmt: skip
