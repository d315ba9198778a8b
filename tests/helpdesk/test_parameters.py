"""Decisions of the operadora, each of its own kind."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import closing, parameters
from helpdesk.border import SYSTEM
from helpdesk.errors import Conflict, Invalid
from helpdesk.models import Log, LogPrivate, Parameter, Provider
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    desk_of,
    form,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    opened,
    pdf,
)


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


@pytest.mark.parametrize(
    ("changed", "served"),
    [
        ({}, {"P1", "P2"}),
        ({"contact_enabled": False}, set()),
        ({"contact_audience": "types"}, set()),
        ({"contact_audience": "listed", "contact_providers": ("P2",)}, {"P2"}),
    ],
)
def test_the_menu_is_for_those_it_is_for(
    session: Session, policy: Policy, changed: dict[str, object], served: set[str]
):
    found = {code: make_provider(session, code) for code in ("P1", "P2")}
    for key, value in changed.items():
        parameters.change(session, SYSTEM, key, value, now=NOW)
    assert {c for c, key in found.items() if parameters.contact_open(session, key)} == served
    assert parameters.contact_open(session, None) is (changed.get("contact_enabled", True))
    for code, key in found.items():
        person = make_person(session, key, "Luciana", f"{code.lower()}@clinica.example")
        if code in served:
            assert opened(session, form(person, key), policy).provider_id == key
            continue
        with pytest.raises(Conflict) as refused:
            opened(session, form(person, key), policy)
        assert refused.value.code == "contact_closed"


def test_the_menu_by_type(session: Session):
    provider_id = make_provider(session, type="Clínica médica")
    type_id = session.get_one(Provider, provider_id).type_id
    parameters.change(session, SYSTEM, "contact_audience", "types", now=NOW)
    assert not parameters.contact_open(session, provider_id)
    parameters.change(session, SYSTEM, "contact_types", (str(type_id),), now=NOW)
    assert parameters.contact_open(session, provider_id)
    assert not parameters.contact_open(session, provider_id + 1)


def test_the_template_of_protocols_is_the_operadora_s(session: Session, policy: Policy):
    provider_id = make_provider(session)
    make_agent(session)
    parameters.change(session, SYSTEM, "protocol_template", "P{date:%Y%m%d}-{seq:06}", now=NOW)
    assert make_ticket(session, policy, provider_id).protocol == "P20261124-000001"
    parameters.change(session, SYSTEM, "protocol_template", "", now=NOW)
    assert make_ticket(session, policy, provider_id).protocol == "41999920261124000002"


def test_a_provider_attaches_no_more_than_the_parameter_says(session: Session, policy: Policy):
    provider_id = make_provider(session)
    person = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    parameters.change(session, SYSTEM, "attachment_count", 1, now=NOW)
    with pytest.raises(Invalid) as refused:
        opened(session, form(person, provider_id, files=(pdf(), pdf("outro.pdf"))), policy)
    assert [(e.field, e.code) for e in refused.value.errors] == [("attachments", "too_many")]


def test_closing_asks_what_the_parameters_ask(session: Session, policy: Policy):
    provider_id = make_provider(session)
    desk = desk_of(make_agent(session), policy)
    told = make_ticket(session, policy, provider_id, subclassification="PAG.1")
    with pytest.raises(Invalid):
        closing.close(session, desk, told.number, status="EPR", body="Resolvido")
    parameters.change(session, SYSTEM, "closing_conclusive", value=False, now=NOW)
    parameters.change(session, SYSTEM, "closing_reason", value=True, now=NOW)
    with pytest.raises(Invalid) as refused:
        closing.close(session, desk, told.number, status="EPR", body="Resolvido")
    assert refused.value.errors[0].field == "reason"
    # A refused verb is undone by the transaction it ran in.
    other = make_ticket(session, policy, provider_id, subclassification="PAG.1")
    closing.close(session, desk, other.number, status="EPR", body="Resolvido", reason="PAG.1.1")
    # Where there is no reason to choose, none is asked.
    plain = make_ticket(session, policy, provider_id)
    closing.close(session, desk, plain.number, status="EPR", body="Resolvido")
