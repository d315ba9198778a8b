"""What attachments say is found, by whoever may open them, and by nobody else."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from helpdesk import attachment_texts, search, secrecy, tickets
from helpdesk.attachment_texts import Waiting
from helpdesk.border import File
from helpdesk.desk import Desk
from helpdesk.models import Attachment, AttachmentText, Message
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    form,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    opened,
    pdf,
)


def waiting(session: Session) -> Waiting:
    found = attachment_texts.claim(session, now=NOW)
    assert found is not None
    return found


def state(session: Session, attachment_id: int) -> tuple[str, str]:
    columns = select(Attachment.text_state, Attachment.text_error)
    return session.execute(columns.where(Attachment.id == attachment_id)).one()


def test_only_what_may_hold_text_waits(session: Session, policy: Policy):
    provider = make_provider(session)
    person = make_person(session, provider, "Luciana", "luciana@clinica.example")
    files = (
        pdf(),
        File("guia.XML", "application/octet-stream", 5, "a" * 64),
        File("foto.png", "image/png", 5, "b" * 64),
        File("dados", "application/atom+xml; charset=utf-8", 5, "c" * 64),
        File("dados2", "Application/Atom+XML", 5, "d" * 64),
    )
    opened(session, form(person, provider, files=files), policy)
    found = session.execute(select(Attachment.filename, Attachment.text_state)).all()
    assert {name for name, wanted in found if wanted} == {"laudo.pdf", "guia.XML", "dados2"}


def test_a_text_is_found_by_who_may_open_the_file(session: Session, policy: Policy):
    provider = make_provider(session)
    person = make_person(session, provider, "Luciana", "luciana@clinica.example")
    ana = make_agent(session, groups=("sigilo",))
    out = make_agent(session, "caio")
    number = opened(session, form(person, provider, files=(pdf(),)), policy).number
    one = waiting(session)
    attachment_texts.read(session, one.id, "Autorização da guia 99887766 do beneficiário")

    def seen(query: str) -> list[bool]:
        hits = [search.hits(session, who, query) for who in (ana, out, person)]
        return [hit is not None and number in hit.numbers for hit in hits]

    assert seen("autorizacoes 99887766") == [True, True, True]
    assert seen("autorizacoes 4711") == [False, False, False]
    desk = Desk(ana, policy, NOW)
    public_id = session.scalar(select(Attachment.public_id)) or ""
    secrecy.set_audience(session, desk, public_id, "internal")
    session.flush()
    assert seen("99887766") == [True, True, False]
    message = session.scalar(select(Message.id).where(Message.number == number)) or 0
    secrecy.hide_message(session, desk, number, message, "sigilo")
    session.flush()
    assert seen("99887766") == [True, False, False]
    secrecy.hide_message(session, desk, number, message, None)
    secrecy.hide(session, desk, number, "sigilo")
    session.flush()
    assert seen("99887766") == [True, False, False]
    assert seen("beneficiário")[1:] == [False, False]
    reason = replace(out, opened=frozenset([number]))
    assert search.hits(session, reason, "99887766") == search.Hits([number], complete=True)


def test_the_text_goes_with_the_attachment(session: Session, policy: Policy):
    provider = make_provider(session)
    ana = make_agent(session)
    number = make_ticket(session, policy, provider, files=(pdf(),)).number
    attachment_texts.read(session, waiting(session).id, "palavra inconfundível")
    attachment_texts.read(session, session.scalar(select(Attachment.id)) or 0, "outra leitura")
    hits = search.hits(session, ana, "inconfundível")
    assert hits is not None
    assert hits.numbers == []
    assert search.hits(session, ana, "leitura") == search.Hits([number], complete=True)
    session.execute(delete(Attachment))
    assert session.scalars(select(AttachmentText)).all() == []
    assert search.hits(session, ana, "leitura") == search.Hits([], complete=True)
    attachment_texts.read(session, 1, "tarde demais")
    assert session.scalars(select(AttachmentText)).all() == []


def test_words_are_kept_once_and_not_without_end(session: Session, policy: Policy):
    make_agent(session)
    make_ticket(session, policy, make_provider(session), files=(pdf(),))
    said = " ".join(f"日{n:07}" for n in range(90_000)) + " glosa" * 10
    attachment_texts.read(session, waiting(session).id, said)
    kept = session.scalar(select(AttachmentText.words)) or ""
    assert len(kept.encode()) <= attachment_texts.MOST_BYTES
    assert kept.split().count("日") == 1
    # nothing to look for leaves no row
    make_ticket(session, policy, 1, files=(pdf("vazio.pdf"),))
    attachment_texts.read(session, waiting(session).id, " \n")
    assert len(session.scalars(select(AttachmentText)).all()) == 1


def test_a_reader_that_dies_loses_nothing(session: Session, policy: Policy):
    ana = make_agent(session)
    make_ticket(session, policy, make_provider(session), files=(pdf("um.pdf"), pdf("dois.pdf")))
    assert attachment_texts.is_waiting(session, now=NOW)
    first, second = waiting(session), waiting(session)
    assert (first.filename, second.filename) == ("dois.pdf", "um.pdf")
    assert attachment_texts.claim(session, now=NOW) is None
    later = NOW + attachment_texts.LEASE + timedelta(seconds=1)
    assert attachment_texts.is_waiting(session, now=later)
    assert attachment_texts.claim(session, now=later) == replace(first, attempts=2)
    # SQLite's next process need not wait for the lease
    attachment_texts.release(session)
    assert waiting(session) == replace(first, attempts=3)
    attachment_texts.again(session, replace(first, attempts=3), "crashed", now=later)
    assert state(session, first.id) == ("unread", "crashed")
    attachment_texts.again(session, second, "missing", now=NOW)
    assert state(session, second.id) == ("waiting", "missing")
    assert attachment_texts.claim(session, now=NOW) is None
    assert attachment_texts.claim(session, now=NOW + timedelta(hours=1)) is not None
    tickets.note(session, Desk(ana, policy, NOW), 1, "Nota", files=(pdf("tres.pdf"),))
    attachment_texts.unread(session, waiting(session).id, "encrypted")
    assert state(session, 3) == ("unread", "encrypted")


def test_hits_of_texts_and_attachments_are_told_together(session: Session, policy: Policy):
    ana = make_agent(session)
    provider = make_provider(session)
    old = make_ticket(session, policy, provider, text="Sobre carambola.").number
    attached = make_ticket(session, policy, provider, files=(pdf(),)).number
    new = make_ticket(session, policy, provider, text="Mais carambola.").number
    attachment_texts.read(session, waiting(session).id, "Carambolas à vista")
    assert search.hits(session, ana, "carambola") == search.Hits([new, attached, old], True)


def test_the_index_of_postgresql_is_used(session: Session, policy: Policy):
    if session.get_bind().dialect.name == "sqlite":
        return
    make_agent(session)
    make_ticket(session, policy, make_provider(session), files=(pdf(),))
    attachment_texts.read(session, waiting(session).id, "Carambolas à vista")
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(
        text(
            "EXPLAIN SELECT attachment_id FROM attachment_text"
            f" WHERE {search.ATTACHED_DOC} @@ to_tsquery('simple', 'x')"
        )
    ).all()
    assert "ix_attachment_text_doc" in "\n".join(plan)


def test_an_updated_filename_changes_nothing(session: Session, policy: Policy):
    make_agent(session)
    make_ticket(session, policy, make_provider(session), files=(pdf(),))
    one = waiting(session)
    attachment_texts.read(session, one.id, "texto")
    session.execute(update(Attachment).values(filename="outro.pdf"))
    assert state(session, one.id) == ("read", "")
