import email
import email.policy
from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import mime
from channels.mail.mime import Attached

#: what a person might type or a program might smuggle into a header
anything = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from('\r\n\0\t\u2028=?_<>"\\,;: ')
    ),
    max_size=200,
)


def read(*headers: bytes):
    return email.message_from_bytes(b"".join(headers) + b"\r\n", policy=email.policy.default)


def words(value: str) -> str:
    """As readers see it: blanks are not told apart."""
    return " ".join(mime.line(value).split())


@given(anything)
def test_a_subject_is_one_header_and_reads_as_it_was_written(value: str):
    raw = mime.text("Subject", value)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(raw).keys() == ["Subject"]
    assert raw.isascii()


@pytest.mark.parametrize(
    "value",
    [
        "Protocolo 99999720261124000019",
        "Re: Glosa nas guias de novembro — dúvida",
        "Re: " + "palavra comprida " * 20 + "fim",
        "x" * 900,
        "=?utf-8?q?n=C3=A3o?= decodifique isto",
        "Re: emoji 🩺 e acentuação " * 6,
    ],
)
def test_subjects_read_as_they_were_written(value: str):
    assert words(read(mime.text("Subject", value))["Subject"]) == words(value)


def test_a_lone_surrogate_does_not_stop_a_mail():
    assert b"?" in mime.text("Subject", "a\udce9")
    assert (
        b"Reply"
        not in mime.mailbox("From", "a\udce9\r\nReply-To: x@y", "a@b.example").split(b"\r\n")[1]
    )


@given(anything)
def test_a_display_name_never_changes_the_address(name: str):
    raw = mime.mailbox("From", name, "fale@ponte.example")
    found = read(raw)
    assert found.keys() == ["From"]
    assert [each.addr_spec for each in found["From"].addresses] == ["fale@ponte.example"]


@pytest.mark.parametrize(
    "name", ["Operadora Modelo", "Saúde & Cia.", 'Dr. "Zé" \\ Silva', "Ana, Clínica", "", "x" * 60]
)
def test_display_names_read_as_they_were_written(name: str):
    (found,) = read(mime.mailbox("To", name, "ana@clinica.example"))["To"].addresses
    assert found == Address(name, addr_spec="ana@clinica.example")


def test_long_message_ids_are_folded_between_and_never_inside():
    ids = [f"<{'x' * 200}{n}@clinica.example>" for n in range(5)]
    raw = mime.ids("References", ids)
    assert raw == b"References: " + b"\r\n ".join(each.encode() for each in ids) + b"\r\n"
    assert mime.ids("References", []) == b""


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=500))
def test_text_survives_its_transport(content: str):
    limit = mime.boundary("x", "a")
    raw = b"MIME-Version: 1.0\r\n" + mime.alternative(content, "<p>x</p>", limit)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78 + len(limit)
    plain = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert plain is not None
    body = plain.get_payload(decode=True)
    expected = content.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").replace("\n", "\r\n")
    assert isinstance(body, bytes)
    assert body.decode().rstrip("\r\n") == expected


@pytest.mark.parametrize(
    "name",
    [
        "laudo.pdf",
        "laudo de alteração — guia nº 12.pdf",
        "a" * 250 + ".pdf",
        "ç" * 120 + ".pdf",
        'aspas " e \\ barra;.pdf',
        "🩺.jpg",
    ],
)
def test_files_keep_their_names_and_bytes(name: str):
    body = mime.alternative("x", "x", mime.boundary("x", "a"))
    raw = b"MIME-Version: 1.0\r\n" + mime.with_files(
        body, [Attached(name, "application/pdf", b"\0\xff%PDF" * 1000)], mime.boundary("x", "m")
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    (file,) = message.iter_attachments()
    assert file.get_filename() == name
    assert file.get_payload(decode=True) == b"\0\xff%PDF" * 1000
    assert file.get_content_type() == "application/pdf"
    assert message.get_body(("plain",)).get_content().strip() == "x"


@pytest.mark.parametrize(
    "kind", ["message/rfc822", "multipart/mixed", "text/html\r\nX: y", "", "nonsense"]
)
def test_types_that_cannot_be_sent_as_files_become_plain_bytes(kind: str):
    body = mime.alternative("x", "x", mime.boundary("x", "a"))
    raw = mime.with_files(body, [Attached("a\r\nX: y", kind, b"z")], mime.boundary("x", "m"))
    (file,) = email.message_from_bytes(raw, policy=email.policy.default).iter_attachments()
    assert file.get_content_type() == "application/octet-stream"
    assert "X" not in file
