from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.mail.compose import compose
from channels.mail.config import MailConfig
from channels.mail.resolver import Resolver
from channels.mail.understand import Reader
from gateway.blobs import FileBlobs
from helpdesk import identifiers
from helpdesk.border import Channel, File, Inbound, Verdict
from helpdesk.models import InboundRaw
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import BOUNCE, Keyring
from tests.channels.mail.letters import CENTRAL, FALE, PROTOCOL, RING, SHEET, outbound
from tests.doubles import dns
from tests.doubles.keys import rsa_key, signed

RECEIVED = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN = RING.reply_token(1042, 7)
OWN_ID = RING.message_id(1042, 5, 7, "ponte.example")


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def read(blobs: FileBlobs, raw: bytes, **facts: object) -> Inbound:
    config = MailConfig.model_validate(
        {
            "address": FALE,
            "authserv_id": "mx.ponte.example",
            "mailboxes": [{"address": CENTRAL, "classification": "GLO"}],
        }
    )
    row = InboundRaw(
        **{
            "id": 9,
            "arrival": "smtp:1",
            "mailbox": FALE,
            "recipients": [],
            "received_at": RECEIVED,
            "quiet": False,
            "imported": False,
            **facts,
        }
    )
    return Reader(config, RING, blobs)(row, raw)


def mail(*fields: str, body: str = "Segue a guia.") -> bytes:
    standard = (
        "From: Ana Lima <ANA@Clinica.Example>",
        "Date: Mon, 23 Nov 2026 09:00:00 -0300",
        "Message-ID: <um@clinica.example>",
    )
    return "\r\n".join([*fields, *standard, "", body, ""]).encode()


def test_a_plain_mail_becomes_a_message_with_all_that_placing_needs(blobs: FileBlobs):
    inbound = read(
        blobs,
        mail(
            f"To: Operadora <{FALE}>, Beto <BETO@clinica.example>",
            "Cc: ana@clinica.example",
            "Reply-To: Secretaria@Clinica.Example",
            f"Subject: Re: Protocolo {PROTOCOL}",
            "References: <zero@x> <meio@x>",
            "In-Reply-To: <meio@x>",
        ),
    )
    assert (inbound.channel, inbound.sender.value, inbound.sender.name) == (
        Channel.MAIL,
        "ana@clinica.example",
        "Ana Lima",
    )
    assert inbound.text.strip() == "Segue a guia."
    assert (inbound.arrival, inbound.raw_id, inbound.at) == ("smtp:1", 9, RECEIVED)
    assert inbound.title == f"Re: Protocolo {PROTOCOL}"
    assert (inbound.verdict, inbound.classification, inbound.number) == (
        Verdict.UNKNOWN,
        None,
        None,
    )
    assert inbound.content is not None
    facts = inbound.mail
    assert facts is not None
    assert facts.message_id == "<um@clinica.example>"
    assert facts.references == ("<zero@x>", "<meio@x>")
    assert facts.reply_to == "secretaria@clinica.example"
    assert facts.protocols == (PROTOCOL,)
    assert facts.copied == ("beto@clinica.example",)
    assert (facts.mailbox, facts.automatic, facts.tokens) == (FALE, None, ())


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_tokens_are_found_in_headers(blobs: FileBlobs, name: str):
    inbound = read(blobs, mail(f"{name}: <{reply_address(FALE, TOKEN)}>"))
    assert inbound.mail is not None
    assert inbound.mail.tokens == (TOKEN,)


def test_tokens_are_found_in_the_envelope(blobs: FileBlobs):
    inbound = read(blobs, mail(), recipients=[reply_address(FALE, TOKEN).upper()])
    assert inbound.mail is not None
    assert inbound.mail.tokens == (TOKEN,)


def test_a_reply_to_a_notice_refers_to_it(blobs: FileBlobs):
    inbound = read(blobs, mail(f"In-Reply-To: {OWN_ID}"))
    assert inbound.mail is not None
    assert inbound.mail.references == (OWN_ID,)


