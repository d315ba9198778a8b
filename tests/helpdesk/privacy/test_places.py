"""A word planted in every place that holds something of a person is in none of them afterwards."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, String, Text, cast, func, select
from sqlalchemy.orm import Session

from helpdesk import bots, drafts, pieces, privacy, seals, search, tickets
from helpdesk.border import Actor, ActorKind, Channel, Contact, File
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.models import (
    Alert,
    ApiToken,
    Attachment,
    AttachmentText,
    Base,
    Blob,
    BotState,
    Delivery,
    Erasure,
    GlassBreak,
    Held,
    Idempotency,
    InboundRaw,
    LoginCode,
    Outbox,
    Passkey,
    Person,
    ProviderDomain,
    Rating,
    Reading,
    SavedView,
    SurveyAnswer,
    SurveyForm,
    SurveyQuestion,
    SurveySheet,
    Throttle,
    Ticket,
)
from helpdesk.policy import Policy
from helpdesk.privacy import holds, places
from helpdesk.privacy.subject import folded
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

WORD = "zarabatana"
EMAIL = f"{WORD}@clinica.example"
WORDS = places.Words(name="Pessoa apagada", title="Conteúdo apagado")

#: text that is nobody's, by table; `*` is all of it
IMPERSONAL: dict[str, str] = {
    # registers of the operadora, and agents' own
    **dict.fromkeys(
        (
            "agent", "agent_identity", "agent_setting", "api_token", "bulk", "bulk_item",
            "calendar_day", "canned_text", "classification", "local_offset", "parameter",
            "profile", "provider", "provider_address", "provider_terms",
            "provider_type", "reason", "sector", "status", "subclassification", "survey_form",
            "survey_question", "webhook",
        ),
        "*",
    ),
    # marks, digests, counts and leases
    **dict.fromkeys(
        (
            "access_log", "alarm", "blob", "content", "erasure", "event", "lease", "legal_hold",
            "log", "log_subject", "mail_domain", "mailbox_cursor", "membership", "merge",
            "oauth_grant", "protocol_day", "reading", "retention", "seal", "tally",
            "tally_change", "webhook_delivery",
        ),
        "*",
    ),
    "alert": "kind",
    "attachment": "public_id content_type sha256 audience secret_group text_state text_error",
    "binding": "channel",
    "bot_state": "channel",
    "chat_line": "side",
    "delivery": "channel state status",
    "draft": "owner_kind place",
    "endpoint": "channel state",
    "idempotency": "path key body_sha256",
    "inbound_raw": "arrival mailbox sha256 state holder verdict judged",
    "known_address": "channel source",
    "log_private": "salt",
    "login_code": "purpose code_hash link_hash device",
    "message": "kind direction audience secret_group channel author_kind verdict judged",
    "outbox": "channel notice state holder cause",
    "passkey": "credential public_key",
    "person": "password_hash muted",
    "provider_domain": "domain",
    "quarantine": "public_id channel mailbox reason content state placed_classification",
    "recovery_code": "kind code_hash",
    "saved_view": "name scope",
    "session": "token_hash kind user_agent remote method",
    "survey_answer": "label kind",
    "ticket": "protocol sort_protocol sort_provider sort_agent situation waiting_on channel"
    " opened_kind unit terms_source mailbox secret_group",
    "totp": "kind sealed",
    "upload": "public_id owner_kind place content_type mark pieces sha256",
}  # fmt: skip


def columns() -> list[Any]:
    """Every column that holds words of people."""
    found: list[Any] = []
    for table in Base.metadata.sorted_tables:
        free = IMPERSONAL.get(table.name, "").split()
        found += [
            column
            for column in table.columns
            if isinstance(column.type, String | Text | JSON)
            and "*" not in free
            and column.name not in free
        ]
    return found


def holding(session: Session) -> set[str]:
    """Columns in which the word stands, and the index of the search."""
    found: set[str] = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, String | Text | JSON):
                continue
            said = func.lower(cast(column, String)).contains(WORD)
            if session.scalar(select(func.count()).select_from(table).where(said)):
                found.add(f"{table.name}.{column.name}")
    system = Actor(ActorKind.SYSTEM, name="")
    hits = search.hits(session, system, WORD)
    return found | ({"message_search"} if hits is not None and hits.numbers else set())


@pytest.fixture
def agent(session: Session) -> Actor:
    return make.make_agent(session)


@pytest.fixture
def person(session: Session) -> Actor:
    provider = make.make_provider(session)
    make.know(session, provider, EMAIL)
    return make.make_person(session, provider, f"Luciana {WORD.title()}", EMAIL)


def attached(name: str) -> File:
    return File(name, "application/pdf", 5, "e" * 64, content_id=f"{WORD}@id")


def plant(session: Session, policy: Policy, person: Actor, agent: Actor) -> Ticket:
    """Through the doors where there are any, by hand what takes a channel to come about."""
    (provider, _), *_ = person.providers
    contact = Contact(person.name, "(31) 3222-0101", EMAIL)
    ticket = make.opened(
        session,
        make.form(
            person, provider, title=f"Glosa {WORD}", text=f"Eu, {WORD}, peço.", contact=contact,
            files=(attached(f"{WORD}.pdf"),),
        ),
        policy,
    )  # fmt: skip
    session.get_one(Person, person.id).phone = f"31 {WORD}"
    ticket.contact_phone = f"31 {WORD}"
    raw = InboundRaw(
        arrival="smtp:raw", mailbox="contato@operadora.example", envelope_from=EMAIL,
        recipients=[f"contato+{WORD}@operadora.example"], sha256="a" * 64, size=5,
        received_at=NOW, thread_key=f"from:{EMAIL}", state="applied",
    )  # fmt: skip
    session.add_all([raw, Blob(sha256="a" * 64, size=5, touched_at=NOW)])
    session.flush()
    mailed = make.opened(
        session,
        make.mail(
            EMAIL, name=person.name, subject=f"Glosa de {WORD}", text=f"Assinado {WORD}",
            quoted=f"> {WORD}", html=f"<p>{WORD}</p>", message_id=f"<1@{WORD}.example>",
        ),
        policy,
    )  # fmt: skip
    opening = make.messages_of(session, mailed.number)[0]
    opening.raw_id = raw.id
    opening.match = {"reason": WORD}
    desk = make.desk_of(agent, policy)
    tickets.reply(session, desk, ticket.number, f"Prezada {person.name}, recebemos.")
    session.flush()
    for row in session.scalars(select(Outbox).where(Outbox.number == ticket.number)):
        row.address, row.lane, row.name = EMAIL, f"mail:{EMAIL}", person.name
        row.error, row.domain = f"550 {WORD}", f"{WORD}.example"
        row.data = {"text": WORD}
    bots.bind(session, Channel.TELEGRAM, f"7{WORD}", person.id or 0, now=NOW)
    session.add_all(
        [
            BotState(channel="telegram", chat_id=f"7{WORD}", state={"typed": WORD}, updated_at=NOW),
            Held(
                public_id="h" * 32, received_at=NOW, channel="mail", sender=EMAIL, detail=WORD,
                subject=WORD, reason="unverified", trace=[WORD],
            ),
            LoginCode(
                purpose="link", address=EMAIL, person_id=person.id, code_hash="", created_at=NOW,
                expires_at=NOW,
            ),
            ProviderDomain(
                provider_id=provider, domain="clinica.example", asked=EMAIL, asked_at=NOW
            ),
            SavedView(
                name="De uma pessoa", query=f"busca={WORD}@clinica.example", scope="personal",
                agent_id=agent.id, changed_at=NOW,
            ),
            GlassBreak(
                agent_id=agent.id, number=ticket.number, reason=f"Pedido de {person.name}", at=NOW,
                until=NOW,
            ),
            Alert(
                agent_id=agent.id, kind="bounce", number=ticket.number, detail=f"550 {EMAIL}", at=NOW
            ),
            Rating(
                number=ticket.number, message_id=opening.id, score=5, comment=WORD, author=WORD, at=NOW
            ),
            Passkey(
                person_id=person.id, credential="c", public_key="p", sign_count=0,
                name=f"Celular de {person.name}", created_at=NOW,
            ),
            Throttle(key=f"person:{EMAIL}", count=1, until=NOW),
            Reading(person_id=person.id, number=ticket.number, message_id=opening.id),
        ]
    )  # fmt: skip
    form = SurveyForm(code="SAT", name="Satisfação")
    session.add(form)
    session.flush()
    asked = SurveyQuestion(form_id=form.id, code="D", label="O que disse", kind="long")
    sheet = SurveySheet(number=ticket.number, form_id=form.id, agent_id=agent.id, at=NOW)
    session.add_all([asked, sheet])
    session.flush()
    session.add(
        SurveyAnswer(
            sheet_id=sheet.id, question_id=asked.id, number=ticket.number, at=NOW,
            label=asked.label, kind="long", value=f"{WORD} agradece",
        )
    )  # fmt: skip
    bots.add_lines(
        session,
        [
            {
                "chat_id": f"7{WORD}", "at": NOW, "side": "person", "text": WORD,
                "buttons": [WORD], "files": [{"filename": WORD}],
            }
        ],
    )  # fmt: skip
    mine, theirs = ("person", person.id or 0), ("agent", agent.id or 0)
    drafts.save(session, mine, "new", {"text": WORD}, [attached(WORD)], now=NOW)
    pieces.begin(session, mine, pieces.Asked(f"{WORD}.pdf", "", 5), now=NOW)
    drafts.save(session, theirs, "new", {"text": f"Cara {person.name}"}, [], now=NOW)
    (sent,) = session.scalars(select(Attachment).where(Attachment.filename.contains(WORD)))
    session.add(AttachmentText(attachment_id=sent.id, words=WORD))
    token = ApiToken(name="t", agent_id=agent.id, token_hash="t", created_at=NOW)
    session.add(token)
    session.flush()
    session.add(
        Idempotency(
            token_id=token.id, path="/", key="k", body_sha256="", answer=f'"{EMAIL}"', at=NOW
        )
    )
    delivered = make.outbox_of(session, ticket.number)[-1]
    session.add(
        Delivery(
            message_id=opening.id, number=mailed.number, outbox_id=delivered.id, channel="mail",
            recipient=EMAIL, state="failed", at=NOW, detail=f"550 <{EMAIL}>",
        )
    )  # fmt: skip
    session.flush()
    return ticket


def test_a_word_planted_everywhere_is_nowhere_afterwards(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    plant(session, policy, person, agent)
    named = {f"{column.table.name}.{column.name}" for column in columns()}
    asked = {"asked_item.label"}  # what an agent asks for names nobody, it goes with whole tickets
    assert named - asked - holding(session) == set()
    subject = privacy.of_person(session, person.id or 0, texts=True)
    made = privacy.erase(session, agent, subject, "Pedido do titular.", WORDS, now=NOW)
    session.flush()
    session.expire_all()
    assert holding(session) == set()
    assert made.counts["message"] == 2
    blob = session.get_one(Blob, "a" * 64)
    assert blob.touched_at < NOW - timedelta(days=365)
    report = seals.verify(session, policy.keyring)
    assert report.broken is None


def test_protocol_numbers_and_what_agents_said_stay(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    ticket = plant(session, policy, person, agent)
    protocol, opened_at = ticket.protocol, ticket.opened_at
    seals.seal(session, policy.keyring, now=NOW)
    subject = privacy.of_address(session, f" {EMAIL.upper()} ", texts=True)
    assert subject.persons == (person.id,)
    privacy.erase(session, agent, subject, "Pedido do titular.", WORDS, now=NOW)
    session.flush()
    session.expire_all()
    kept = session.get_one(Ticket, ticket.number)
    assert (kept.protocol, kept.opened_at, kept.title) == (protocol, opened_at, WORDS.title)
    texts = [message.text for message in make.messages_of(session, ticket.number)]
    assert texts == ["", "Prezada Pessoa apagada, recebemos."]
    assert seals.verify(session, policy.keyring).broken is None
    system = Actor(ActorKind.SYSTEM, name="")
    found = search.hits(session, system, "prezada recebemos")
    assert found is not None
    assert found.numbers == [ticket.number]


def test_without_the_texts_only_who_they_are_goes(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    (provider, _), *_ = person.providers
    ticket = make.opened(session, make.form(person, provider, text="O lote 12 foi pago?"), policy)
    subject = privacy.of_person(session, person.id or 0, texts=False)
    privacy.erase(session, agent, subject, "Saiu da clínica.", WORDS, now=NOW)
    session.flush()
    session.expire_all()
    (opening,) = make.messages_of(session, ticket.number)
    assert (opening.text, opening.author_name) == ("O lote 12 foi pago?", WORDS.name)
    assert session.get_one(Ticket, ticket.number).contact_name == ""
    found = search.hits(session, Actor(ActorKind.SYSTEM, name=""), "lote pago")
    assert found is not None
    assert found.numbers == [ticket.number]
    assert not session.get_one(Person, person.id).active


def test_a_hold_stands_against_it_until_it_is_released(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    (provider, _), *_ = person.providers
    ticket = make.opened(session, make.form(person, provider), policy)
    subject = privacy.of_person(session, person.id or 0, texts=True)
    for kind, key in (("ticket", ticket.protocol or ""), ("person", EMAIL), ("provider", "P1")):
        hold = holds.place(session, agent, kind, key, "Processo 12.", now=NOW)
        with pytest.raises(Conflict) as refused:
            privacy.erase(session, agent, subject, "Pedido.", WORDS, now=NOW)
        assert refused.value.data == {"holds": [hold.id]}
        assert [name for _, name, _ in holds.standing(session)] != []
        holds.release(session, agent, hold.id, now=NOW)
        with pytest.raises(Conflict):
            holds.release(session, agent, hold.id, now=NOW)
    privacy.erase(session, agent, subject, "Pedido.", WORDS, now=NOW)
    for kind, key in (("ticket", "99999"), ("person", ""), ("planet", "x")):
        with pytest.raises(Invalid):
            holds.place(session, agent, kind, key, "Processo.", now=NOW)
    with pytest.raises(NotVisible):
        holds.release(session, agent, 9_999, now=NOW)


def test_only_who_has_the_right_and_a_reason_may(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    other = make.make_agent(session, "rui", permissions=("ticket.read",))
    subject = privacy.of_person(session, person.id or 0, texts=True)
    with pytest.raises(Forbidden):
        privacy.erase(session, other, subject, "Pedido.", WORDS, now=NOW)
    with pytest.raises(Invalid):
        privacy.erase(session, agent, subject, " ", WORDS, now=NOW)
    nobody = privacy.of_address(session, "ninguem@fora.example", texts=True)
    with pytest.raises(NotVisible):
        privacy.erase(session, agent, nobody, "Pedido.", WORDS, now=NOW)


def test_an_older_copy_forgets_again_what_was_erased_since(
    session: Session, policy: Policy, person: Actor, agent: Actor
):
    """The ledger holds no address: it is found by what the copy still has."""
    provider = person.providers[0][0]
    stranger = "avulso@fora.example"
    make.know(session, provider, stranger)
    make.opened(session, make.mail(stranger, text=f"Sou {WORD}."), policy)
    with session.begin_nested() as before:
        subject = privacy.of_address(session, stranger, texts=True)
        made = privacy.erase(session, agent, subject, "Pedido.", WORDS, now=NOW)
        session.flush()
        entry = {"public_id": made.public_id, "kind": made.kind, "subject": made.subject}
        assert stranger not in json.dumps(entry)
        before.rollback()
    session.expire_all()
    assert "message.text" in holding(session)
    assert privacy.again(session, entry, WORDS, now=NOW)
    session.flush()
    session.expire_all()
    assert holding(session) <= {"person.name", "person.email", "known_address.value"}
    assert session.scalar(select(func.count()).select_from(Erasure)) == 1
    assert not privacy.again(session, entry, WORDS, now=NOW)


def test_addresses_are_compared_without_case_or_blanks():
    assert folded(" Ana@Clinica.EXAMPLE ") == "ana@clinica.example"
