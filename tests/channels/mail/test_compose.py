import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway
from channels.mail.compose import ANSWERABLE, compose
from channels.mail.mime import Attached
from channels.mail.parse import parse
from helpdesk.border import Address, Channel, Outbound
from helpdesk.errors import Undeliverable
from helpdesk.reply_addresses import find_bounce_tokens, find_reply_tokens
from helpdesk.tokens import AgentRef, DomainRef, IssuedId, ReplyRef
from tests.channels.mail.letters import CENTRAL, FALE, LINK, PROTOCOL, RING, SHEET, outbound, to

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
NOTICES = sorted(
    folder.name
    for folder in (Path(gateway.__file__).parent.parent / "templates" / "mail").iterdir()
    if not folder.name.startswith("_")
)
HOME = "https://portal.ponte.example/"
#: notices without a ticket say their own subject
WITHOUT_TICKET = {
    "login_code": {"code": "12345678", "minutes": 10, "link": HOME},
    "password_reset": {"minutes": 30, "link": HOME},
    "first_access": {"name": "Ana", "login": "ana", "days": 7, "link": HOME},
    "account_changed": {"what": "password_changed", "link": HOME},
    "invitation": {"name": "Ana", "provider": "Clínica Vila Nova", "days": 7, "link": HOME},
    "confirm_domain": {"domain": "clinica.example", "provider": "Clínica", "link": HOME},
    "alarm": {
        "alarms": [
            {"kind": "fetching", "code": "fetching:caixa@op.example/INBOX", "detail": "Lost"},
            {"kind": "held-many", "code": "held-many", "detail": "100"},
        ],
        "link": HOME,
    },
    "digest": {"protocols": ["99999720261124000001", "99999720261124000002"], "link": HOME},
}
NO_TICKET = dict.fromkeys(
    (
        "number",
        "protocol",
        "subject",
        "endpoint_id",
        "references",
        "in_reply_to",
        "due_at",
        "mailbox",
    )
)
ANSWER = "Bom dia, Ana.\n\nA glosa <foi> revista & paga."


def letter(notice: str, **data: object) -> Outbound:
    if notice in WITHOUT_TICKET:
        return outbound(notice, **{**NO_TICKET, **WITHOUT_TICKET[notice], **data})
    return outbound(notice, **data)


