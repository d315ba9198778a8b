import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import splitting, thread, tickets
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import CLINIC, NOW


def test_a_message_about_something_else_becomes_a_ticket_of_its_own(
    session: Session, policy: Policy
):
    provider = make.make_provider(session)
    make.know(session, provider, CLINIC)
    file = make.pdf("nota.pdf")
    first = make.opened(session, make.mail(text="A senha da guia?", files=(file,)), policy)
    desk = make.desk_of(make.make_agent(session), policy)
    message = make.messages_of(session, first.number)[0]
    number = splitting.split(
        session, desk, first.number, message.id, title="Senha da guia", classification="AUT"
    )
    seen = thread.view(session, desk.actor, number, policy=policy, now=NOW)
    assert seen.row.title == "Senha da guia"
    assert seen.row.provider_code == "P1"
    assert seen.linked == [first.number]
    assert seen.messages[0].text == "A senha da guia?"
    assert [a.filename for a in seen.messages[0].attachments] == ["nota.pdf"]
    assert [e.address for e in seen.endpoints if e.default] == [CLINIC]
    assert seen.row.protocol != first.protocol
    told = [row.notice for row in make.outbox_of(session, number)]
    assert told == ["opened"]
    session.expire_all()
    assert (make.messages_of(session, first.number)[0].match or {})["split"] == number
    again = splitting.split(
        session, desk, first.number, message.id, title="Senha da guia", classification="AUT"
    )
    assert again == number


def test_a_split_of_a_secret_ticket_is_as_secret(session: Session, policy: Policy):
    provider = make.make_provider(session)
    make.know(session, provider, CLINIC)
    first = make.opened(session, make.mail(), policy)
    make.hide(session, first.number)
    session.expire_all()
    desk = make.desk_of(make.make_agent(session, groups=("juridico",)), policy)
    message = make.messages_of(session, first.number)[0]
    number = splitting.split(
        session, desk, first.number, message.id, title="Outro", classification="AUT"
    )
    session.expire_all()
    assert session.scalar(select(Ticket.secret_group).where(Ticket.number == number)) == "juridico"
    assert make.messages_of(session, number)[0].secret_group == "juridico"
    with pytest.raises(NotVisible):
        thread.view(session, make.make_agent(session, "rui"), number, policy=policy, now=NOW)


def test_only_what_the_provider_wrote_is_split_and_under_a_title_and_a_class(
    session: Session, policy: Policy
):
    ticket = make.make_ticket(
        session, policy, make.make_provider(session), agent_id=make.make_agent(session).id
    )
    desk = make.desk_of(make.make_agent(session, "bia"), policy)
    note = tickets.note(session, desk, ticket.number, "Uma nota.")
    with pytest.raises(Conflict):
        splitting.split(session, desk, ticket.number, note, title="T", classification="AUT")
    first = make.messages_of(session, ticket.number)[0]
    with pytest.raises(Invalid) as error:
        splitting.split(session, desk, ticket.number, first.id, title=" ", classification="XXX")
    assert [e.field for e in error.value.errors] == ["title", "classification"]
    with pytest.raises(NotVisible):
        splitting.split(session, desk, ticket.number, 999, title="T", classification="AUT")
