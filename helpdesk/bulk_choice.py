"""All that a list shows, as the agent saw it, for an action on many tickets (`bulk`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, events, grid, search
from helpdesk.border import Actor
from helpdesk.bulk import MOST
from helpdesk.errors import FieldError, Invalid
from helpdesk.events import Cursor
from helpdesk.filters import Filter
from helpdesk.grid import Order
from helpdesk.models import Ticket
from helpdesk.policy import Policy

#: events after which a ticket is no longer what the agent saw
CHANGES = frozenset({"changed", "message"})


def chosen(
    session: Session,
    actor: Actor,
    wanted: Filter,
    *,
    policy: Policy,
    now: datetime,
    seen: Cursor | None,
) -> list[tuple[int, int]]:
    """Number and version of everything a list shows, for `start`. `seen`: the place in the events
    where the agent read the list. What was opened since is left out, and what changed since has
    version 0, which no ticket has: it will be listed as changed. Raises `Invalid` for too many."""
    numbers, more = grid.numbers(
        session, actor, wanted, Order("number"), policy=policy, now=now, limit=MOST
    )
    if more is not None:
        raise Invalid(FieldError("number", "too_many", (("limit", MOST),)))
    fresh, changed = _since(session, seen) if seen is not None else (set[int](), set[int]())
    query = select(Ticket.number, Ticket.version).where(search.among(session, numbers))
    versions = {row.number: row.version for row in session.execute(query).all()}
    return [
        (number, 0 if number in changed else versions[number])
        for number in numbers
        if number not in fresh and number in versions
    ]


def shared(session: Session, actor: Actor, numbers: Sequence[int]) -> int | None:
    """The subclassification of all of them; None where they have several, or none."""
    found = session.scalars(
        select(Ticket.subclassification_id)
        .where(search.among(session, numbers), access.visible(actor))
        .distinct()
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _since(session: Session, seen: Cursor) -> tuple[set[int], set[int]]:
    """Tickets opened and tickets changed after a place in the events."""
    fresh: set[int] = set()
    changed: set[int] = set()
    while found := events.after(session, seen):
        seen = found[-1].cursor
        fresh |= {e.number for e in found if e.number is not None and e.kind == "opened"}
        changed |= {e.number for e in found if e.number is not None and e.kind in CHANGES}
    return fresh, changed
