"""A database, a blob store and a doorstep over them, all real."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from channels.mail.addresses import Addresses
from channels.mail.arrivals import Doorstep
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk.models import Base, InboundRaw

MAILBOXES = ("fale@ponte.example", "central@ponte.example")
TEMPLATE = "{local}+{token}@{domain}"


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Store:
    work: Work
    blobs: FileBlobs
    ours: Addresses
    doorstep: Doorstep

    def rows(self) -> list[InboundRaw]:
        return self.work.read_now(
            lambda session: list(session.scalars(select(InboundRaw).order_by(InboundRaw.id)))
        )

    def raws(self) -> list[bytes]:
        return [self.blobs.get(row.sha256) for row in self.rows()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    work = Work(f"sqlite:///{tmp_path}/ponte.db")
    Base.metadata.create_all(work.engine)
    blobs = FileBlobs(tmp_path / "blobs")
    ours = Addresses(MAILBOXES, TEMPLATE)
    yield Store(work, blobs, ours, Doorstep(work, blobs, ours, clock))
    work.close()
