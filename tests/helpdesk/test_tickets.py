"""What agents do to a ticket: who may, when, and what is written with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import closing, parameters, routing, tickets
from helpdesk.border import Actor, Contact, File
from helpdesk.desk import Desk
from helpdesk.errors import (
    Claimed,
    Conflict,
    Forbidden,
    HelpdeskError,
    Invalid,
    NotDeletable,
    NotVisible,
    Stale,
)
from helpdesk.models import Agent, Attachment, Delivery, Event, Log, LogPrivate, Ticket
from helpdesk.policy import Policy
from tests.doubles.threads import at_once
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    form,
    hide,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    messages_of,
    opened,
    outbox_of,
)

CONCLUSION = "Pago em 30/11, TED 4711."
Verb = Callable[[Session, Desk, int], object]

VERBS: dict[str, tuple[str, Verb]] = {
    "claim": ("ticket.claim", tickets.claim),
    "give_up": ("ticket.claim", tickets.give_up),
    "reply": ("ticket.reply", lambda s, d, n: tickets.reply(s, d, n, "Segue a resposta 1.")),
    "note": ("ticket.note", lambda s, d, n: tickets.note(s, d, n, "Ver contrato.")),
    "pending": ("ticket.pending", tickets.pending),
    "delete": ("ticket.delete", lambda s, d, n: tickets.delete(s, d, n, justification="engano")),
    "forward": (
        "ticket.forward", lambda s, d, n: routing.forward(s, d, n, note="Veja.", sector="CTM"),
    ),
    "classify": (
        "ticket.classify", lambda s, d, n: routing.classify(s, d, n, classification="GLO"),
    ),
    "close": (
        "ticket.close", lambda s, d, n: closing.close(s, d, n, status="EPR", body=CONCLUSION),
    ),
    "reopen": ("ticket.reopen", lambda s, d, n: closing.reopen(s, d, n, body="Vamos rever.")),
}  # fmt: skip


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session)
    know(session, found, CLINIC)
    return found


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session, sector="REL")


@pytest.fixture
def bia(session: Session) -> Actor:
    return make_agent(session, "bia")


@pytest.fixture
def desk(ana: Actor, policy: Policy) -> Desk:
    return desk_of(ana, policy)


@pytest.fixture
def other(bia: Actor, policy: Policy) -> Desk:
    return desk_of(bia, policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, provider_id: int) -> Ticket:
    return opened(session, mail(), policy)


def last_log(session: Session) -> tuple[Log, dict[str, object]]:
    row, values = session.execute(
        select(Log, LogPrivate.values)
        .join(LogPrivate, LogPrivate.log_id == Log.id)
        .order_by(Log.id.desc())
    ).first() or pytest.fail("nothing was logged")
    return row, values


# What every verb refuses.


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_needs_its_permission(session: Session, policy: Policy, ticket: Ticket, name: str):
    permission, verb = VERBS[name]
    everything = ("ticket.read", *(p for p, _ in VERBS.values()))
    clerk = make_agent(session, "caio", permissions=tuple(set(everything) - {permission}))
    with pytest.raises(Forbidden) as refused:
        verb(session, desk_of(clerk, policy), ticket.number)
    assert refused.value.permission == permission


@pytest.mark.parametrize("name", VERBS)
def test_a_person_of_a_provider_does_none_of_it(
    session: Session, policy: Policy, ticket: Ticket, provider_id: int, name: str
):
    luciana = make_person(session, provider_id, "Luciana", "l@clinica.example")
    with pytest.raises(Forbidden):
        VERBS[name][1](session, desk_of(luciana, policy), ticket.number)


@pytest.mark.parametrize("name", VERBS)
def test_unknown_and_secret_look_the_same(session: Session, desk: Desk, ticket: Ticket, name: str):
    hide(session, ticket.number)
    for number in (ticket.number, 999):
        with pytest.raises(NotVisible) as refused:
            VERBS[name][1](session, desk, number)
        assert refused.value.what == "ticket"


@pytest.mark.parametrize("name", VERBS)
def test_nothing_is_done_to_the_deleted(session: Session, desk: Desk, ticket: Ticket, name: str):
    tickets.delete(session, desk, ticket.number, justification="engano")
    with pytest.raises(Conflict) as refused:
        VERBS[name][1](session, desk, ticket.number)
    assert refused.value.code == "deleted"


@pytest.mark.parametrize("name", VERBS)
def test_nothing_is_done_to_the_merged(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket, name: str
):
    target = opened(session, mail(), policy)
    ticket.merged_into = target.number
    session.flush()
    with pytest.raises(Conflict) as refused:
        VERBS[name][1](session, desk, ticket.number)
    assert refused.value.data == {"number": target.number}


@pytest.mark.parametrize("name", sorted(set(VERBS) - {"note", "claim", "give_up"}))
def test_who_holds_a_ticket_keeps_others_off(
    session: Session, desk: Desk, other: Desk, ticket: Ticket, name: str
):
    if name == "reopen":
        closing.close(session, desk, ticket.number, status="EPR", body=CONCLUSION)
        ticket.claimed_by, ticket.claimed_until = desk.actor.id, NOW
        session.flush()
    else:
        tickets.claim(session, desk, ticket.number)
    with pytest.raises(Claimed) as refused:
        VERBS[name][1](session, other, ticket.number)
    assert (refused.value.holder, refused.value.data["holder_id"]) == ("Ana", desk.actor.id)


STALE: dict[str, Callable[[Session, Desk, int, int], object]] = {
    "reply": lambda s, d, n, v: tickets.reply(s, d, n, "Segue.", version=v),
    "pending": lambda s, d, n, v: tickets.pending(s, d, n, version=v),
    "forward": lambda s, d, n, v: routing.forward(s, d, n, note="x", sector="CTM", version=v),
    "classify": lambda s, d, n, v: routing.classify(s, d, n, classification="GLO", version=v),
    "close": lambda s, d, n, v: closing.close(
        s, d, n, status="EPR", body=CONCLUSION, version=v
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STALE)
def test_who_saw_an_older_version_is_told_and_changes_nothing(
    session: Session, desk: Desk, ticket: Ticket, name: str
):
    tickets.note(session, desk, ticket.number, "algo mudou")
    with pytest.raises(Stale) as refused:
        STALE[name](session, desk, ticket.number, 1)
    assert refused.value.version == ticket.version == 2
    STALE[name](session, desk, ticket.number, 2)
    assert ticket.version == 3


@pytest.mark.parametrize("name", sorted(set(VERBS) - {"note", "give_up", "reopen"}))
def test_a_closed_ticket_is_only_noted_or_reopened(
    session: Session, desk: Desk, ticket: Ticket, name: str
):
    closing.close(session, desk, ticket.number, status="EPR", body=CONCLUSION)
    with pytest.raises(HelpdeskError) as refused:
        VERBS[name][1](session, desk, ticket.number)
    assert isinstance(refused.value, Conflict)
    assert refused.value.code == "not_allowed"


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_logs_and_wakes_the_screens(
    session: Session, desk: Desk, ticket: Ticket, name: str
):
    if name == "give_up":
        tickets.claim(session, desk, ticket.number)
    if name == "reopen":
        closing.close(session, desk, ticket.number, status="EPR", body=CONCLUSION)
    session.info.clear()
    VERBS[name][1](session, desk, ticket.number)
    row, values = last_log(session)
    assert (row.number, row.actor_kind, row.actor_id) == (ticket.number, "agent", desk.actor.id)
    assert values["actor"] == "Ana"
    event = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event is not None
    assert (event.number, event.version) == (ticket.number, ticket.version)
    assert session.info["news"]


# Assumir and desistir.


def test_a_claim_is_a_lease_that_changes_no_version(
    session: Session, desk: Desk, other: Desk, ticket: Ticket
):
    tickets.claim(session, desk, ticket.number)
    assert (ticket.claimed_by, ticket.claimed_until) == (
        desk.actor.id, NOW + timedelta(minutes=15),
    )  # fmt: skip
    assert (ticket.assignee_id, ticket.started, ticket.version) == (desk.actor.id, True, 1)
    with pytest.raises(Claimed):
        tickets.claim(session, other, ticket.number)
    tickets.claim(session, desk, ticket.number)
    later = desk_of(other.actor, desk.policy, NOW + timedelta(minutes=15, seconds=1))
    tickets.claim(session, later, ticket.number)
    assert (ticket.claimed_by, ticket.assignee_id) == (other.actor.id, desk.actor.id)


def test_a_claim_is_renewed_by_its_holder_alone(
    session: Session, desk: Desk, other: Desk, ticket: Ticket
):
    tickets.claim(session, desk, ticket.number)
    later = desk_of(desk.actor, desk.policy, NOW + timedelta(minutes=10))
    assert tickets.renew(session, later, ticket.number)
    assert not tickets.renew(session, other, ticket.number)
    session.refresh(ticket)
    assert ticket.claimed_until == NOW + timedelta(minutes=25)


def test_giving_up_releases_and_changes_nothing_else(
    session: Session, desk: Desk, other: Desk, ticket: Ticket
):
    tickets.claim(session, desk, ticket.number)
    assert tickets.give_up(session, other, ticket.number).claimed_by == desk.actor.id
    tickets.give_up(session, desk, ticket.number)
    assert (ticket.claimed_by, ticket.claimed_until, ticket.version) == (None, None, 1)
    assert ticket.assignee_id == desk.actor.id


def test_of_many_who_claim_at_once_one_wins(work: Work, policy: Policy):
    def prepare(session: Session) -> tuple[int, list[Actor]]:
        provider = make_provider(session)
        agents = [make_agent(session, f"a{n}") for n in range(50)]
        return make_ticket(session, policy, provider).number, agents

    number, agents = work.write_now(prepare)

    def claim(agent: Actor) -> str:
        try:
            work.write_now(tickets.claim, desk_of(agent, policy), number)
        except Claimed as refused:
            return refused.holder
        return ""

    answers = at_once([lambda a=a: claim(a) for a in agents])
    assert answers.count("") == 1
    winner = agents[answers.index("")]
    assert set(answers) == {"", winner.name}
    held = work.read_now(lambda s: s.scalars(select(Ticket.claimed_by)).one())
    assert held == winner.id
    logged = work.read_now(lambda s: s.scalars(select(Log.id).where(Log.action == "claimed")).all())
    assert len(logged) == 1


# Responder.


def test_an_answer_goes_back_where_the_last_message_came_from(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    file = File("carta.pdf", "application/pdf", 3, "c" * 64)
    message_id = tickets.reply(session, desk, ticket.number, " Segue.\r\n", files=[file])
    message = messages_of(session, ticket.number)[-1]
    assert (message.id, message.text, message.kind) == (message_id, "Segue.", "reply")
    assert (message.direction, message.audience, message.channel) == ("outbound", "public", "mail")
    assert (ticket.situation, ticket.waiting_on, ticket.version) == ("open", "provider", 2)
    assert (ticket.started, ticket.last_answer_id) == (True, message_id)
    row = outbox_of(session, ticket.number)[-1]
    assert (row.notice, row.address, row.automatic) == ("replied", CLINIC, False)
    told = session.scalars(select(Delivery)).one()
    assert (told.message_id, told.recipient, told.state) == (message_id, CLINIC, "queued")
    assert session.scalars(select(Attachment.audience)).one() == "public"


def test_an_answer_on_the_page_is_told_by_mail_too(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    ticket = opened(session, form(luciana, provider_id), policy)
    message_id = tickets.reply(session, desk, ticket.number, "Segue.")
    told = session.scalars(select(Delivery).where(Delivery.message_id == message_id))
    assert sorted((d.channel, d.state) for d in told) == [
        ("mail", "queued"), ("web", "delivered"),
    ]  # fmt: skip


def test_nobody_is_told_by_an_unconfirmed_address(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    contact = Contact("L", "31 3222-0101", "x@y.example")
    ticket = opened(session, form(luciana, provider_id, contact=contact), policy)
    tickets.reply(session, desk, ticket.number, "Segue.")
    assert [o.notice for o in outbox_of(session)] == ["confirm_address"]


def test_another_endpoint_may_be_chosen_but_no_foreign_one(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket, provider_id: int
):
    luciana = make_person(session, provider_id, "Luciana", "luciana@clinica.example")
    elsewhere = endpoints_of(session, opened(session, mail(), policy).number)[CLINIC]
    opened(session, form(luciana, provider_id, number=ticket.number), policy)
    mine = endpoints_of(session, ticket.number)
    tickets.reply(session, desk, ticket.number, "Pela página.")
    assert messages_of(session, ticket.number)[-1].channel == "web"
    tickets.reply(session, desk, ticket.number, "Por e-mail.", endpoint_id=mine[CLINIC].id)
    assert messages_of(session, ticket.number)[-1].channel == "mail"
    mine[CLINIC].state = "removed"
    session.flush()
    for endpoint_id in (elsewhere.id, mine[CLINIC].id, 999):
        with pytest.raises(Invalid) as refused:
            tickets.reply(session, desk, ticket.number, "x", endpoint_id=endpoint_id)
        assert refused.value.errors[0].field == "endpoint"


def test_an_answer_by_telephone_reaches_nobody_by_itself(
    session: Session, policy: Policy, desk: Desk, provider_id: int
):
    ticket = make_ticket(session, policy, provider_id)
    endpoints_of(session, ticket.number)["luciana@clinica.example"].state = "removed"
    session.flush()
    tickets.reply(session, desk, ticket.number, "Dito ao telefone.")
    assert session.scalars(select(Delivery)).all() == []


def test_an_answer_waits_while_it_can_be_taken_back(session: Session, desk: Desk, ticket: Ticket):
    tickets.reply(session, desk, ticket.number, "Segue.", delay=timedelta(seconds=10))
    assert outbox_of(session)[-1].not_before == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(("text", "code"), [(" \n ", "required"), ("x" * 20_001, "too_long")])
def test_an_answer_has_1_to_20000_characters(
    session: Session, desk: Desk, ticket: Ticket, text: str, code: str
):
    for verb in (tickets.reply, tickets.note):
        with pytest.raises(Invalid) as refused:
            verb(session, desk, ticket.number, text)
        assert refused.value.errors[0].code == code
    tickets.reply(session, desk, ticket.number, "😀" * 20_000)


def test_a_note_stays_inside(session: Session, desk: Desk, other: Desk, ticket: Ticket):
    queued = len(outbox_of(session))
    tickets.claim(session, desk, ticket.number)
    tickets.note(session, other, ticket.number, "Ver contrato.")
    message = messages_of(session, ticket.number)[-1]
    assert (message.direction, message.audience) == ("internal", "internal")
    assert (len(outbox_of(session)), ticket.waiting_on, ticket.version) == (queued, "agent", 2)


# Pendente.


def test_pending_with_a_question_waits_for_the_provider(
    session: Session, desk: Desk, ticket: Ticket
):
    tickets.claim(session, desk, ticket.number)
    until = NOW + timedelta(days=3)
    tickets.pending(session, desk, ticket.number, body="Envie o XML.", until=until)
    assert (ticket.situation, ticket.waiting_on, ticket.pending_until) == (
        "pending", "provider", until,
    )  # fmt: skip
    assert ticket.claimed_by is None
    assert outbox_of(session)[-1].notice == "pending"
    _, values = last_log(session)
    assert [c["field"] for c in values["changes"]] == ["status", "pending_until"]  # type: ignore[index, union-attr]
    tickets.reply(session, desk, ticket.number, "Já recebemos.")
    assert ticket.situation == "open"


def test_pending_without_one_waits_inside(session: Session, desk: Desk, ticket: Ticket):
    queued = len(outbox_of(session))
    tickets.pending(session, desk, ticket.number)
    assert (ticket.situation, ticket.waiting_on) == ("pending", "internal")
    assert (ticket.assignee_id, ticket.started) == (desk.actor.id, True)
    assert len(outbox_of(session)) == queued


@pytest.mark.parametrize(
    ("more", "field"),
    [({"until": NOW}, "until"), ({"status": "ABE"}, "status"), ({"status": "?"}, "status")],
)
def test_pending_names_what_is_wrong(
    session: Session, desk: Desk, ticket: Ticket, more: dict[str, object], field: str
):
    with pytest.raises(Invalid) as refused:
        tickets.pending(session, desk, ticket.number, **more)  # type: ignore[arg-type]
    assert refused.value.errors[0].field == field


# Excluir.


def test_a_deleted_ticket_keeps_its_number(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    tickets.delete(session, desk, ticket.number, justification="  aberto por engano ")
    assert (ticket.situation, ticket.deleted_at, ticket.late) == ("closed", NOW, False)
    row, values = last_log(session)
    assert (row.action, values["note"]) == ("deleted", "aberto por engano")
    assert outbox_of(session)[-1].notice == "deleted"
    assert (opened(session, mail(), policy).protocol or "") > (ticket.protocol or "")


def test_what_was_started_is_not_deleted(session: Session, desk: Desk, ticket: Ticket):
    with pytest.raises(Invalid) as refused:
        tickets.delete(session, desk, ticket.number, justification=" ")
    assert refused.value.errors[0].field == "justification"
    tickets.claim(session, desk, ticket.number)
    tickets.give_up(session, desk, ticket.number)
    with pytest.raises(NotDeletable):
        tickets.delete(session, desk, ticket.number, justification="engano")


def test_the_lease_of_a_claim_is_a_parameter(session: Session, desk: Desk, ticket: Ticket):
    parameters.change(session, desk.actor, "claim_minutes", 5, now=NOW)
    tickets.claim(session, desk, ticket.number)
    assert ticket.claimed_until == NOW + timedelta(minutes=5)


def test_a_holder_whose_row_is_gone_has_no_name(session: Session, desk: Desk, other: Desk,
                                                ticket: Ticket):  # fmt: skip
    tickets.claim(session, desk, ticket.number)
    session.execute(update(Agent).where(Agent.id == desk.actor.id).values(name="Ana Maria"))
    session.expire_all()
    with pytest.raises(Claimed) as refused:
        tickets.claim(session, other, ticket.number)
    assert refused.value.holder == "Ana Maria"
