"""What the quarantine shows to whom."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import held
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.held import Asked
from helpdesk.models import Held
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, hide, make_agent, make_provider, make_ticket


@pytest.fixture
def agent(session: Session) -> Actor:
    return make_agent(session)


@pytest.fixture
def insider(session: Session) -> Actor:
    return make_agent(session, "iris", groups=("juridico",))


def keep(session: Session, n: int, **more: object) -> Held:
    values: dict[str, object] = {
        "public_id": f"{n:032x}",
        "received_at": NOW,
        "channel": "mail",
        "sender": f"s{n}@fora.example",
        "subject": f"Assunto {n}",
        "reason": "unknown-sender",
        "trace": [],
    }
    row = Held(**(values | more))
    session.add(row)
    session.flush()
    return row


def test_words_find_sender_and_subject_whatever_their_marks(session: Session, agent: Actor):
    keep(session, 1, subject="Ação sobre Glosa")
    keep(session, 2, sender="glosa@fora.example")
    keep(session, 3)
    found = held.listing(session, agent, Asked(q="GLOSA acao"))
    assert [each.row.id for each in found] == [1]
    assert len(held.listing(session, agent, Asked(q="glosa"))) == 2
    assert held.listing(session, agent, Asked(q="nada")) == []


def test_words_are_looked_for_page_by_page(
    session: Session, agent: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(held, "STRIDE", 2)
    for n in range(1, 8):
        keep(session, n, subject="sim" if n % 3 == 1 else "outra coisa")
    first = held.listing(session, agent, Asked(q="sim"), limit=2)
    assert [each.row.id for each in first] == [7, 4]
    rest = held.listing(session, agent, Asked(q="sim"), limit=2, before=first[-1].row.id)
    assert [each.row.id for each in rest] == [1]


def test_filters_and_counts_agree(session: Session, agent: Actor):
    keep(session, 1, mailbox="a@op.example")
    keep(session, 2, mailbox="b@op.example", reason="limit")
    keep(session, 3, reason="limit", state="spam")
    counted = held.counts(session, agent)
    assert counted == held.Counts(
        {"unknown-sender": 1, "limit": 1}, ["a@op.example", "b@op.example"], exact=True
    )
    for reason, count in counted.reasons.items():
        assert len(held.listing(session, agent, Asked(reason=reason))) == count
    assert len(held.listing(session, agent, Asked(mailbox="a@op.example"))) == 1


def test_a_long_queue_is_not_counted_to_its_end(
    session: Session, agent: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(held, "MOST_COUNTED", 2)
    for n in range(1, 6):
        keep(session, n)
    assert held.counts(session, agent).exact is False


def test_a_secret_suggestion_is_as_if_there_were_none(
    session: Session, policy: Policy, agent: Actor, insider: Actor
):
    number = make_ticket(session, policy, make_provider(session)).number
    trace = ["verdict verified", f"subject-protocol {number}: stranger", f"forged {number}"]
    row = keep(session, 1, reason="not-a-participant", suggestion=number, trace=trace)
    [open_to_all] = held.listing(session, agent, Asked())
    assert open_to_all.suggestion is not None
    hide(session, number)
    [outside] = held.listing(session, agent, Asked())
    assert (outside.reason, outside.suggestion) == ("unknown-sender", None)
    assert outside.trace == ("verdict verified",)
    [inside] = held.listing(session, insider, Asked())
    assert (inside.reason, inside.suggestion.number if inside.suggestion else None) == (
        "not-a-participant",
        number,
    )
    assert inside.trace == tuple(trace)
    assert held.counts(session, agent).reasons == {"unknown-sender": 1}
    assert held.counts(session, insider).reasons == {"not-a-participant": 1}
    for actor, reason in ((agent, "unknown-sender"), (insider, "not-a-participant")):
        assert len(held.listing(session, actor, Asked(reason=reason))) == 1
    for actor, reason in ((agent, "not-a-participant"), (insider, "unknown-sender")):
        assert held.listing(session, actor, Asked(reason=reason)) == []

    session.execute(update(Held).values(state="attached", number=number))
    assert held.listing(session, agent, Asked(state="attached")) == []
    assert len(held.listing(session, insider, Asked(state="attached"))) == 1
    with pytest.raises(NotVisible):
        held.get(session, agent, row.public_id)


def test_forgery_is_known_by_its_verdict(session: Session):
    assert held.is_forged(keep(session, 1, reason="authentication-failed"))
    assert held.is_forged(keep(session, 2, reason="internal-error", trace=["verdict failed: x"]))
    assert not held.is_forged(keep(session, 3, trace=["verdict unknown"]))


def test_what_waits_from_an_address(session: Session, agent: Actor):
    keep(session, 1, sender="a@x.example")
    keep(session, 2, sender="a@x.example", state="spam")
    keep(session, 3, sender="b@x.example")
    assert held.of_sender(session, agent, "a@x.example") == [f"{1:032x}"]
