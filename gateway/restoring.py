"""Reading a backup into an empty instance, and forgetting again what was erased since."""

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gateway import archive
from gateway.archive import BadBackup
from gateway.labels import ERASED
from gateway.work import Work
from helpdesk import events, migrations, privacy, search_index
from helpdesk.models import Base, Ticket
from helpdesk.policy import Policy
from helpdesk.ports import BlobStore

#: what triggers fill while other rows come in: its own rows take that place at the end
FILLED = ("tally", "tally_change")


@dataclass(slots=True)
class Restored:
    """`erased` counts erasures of the ledger that the backup did not know."""

    at: str = ""
    rows: int = 0
    blobs: int = 0
    missing: list[str] = field(default_factory=list[str])
    erased: int = 0


def restore(
    work: Work, blobs: BlobStore, policy: Policy, path: Path, entries: list[dict[str, Any]],
    *, now: datetime,
) -> Restored:  # fmt: skip
    """Everything or nothing of the database. `entries` are the ledger's.

    Raises `BadBackup`, also for a target that holds something or a key that is missing; `OSError`.
    """
    with tarfile.open(path, mode="r|") as tar:
        content = archive.members(tar)
        manifest = _manifest(content, policy)
        with work.engine.begin() as connection:
            if migrations.current(connection) is None:
                migrations.upgrade(connection)
        return work.write_now(_read, content, manifest, blobs, entries, now)


def _manifest(content: Iterator[tuple[str, bytes]], policy: Policy) -> dict[str, Any]:
    name, data = next(content, ("", b""))
    try:
        manifest: dict[str, Any] = json.loads(data) if name == "manifest.json" else {}
    except ValueError:
        manifest = {}
    if manifest.get("format") != archive.FORMAT or manifest.get("version") != archive.VERSION:
        msg = "this is no backup that this version can read"
        raise BadBackup(msg)
    if manifest["schema"] != migrations.head():
        msg = (
            f"the backup is of schema {manifest['schema']}, this version needs"
            f" {migrations.head()}: restore it with the version that wrote it, then upgrade"
        )
        raise BadBackup(msg)
    missing = [key for key in manifest["keys"] if key not in policy.keyring.ids]
    if missing:
        msg = (
            f"the key {', '.join(missing)} is missing: put it into PONTE_SECRET_KEYS"
            f" (there are {', '.join(policy.keyring.ids)})"
        )
        raise BadBackup(msg)
    return manifest


def _read(
    session: Session,
    content: Iterator[tuple[str, bytes]],
    manifest: dict[str, Any],
    blobs: BlobStore,
    entries: list[dict[str, Any]],
    now: datetime,
) -> Restored:
    reading = _Reading(session, blobs, manifest)
    reading.clear()
    for name, data in content:
        reading.take(name, data)
    done = reading.finish()
    events.renumber(session)
    done.erased = sum(privacy.again(session, entry, ERASED, now=now) for entry in entries)
    return done


class _Reading:
    """One backup on its way into the tables."""

    def __init__(self, session: Session, blobs: BlobStore, manifest: dict[str, Any]) -> None:
        self.session, self.blobs = session, blobs
        self.columns: dict[str, list[str]] = manifest["columns"]
        self.tables = {table.name: table for table in Base.metadata.sorted_tables}
        self.done = Restored(at=manifest["at"])
        self.counts: dict[str, int] = {}
        self.end: dict[str, Any] | None = None
        #: of rows that point at others of their table, and of tables that are filled last
        self.later: list[tuple[Table, list[dict[str, Any]]]] = []
        self.takes: dict[str, Callable[[str, bytes], None]] = {
            "tables": self._table,
            "search": self._search,
            "blobs": self._blob,
            "sequences.json": self._sequences,
            "end.json": self._end,
        }

    def clear(self) -> None:
        """Registers that `migrate` installed go; what people said never does."""
        if self.session.scalar(select(func.count()).select_from(Ticket)):
            msg = "the database holds tickets already: restore into an empty one"
            raise BadBackup(msg)
        for table in reversed(self.tables.values()):
            self.session.execute(delete(table))

    def take(self, name: str, data: bytes) -> None:
        folder, _, rest = name.partition("/")
        if folder not in self.takes:
            msg = f"{name} is no part of a backup"
            raise BadBackup(msg)
        self.takes[folder](rest, data)

    def finish(self) -> Restored:
        if self.end is None or any(self.counts.get(k, 0) != n for k, n in self.end["rows"].items()):
            msg = "the file was cut off: rows are missing"
            raise BadBackup(msg)
        self.done.rows, self.done.missing = sum(self.counts.values()), self.end["missing"]
        return self.done

    def _count(self, name: str, rows: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + rows

    def _table(self, rest: str, data: bytes) -> None:
        table = self.tables[rest.partition("/")[0]]
        names = self.columns[table.name]
        kinds = [table.columns[name].type for name in names]
        rows = [
            {n: archive.typed(v, kind) for n, kind, v in zip(names, kinds, row, strict=True)}
            for row in archive.unpacked(data)
        ]
        self._count(table.name, len(rows))
        own = [c.name for c in table.columns for f in c.foreign_keys if f.column.table is table]
        if table.name in FILLED:
            self.later.append((table, rows))
            return
        pointing = [row for row in rows if any(row[name] is not None for name in own)]
        if pointing:
            keep = (_key(table).name, *own)
            self.later.append((table, [{name: row[name] for name in keep} for row in pointing]))
            rows = [row | dict.fromkeys(own) for row in rows]
        self.session.execute(insert(table), rows)

    def _search(self, _: str, data: bytes) -> None:
        words = list(archive.unpacked(data))
        self._count("message_search", len(words))
        search_index.put(self.session, words)

    def _blob(self, sha256: str, data: bytes) -> None:
        if self.blobs.put(data) != sha256:
            msg = f"the blob {sha256} is damaged"
            raise BadBackup(msg)
        self.done.blobs += 1

    def _sequences(self, _: str, data: bytes) -> None:
        """Comes when all rows are there."""
        for name in FILLED:
            self.session.execute(delete(self.tables[name]))
        for table, rows in self.later:
            if table.name in FILLED:
                self.session.execute(insert(table), rows)
            else:
                self._point(table, rows)
        for name, last in json.loads(data).items():
            if name in self.tables:
                _set_sequence(self.session, self.tables[name], last)

    def _point(self, table: Table, rows: list[dict[str, Any]]) -> None:
        key = _key(table)
        for row in rows:
            values = {name: value for name, value in row.items() if name != key.name}
            self.session.execute(update(table).where(key == row[key.name]).values(values))

    def _end(self, _: str, data: bytes) -> None:
        self.end = json.loads(data)


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))


def _set_sequence(session: Session, table: Table, last: int) -> None:
    """Ids that were given away are not given again, also when their rows are gone."""
    given = {"name": table.name, "key": _key(table).name, "last": last}
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), given)
        session.execute(text("INSERT INTO sqlite_sequence(name, seq) VALUES (:name, :last)"), given)
    else:
        # No sequence stands at 0: one of which nothing was given away begins with 1.
        session.execute(
            text(
                "SELECT setval(pg_get_serial_sequence(:name, :key),"
                " greatest(CAST(:last AS bigint), 1), CAST(:last AS bigint) > 0)"
            ),
            given,
        )
