"""What somebody was writing when they had to stop, kept for them alone until it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from helpdesk import inbound
from helpdesk.border import File
from helpdesk.models import Draft

#: the place of a new contact
NEW = "new"


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
    row = _find(session, owner, place)
    if row is None:
        return None
    return Kept(dict(row.fields), tuple(File(**file) for file in row.files), row.saved_at)


def drop(session: Session, owner: tuple[str, int], place: str) -> None:
    kind, owner_id = owner
    session.execute(
        delete(Draft).where(
            Draft.owner_kind == kind, Draft.owner_id == owner_id, Draft.place == place
        )
    )


def _find(session: Session, owner: tuple[str, int], place: str) -> Draft | None:
    kind, owner_id = owner
    return session.scalar(
        select(Draft).where(
            Draft.owner_kind == kind, Draft.owner_id == owner_id, Draft.place == place
        )
    )
