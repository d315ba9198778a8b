"""Parameters, registers at hand, leases, drafts, first answers: one table and a few verbs each."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import catalog, drafts, idempotency, leases, parameters, sessions
from helpdesk.border import SYSTEM, File
from helpdesk.errors import Conflict, Invalid
from helpdesk.install import install
from helpdesk.models import (
    ApiToken,
    Blob,
    Classification,
    Holiday,
    Idempotency,
    Log,
    LogPrivate,
    Parameter,
    Reason,
    Subclassification,
)
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import NOW, make_agent

# Parameters.


def test_a_parameter_has_a_default_until_it_is_changed(session: Session):
    assert parameters.load(session) == parameters.Parameters()
    parameters.change(session, SYSTEM, "reopen_days", 10, now=NOW)
    parameters.change(session, SYSTEM, "contact_label", "Atendimento", now=NOW)
    session.flush()
    found = parameters.load(session)
    assert (found.reopen_days, found.contact_label, found.claim_minutes) == (10, "Atendimento", 15)
    values = session.scalars(select(LogPrivate.values).order_by(LogPrivate.log_id)).first()
    assert values is not None
    assert values["changes"] == [{"field": "reopen_days", "before": 30, "after": 10}]
    assert session.scalars(select(Log.action)).first() == "parameter_changed"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("colour", "x", "unknown"),
        ("reopen_days", "10", "invalid"),
        ("reopen_days", True, "invalid"),
        ("reopen_days", -1, "invalid"),
        ("generate_protocol", 1, "invalid"),
    ],
)
def test_a_parameter_keeps_its_kind(session: Session, key: str, value: object, code: str):
    with pytest.raises(Invalid) as refused:
        parameters.change(session, SYSTEM, key, value, now=NOW)
    assert [(e.field, e.code) for e in refused.value.errors] == [(key, code)]


def test_a_parameter_of_a_newer_version_is_left_alone(session: Session):
    session.add(Parameter(key="later", value={"value": 1}, changed_at=NOW, changed_by=""))
    session.flush()
    assert parameters.load(session) == parameters.Parameters()


# The registers as one snapshot.


def test_registers_are_found_by_code(session: Session, policy: Policy):
    registers = catalog.load(session, policy)
    assert registers.triage.code == "TRI"
    for find in (
        registers.status, registers.classification, registers.subclassification,
        registers.reason, registers.sector,
    ):  # fmt: skip
        assert find("NADA") is None
    published = [c.code for c in registers.published()]
    assert len(published) == 20
    assert "TRI" not in published
    glo = registers.classification("GLO")
    assert glo is not None
    assert [s.code for s in registers.children(glo.id)] == ["GLO.1", "GLO.2", "GLO.3"]
    registers.children(glo.id)[0].active = False
    assert [s.code for s in registers.children(glo.id)] == ["GLO.2", "GLO.3"]


def test_an_edited_calendar_counts(session: Session, policy: Policy):
    session.add(Holiday(day=date(2026, 11, 25), name="Mudança de sede"))
    session.add(Holiday(day=date(2026, 12, 25), name="Plantão", working=True))
    session.flush()
    calendar = catalog.calendar(session, policy)
    assert calendar.reason(date(2026, 11, 25)) == "Mudança de sede"
    assert calendar.is_working(date(2026, 12, 25))


def test_without_the_register_of_triage_nothing_is_guessed(session: Session, policy: Policy):
    registers = catalog.load(session, policy)
    registers.classifications.clear()
    with pytest.raises(LookupError):
        _ = registers.triage


def test_a_bare_instance_has_only_triage(session: Session):
    for table in (Reason, Subclassification, Classification):
        session.execute(delete(table))
    install(session, bare=True)
    session.flush()
    assert session.scalars(select(Classification.code)).all() == ["TRI"]


def test_what_was_edited_is_left_as_it_is(session: Session):
    glo = session.scalars(select(Classification).where(Classification.code == "GLO")).one()
    glo.name, glo.days = "Glosas", 10
    session.flush()
    install(session)
    session.flush()
    assert (glo.name, glo.days) == ("Glosas", 10)
    assert len(session.scalars(select(Classification)).all()) == 21


# Leases.


def test_of_many_one_holds_a_lease(work: Work):
    def take(holder: str) -> bool:
        return work.write_now(leases.acquire, "timer", holder, now=NOW)

    got = at_once([lambda n=n: take(f"host:{n}") for n in range(10)])
    assert got.count(True) == 1


def test_a_lease_is_renewed_released_and_lost(session: Session):
    def take(holder: str, seconds: float = 0) -> bool:
        return leases.acquire(session, "timer", holder, now=NOW + timedelta(seconds=seconds))

    assert take("a")
    assert take("a", 60)
    assert not take("b", 60 + leases.EXPIRY.total_seconds())
    assert take("b", 61 + leases.EXPIRY.total_seconds())
    leases.release(session, "timer", "a")
    assert not take("a")
    leases.release(session, "timer", "b")
    assert take("a")


# Drafts.

FILE = File("a.pdf", "application/pdf", 1, "a" * 64)


def test_a_draft_is_one_an_owner_and_place(session: Session):
    owner, other = ("person", 1), ("agent", 1)
    place = drafts.of_ticket(7)
    drafts.save(session, owner, place, {"text": "um"}, [FILE], now=NOW)
    session.flush()
    later = NOW + timedelta(seconds=2)
    drafts.save(session, owner, place, {"text": "dois"}, [], now=later)
    drafts.save(session, other, place, {"text": "outro"}, [], now=NOW)
    drafts.save(session, owner, drafts.NEW, {"title": "t"}, [FILE], now=NOW)
    session.flush()
    assert drafts.load(session, owner, place) == drafts.Kept({"text": "dois"}, (), later)
    kept = drafts.load(session, owner, drafts.NEW)
    assert kept is not None
    assert kept.files == (FILE,)
    assert session.scalars(select(Blob.sha256)).all() == [FILE.sha256]
    drafts.drop(session, owner, place)
    assert drafts.load(session, owner, place) is None
    assert drafts.load(session, other, place) is not None


# First answers.


@pytest.fixture
def token_id(session: Session) -> int:
    make_agent(session)
    sessions.add_token(session, "ERP", "ana", now=NOW)
    session.flush()
    return session.scalars(select(ApiToken.id)).one()


def test_a_key_is_answered_once_a_day(session: Session, token_id: int):
    def begin(body: str = "a", *, hours: float = 0) -> Idempotency:
        return idempotency.begin(
            session, token_id, "/x", "k", body * 64, now=NOW + timedelta(hours=hours)
        )

    first = begin()
    assert first.status is None
    first.status, first.answer = 201, "{}"
    session.flush()
    assert begin(hours=23).status == 201
    with pytest.raises(Conflict):
        begin("b")
    assert begin("b", hours=24).status is None
    idempotency.forget(session, now=NOW + timedelta(hours=47))
    assert session.scalars(select(Idempotency)).one()
    idempotency.forget(session, now=NOW + timedelta(hours=48))
    assert session.scalars(select(Idempotency)).all() == []
