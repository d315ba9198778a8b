"""Writing a backup of a running instance: one snapshot of the database, then the blobs it names."""

import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from gateway import archive
from gateway.work import Work
from helpdesk import migrations, search_index
from helpdesk.models import Base, Blob
from helpdesk.policy import Policy
from helpdesk.ports import BlobStore

#: last ids by table; PostgreSQL has a sequence for each
_SEQUENCES = {
    "sqlite": "SELECT name, seq FROM sqlite_sequence",
    "postgresql": (
        "SELECT c.relname, s.last_value FROM pg_sequences s"
        " JOIN pg_class q ON q.relname = s.sequencename"
        " JOIN pg_depend d ON d.objid = q.oid AND d.deptype IN ('a', 'i')"
        " JOIN pg_class c ON c.oid = d.refobjid WHERE s.last_value IS NOT NULL"
    ),
}


@dataclass(frozen=True, slots=True)
class Written:
    """`missing` are blobs the database names and the store does not have."""

    rows: int
    blobs: int
    missing: list[str]
    size: int


def write(work: Work, blobs: BlobStore, policy: Policy, path: Path, *, now: datetime) -> Written:
    """Put the whole file at its place, or nothing. Raises `FileExistsError`, `OSError`."""
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            written = work.read_now(_write, tar, blobs, policy, now)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return Written(*written, path.stat().st_size)


def _write(
    session: Session, tar: tarfile.TarFile, blobs: BlobStore, policy: Policy, now: datetime
) -> tuple[int, int, list[str]]:
    # On SQLite a read is one snapshot by itself.
    if session.get_bind().dialect.name != "sqlite":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    tables = Base.metadata.sorted_tables
    manifest = {
        "format": archive.FORMAT,
        "version": archive.VERSION,
        "schema": migrations.head(),
        "at": now.isoformat(),
        "keys": list(policy.keyring.ids),
        "columns": {table.name: [column.name for column in table.columns] for table in tables},
    }
    archive.add_json(tar, "manifest.json", manifest)
    counts = {table.name: _table(session, tar, table) for table in tables}
    counts["message_search"] = _members(tar, "search", search_index.documents(session))
    sequences = session.execute(text(_SEQUENCES[session.get_bind().dialect.name]))
    last: dict[str, int] = {name: seq for name, seq in sequences}  # noqa: C416 - rows are no pairs to pyright
    archive.add_json(tar, "sequences.json", last)
    stored, missing = 0, list[str]()
    for sha256 in session.scalars(select(Blob.sha256).order_by(Blob.sha256)).all():
        try:
            archive.add(tar, f"blobs/{sha256}", blobs.get(sha256))
            stored += 1
        except FileNotFoundError:
            missing.append(sha256)
    archive.add_json(tar, "end.json", {"rows": counts, "blobs": stored, "missing": missing})
    return sum(counts.values()), stored, missing


def _table(session: Session, tar: tarfile.TarFile, table: Table) -> int:
    query = select(table).order_by(*table.primary_key.columns)
    rows = session.execute(query, execution_options={"yield_per": archive.ROWS})
    return _members(tar, f"tables/{table.name}", (list(row) for row in rows))


def _members(tar: tarfile.TarFile, name: str, rows: Iterable[list[Any]]) -> int:
    count = 0
    for n, some in enumerate(_chunks(iter(rows))):
        archive.add(tar, f"{name}/{n}.jsonl.gz", archive.packed(some))
        count += len(some)
    return count


def _chunks(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while some := list(islice(rows, archive.ROWS)):
        yield some
