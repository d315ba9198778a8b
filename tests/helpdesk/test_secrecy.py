from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import closing, merging, secrecy, sessions, thread, tickets
from helpdesk.border import Actor
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible, Stale
from helpdesk.models import Access, Message
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW


@pytest.fixture
def lawyer(session: Session) -> Actor:
    return make.make_agent(session, "bia", groups=("juridico",))


@pytest.fixture
def outsider(session: Session) -> Actor:
    return make.make_agent(session, "rui")


@pytest.fixture
def number(session: Session, policy: Policy, lawyer: Actor) -> int:
    return make.make_ticket(session, policy, make.make_provider(session), agent_id=lawyer.id).number


def test_a_secret_ticket_is_gone_for_agents_outside_its_group(
    session: Session, policy: Policy, lawyer: Actor, outsider: Actor, number: int
):
    desk = make.desk_of(lawyer, policy)
    tickets.note(session, desk, number, "Parecer do advogado.")
    hidden = secrecy.hide(session, desk, number, "juridico", version=2)
    assert hidden.version == 3
    session.expire_all()
    assert len(thread.view(session, lawyer, number, policy=policy, now=NOW).messages) == 2
    with pytest.raises(NotVisible):
        thread.view(session, outsider, number, policy=policy, now=NOW)
    secrecy.hide(session, desk, number, None)
    session.expire_all()
    assert len(thread.view(session, outsider, number, policy=policy, now=NOW).messages) == 2


def test_what_was_more_secret_than_the_ticket_stays_so(
    session: Session, policy: Policy, lawyer: Actor, outsider: Actor, number: int
):
    desk = make.desk_of(lawyer, policy)
    note = tickets.note(session, desk, number, "Parecer do advogado.")
    secrecy.hide_message(session, desk, number, note, "juridico")
    seen = thread.view(session, outsider, number, policy=policy, now=NOW)
    assert note not in {m.id for m in seen.messages}
    secrecy.hide(session, desk, number, "juridico")
    with pytest.raises(Conflict):
        secrecy.hide_message(session, desk, number, note, None)


def test_only_known_groups_the_right_and_what_was_seen_count(
    session: Session, policy: Policy, lawyer: Actor, number: int
):
    desk = make.desk_of(lawyer, policy)
    with pytest.raises(Invalid):
        secrecy.hide(session, desk, number, "inventado")
    with pytest.raises(Stale):
        secrecy.hide(session, desk, number, "juridico", version=9)
    lacking = make.make_agent(session, "leo", permissions=("ticket.read",))
    with pytest.raises(Forbidden):
        secrecy.hide(session, make.desk_of(lacking, policy), number, "juridico")


def test_an_attachment_can_be_kept_from_the_provider(
    session: Session, policy: Policy, lawyer: Actor
):
    provider = make.make_provider(session, "P2")
    person = make.make_person(session, provider, "Luciana", "luciana@clinica.example")
    file = make.pdf("laudo.pdf")
    opened = make.opened(session, make.form(person, provider, files=(file,)), policy)
    seen = thread.view(session, person, opened.number, policy=policy, now=NOW)
    public_id = seen.messages[0].attachments[0].public_id
    secrecy.set_audience(session, make.desk_of(lawyer, policy), public_id, "internal")
    with pytest.raises(NotVisible):
        thread.attachment(session, person, public_id)
    secrecy.set_audience(session, make.desk_of(lawyer, policy), public_id, "public")
    assert thread.attachment(session, person, public_id).filename == "laudo.pdf"
    with pytest.raises(Invalid):
        secrecy.set_audience(session, make.desk_of(lawyer, policy), public_id, "todos")


def test_the_glass_is_broken_for_a_reason_and_an_hour_and_everybody_can_read_who_did(
    session: Session, policy: Policy, lawyer: Actor, outsider: Actor, number: int
):
    secrecy.hide(session, make.desk_of(lawyer, policy), number, "juridico")
    desk = make.desk_of(outsider, policy)
    with pytest.raises(Invalid):
        secrecy.break_glass(session, desk, number, "porque")
    secrecy.break_glass(session, desk, number, "Liminar chegou e a Bia está de férias.")
    token = sessions.start(session, "agent", outsider.id or 0, now=NOW)
    session.flush()
    live = sessions.find(session, token, now=NOW + timedelta(minutes=59))
    assert live is not None
    seen = thread.view(session, live.actor, number, policy=policy, now=NOW)
    assert len(seen.messages) == 1
    assert thread.log(session, lawyer, number)[-1].note.startswith("Liminar")
    assert session.scalars(select(Access.what)).all() == ["break_glass"]
    over = sessions.find(session, token, now=NOW + timedelta(minutes=61))
    assert over is not None
    with pytest.raises(NotVisible):
        thread.view(session, over.actor, number, policy=policy, now=NOW)


def test_breaking_the_glass_needs_its_own_right(session: Session, policy: Policy, number: int):
    attendant = make.make_agent(session, "leo", permissions=("ticket.read", "ticket.secret"))
    with pytest.raises(Forbidden):
        secrecy.break_glass(session, make.desk_of(attendant, policy), number, "Preciso muito ler.")


def test_what_is_answered_in_a_secret_ticket_is_secret(
    session: Session, policy: Policy, lawyer: Actor, number: int
):
    desk = make.desk_of(lawyer, policy)
    secrecy.hide(session, desk, number, "juridico")
    closing.close(session, desk, number, status="EPR", body="Acordo de 3 parcelas homologado.")
    found = session.scalars(select(Message.secret_group).where(Message.number == number))
    assert set(found) == {"juridico"}
    assert secrecy.readers(session, "juridico") == [lawyer.id]


def test_what_was_merged_into_a_ticket_is_hidden_with_it(
    session: Session, policy: Policy, lawyer: Actor, outsider: Actor
):
    provider = make.make_provider(session, "P3")
    first = make.make_ticket(session, policy, provider, agent_id=lawyer.id).number
    second = make.make_ticket(session, policy, provider, agent_id=lawyer.id).number
    desk = make.desk_of(lawyer, policy)
    merging.merge(session, desk, second, into=first)
    with pytest.raises(Conflict):
        secrecy.hide(session, desk, second, "juridico")
    secrecy.hide(session, desk, first, "juridico")
    session.expire_all()
    for number in (first, second):
        with pytest.raises(NotVisible):
            thread.view(session, outsider, number, policy=policy, now=NOW)
    seen = thread.view(session, lawyer, first, policy=policy, now=NOW)
    assert {m.secret for m in seen.messages} == {"juridico"}