def read(given: Outbound, files: list[Attached] | None = None) -> EmailMessage:
    raw = compose(given, files or [], SHEET, NOW).message
    return email.message_from_bytes(raw, policy=email.policy.default)


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def page(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return body.get_content()


def test_a_confirmation_has_every_header_a_reader_and_a_machine_need():
    mail = compose(outbound(), [], SHEET, NOW)
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    assert message["From"] == f"Operadora Modelo de Planos de Saúde <{CENTRAL}>"
    assert message["To"] == "Clínica Vila Nova <ana@clinica.example>"
    assert message["Subject"] == "Re: Glosa — dúvida"
    assert message["Date"].datetime == NOW
    assert message["In-Reply-To"] == "<dois@clinica.example>"
    assert message["References"].split() == ["<um@clinica.example>", "<dois@clinica.example>"]
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "pt-BR"
    assert (message["MIME-Version"], message.get_content_type()) == ("1.0", "multipart/alternative")
    assert message["Message-ID"] == message["X-Ponte-Id"] == mail.message_id
    assert RING.read_message_id(mail.message_id) == IssuedId(1042, 5, 7)
    assert (mail.recipient, mail.utf8) == ("ana@clinica.example", False)


def test_the_reply_address_and_the_envelope_carry_tokens_of_the_mailbox_that_received():
    mail = compose(outbound(), [], SHEET, NOW)
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    (token,) = find_reply_tokens([message["Reply-To"]], [CENTRAL])
    assert RING.read_reply_token(token) == ReplyRef(1042, 7)
    (bounce,) = find_bounce_tokens([mail.envelope_from], [CENTRAL])
    assert RING.read_bounce_token(bounce) == 5


def test_a_mailbox_that_was_given_up_is_answered_from_the_first_one():
    message = read(outbound(mailbox="antiga@ponte.example"))
    assert message["From"].addresses[0].addr_spec == FALE
    assert message["Reply-To"].startswith("fale+")


def test_a_retry_is_the_same_message():
    first, again = (compose(outbound(), [Attached("a", "b/c", b"d")], SHEET, NOW) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("notice", NOTICES)
def test_every_notice_can_be_written_and_names_its_protocol_in_the_body_only(notice: str):
    message = read(letter(notice, text=ANSWER, author="Ana Souza"))
    text, shown = plain(message), page(message)
    assert "\n\n\n" not in text
    for body in (text, shown):
        assert "None" not in body
        assert (PROTOCOL in body) == (notice not in WITHOUT_TICKET)
        assert (HOME if notice in WITHOUT_TICKET else LINK) in body
    assert "Registro ANS 999997." in text
    assert message["Subject"]
    assert '<html lang="pt-BR">' in shown


@pytest.mark.parametrize("notice", NOTICES)
def test_only_what_may_be_answered_asks_for_it(notice: str):
    message = read(letter(notice))
    asked = notice in ANSWERABLE
    assert plain(message).startswith("## Responda acima desta linha ##\n") == asked
    assert ("## Responda acima desta linha ##" in page(message)) == asked
    assert ("Reply-To" in message) == asked


def test_an_agent_is_told_what_becomes_of_a_reply():
    token = RING.agent_token(1042, 3)
    message = read(letter("agent_forwarded", endpoint_id=None, agent_id=3, answer_token=token))
    (found,) = find_reply_tokens([message["Reply-To"]], [CENTRAL])
    assert RING.read_agent_token(found) == AgentRef(1042, 3)
    for body in (plain(message), page(message)):
        assert "nota interna" in body
        assert "#responder" in body
        assert "dados clínicos" not in body


def test_a_domain_is_asked_by_a_mail_that_wants_an_answer():
    token = RING.domain_token(9, NOW)
    message = read(letter("confirm_domain", answer_token=token, link=""))
    (found,) = find_reply_tokens([message["Reply-To"]], [FALE])
    assert RING.read_domain_token(found) == DomainRef(9, int(NOW.timestamp()))
    assert message["Subject"] == "Confirme o domínio clinica.example"
    for body in (plain(message), page(message)):
        assert "domínio de Clínica" in body
        assert "dados clínicos" not in body


@pytest.mark.parametrize("notice", NOTICES)
def test_automatic_mail_says_so_and_an_agents_answer_does_not(notice: str):
    automatic = read(letter(notice))
    acknowledges = notice == "opened"
    assert automatic["Auto-Submitted"] == ("auto-replied" if acknowledges else "auto-generated")
    personal = read(replace(letter(notice), automatic=False))
    assert "Auto-Submitted" not in personal
    assert "X-Auto-Response-Suppress" not in personal


@pytest.mark.parametrize("notice", ["replied", "closed", "reopened", "pending"])
def test_an_answer_carries_its_text_when_it_may_and_only_then(notice: str):
    told = read(letter(notice, text=ANSWER, author="Ana Souza"))
    assert ANSWER in plain(told)
    assert "Ana Souza" in plain(told)
    assert "<p>A glosa &lt;foi&gt; revista &amp; paga.</p>" in page(told)
    kept = read(letter(notice))
    assert "glosa" not in (plain(kept) + page(kept)).lower()


def test_an_opened_ticket_without_protocol_is_named_by_its_number():
    text = plain(read(outbound(protocol=None)))
    assert "Contato nº: 1042" in text


def test_the_promised_day_is_told_in_words():
    assert "A resposta sai até quinta, 24/12/2026, 18 h." in plain(read(outbound()))
    assert "A resposta sai" not in plain(read(outbound(due_at=None)))


def test_files_travel_along_and_are_listed():
    message = read(
        outbound("replied", text=ANSWER), [Attached("laudo.pdf", "application/pdf", b"%PDF" * 300)]
    )
    assert [file.get_filename() for file in message.iter_attachments()] == ["laudo.pdf"]
    assert "Anexo: laudo.pdf (1 KB)" in plain(message)


def test_our_own_mail_is_recognised_when_it_comes_back():
    raw = compose(outbound(), [], SHEET, NOW).message
    assert parse(raw, own=lambda each: RING.read_message_id(each) is not None).automatic == "own"


def test_a_reply_above_the_line_is_what_remains_of_a_quoted_notice():
    text = plain(read(outbound("replied", text=ANSWER)))
    reply = "Obrigada, recebido.\n\n" + text
    raw = b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + reply.encode()
    assert parse(raw).reply_text.strip() == "Obrigada, recebido."


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "@clinica.example",
        "a@b@c.example",
        "ana@clinica.example\r\nRCPT TO:<x@y>",
        "ana@clinica.example, x@y.example",
        "<ana@clinica.example>",
        "ana@" + "x" * 70 + ".example",
    ],
)
def test_what_is_no_address_is_undeliverable(address: str):
    with pytest.raises(Undeliverable):
        compose(to(address, outbound()), [], SHEET, NOW)


