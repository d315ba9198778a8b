"""What somebody was writing when they had to stop, kept for them alone until it is sent.

A page saves as one types, and a request may take its time: one that was on its way when the answer
left would bring the text back. So a place that was emptied by sending is marked (`spend`), a page
knows the mark it was read with (`turn_of`), and what a page of an earlier mark saves is too late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from helpdesk import inbound
from helpdesk.border import File
from helpdesk.models import Draft

#: the place of a new contact
NEW = "new"
#: before the place that was emptied
SPENT = "spent:"
#: no request is that long on its way
MARKED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Kept:
    """`fields` as they were typed, by the name of the form's field."""

    fields: dict[str, str]
    files: tuple[File, ...]
    saved_at: datetime


def of_ticket(number: int) -> str:
    """The place of what is added to a ticket."""
    return f"ticket:{number}"


def save(
    session: Session,
    owner: tuple[str, int],
    place: str,
    fields: Mapping[str, str],
    files: Sequence[File],
    *,
    now: datetime,
) -> None:
    """One draft an owner and place; the last one counts. The bytes of its files stay meanwhile."""
    kind, owner_id = owner
    inbound.touch_blobs(session, [(file.sha256, file.size) for file in files], now=now)
    row = _find(session, owner, place)
    if row is None:
        row = Draft(owner_kind=kind, owner_id=owner_id, place=place)
        session.add(row)
    row.fields = dict(fields)
    row.files = [asdict(file) for file in files]
    row.saved_at = now


def load(session: Session, owner: tuple[str, int], place: str) -> Kept | None:
    return _kept(_find(session, owner, place))


def opened(session: Session, owner: tuple[str, int], place: str) -> tuple[Kept | None, int]:
    """What is kept of a place, and its mark (`turn_of`), for the page that is to write there."""
    kind, owner_id = owner
    query = select(Draft).where(
        Draft.owner_kind == kind,
        Draft.owner_id == owner_id,
        Draft.place.in_((place, SPENT + place)),
    )
    found = {row.place: row for row in session.scalars(query)}
    mark = found.get(SPENT + place)
    return _kept(found.get(place)), mark.id if mark else 0


def drop(session: Session, owner: tuple[str, int], place: str) -> None:
    kind, owner_id = owner
    session.execute(
        delete(Draft).where(
            Draft.owner_kind == kind, Draft.owner_id == owner_id, Draft.place == place
        )
    )


def spend(session: Session, owner: tuple[str, int], place: str, *, now: datetime) -> None:
    """What was written there has been sent or given up: drop it, and mark the place. The caller
    holds the lock of the ticket, as does whoever saves by `turn_of`: one comes after the other."""
    kind, owner_id = owner
    old = and_(Draft.place.startswith(SPENT), Draft.saved_at < now - MARKED)
    session.execute(
        delete(Draft).where(
            Draft.owner_kind == kind,
            Draft.owner_id == owner_id,
            or_(Draft.place.in_((place, SPENT + place)), old),
        )
    )
    mark = Draft(owner_kind=kind, owner_id=owner_id, place=SPENT + place, fields={}, files=[])
    mark.saved_at = now
    session.add(mark)


def turn_of(session: Session, owner: tuple[str, int], place: str) -> int:
    """The mark of a place, 0 for none: keys only rise, so a higher one means a later sending."""
    mark = _find(session, owner, SPENT + place)
    return mark.id if mark else 0


def _kept(row: Draft | None) -> Kept | None:
    if row is None:
        return None
    return Kept(dict(row.fields), tuple(File(**file) for file in row.files), row.saved_at)


def _find(session: Session, owner: tuple[str, int], place: str) -> Draft | None:
    kind, owner_id = owner
    return session.scalar(
        select(Draft).where(
            Draft.owner_kind == kind, Draft.owner_id == owner_id, Draft.place == place
        )
    )
