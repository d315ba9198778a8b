"""Sealing and verifying the log: each seal binds some rows and the seal before it.

A row is written unlinked, so that writers never wait for each other; one sealer (elected by lease)
binds what has been committed. `verify` walks the chain and names the first seal that does not hold.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit
from helpdesk.models import Access, Log, LogPrivate, Seal
from helpdesk.tokens import Keyring

ROWS_A_SEAL = 1_000
GENESIS = "0" * 64
BOOKS: dict[str, type[Log] | type[Access]] = {"log": Log, "access": Access}
PUBLIC_FIELDS = {
    "log": ("number", "at", "actor_kind", "actor_id", "action", "private_digest"),
    "access": ("at", "actor_kind", "actor_id", "what", "number", "detail"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """Of `verify`: how much was checked, the head's hash, and what is wrong first, if anything."""

    seals: int
    rows: int
    unsealed: int
    head: str
    broken: str | None


def seal(session: Session, keyring: Keyring, *, now: datetime) -> int:
    """Bind up to `ROWS_A_SEAL` committed rows of each book; returns how many rows were bound."""
    return sum(_seal_book(session, keyring, book, now) for book in BOOKS)


def is_due(session: Session) -> bool:
    """Whether any row waits to be sealed."""
    return any(
        session.scalar(select(table.id).where(table.seal_id.is_(None)).limit(1)) is not None
        for table in BOOKS.values()
    )


def _seal_book(session: Session, keyring: Keyring, book: str, now: datetime) -> int:
    table = BOOKS[book]
    rows = session.execute(
        select(table.id, table.digest)
        .where(table.seal_id.is_(None))
        .order_by(table.id)
        .limit(ROWS_A_SEAL)
    ).all()
    if not rows:
        return 0
    root = _root(digest for _, digest in rows)
    prev = head(session, book)
    mark = Seal(
        book=book,
        count=len(rows),
        root=root,
        prev=prev,
        hash=keyring.digest("log", _bound(prev, root, len(rows))).hex(),
        at=now,
    )
    session.add(mark)
    session.flush()  # the rows below need the seal's id
    session.execute(update(table).where(table.id.in_([i for i, _ in rows])).values(seal_id=mark.id))
    return len(rows)


def head(session: Session, book: str = "log") -> str:
    last = session.scalar(
        select(Seal.hash).where(Seal.book == book).order_by(Seal.id.desc()).limit(1)
    )
    return last or GENESIS


def verify(session: Session, keyring: Keyring, *, expected_head: str | None = None) -> Report:
    """Recompute everything. `expected_head` is a hash kept outside the database: it must occur in
    the chain, or rows after it were cut off."""
    seals = rows = 0
    found = expected_head is None
    broken: str | None = None
    for book in BOOKS:
        prev = GENESIS
        for mark in session.scalars(select(Seal).where(Seal.book == book).order_by(Seal.id)):
            broken = broken or _check(session, keyring, mark, prev)
            prev = mark.hash
            seals += 1
            rows += mark.count
            found = found or mark.hash == expected_head
    unsealed = 0
    for book in BOOKS:
        pending, fault = _check_unsealed(session, book)
        unsealed += pending
        broken = broken or fault
    if broken is None and not found:
        broken = f"head {expected_head}: not in the chain, seals after it are missing"
    return Report(seals, rows, unsealed, head(session), broken)


def _check(session: Session, keyring: Keyring, mark: Seal, prev: str) -> str | None:
    name = f"seal {mark.id} ({mark.book}, {mark.at:%Y-%m-%d %H:%M:%S}Z)"
    if mark.prev != prev:
        return f"{name}: does not follow the seal before it"
    bound = _bound(mark.prev, mark.root, mark.count)
    if mark.hash not in {digest.hex() for digest in keyring.digests("log", bound)}:
        return f"{name}: its hash is not ours"
    table = BOOKS[mark.book]
    digests: list[str] = []
    for row in session.scalars(select(table).where(table.seal_id == mark.id).order_by(table.id)):
        fault = _check_row(mark.book, row)
        if fault:
            return f"{name}: {fault}"
        digests.append(row.digest)
    if len(digests) != mark.count:
        return f"{name}: {mark.count} rows were sealed, {len(digests)} are there"
    if _root(iter(digests)) != mark.root:
        return f"{name}: rows were changed or replaced"
    return _check_private(session, mark, name) if mark.book == "log" else None


def _check_row(book: str, row: Log | Access) -> str | None:
    public = {field: getattr(row, field) for field in PUBLIC_FIELDS[book]}
    return None if audit.digest(public) == row.digest else f"row {row.id} was changed"


def _check_private(session: Session, mark: Seal, name: str) -> str | None:
    pairs = session.execute(
        select(Log.id, Log.private_digest, LogPrivate)
        .join(LogPrivate, LogPrivate.log_id == Log.id)
        .where(Log.seal_id == mark.id)
    )
    for log_id, expected, private in pairs:
        if audit.private_digest(private.salt, private.values) != expected:
            return f"{name}: values of row {log_id} were changed"
    return None


def _check_unsealed(session: Session, book: str) -> tuple[int, str | None]:
    table = BOOKS[book]
    count, fault = 0, None
    for row in session.scalars(select(table).where(table.seal_id.is_(None)).order_by(table.id)):
        count += 1
        fault = fault or _check_row(book, row)
    return count, f"unsealed {fault}" if fault else None


def _root(digests: Iterator[Any]) -> str:
    total = hashlib.sha256()
    for digest in digests:
        total.update(bytes.fromhex(digest))
    return total.hexdigest()


def _bound(prev: str, root: str, count: int) -> bytes:
    return f"{prev}{root}{count}".encode()
