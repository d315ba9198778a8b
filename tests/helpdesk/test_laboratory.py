"""Raw arrivals: listed, found, processed again without doing anything twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import laboratory, quarantine, rereading
from helpdesk.border import SYSTEM, File, Inbound, MailFacts
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, NotVisible
from helpdesk.laboratory import Asked
from helpdesk.models import Attachment, Content, Held, InboundRaw, Log, Message, Ticket
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
    receive,
)
from tests.helpdesk.test_quarantine import STRANGER, arrived, raw_state


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    know(session, make_provider(session), CLINIC)
    return desk_of(make_agent(session), policy)


def pdf(name: str, sha256: str = "e" * 64, **more: object) -> File:
    return File(name, "application/pdf", 5, sha256, **more)  # type: ignore[arg-type]


def placed(session: Session, policy: Policy, **more: object) -> tuple[Inbound, Ticket, Message]:
    sent = arrived(session, mail(**more))
    ticket = opened(session, sent, policy)
    return sent, ticket, messages_of(session, ticket.number)[0]


def test_arrivals_are_listed_newest_first_and_found(session: Session, policy: Policy, desk: Desk):
    sent, ticket, message = placed(session, policy)
    held = arrived(session, mail(STRANGER))
    receive(session, held, policy)
    waiting = arrived(session, mail("outro@fora.example"))
    found = laboratory.listing(session, desk.actor, Asked())
    assert [e.raw.id for e in found] == [waiting.raw_id, held.raw_id, sent.raw_id]
    assert [(e.number, e.message_id, e.held_id is None) for e in found] == [
        (None, None, True),
        (None, None, False),
        (ticket.number, message.id, True),
    ]
    assert [e.sender for e in found] == [STRANGER, STRANGER, CLINIC]
    page = laboratory.listing(session, desk.actor, Asked(), limit=1, before=waiting.raw_id)
    assert [e.raw.id for e in page] == [held.raw_id]
    for asked, count in (
        (Asked(state="held"), 1),
        (Asked(mailbox="nada@op.example"), 0),
        (Asked(q="FORA.example"), 3),
        (Asked(q="nada"), 0),
        (Asked(start=NOW, end=NOW + timedelta(days=1)), 3),
        (Asked(end=NOW), 0),
    ):
        assert len(laboratory.listing(session, desk.actor, asked)) == count, asked


def test_the_system_sees_all(session: Session, policy: Policy, desk: Desk):
    _, ticket, _ = placed(session, policy)
    hide(session, ticket.number)
    assert len(laboratory.listing(session, SYSTEM, Asked())) == 1


def test_it_looks_back_only_so_far(
    session: Session, policy: Policy, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(laboratory, "MOST_ARRIVALS", 2)
    for _ in range(4):
        arrived(session, mail())
    assert len(laboratory.listing(session, desk.actor, Asked())) == 2


def test_it_is_as_secret_as_its_ticket(session: Session, policy: Policy, desk: Desk):
    sent, ticket, message = placed(session, policy)
    copy = arrived(session, replace(sent, arrival="imap:z/1"))
    receive(session, copy, policy)
    hide(session, ticket.number)
    insider = make_agent(session, "iris", groups=("juridico",))
    assert laboratory.listing(session, desk.actor, Asked()) == []
    assert len(laboratory.listing(session, insider, Asked())) == 2
    for raw_id in (sent.raw_id, copy.raw_id, 999):
        with pytest.raises(NotVisible):
            laboratory.get(session, desk.actor, raw_id or 0)
    with pytest.raises(NotVisible):
        rereading.original(session, desk, message.id)
    ticket.secret_group = None
    message.secret_group = "juridico"
    session.flush()
    assert sent.raw_id not in [e.raw.id for e in laboratory.listing(session, desk.actor, Asked())]
    clerk = make_agent(session, "caio", permissions=("ticket.read",))
    with pytest.raises(Forbidden):
        laboratory.listing(session, clerk, Asked())
    with pytest.raises(Forbidden):
        rereading.original(session, desk_of(clerk, policy), message.id)


def test_what_was_applied_is_brought_up_to_date(session: Session, policy: Policy, desk: Desk):
    old, kept = pdf("velho.pdf", "a" * 64), pdf("winmail.dat", "b" * 64)
    sent, ticket, message = placed(session, policy, text="lixo =C3", files=(old, kept))
    told, version = len(outbox_of(session)), ticket.version
    before = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    before[1].audience = "internal"
    public_id = before[1].public_id
    session.flush()
    read = replace(
        sent,
        text="Não procede",
        quoted="> antes",
        html="<p>Não procede</p>",
        files=(replace(kept, filename="laudo.pdf"), pdf("novo.pdf", "c" * 64, content_id="x")),
        mail=replace(sent.mail or MailFacts(), protection="signed-pgp"),
    )
    assert laboratory.replay(session, desk, sent.raw_id or 0, read) == "reread"
    session.flush()
    assert (message.text, message.quoted, message.html) == (
        "Não procede",
        "> antes",
        "<p>Não procede</p>",
    )
    after = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert [(a.filename, a.audience) for a in after] == [
        ("laudo.pdf", "internal"),
        # What was hidden may be inside what is new.
        ("novo.pdf", "internal"),
    ]
    assert after[0].public_id == public_id
    assert (message.match or {})["protection"] == "signed-pgp"
    assert ticket.version == version + 1
    assert len(outbox_of(session)) == told
    assert len(messages_of(session, ticket.number)) == 1
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "reread"
    assert laboratory.replay(session, desk, sent.raw_id or 0, read) == "unchanged"


def test_a_complement_without_files_is_read_again(session: Session, policy: Policy, desk: Desk):
    _, ticket, message = placed(session, policy)
    message.kind = "complement"
    session.flush()
    raw = session.scalars(select(InboundRaw)).one()
    read = mail(text="Outro texto")
    assert laboratory.replay(session, desk, raw.id, read) == "reread"
    assert message.text == "Outro texto"
    assert ticket.number == message.number


def test_nothing_read_takes_nothings_place(session: Session, policy: Policy, desk: Desk):
    sent, _, message = placed(session, policy)
    with pytest.raises(Conflict, match="nothing_read"):
        laboratory.replay(session, desk, sent.raw_id or 0, replace(sent, text=" "))
    assert message.text


def test_what_is_held_is_judged_again_in_silence(session: Session, policy: Policy, desk: Desk):
    sent = arrived(session, mail(STRANGER))
    receive(session, sent, policy)
    assert laboratory.replay(session, desk, sent.raw_id or 0, sent) == "queued"
    assert raw_state(session, sent) == "waiting"
    assert session.get_one(InboundRaw, sent.raw_id).quiet
    with pytest.raises(Conflict, match="waiting"):
        laboratory.replay(session, desk, sent.raw_id or 0, sent)


def test_spam_is_replayed_only_once_it_is_none(session: Session, policy: Policy, desk: Desk):
    sent = arrived(session, mail(STRANGER))
    receive(session, sent, policy)
    row = session.scalars(select(Held)).one()
    quarantine.mark_spam(session, desk, row.public_id)
    with pytest.raises(Conflict, match="settled"):
        laboratory.replay(
            session, desk_of(make_agent(session, "rui"), policy), sent.raw_id or 0, sent
        )


def test_what_was_ignored_is_judged_again(session: Session, policy: Policy, desk: Desk):
    sent = arrived(session, mail(automatic="auto-reply"))
    receive(session, sent, policy)
    assert raw_state(session, sent) == "ignored"
    assert laboratory.replay(session, desk, sent.raw_id or 0, sent) == "queued"
    assert raw_state(session, sent) == "waiting"
    assert session.scalars(select(Log.action).order_by(Log.id.desc())).first() == "arrival_replayed"


def test_a_copy_is_never_applied_a_second_time(session: Session, policy: Policy, desk: Desk):
    sent, _, _ = placed(session, policy, message_id="<um@clinica.example>")
    copy = arrived(session, replace(sent, arrival="imap:z/1"))
    receive(session, copy, policy)
    assert raw_state(session, copy) == "duplicate"
    with pytest.raises(Conflict, match="duplicate"):
        laboratory.replay(session, desk, copy.raw_id or 0, copy)
    # A later parser has another content key for it: the Message-ID still tells.
    for row in session.scalars(select(Content)).all():
        session.delete(row)
    session.flush()
    with pytest.raises(Conflict, match="duplicate"):
        laboratory.replay(session, desk, copy.raw_id or 0, replace(copy, content="other"))
    nameless = replace(copy, content="another", mail=None)
    assert laboratory.replay(session, desk, copy.raw_id or 0, nameless) == "queued"
