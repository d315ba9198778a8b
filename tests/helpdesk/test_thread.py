"""One ticket as pages and API show it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from helpdesk import closing, holidays, rows, thread, tickets
from helpdesk.border import Actor, File
from helpdesk.desk import Desk
from helpdesk.errors import NotVisible
from helpdesk.models import LogPrivate, Reading, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    form,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    opened,
)

FILE = File("laudo.pdf", "application/pdf", 5, "e" * 64, inline=True, content_id="<c@x>")


@pytest.fixture
def provider_id(session: Session) -> int:
    found = make_provider(session, document="11.222.333/0001-81", type="Clínica médica")
    know(session, found, CLINIC)
    return found


@pytest.fixture
def luciana(session: Session, provider_id: int) -> Actor:
    return make_person(session, provider_id, "Luciana", "luciana@clinica.example")


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


@pytest.fixture
def ticket(session: Session, policy: Policy, provider_id: int, luciana: Actor) -> Ticket:
    return opened(session, mail(files=(FILE,), html="<b>x</b>", quoted="> y"), policy)


def test_a_reference_is_the_protocol_or_the_number(
    session: Session, luciana: Actor, ticket: Ticket
):
    for ref in (ticket.protocol, f"n{ticket.number}"):
        assert thread.find(session, luciana, ref or "") == ticket.number
    for ref in ("", str(ticket.number), "n", "n0", "n" + "9" * 19, "a\0", "\ud800", "N1"):
        with pytest.raises(NotVisible):
            thread.find(session, luciana, ref)


def test_a_view_has_all_there_is(
    session: Session, policy: Policy, desk: Desk, luciana: Actor, ticket: Ticket
):
    tickets.reply(session, desk, ticket.number, "Segue.")
    tickets.note(session, desk, ticket.number, "interno")
    tickets.claim(session, desk, ticket.number)
    view = thread.view(session, desk.actor, ticket.number, policy=policy, now=NOW)
    assert [(m.kind, m.author_name) for m in view.messages] == [
        ("opening", "Recepção"), ("reply", "Ana"), ("note", "Ana"),
    ]  # fmt: skip
    opening, answer, _ = view.messages
    assert (opening.html, opening.quoted, opening.verdict) == ("<b>x</b>", "> y", "unknown")
    [attached] = opening.attachments
    assert (attached.filename, attached.inline, attached.content_id) == ("laudo.pdf", True, "<c@x>")
    assert [(d.recipient, d.state) for d in answer.deliveries] == [(CLINIC, "queued")]
    [end] = view.endpoints
    assert (end.address, end.default, end.usable) == (CLINIC, True, True)
    assert (view.provider.code, view.provider.type) == ("P1", "Clínica médica")
    assert [tuple(p) for p in view.provider.people] == [
        ("Luciana", "luciana@clinica.example", "member")
    ]
    assert (view.row.in_progress_with, view.row.assignee_login) == ("Ana", "ana")
    assert (view.linked, view.merged_into) == ([], None)
    assert (view.attention, view.terms_source) == (1, "triage")
    late = thread.view(session, desk.actor, ticket.number, policy=policy, now=NOW + timedelta(1))
    assert late.row.in_progress_with is None
    with pytest.raises(NotVisible):
        thread.view(session, desk.actor, 999, policy=policy, now=NOW)


def test_a_long_conversation_takes_no_more_queries(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    counted: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *args: counted.append(args[2]))

    def queries() -> int:
        session.flush()
        session.expire_all()
        counted.clear()
        thread.view(session, desk.actor, ticket.number, policy=policy, now=NOW)
        return len(counted)

    short = queries()
    for _ in range(10):
        tickets.note(session, desk, ticket.number, "mais uma", files=[FILE])
    assert queries() == short


def test_an_unusable_endpoint_is_no_default(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    endpoints_of(session, ticket.number)[CLINIC].state = "reading"
    session.flush()
    [end] = thread.view(session, desk.actor, ticket.number, policy=policy, now=NOW).endpoints
    assert (end.default, end.usable) == (False, False)


def test_linked_tickets_point_both_ways(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    closing.close(session, desk, ticket.number, status="EPR", body="Pago em 30/11.")
    end = endpoints_of(session, ticket.number)[CLINIC]
    token = policy.keyring.reply_token(ticket.number, end.id)
    later = NOW + timedelta(days=40)
    following = opened(session, mail(tokens=(token,)), policy, now=later)
    for number, linked in ((ticket.number, following.number), (following.number, ticket.number)):
        view = thread.view(session, desk.actor, number, policy=policy, now=later)
        assert view.linked == [linked]


def test_the_log_shows_values_until_they_are_erased(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    tickets.pending(session, desk, ticket.number, body="Envie.")
    opening, left = thread.log(session, desk.actor, ticket.number)
    assert (opening.action, opening.actor_name, opening.actor_kind) == (
        "opened", "Recepção", "person",
    )  # fmt: skip
    assert left.changes[0]["field"] == "status"
    assert (left.seal, len(left.digest)) == (None, 64)
    for row in session.scalars(select(LogPrivate)):
        session.delete(row)
    session.flush()
    erased = thread.log(session, desk.actor, ticket.number)
    assert [(row.actor_name, row.changes, row.note) for row in erased] == [("", [], "")] * 2


def test_previous_tickets_of_the_provider(
    session: Session, policy: Policy, desk: Desk, luciana: Actor, provider_id: int, ticket: Ticket
):
    other = opened(session, form(luciana, provider_id), policy)
    gone = opened(session, form(luciana, provider_id), policy)
    tickets.delete(session, desk, gone.number, justification="engano")
    found = thread.previous(session, desk.actor, ticket.number, policy=policy, now=NOW)
    assert [row.number for row in found] == [other.number]


def test_a_deadline_is_explained_day_by_day(
    session: Session, policy: Policy, desk: Desk, ticket: Ticket
):
    days = thread.explain_deadline(ticket, holidays.load(session, policy))
    assert [(d.day, d.kind) for d in days] == [
        (date(2026, 11, 24), "opening"), (date(2026, 11, 25), "counted"),
        (date(2026, 11, 26), "counted"), (date(2026, 11, 27), "due"),
    ]  # fmt: skip


def test_the_badge_counts_answers_not_read(
    session: Session, policy: Policy, desk: Desk, luciana: Actor, ticket: Ticket
):
    def unread(actor: Actor) -> bool:
        session.flush()
        condition = Ticket.number == ticket.number
        return rows.listing(session, actor, condition, policy, NOW)[0].unread

    thread.mark_read(session, luciana, ticket.number)
    assert not unread(luciana)
    tickets.reply(session, desk, ticket.number, "Segue.")
    assert unread(luciana)
    assert not unread(desk.actor)
    thread.mark_read(session, desk.actor, ticket.number)
    assert unread(luciana)
    for _ in range(2):
        thread.mark_read(session, luciana, ticket.number)
        assert not unread(luciana)
    assert [r.person_id for r in session.scalars(select(Reading))] == [luciana.id]
    with pytest.raises(NotVisible):
        thread.mark_read(session, luciana, 999)
