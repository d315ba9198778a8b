"""Handing a ticket on, and what it is about."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import catalog, closing, routing, tickets
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Invalid
from helpdesk.models import (
    Agent,
    Classification,
    Log,
    LogPrivate,
    Sector,
    Status,
    Subclassification,
    Terms,
    Ticket,
)
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    hide,
    know,
    mail,
    make_agent,
    make_provider,
    messages_of,
    opened,
    outbox_of,
)


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def bia(session: Session) -> Actor:
    return make_agent(session, "bia", sector="FIN", groups=("juridico",))


@pytest.fixture
def desk(ana: Actor, policy: Policy) -> Desk:
    return desk_of(ana, policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(), policy)


def changes(session: Session) -> dict[str, tuple[object, object]]:
    values = session.scalars(
        select(LogPrivate.values).join(Log, Log.id == LogPrivate.log_id).order_by(Log.id.desc())
    ).first()
    assert values is not None
    return {c["field"]: (c["before"], c["after"]) for c in values["changes"]}


def test_forwarded_to_an_agent_with_its_sector(
    session: Session, desk: Desk, ticket: Ticket, bia: Actor
):
    tickets.claim(session, desk, ticket.number)
    due = ticket.due_at
    routing.forward(session, desk, ticket.number, note="É de pagamento.", agent="bia")
    assert (ticket.assignee_id, ticket.claimed_by, ticket.due_at) == (bia.id, None, due)
    found = changes(session)
    assert found["assignee"] == ("Ana", "Bia")
    assert found["sector"][1] == "Financeiro – Contas a Pagar"
    message = messages_of(session, ticket.number)[-1]
    assert (message.kind, message.audience) == ("note", "internal")
    told = outbox_of(session, ticket.number)[-1]
    assert (told.notice, told.address) == ("agent_forwarded", "bia@operadora.example")
    assert told.data["link"].endswith(f"/central/{ticket.number}")


def test_forwarded_to_a_sector_nobody_has_it(session: Session, desk: Desk, ticket: Ticket):
    tickets.claim(session, desk, ticket.number)
    queued = len(outbox_of(session))
    routing.forward(session, desk, ticket.number, note="Para a auditoria.", sector="AUD")
    assert (ticket.assignee_id, ticket.waiting_on) == (None, "agent")
    assert len(outbox_of(session)) == queued


def test_forwarded_to_both(session: Session, desk: Desk, ticket: Ticket, bia: Actor):
    routing.forward(session, desk, ticket.number, note="Veja.", agent="bia", sector="AUD")
    sector = session.get_one(Sector, ticket.sector_id)
    assert (ticket.assignee_id, sector.code) == (bia.id, "AUD")


def test_forwarded_where_it_is_changes_only_the_status(
    session: Session, desk: Desk, ticket: Ticket
):
    sector = session.get_one(Sector, ticket.sector_id)
    routing.forward(session, desk, ticket.number, note="Fica.", sector=sector.code)
    assert set(changes(session)) == {"status"}


def test_an_agent_without_a_sector_leaves_it(session: Session, desk: Desk, ticket: Ticket):
    make_agent(session, "caio")
    before = ticket.sector_id
    routing.forward(session, desk, ticket.number, note="Veja.", agent="caio")
    assert ticket.sector_id == before


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"note": " ", "sector": "CTM"}, "note"),
        ({"note": "x"}, "agent"),
        ({"note": "x", "agent": "nobody"}, "agent"),
        ({"note": "x", "agent": "b\0ia"}, "agent"),
        ({"note": "x", "sector": "NADA"}, "sector"),
        ({"note": "x", "sector": "OPM"}, "sector"),
    ],
)
def test_forwarding_names_what_is_wrong(
    session: Session, desk: Desk, ticket: Ticket, more: dict[str, str], field: str
):
    session.execute(update(Sector).where(Sector.code == "OPM").values(active=False))
    with pytest.raises(Invalid) as refused:
        routing.forward(session, desk, ticket.number, **more)  # type: ignore[arg-type]
    assert refused.value.errors[0].field == field


def test_a_closed_account_gets_nothing(session: Session, desk: Desk, ticket: Ticket, bia: Actor):
    session.execute(update(Agent).where(Agent.id == bia.id).values(active=False))
    with pytest.raises(Invalid):
        routing.forward(session, desk, ticket.number, note="x", agent="bia")


def test_a_secret_ticket_goes_only_to_who_may_know_of_it(
    session: Session, policy: Policy, ticket: Ticket, bia: Actor
):
    make_agent(session, "caio")
    lia = make_agent(session, "lia", groups=("juridico",))
    hide(session, ticket.number)
    session.expire_all()
    desk = desk_of(lia, policy)
    with pytest.raises(Invalid):
        routing.forward(session, desk, ticket.number, note="x", agent="caio")
    routing.forward(session, desk, ticket.number, note="x", agent="bia")
    assert ticket.assignee_id == bia.id


def test_classifying_recounts_from_the_opening(session: Session, policy: Policy, desk: Desk,
                                               provider_id: int):  # fmt: skip
    opened_at = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    ticket = opened(session, mail(), policy, now=opened_at)
    routing.classify(session, desk, ticket.number, classification="PAG")
    assert (ticket.days, ticket.unit, ticket.terms_source) == (5, "business", "classification")
    assert ticket.due_at == datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
    found = changes(session)
    assert found["classification"] == ("A classificar", "Pagamento")
    assert {"due_at", "sector"} <= set(found)
    routing.classify(
        session, desk, ticket.number, classification="PAG", subclassification="PAG.1",
        reason="PAG.1.2",
    )  # fmt: skip
    assert (ticket.days, ticket.terms_source, ticket.version) == (3, "subclassification", 3)
    assert {"subclassification", "reason", "due_at"} == set(changes(session))
    routing.classify(session, desk, ticket.number, classification="PAG")
    assert (ticket.subclassification_id, ticket.reason_id) == (None, None)


def test_classifying_as_it_is_changes_nothing(session: Session, desk: Desk, ticket: Ticket):
    routing.classify(session, desk, ticket.number, classification="TRI")
    assert ticket.version == 1


def test_a_started_ticket_keeps_its_sector(session: Session, desk: Desk, ticket: Ticket):
    tickets.claim(session, desk, ticket.number)
    before = ticket.sector_id
    routing.classify(session, desk, ticket.number, classification="PAG")
    assert ticket.sector_id == before


def test_a_contract_wins_over_the_registers(session: Session, policy: Policy, provider_id: int):
    registers = catalog.load(session, policy)
    pag, first = registers.classification("PAG"), registers.subclassification("PAG.1")
    assert pag
    assert first
    session.add(Terms(provider_id=provider_id, classification_id=pag.id, days=9,
                      unit="calendar", attention=2))  # fmt: skip
    session.flush()
    registers = catalog.load(session, policy)
    assert registers.terms(provider_id, pag.id, first.id).days == 9
    session.add(Terms(provider_id=provider_id, classification_id=pag.id,
                      subclassification_id=first.id, days=7, unit="calendar", attention=2))  # fmt: skip
    session.flush()
    registers = catalog.load(session, policy)
    assert registers.terms(provider_id, pag.id, first.id).days == 7
    assert registers.terms(provider_id + 1, pag.id, first.id).days == 3


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"classification": "NADA"}, "classification"),
        ({"classification": "OUT"}, "classification"),
        ({"classification": "GLO", "subclassification": "PAG.1"}, "subclassification"),
        ({"classification": "GLO", "reason": "GLO.1.1"}, "reason"),
        ({"classification": "GLO", "subclassification": "GLO.1", "reason": "GLO.2.1"}, "reason"),
    ],
)
def test_classifying_names_what_is_wrong(
    session: Session, desk: Desk, ticket: Ticket, more: dict[str, str], field: str
):
    session.execute(update(Classification).where(Classification.code == "OUT").values(active=False))
    with pytest.raises(Invalid) as refused:
        routing.classify(session, desk, ticket.number, **more)  # type: ignore[arg-type]
    assert refused.value.errors[0].field == field


# Encerrar and reabrir.


def test_closing_tells_the_provider(session: Session, desk: Desk, ticket: Ticket):
    routing.classify(session, desk, ticket.number, classification="GLO", subclassification="GLO.1")
    tickets.claim(session, desk, ticket.number)
    closing.close(
        session, desk, ticket.number, status="EPR", body="Pago em 30/11.", reason="GLO.1.2"
    )
    assert (ticket.situation, ticket.closed_at, ticket.late) == ("closed", NOW, False)
    assert (ticket.claimed_by, ticket.assignee_id) == (None, desk.actor.id)
    assert outbox_of(session)[-1].notice == "closed"
    assert set(changes(session)) == {"status", "reason"}


def test_closing_with_the_reason_it_has_changes_only_the_status(
    session: Session, desk: Desk, ticket: Ticket
):
    routing.classify(
        session, desk, ticket.number, classification="GLO", subclassification="GLO.1",
        reason="GLO.1.2",
    )  # fmt: skip
    closing.close(session, desk, ticket.number, status="EPR", body="Pago.", reason="GLO.1.2")
    assert set(changes(session)) == {"status"}


def test_closing_late_is_late(session: Session, policy: Policy, desk: Desk, ticket: Ticket):
    after = desk_of(desk.actor, policy, ticket.due_at + timedelta(seconds=1))
    closing.close(session, after, ticket.number, status="EPR", body="Pago em 30/11.")
    assert ticket.late


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"status": "ABE", "body": "Pago em 30/11."}, "status"),
        ({"status": "?", "body": "Pago em 30/11."}, "status"),
        ({"status": "EDU", "body": "Pago em 30/11."}, "status"),
        ({"status": "EPR", "body": " "}, "text"),
        ({"status": "EPR", "body": "Chamado encerrado."}, "text"),
        ({"status": "EPR", "body": "Em análise pelo setor."}, "text"),
        ({"status": "EPR", "body": "Pago em 30/11.", "reason": "PAG.1.1"}, "reason"),
        ({"status": "EPR", "body": "Pago em 30/11.", "reason": "?"}, "reason"),
    ],
)
def test_closing_names_what_is_wrong(
    session: Session, desk: Desk, ticket: Ticket, more: dict[str, str], field: str
):
    session.execute(update(Status).where(Status.code == "EDU").values(active=False))
    with pytest.raises(Invalid) as refused:
        closing.close(session, desk, ticket.number, **more)  # type: ignore[arg-type]
    assert refused.value.errors[0].field == field


def test_reopening_begins_a_cycle_of_the_same_length(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    routing.classify(session, desk, ticket.number, classification="PAG", subclassification="PAG.1")
    closing.close(session, desk, ticket.number, status="EPR", body="Pago em 30/11.")
    # The register changes meanwhile: the cycle stays as long as it was.
    session.execute(
        update(Subclassification).where(Subclassification.code == "PAG.1").values(days=20)
    )
    later = NOW + timedelta(days=7)
    closing.reopen(session, desk_of(desk.actor, policy, later), ticket.number, body="Vamos rever.")
    assert (ticket.situation, ticket.closed_at, ticket.cycle_at, ticket.days) == (
        "open", None, later, 3,
    )  # fmt: skip
    assert ticket.due_at == datetime(2026, 12, 4, 21, 0, tzinfo=UTC)
    assert outbox_of(session)[-1].notice == "reopened"
    with pytest.raises(Invalid):
        closing.close(session, desk, ticket.number, status="EPR", body="")
