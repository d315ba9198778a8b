from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from helpdesk import closing, merging, thread, tickets
from helpdesk.border import Outcome, Receipt
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from tests.helpdesk import factories as make
from tests.helpdesk.factories import CLINIC, NOW

OTHER = "financeiro@clinica.example"


@pytest.fixture
def two(session: Session, policy: Policy) -> tuple[int, int]:
    """Two tickets of one clinic, opened by mail from two addresses."""
    provider = make.make_provider(session)
    make.know(session, provider, CLINIC)
    make.know(session, provider, OTHER)
    first = make.opened(session, make.mail(text="A glosa não procede."), policy)
    second = make.opened(session, make.mail(OTHER, text="Complemento da glosa."), policy)
    return first.number, second.number


def code_of(error: pytest.ExceptionInfo[Invalid]) -> str:
    return error.value.errors[0].code


def test_a_merged_ticket_is_closed_and_its_conversation_is_the_targets_too(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    source = merging.merge(session, desk, second, into=first)
    assert (source.situation, source.merged_into, source.closed_at) == ("closed", first, NOW)
    seen = thread.view(session, desk.actor, first, policy=policy, now=NOW)
    assert [(m.number, m.text) for m in seen.messages] == [
        (first, "A glosa não procede."),
        (second, "Complemento da glosa."),
    ]
    assert {e.address for e in seen.endpoints} == {CLINIC, OTHER}
    assert thread.view(session, desk.actor, second, policy=policy, now=NOW).merged_into == first


def test_a_later_reply_to_the_source_goes_to_the_target(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    endpoint = make.endpoints_of(session, second)[OTHER]
    token = policy.keyring.reply_token(second, endpoint.id)
    merging.merge(session, desk, second, into=first)
    answer = make.receive(session, make.mail(OTHER, tokens=(token,)), policy)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.number) == (Outcome.COMPLEMENTED, first)
    message = tickets.reply(session, desk, first, "Recebemos os documentos das guias 1 e 2.")
    sent = [row for row in make.outbox_of(session, first) if row.message_id == message]
    assert [row.address for row in sent] == [OTHER]


def test_undoing_gives_the_source_back_as_it_was(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    before = session.get_one(Ticket, second)
    was = (before.situation, before.status_id, before.waiting_on, before.closed_at)
    merging.merge(session, desk, second, into=first)
    again = merging.unmerge(session, desk, second)
    assert (again.situation, again.status_id, again.waiting_on, again.closed_at) == was
    assert again.merged_into is None
    seen = thread.view(session, desk.actor, first, policy=policy, now=NOW)
    assert [m.number for m in seen.messages] == [first]
    assert {e.address for e in seen.endpoints} == {CLINIC}
    merging.merge(session, desk, second, into=first)
    assert make.endpoints_of(session, first)[OTHER].state == "removed"


def test_who_spoke_to_the_target_meanwhile_stays_its_participant(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    endpoint = make.endpoints_of(session, second)[OTHER]
    token = policy.keyring.reply_token(second, endpoint.id)
    merging.merge(session, desk, second, into=first)
    make.receive(session, make.mail(OTHER, tokens=(token,)), policy)
    merging.unmerge(session, desk, second)
    assert make.endpoints_of(session, first)[OTHER].state == "active"


def test_a_closed_ticket_keeps_its_closing_when_it_is_merged_and_given_back(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    closing.close(session, desk, second, status="EPR", body="Pago na remessa 4 de novembro.")
    later = make.desk_of(desk.actor, policy, NOW + timedelta(days=2))
    assert merging.merge(session, later, second, into=first).closed_at == NOW
    assert merging.unmerge(session, later, second).closed_at == NOW


def test_what_does_not_fit_is_refused(session: Session, policy: Policy, two: tuple[int, int]):
    first, second = two
    desk = make.desk_of(make.make_agent(session, groups=("juridico",)), policy)
    with pytest.raises(Invalid) as error:
        merging.merge(session, desk, first, into=first)
    assert code_of(error) == "same"
    with pytest.raises(Invalid) as error:
        merging.merge(session, desk, first, into=999_999)
    assert code_of(error) == "unknown"
    foreign = make.make_ticket(session, policy, make.make_provider(session, "P2")).number
    with pytest.raises(Invalid) as error:
        merging.merge(session, desk, first, into=foreign)
    assert code_of(error) == "other_provider"
    make.hide(session, second)
    session.expire_all()
    with pytest.raises(Invalid) as error:
        merging.merge(session, desk, first, into=second)
    assert code_of(error) == "other_secrecy"


def test_a_merged_ticket_takes_no_other_and_no_work(
    session: Session, policy: Policy, two: tuple[int, int]
):
    first, second = two
    desk = make.desk_of(make.make_agent(session), policy)
    merging.merge(session, desk, second, into=first)
    with pytest.raises(Invalid) as error:
        merging.merge(session, desk, first, into=second)
    assert code_of(error) == "merged"
    with pytest.raises(Conflict):
        tickets.reply(session, desk, second, "Uma resposta.")
    with pytest.raises(Conflict):
        merging.unmerge(session, desk, first)


def test_who_may_not_see_the_target_is_not_told_of_it(session: Session, policy: Policy):
    provider = make.make_provider(session)
    luciana = make.make_person(session, provider, "Luciana", "lu@clinica.example", scope="own")
    paulo = make.make_person(session, provider, "Paulo", "paulo@clinica.example")
    first = make.opened(session, make.form(paulo, provider), policy).number
    second = make.opened(session, make.form(luciana, provider), policy).number
    desk = make.desk_of(make.make_agent(session), policy)
    merging.merge(session, desk, second, into=first)
    assert thread.view(session, paulo, second, policy=policy, now=NOW).merged_into == first
    # The target was lent Luciana's endpoint: she is a party to it now.
    assert thread.view(session, luciana, second, policy=policy, now=NOW).merged_into == first
    stranger = make.make_agent(session, "rui", permissions=("quarantine",))
    with pytest.raises(NotVisible):
        merging.merge(session, make.desk_of(stranger, policy), second, into=first)
