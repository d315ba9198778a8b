"""The log verifies while nothing was touched, and names the first seal that does not hold."""

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from helpdesk import audit, seals
from helpdesk.audit import Change
from helpdesk.border import SYSTEM, Actor, ActorKind
from helpdesk.models import Access, Log, LogPrivate, Seal
from helpdesk.tokens import Keyring
from tests.helpdesk.factories import NOW

KEYS = Keyring([b"k" * 32])
ANA = Actor(ActorKind.AGENT, 7, "Ana Souza")


def write(session: Session, rows: int = 3) -> None:
    for n in range(rows):
        changes = (Change("due_at", NOW, NOW + timedelta(n)), Change("days", 3, None))
        audit.record(session, ANA, "classified", now=NOW, changes=changes, note="é urgente")


def verify(session: Session, head: str | None = None) -> seals.Report:
    session.flush()
    session.expire_all()
    return seals.verify(session, KEYS, expected_head=head)


@pytest.fixture
def sealed(session: Session) -> list[Seal]:
    """Three seals of three rows each, and two looks."""
    for n in range(3):
        write(session)
        if n == 1:
            audit.accessed(session, ANA, "panel", now=NOW, detail="batches")
            audit.accessed(session, ANA, "raw", now=NOW, number=4)
        seals.seal(session, KEYS, now=NOW + timedelta(seconds=n))
    return list(session.scalars(select(Seal).where(Seal.book == "log").order_by(Seal.id)))


def test_an_empty_log_verifies(session: Session):
    assert not seals.is_due(session)
    assert seals.seal(session, KEYS, now=NOW) == 0
    assert verify(session) == seals.Report(0, 0, 0, seals.GENESIS, None)


def test_an_untouched_log_verifies(session: Session, sealed: list[Seal]):
    write(session, 2)
    assert seals.is_due(session)
    report = verify(session)
    assert report == seals.Report(4, 11, 2, sealed[-1].hash, None)
    assert verify(session, sealed[0].hash).broken is None


def test_a_seal_binds_at_most_so_many(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seals, "ROWS_A_SEAL", 2)
    write(session, 5)
    assert [seals.seal(session, KEYS, now=NOW) for _ in range(4)] == [2, 2, 1, 0]
    assert verify(session).broken is None


def test_the_zone_a_time_was_told_in_does_not_matter(session: Session):
    local = NOW.astimezone(timezone(timedelta(hours=-3)))
    audit.record(session, SYSTEM, "closed", now=local, changes=(Change("due_at", local, None),))
    audit.accessed(session, SYSTEM, "panel", now=local)
    seals.seal(session, KEYS, now=local)
    assert verify(session).broken is None


def test_values_of_any_kind_are_kept_as_they_were(session: Session):
    odd = {"b": [1, 2.5, True, None], "a": "ç\u2028"}
    audit.record(session, SYSTEM, "x", now=NOW, changes=(Change("f", odd, KEYS),))
    seals.seal(session, KEYS, now=NOW)
    assert verify(session).broken is None
    assert session.scalars(select(LogPrivate.values)).one()["changes"][0]["before"] == odd


def first(session: Session, seal: Seal) -> int:
    return (
        session.scalars(select(Log.id).where(Log.seal_id == seal.id).order_by(Log.id)).first() or 0
    )


def change_public(session: Session, seal: Seal) -> None:
    session.execute(update(Log).where(Log.id == first(session, seal)).values(actor_id=8))


def change_public_and_digest(session: Session, seal: Seal) -> None:
    row = session.get_one(Log, first(session, seal))
    row.actor_id = 8
    public = {field: getattr(row, field) for field in seals.PUBLIC_FIELDS["log"]}
    row.digest = audit.digest(public)


def change_private(session: Session, seal: Seal) -> None:
    row = session.get_one(LogPrivate, first(session, seal))
    row.values = row.values | {"note": "nada"}


def delete_row(session: Session, seal: Seal) -> None:
    row = first(session, seal)
    session.execute(delete(LogPrivate).where(LogPrivate.log_id == row))
    session.execute(delete(Log).where(Log.id == row))


def add_row(session: Session, seal: Seal) -> None:
    write(session, 1)
    session.execute(update(Log).where(Log.seal_id.is_(None)).values(seal_id=seal.id))


def replace_seal(session: Session, seal: Seal) -> None:
    forger = Keyring([b"f" * 32])
    seal.hash = forger.digest("log", seals._bound(seal.prev, seal.root, seal.count)).hex()


def unchain(session: Session, seal: Seal) -> None:
    seal.prev = seals.GENESIS[:-1] + "1"


TAMPERING: dict[str, tuple[Callable[[Session, Seal], None], str]] = {
    "public": (change_public, "was changed"),
    "digest": (change_public_and_digest, "rows were changed or replaced"),
    "private": (change_private, "values of row"),
    "deleted": (delete_row, "3 rows were sealed, 2 are there"),
    "added": (add_row, "3 rows were sealed, 4 are there"),
    "seal": (replace_seal, "its hash is not ours"),
    "chain": (unchain, "does not follow the seal before it"),
}


@pytest.mark.parametrize("kind", TAMPERING)
def test_the_first_broken_seal_is_named(session: Session, sealed: list[Seal], kind: str):
    tamper, why = TAMPERING[kind]
    tamper(session, sealed[1])
    change_private(session, sealed[2])
    broken = verify(session).broken
    assert broken is not None
    assert broken.startswith(f"seal {sealed[1].id} (log, 2026-11-24 12:00:01Z): ")
    assert why in broken


def test_a_deleted_seal_breaks_the_chain(session: Session, sealed: list[Seal]):
    session.execute(delete(LogPrivate))
    session.execute(delete(Log).where(Log.seal_id == sealed[1].id))
    session.execute(delete(Seal).where(Seal.id == sealed[1].id))
    broken = verify(session).broken
    assert broken is not None
    assert broken.startswith(f"seal {sealed[2].id} ")


def test_a_look_is_sealed_too(session: Session, sealed: list[Seal]):
    session.execute(update(Access).where(Access.what == "raw").values(number=5))
    broken = verify(session).broken
    assert broken is not None
    assert "(access, " in broken


def test_a_row_changed_before_its_seal_is_seen(session: Session, sealed: list[Seal]):
    write(session, 2)
    session.execute(update(Log).where(Log.seal_id.is_(None)).values(action="x"))
    broken = verify(session).broken
    assert broken is not None
    assert broken.startswith("unsealed row ")


def test_a_cut_tail_shows_against_a_head_kept_outside(session: Session, sealed: list[Seal]):
    head = sealed[-1].hash
    session.execute(delete(LogPrivate))
    session.execute(delete(Log).where(Log.seal_id == sealed[-1].id))
    session.execute(delete(Seal).where(Seal.id == sealed[-1].id))
    assert verify(session).broken is None
    broken = verify(session, head).broken
    assert broken is not None
    assert broken.startswith(f"head {head}: not in the chain")


def test_erasing_personal_values_keeps_the_log_whole(session: Session, sealed: list[Seal]):
    session.execute(delete(LogPrivate))
    assert verify(session, sealed[-1].hash).broken is None


def test_an_older_key_still_verifies(session: Session, sealed: list[Seal]):
    rotated = Keyring([b"n" * 32, b"k" * 32])
    write(session)
    seals.seal(session, rotated, now=NOW)
    session.expire_all()
    assert seals.verify(session, rotated).broken is None
    broken = seals.verify(session, Keyring([b"n" * 32])).broken
    assert broken is not None
    assert f"seal {sealed[0].id} " in broken