def test_what_comes_back_names_the_notice_by_both_proofs(blobs: FileBlobs):
    returned = compose(outbound(), [], SHEET, RECEIVED)
    report = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nCould not deliver.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ana@clinica.example\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + returned.message
        + b"\r\n--b--\r\n"
    )
    other = reply_address(FALE, BOUNCE + RING.bounce_token(6))
    inbound = read(blobs, report, recipients=[other], envelope_from="")
    assert inbound.mail is not None
    assert inbound.mail.automatic == "bounce"
    assert inbound.mail.returned_outbox == (6, 5)
    assert [(each.recipient, each.permanent) for each in inbound.mail.bounces] == [
        ("ana@clinica.example", True)
    ]


def test_a_forged_bounce_names_nothing(blobs: FileBlobs):
    forged = reply_address(FALE, BOUNCE + "a" * 29)
    inbound = read(blobs, mail("Auto-Submitted: auto-replied"), recipients=[forged])
    assert inbound.mail is not None
    assert inbound.mail.returned_outbox == ()


def test_attachments_are_durable_before_the_core_hears_of_them(blobs: FileBlobs):
    raw = (
        b"From: ana@clinica.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSegue.\r\n'
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="g.pdf"'
        b"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n"
    )
    inbound = read(blobs, raw)
    (file,) = inbound.files
    assert file == File("g.pdf", "application/pdf", 4, file.sha256)
    assert blobs.get(file.sha256) == b"%PDF"


def test_a_trusted_result_is_a_verdict(blobs: FileBlobs):
    passed = "Authentication-Results: mx.ponte.example; dmarc=pass header.from=clinica.example"
    assert read(blobs, mail(passed)).verdict is Verdict.VERIFIED
    failed = "Authentication-Results: mx.ponte.example; dmarc=fail header.from=clinica.example"
    assert read(blobs, mail(failed)).verdict is Verdict.FAILED


def test_an_import_was_said_at_its_own_date(blobs: FileBlobs):
    imported = read(blobs, mail(), imported=True, quiet=True)
    assert imported.at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert (imported.imported, imported.quiet) == (True, True)
    assert read(blobs, mail()).at == RECEIVED
    early = datetime(2026, 11, 1, tzinfo=UTC)
    assert read(blobs, mail(), imported=True, received_at=early).at == early


def test_a_mailbox_gives_its_classification(blobs: FileBlobs):
    assert read(blobs, mail(), mailbox=CENTRAL).classification == "GLO"


@pytest.mark.parametrize(
    ("header", "mailbox"),
    [
        (f"To: x@y.example, <{CENTRAL}>", CENTRAL),
        (f"Delivered-To: {CENTRAL}", CENTRAL),
        ("To: x@y.example", FALE),
    ],
)
def test_mail_from_a_pipe_names_its_mailbox_in_the_header(
    blobs: FileBlobs, header: str, mailbox: str
):
    inbound = read(blobs, mail(header), mailbox=None)
    assert inbound.mail is not None
    assert inbound.mail.mailbox == mailbox


@pytest.mark.parametrize("why", ["limit", "unreadable"])
def test_a_stand_in_says_why_its_message_is_not_there(blobs: FileBlobs, why: str):
    raw = f"X-Ponte-Incomplete: {why} 70000000\r\n".encode() + mail("Subject: grande", body="")
    inbound = read(blobs, raw)
    assert inbound.mail is not None
    assert why in inbound.mail.defects
    assert inbound.title == "grande"


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"From:\r\n\r\n", b"\r\n" * 50])
def test_any_bytes_are_understood_somehow(blobs: FileBlobs, raw: bytes):
    inbound = read(blobs, raw)
    assert inbound.sender.value == ""
    assert inbound.mail is not None
    assert "no-from" in inbound.mail.defects or "from-without-address" in inbound.mail.defects


