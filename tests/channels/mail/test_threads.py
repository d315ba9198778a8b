import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.addresses import Addresses, Ours
from channels.mail.threads import LONGEST_KEY, thread_key
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import BOUNCE, Keyring

OURS = Addresses(["fale@ponte.example", "Central@ponte.example"], "{local}+{token}@{domain}")
RING = Keyring([b"x" * 32])
TOKEN = RING.reply_token(1042, 7)
TAGGED = reply_address("fale@ponte.example", TOKEN)


def mail(*fields: str, newline: str = "\r\n") -> bytes:
    return newline.join([*fields, "", "Segue a guia.", ""]).encode()


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("fale@ponte.example", Ours("fale@ponte.example")),
        ("FALE@Ponte.Example", Ours("fale@ponte.example")),
        ("central@ponte.example", Ours("central@ponte.example")),
        (TAGGED, Ours("fale@ponte.example", TOKEN)),
        (TAGGED.upper(), Ours("fale@ponte.example", TOKEN)),
        (
            reply_address("central@ponte.example", BOUNCE + RING.bounce_token(5)),
            Ours("central@ponte.example", BOUNCE + RING.bounce_token(5)),
        ),
        ("fale+inventado@ponte.example", Ours("fale@ponte.example", "inventado")),
        ("fale+@ponte.example", None),
        ("outra@ponte.example", None),
        ("fale@ponte.example.org", None),
        ("xfale@ponte.example", None),
        ("fale+a b@ponte.example", None),
        ("", None),
    ],
)
def test_addresses_of_ours_are_recognised(address: str, ours: Ours | None):
    assert OURS.recognise(address) == ours


def test_a_template_of_another_domain_is_recognised():
    ours = Addresses(["fale@ponte.example"], "r-{token}@respostas.example")
    assert ours.recognise(f"r-{TOKEN}@respostas.example") == Ours("fale@ponte.example", TOKEN)


def test_without_mailboxes_nothing_is_ours():
    assert Addresses([], "{local}+{token}@{domain}").recognise("a@b.example") is None
    assert (
        thread_key(mail(f"To: {TAGGED}"), [], Addresses([], "{local}+{token}@{domain}")) == "from:"
    )


def test_the_token_of_the_envelope_comes_first():
    raw = mail("From: ana@clinica.example", "References: <a@b>")
    assert thread_key(raw, [TAGGED], OURS) == f"token:{TOKEN}"


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_without_an_envelope_the_header_tells_the_token(name: str):
    raw = mail("From: ana@clinica.example", f'{name}: "Operadora" <x@y.example>,\r\n <{TAGGED}>')
    assert thread_key(raw, [], OURS) == f"token:{TOKEN}"


def test_a_token_in_another_address_is_not_ours():
    raw = mail("From: ana@clinica.example", f"To: a{TAGGED}")
    assert thread_key(raw, [], OURS) == "from:ana@clinica.example"


def test_the_oldest_reference_comes_before_the_sender():
    raw = mail("From: a@b.example", "References: <um@x>\r\n <dois@x>", "In-Reply-To: <dois@x>")
    assert thread_key(raw, [], OURS) == "id:um@x"


def test_in_reply_to_stands_in_for_references():
    assert thread_key(mail("From: a@b.example", "In-Reply-To: <um@x>"), [], OURS) == "id:um@x"


@pytest.mark.parametrize(
    "sender",
    [
        "Ana <ANA@clinica.example>",
        "ana@clinica.example",
        '"x@y" <ana@clinica.example>',
        "=?utf-8?q?=40?= <ana@clinica.example>",
    ],
)
def test_else_the_sender_is_the_thread(sender: str):
    assert thread_key(mail(f"From: {sender}"), [], OURS) == "from:ana@clinica.example"


def test_bare_line_feeds_and_text_that_looks_like_a_header_are_read_right():
    raw = mail("From: a@b.example", newline="\n") + b"References: <x@y>\n"
    assert thread_key(raw, [], OURS) == "from:a@b.example"


def test_a_key_fits_its_column():
    long = thread_key(mail(f"References: <{'x' * 900}@y>"), [], OURS)
    assert len(long) <= LONGEST_KEY
    assert long != thread_key(mail(f"References: <{'x' * 901}@y>"), [], OURS)


@given(st.binary(max_size=400), st.lists(st.text(max_size=40), max_size=3))
def test_any_bytes_have_a_key_that_databases_store(raw: bytes, recipients: list[str]):
    key = thread_key(raw, recipients, OURS)
    assert 0 < len(key.encode()) <= LONGEST_KEY * 2
    assert "\0" not in key


def test_a_first_mail_has_the_key_of_the_answers_to_it():
    first = mail("From: a@x.example", "Message-ID: <um@x.example>")
    answer = mail("From: b@x.example", "References: <um@x.example> <dois@x.example>")
    copy = mail("Received: other way", "From: a@x.example", "Message-ID: <um@x.example>")
    keys = {thread_key(raw, ["fale@ponte.example"], OURS) for raw in (first, answer, copy)}
    assert keys == {"id:um@x.example"}
