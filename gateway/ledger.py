"""Erasures, outside the database: one JSON line each, so that a backup that is older than one can
be made to forget again. No line holds anything personal."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway.settings import Settings
from helpdesk.models import Erasure

NAME = "erasures.jsonl"


def path_of(settings: Settings) -> Path:
    """Where it is set to be, else beside SQLite's file, else in `data`."""
    if settings.privacy.ledger is not None:
        return settings.privacy.ledger
    file = settings.database.file
    return (file.parent if file is not None else Path("data")) / NAME


async def keep(kit: Kit, path: Path) -> int:
    """Write down what is not there yet: a line may be twice, never missing. Raises `OSError`."""
    waiting = await kit.work.read(_waiting)
    if waiting:
        append(path, [entry for _, entry in waiting])
        await kit.work.write(_written, [key for key, _ in waiting])
    return len(waiting)


def append(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """On disk when it returns. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(entry)}\n" for entry in entries)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """Oldest first; none when there is no file. Raises `ValueError` for a line that is none."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _waiting(session: Session) -> list[tuple[int, dict[str, Any]]]:
    rows = session.scalars(
        select(Erasure).where(Erasure.ledgered.is_(False)).order_by(Erasure.id).limit(1_000)
    )
    return [
        (
            row.id,
            {
                "public_id": row.public_id,
                "kind": row.kind,
                "at": row.at.isoformat(),
                "subject": row.subject,
            },
        )
        for row in rows
    ]


def _written(session: Session, keys: Sequence[int]) -> None:
    session.execute(update(Erasure).where(Erasure.id.in_(keys)).values(ledgered=True))
