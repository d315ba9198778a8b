"""One action on many tickets: what was asked is kept, and done a few tickets at a time.

Each step is a transaction of its own, so that nobody waits for ten thousand tickets, and says of
each of its tickets what became of it: a crash in the middle leaves what was done, what was not,
and where to go on. A ticket is changed as the agent saw it, by version; one that changed meanwhile
is left alone and listed with the reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from helpdesk import access, outbox, putting_back, sessions
from helpdesk.bulk_verbs import VERBS, Given
from helpdesk.bulk_views import AT_WORK, is_undoable, own
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
#: every so many of them what the first ones said is held back again: all can be undone at the end
AGAIN = 1_000
#: a step takes a second at most; who is silent for so long has died
HELD = timedelta(seconds=60)
#: what nobody works on is taken up again for so long; after that its agent says whether it goes on
TAKEN_UP = timedelta(hours=1)
#: what became of old ones is forgotten when the agent begins another
KEPT = timedelta(days=7)
DONE, UNDONE = "done", "undone"


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
        _finish(session, row, "stopped" if row.state == "running" else UNDONE, now)
        return False
    desk = Desk(actor, policy, now)
    row.held_until = now + HELD
    if row.state == "running":
        _do(session, desk, row)
    else:
        _put_back(session, desk, row)
    return row.state in AT_WORK


def is_under_way(session: Session) -> bool:
    """Whether any is under way: whoever works on it may have died."""
    return session.scalar(select(Bulk.id).where(Bulk.state.in_(AT_WORK)).limit(1)) is not None


def take_up(session: Session, policy: Policy, now: datetime) -> bool:
    """The next few tickets of what nobody works on any more; whether there was such a thing."""
    dropped = session.scalar(
        select(Bulk)
        .where(Bulk.state.in_(AT_WORK), Bulk.held_until < now, Bulk.held_until > now - TAKEN_UP)
        .order_by(Bulk.held_until)
        .limit(1)
        .with_for_update()
    )
    if dropped is None:
        return False
    step(session, dropped.id, policy, now)
    # Held only while this transaction lasts: the next call goes on with it.
    dropped.held_until = now - timedelta(seconds=1)
    return True


def stop(session: Session, desk: Desk, bulk_id: int) -> None:
    """What is done stays done. Raises `NotVisible`."""
    row = own(session, desk.actor, bulk_id, lock=True)
    if row.state == "running":
        _finish(session, row, "stopped", desk.now)


def go_on(session: Session, desk: Desk, bulk_id: int) -> bool:
    """Take over what nobody works on; whether there is anything to do. Raises `NotVisible`."""
    row = own(session, desk.actor, bulk_id, lock=True)
    if row.state not in AT_WORK or row.held_until >= desk.now:
        return False
    row.held_until = desk.now + HELD
    return True


def undo(session: Session, desk: Desk, bulk_id: int) -> None:
    """Begin to put back what was done, ticket by ticket, where nothing happened since. What it
    said does not leave meanwhile. Raises `NotVisible`, `Conflict`."""
    row = own(session, desk.actor, bulk_id, lock=True)
    if not is_undoable(row, desk.now):
        code = "not_allowed"
        raise Conflict(code)
    row.state, row.finished_at = "undoing", None
    row.held_until = desk.now + HELD
    _hold_back(session, row, desk.now)


def _do(session: Session, desk: Desk, row: Bulk) -> Invalid | None:
    """The next tickets that wait. Returns what was wrong with the form, should all say so."""
    wrong: Invalid | None = None
    before_step = row.done
    items = _next(session, row, None)
    for item in items:
        try:
            # What one ticket refuses must not undo the others of the step.
            with session.begin_nested():
                # Locked before it is read: the verb must not find what was true before it waited.
                ticket = access.ticket(session, desk.actor, item.number, lock=True)
                before = putting_back.taken(ticket, row.action)
                changed = VERBS[row.action](session, desk, item.number, row.given, item.version)
                item.before, item.after, item.outcome = before, changed.version, DONE
            row.done += 1
        except (Conflict, NotVisible, Invalid, Forbidden) as error:
            wrong = error if isinstance(error, Invalid) else wrong
            _leave(item, error)
            row.left += 1
    if len(items) < STEP:
        _finish(session, row, DONE, desk.now)
    elif row.done // AGAIN > before_step // AGAIN:
        _hold_back(session, row, desk.now)
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
        _finish(session, row, UNDONE, desk.now)


def _next(session: Session, row: Bulk, outcome: str | None) -> Sequence[BulkItem]:
    query = select(BulkItem).where(BulkItem.bulk_id == row.id, BulkItem.outcome.is_(outcome))
    if outcome is not None:
        query = select(BulkItem).where(BulkItem.bulk_id == row.id, BulkItem.outcome == outcome)
    found = session.scalars(query.order_by(BulkItem.position).limit(STEP)).all()
    # Two actions that meet take their tickets in one order, so that none waits for the other.
    return sorted(found, key=lambda item: item.number)


def _leave(item: BulkItem, error: Exception) -> None:
    item.before = item.after = None
    match error:
        case Claimed():
            item.outcome, item.detail = error.code, error.holder
        case Conflict():
            item.outcome = error.code
        case Invalid():
            missing = any(e.field == "reason" and e.code == "required" for e in error.errors)
            item.outcome = "no_reason" if missing else "invalid"
        case Forbidden():
            item.outcome = "forbidden"
        case _:
            item.outcome = "gone"


def _finish(session: Session, row: Bulk, state: str, now: datetime) -> None:
    """What was typed may speak of people: it is kept no longer than it is needed."""
    row.state, row.finished_at, row.given = state, now, {}
    if state != UNDONE:
        _hold_back(session, row, now)


def _hold_back(session: Session, row: Bulk, now: datetime) -> None:
    """What it said and what has not left yet waits once more, all of it until one moment. Nobody
    who dies here holds it back for good."""
    if row.action not in putting_back.SPEAKING:
        return
    session.flush()  # what this step did is asked for below
    done = (BulkItem.bulk_id == row.id, BulkItem.outcome == DONE)
    said = (
        select(Ticket.last_answer_id)
        .join(BulkItem, BulkItem.number == Ticket.number)
        .where(*done, Ticket.version == BulkItem.after)
    )
    outbox.hold_back(
        session,
        select(BulkItem.number).where(*done),
        said,
        since=row.at,
        until=now + putting_back.GRACE,
    )


def _forget(session: Session, desk: Desk) -> None:
    old = select(Bulk.id).where(Bulk.agent_id == desk.actor.id, Bulk.finished_at < desk.now - KEPT)
    session.execute(delete(BulkItem).where(BulkItem.bulk_id.in_(old)))
    session.execute(
        delete(Bulk).where(Bulk.agent_id == desk.actor.id, Bulk.finished_at < desk.now - KEPT)
    )
