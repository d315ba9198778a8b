"""What exactly the provider was asked for, item by item, and what came of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from helpdesk import access, events, merging, text
from helpdesk.audit import Change
from helpdesk.desk import Desk, log
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import AskedItem

MOST_ITEMS = 20
LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class AskedView:
    """`answered_by` is the complement that brought it; None with `answered_at` when an agent said
    that it is there."""

    id: int
    message_id: int
    label: str
    answered_by: int | None
    answered_at: datetime | None


def labels_of(asked: Sequence[str]) -> list[str]:
    """What may be asked: named things, each once. Raises `Invalid` (field `ask`)."""
    labels = list(dict.fromkeys(filter(None, (" ".join(text.normalise(a).split()) for a in asked))))
    if len(labels) > MOST_ITEMS:
        raise Invalid(FieldError("ask", "too_many", (("limit", MOST_ITEMS),)))
    longest = max(map(len, labels), default=0)
    if longest > LONGEST_LABEL:
        limits = (("limit", LONGEST_LABEL), ("length", longest))
        raise Invalid(FieldError("ask", "too_long", limits))
    return labels


def worded(body: str, labels: Sequence[str]) -> str:
    """The message that asks, in every channel: the items stand in it as a numbered list."""
    items = "\n".join(f"{n}. {label}" for n, label in enumerate(labels, start=1))
    return "\n\n".join(part for part in (body.strip(), items) if part)


def ask(session: Session, number: int, message_id: int, labels: Sequence[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"number": number, "message_id": message_id, "position": n, "label": label}
        for n, label in enumerate(labels, start=1)
    ]
    if rows:
        session.execute(insert(AskedItem), rows)


def unask(session: Session, number: int, message_id: int) -> None:
    """The question was taken back before anybody saw it."""
    session.execute(
        delete(AskedItem).where(AskedItem.number == number, AskedItem.message_id == message_id)
    )


def of_ticket(session: Session, number: int) -> list[AskedView]:
    """In the order of asking; also what was asked in the tickets that were merged into it."""
    family = merging.family(session, [number])
    query = select(AskedItem).where(AskedItem.number.in_(family)).order_by(AskedItem.id)
    return [
        AskedView(item.id, item.message_id, item.label, item.answered_by, item.answered_at)
        for item in session.scalars(query)
    ]


def missing(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """How many asked items each of the tickets still waits for; those that wait for none are left
    out."""
    family = merging.family(session, numbers)
    query = (
        select(AskedItem.number, func.count())
        .where(AskedItem.number.in_(family), AskedItem.answered_at.is_(None))
        .group_by(AskedItem.number)
    )
    found = Counter[int]()
    for number, count in session.execute(query):
        found[family[number]] += count
    return dict(found)


def answer(
    session: Session, number: int, items: Collection[int], message_id: int, *, now: datetime
) -> None:
    """A complement brought these; what is not of the ticket or came before is left as it is."""
    if not items:
        return
    session.execute(
        update(AskedItem)
        .where(
            AskedItem.number.in_(merging.family(session, [number])),
            AskedItem.id.in_(sorted(items)),
            AskedItem.answered_at.is_(None),
        )
        .values(answered_by=message_id, answered_at=now)
    )


def settle(session: Session, desk: Desk, number: int, item_id: int, *, there: bool) -> None:
    """An agent says whether an item is there: it may have come by mail, or not be what was asked
    for. Raises `NotVisible`, `Forbidden`."""
    access.require(desk.actor, "ticket.pending")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    item = session.get(AskedItem, item_id)
    if item is None or item.number not in merging.family(session, [number]):
        raise NotVisible("asked_item", item_id)
    if there == (item.answered_at is not None):
        return
    item.answered_at, item.answered_by = (desk.now, None) if there else (None, None)
    ticket.version += 1
    before, after = (None, item.label) if there else (item.label, None)
    log(session, desk, ticket, "item_settled", [Change("asked_item", before, after)])
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