def test_what_dns_answered_once_is_not_asked_again(blobs: FileBlobs):
    """A key that was rotated since must not change what was found when the mail came."""
    config = MailConfig.model_validate({"address": FALE})
    raw = signed(mail("Subject: Guia"), "clinica.example")
    row = InboundRaw(
        id=9, arrival="smtp:1", mailbox=FALE, recipients=[], received_at=datetime.now(UTC),
        quiet=False, imported=False, verdict="", judged="",
    )  # fmt: skip
    with dns.serving(dns.Zone({"s1._domainkey.clinica.example": [rsa_key().record]})) as zone:
        reader = Reader(config, RING, blobs, Resolver("127.0.0.1", zone.port))
        first = reader(row, raw)
        assert (first.verdict, first.judged) == (Verdict.VERIFIED, "own-signature")
        row.verdict, row.judged = "failed", "own-policy"
        again = reader(row, raw)
        assert (again.verdict, again.judged) == (Verdict.FAILED, "own-policy")
        # what was never answered, and what nobody asked, is asked
        for judged in ("own-unanswered", "nobody", "dmarc-pass", ""):
            row.verdict, row.judged = "unknown", judged
            assert reader(row, raw).verdict is Verdict.VERIFIED


def test_a_message_of_several_senders_is_not_even_asked_about(blobs: FileBlobs):
    config = MailConfig.model_validate({"address": FALE})
    row = InboundRaw(
        id=9, arrival="smtp:1", mailbox=FALE, recipients=[], received_at=datetime.now(UTC),
        quiet=False, imported=False, verdict="", judged="",
    )  # fmt: skip
    with dns.serving(dns.Zone()) as zone:
        reader = Reader(config, RING, blobs, Resolver("127.0.0.1", zone.port))
        found = reader(row, b"From: outra@x.example\r\n" + mail("Subject: Guia"))
        assert (found.verdict, found.judged) == (Verdict.FAILED, "several-from")
        assert zone.asked == []


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("ANA@Clinica.Example", True),
        ("ana@ｃlinica.example", False),
        ("ana@cli\u00adnica.example", False),
        ("ana@clin\u200dica.example", False),
        ("ana@сlinica.example", False),
        ("ana@clínica.example", False),
    ],
)
def test_a_domain_is_compared_by_its_letters_never_by_its_looks(
    blobs: FileBlobs, shown: str, *, plain: bool
):
    raw = f"From: {shown}\r\nTo: {FALE}\r\nMessage-ID: <1@x>\r\n\r\nx\r\n".encode()
    assert (read(blobs, raw).sender.value == "ana@clinica.example") is plain


def test_a_domain_with_accents_is_the_one_the_register_holds(blobs: FileBlobs):
    raw = mail().replace(b"ANA@Clinica.Example", "ana@clínica.example".encode())
    assert read(blobs, raw).sender.value == identifiers.email("ana@clínica.example")


def test_an_id_that_imitates_ours_at_our_domain_is_told_apart(blobs: FileBlobs):
    other = Keyring([b"o" * 32])
    forged = other.message_id(1042, 5, 7, "ponte.example")
    elsewhere = other.message_id(1042, 5, 7, "ponte.outra.example")
    raw = mail(f"References: {OWN_ID} {forged} {elsewhere} <um@clinica.example>")
    facts = read(blobs, raw).mail
    assert facts is not None
    assert facts.forged_ids == (forged,)


@pytest.mark.parametrize(
    ("body", "quotes"),
    [
        ("Outro assunto.\r\n-- \r\nAna", False),
        ("Segue.\r\n\r\n> Protocolo 1", True),
        ("Segue.\r\n\r\nEm ter., 24 de nov. de 2026, Ponte <x@y.example> escreveu:\r\n> a", True),
    ],
)
def test_a_signature_is_no_quotation(blobs: FileBlobs, body: str, *, quotes: bool):
    facts = read(blobs, mail(body=body)).mail
    assert facts is not None
    assert facts.quotes is quotes
