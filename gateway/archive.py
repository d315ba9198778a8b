"""The format of a backup: a tar of JSON lines and blobs, the same whichever database it came from.

    manifest.json            format, version, schema, when, ids of the keys, columns of each table
    tables/<table>/<n>.jsonl.gz
    search/<n>.jsonl.gz      message, ticket and words of the full text
    sequences.json           the last id each table gave away
    blobs/<sha256>
    end.json                 rows of each table, blobs, those that were missing

A file without its `end.json` was cut off. Datetimes are microseconds since 1970 (UTC).
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, Time
from sqlalchemy.types import TypeEngine

from helpdesk.models.base import EPOCH, MICROSECOND, Moment

FORMAT, VERSION = "ponte-backup", 1
#: rows of a member: a thousand long messages are a few MB
ROWS = 1_000


class BadBackup(Exception):
    """The text says what is wrong with the file."""


def packed(rows: Iterable[list[Any]]) -> bytes:
    lines = (json.dumps([plain(v) for v in row], ensure_ascii=False) for row in rows)
    return gzip.compress("\n".join(lines).encode(), compresslevel=3)


def unpacked(data: bytes) -> Iterator[list[Any]]:
    for line in gzip.decompress(data).decode().splitlines():
        yield json.loads(line)


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    if isinstance(value, date | time):
        return value.isoformat()
    return value


def typed(value: Any, kind: TypeEngine[Any]) -> Any:
    """What `plain` made of a value of this column."""
    if value is None:
        return None
    if isinstance(kind, Moment):
        return EPOCH + value * MICROSECOND
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Time):
        return time.fromisoformat(value)
    return value


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


def add_json(tar: tarfile.TarFile, name: str, value: object) -> None:
    add(tar, name, json.dumps(value, ensure_ascii=False).encode())


def members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Names and bytes, in order. Raises `BadBackup` when the file ends too early."""
    try:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                yield member.name, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        msg = f"the file cannot be read to its end: {error}"
        raise BadBackup(msg) from error
