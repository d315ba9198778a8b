"""Files on their way in pieces: how far each came, for whoever has to go on after a break.

The bytes of a piece are in the blob store before its row says so, as those of any file are; what is
said here holds for every process that shares database and store.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from helpdesk import inbound
from helpdesk.border import File
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible, Throttled
from helpdesk.models import Upload

#: after the last piece; the collector then takes the bytes
LIFE = timedelta(hours=24)
#: files somebody may send in that time
MOST = 200
#: when to come again, in seconds
LATER = 3600

Owner = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A file about to be sent. `place`, `item`: the form and the asked item it is for; `mark`: what
    tells it from an earlier one of the same name and size."""

    filename: str
    content_type: str
    size: int
    mark: str = ""
    place: str = ""
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """`received` octets came so far, as `pieces` (the sha256 of each); `sha256` is of the whole
    file, "" until it was taken."""

    id: str
    filename: str
    content_type: str
    size: int
    received: int
    pieces: tuple[str, ...]
    sha256: str
    item: int | None

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    @property
    def file(self) -> File | None:
        """None until it was taken."""
        if not self.sha256:
            return None
        return File(self.filename, self.content_type, self.size, self.sha256)


def begin(session: Session, owner: Owner, asked: Asked, *, now: datetime) -> Begun:
    """The same file asked for again goes on where it stopped. Raises `Throttled`."""
    kind, owner_id = owner
    mine = Upload.owner_kind == kind, Upload.owner_id == owner_id
    row = session.scalar(
        select(Upload).where(
            *mine,
            Upload.place == asked.place,
            Upload.item.is_(None) if asked.item is None else Upload.item == asked.item,
            Upload.filename == asked.filename,
            Upload.size == asked.size,
            Upload.mark == asked.mark,
            Upload.touched_at > now - LIFE,
        )
    )
    if row is None:
        since = session.scalar(
            select(func.count()).select_from(Upload).where(*mine, Upload.touched_at > now - LIFE)
        )
        if since is not None and since >= MOST:
            raise Throttled(LATER)
        row = Upload(
            public_id=secrets.token_hex(16),
            owner_kind=kind,
            owner_id=owner_id,
            place=asked.place,
            item=asked.item,
            filename=asked.filename,
            content_type=asked.content_type,
            mark=asked.mark,
            size=asked.size,
            received=0,
            pieces=[],
            sha256="",
        )
        session.add(row)
    row.touched_at = now
    return _begun(row)


def look(session: Session, owner: Owner, public_id: str) -> Begun:
    """Raises `NotVisible`, also for somebody else's."""
    return _begun(_find(session, owner, public_id, lock=False))


def add(
    session: Session,
    owner: Owner,
    public_id: str,
    offset: int,
    piece: tuple[str, int],
    *,
    now: datetime,
) -> Begun:
    """The next piece (sha256 and octets of a durable blob). Raises `NotVisible`, `Invalid` for one
    that goes beyond the file, `Conflict` for one that does not follow what is there."""
    row = _find(session, owner, public_id)
    sha256, size = piece
    if offset + size > row.size:
        raise Invalid(FieldError("size", "range", (("limit", row.size),)))
    if offset != row.received:
        code = "offset"
        raise Conflict(code, received=row.received)
    inbound.touch_blobs(session, [piece], now=now)
    row.pieces = [*row.pieces, sha256]
    row.received += size
    row.touched_at = now
    return _begun(row)


def finish(session: Session, owner: Owner, public_id: str, file: File, *, now: datetime) -> Begun:
    """The whole was looked at and is durable as `file`. Raises `NotVisible`."""
    row = _find(session, owner, public_id)
    inbound.touch_blobs(session, [(file.sha256, file.size)], now=now)
    row.sha256, row.content_type, row.touched_at = file.sha256, file.content_type, now
    return _begun(row)


def drop(session: Session, owner: Owner, public_id: str) -> None:
    """Raises `NotVisible`."""
    session.delete(_find(session, owner, public_id))


def drop_all(session: Session, owner: Owner, place: str) -> None:
    """Those of a form that was sent: what it took is an attachment now."""
    kind, owner_id = owner
    session.execute(
        delete(Upload).where(
            Upload.owner_kind == kind, Upload.owner_id == owner_id, Upload.place == place
        )
    )


def unfinished(session: Session, owner: Owner, place: str, *, now: datetime) -> Sequence[Begun]:
    """Those of a form that stopped on the way, oldest first."""
    kind, owner_id = owner
    rows = session.scalars(
        select(Upload)
        .where(
            Upload.owner_kind == kind,
            Upload.owner_id == owner_id,
            Upload.place == place,
            Upload.sha256 == "",
            Upload.received > 0,
            Upload.touched_at > now - LIFE,
        )
        .order_by(Upload.id)
    )
    return [_begun(row) for row in rows]


def is_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Upload.id).where(_abandoned(now)).limit(1)) is not None


def forget(session: Session, *, now: datetime) -> None:
    """Those that nobody went on with: nothing names their bytes any more."""
    session.execute(delete(Upload).where(_abandoned(now)))


def named(session: Session) -> list[str]:
    """Every blob that belongs to a file on its way."""
    rows = session.execute(
        select(Upload.pieces, Upload.sha256).where(or_(Upload.received > 0, Upload.sha256 != ""))
    )
    return [sha256 for pieces, whole in rows for sha256 in (*pieces, whole) if sha256]


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return Upload.touched_at <= now - LIFE


def _find(session: Session, owner: Owner, public_id: str, *, lock: bool = True) -> Upload:
    """Who changes it holds it: of two that send the same piece at once, one finds it there."""
    kind, owner_id = owner
    wanted = select(Upload).where(
        Upload.public_id == public_id,
        Upload.owner_kind == kind,
        Upload.owner_id == owner_id,
    )
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        what = "upload"
        raise NotVisible(what, public_id)
    return row


def _begun(row: Upload) -> Begun:
    return Begun(
        row.public_id,
        row.filename,
        row.content_type,
        row.size,
        row.received,
        tuple(row.pieces),
        row.sha256,
        row.item,
    )