def test_addresses_in_utf8_ask_for_it_and_foreign_domains_become_ascii():
    mail = compose(to("josé@clínica.example", outbound()), [], SHEET, NOW)
    assert (mail.recipient, mail.utf8) == ("josé@xn--clnica-4va.example", True)
    assert not compose(to("jose@clínica.example", outbound()), [], SHEET, NOW).utf8


EVIL = "x\r\nBcc: vitima@alheio.example\r\n\r\n<script>alert(1)</script>\r\n.\r\nMAIL FROM:<a@b>"


@pytest.mark.parametrize(
    "key", ["insurer", "subject", "mailbox", "in_reply_to", "author", "text", "link", "protocol"]
)
def test_nothing_the_core_hands_over_can_add_a_header(key: str):
    given = outbound("replied", **{"text": ANSWER, "author": "Ana", key: EVIL})
    message = read(given)
    assert "Bcc" not in message
    assert message.keys() == [k for k in read(outbound("replied")).keys() if k in message]  # noqa: SIM118
    assert "<script>" not in page(message)


def test_names_of_people_and_files_cannot_either():
    given = replace(outbound(), address=Address(Channel.MAIL, "ana@clinica.example", EVIL))
    message = read(given, [Attached(EVIL, EVIL, b"x")])
    assert "Bcc" not in message
    (file,) = message.iter_attachments()
    assert "Bcc" not in file


#: text as attackers write it: line ends of every kind, headers, addresses, encoded words
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x85", "\u2028", "\r\n ", "\t", "Bcc: v@x.example",
             "<v@x.example>", "=?utf-8?q?=0d=0aBcc:_v?=", '"', "\\\\", ",", ";", "\ud800", "é" * 40, "x" * 90]
        ),
    ),
    max_size=8,
).map("".join)  # fmt: skip
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "X-Ponte-Id", "In-Reply-To", "References",
    "Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version",
    "Content-Type",
}  # fmt: skip


@given(
    fields=st.fixed_dictionaries(
        dict.fromkeys(("insurer", "subject", "mailbox", "in_reply_to"), HOSTILE)
    ),
    references=st.lists(HOSTILE, max_size=3),
    person=HOSTILE,
    filename=HOSTILE,
    kind=HOSTILE,
)
def test_whatever_reaches_a_header_stays_in_it(
    fields: dict[str, str], references: list[str], person: str, filename: str, kind: str
):
    fields["subject"] = f"Re: {fields['subject']}"
    given_ = outbound("replied", text="Segue.", references=references, **fields)
    given_ = replace(given_, address=Address(Channel.MAIL, "ana@clinica.example", person))
    written = compose(given_, [Attached(filename, kind, b"x")], SHEET, NOW)
    lines = written.message.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert max(map(len, lines)) <= 998
    message = email.message_from_bytes(written.message)
    assert {*message.keys()} <= HEADERS
    assert len(message.keys()) == len({*message.keys()})
    addresses = [getaddresses([str(message[name])]) for name in ("From", "To")]
    assert [[address for _, address in each] for each in addresses] == [
        [CENTRAL if fields["mailbox"] == CENTRAL else FALE], ["ana@clinica.example"]
    ]  # fmt: skip
    _, part = message.get_payload()
    assert {*part.keys()} == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
    assert written.recipient == "ana@clinica.example"


@given(
    st.lists(
        st.one_of(st.text(max_size=40), st.none(), st.integers(), st.just("<bom@clinica.example>")),
        max_size=8,
    )
)
def test_only_message_ids_become_references(references: list[object]):
    message = read(outbound(references=references, in_reply_to=None))
    kept = (message["References"] or "").split()
    assert kept.count("<bom@clinica.example>") == references.count("<bom@clinica.example>")
    assert all(each.startswith("<") and each.endswith(">") for each in kept)
