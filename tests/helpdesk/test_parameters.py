"""Decisions of the operadora, each of its own kind."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import parameters
from helpdesk.border import SYSTEM
from helpdesk.errors import Invalid
from helpdesk.models import (
    Log,
    LogPrivate,
    Parameter,
)
from tests.helpdesk.factories import NOW


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
