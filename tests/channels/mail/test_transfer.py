import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import transfer
from channels.mail.bodies import MOST_ATTACHMENTS
from channels.mail.parse import parse
from tests.channels.mail.samples import letter

TEXT = "Olá mundo"
CODED = base64.b64encode(TEXT.encode())


@pytest.mark.parametrize(
    "name", ["base64", "BASE64 ", "base-64", '"base64"', "base64; x=1", "base64 (as told)"]
)
def test_base64_by_any_name(name: str):
    assert transfer.decode(CODED, name.encode()) == TEXT.encode()


@pytest.mark.parametrize("name", ["quoted-printable", "Quoted Printable", "quotedprintable"])
def test_quoted_printable_by_any_name(name: str):
    assert transfer.decode(b"Ol=C3=A1 mun=\r\ndo", name.encode()) == TEXT.encode()


@pytest.mark.parametrize("name", ["8bit", "binary", "", "x-unknown", "utf-8"])
def test_what_is_no_encoding_changes_nothing(name: str):
    assert transfer.decode(CODED, name.encode()) == CODED


@pytest.mark.parametrize(
    "broken",
    [CODED.rstrip(b"="), b"!!" + CODED[:4] + b"*" + CODED[4:], CODED[:4] + b"\r\n " + CODED[4:]],
)
def test_noise_and_missing_padding_are_no_matter(broken: bytes):
    assert transfer.decode(broken, b"base64") == TEXT.encode()


def test_a_text_that_is_only_called_base64_is_read():
    body = "Olá, isto não é base64.\nOutra linha aqui."
    parsed = parse(letter(body, Content_Transfer_Encoding="base64"))
    assert parsed.text == body


def test_a_footer_below_base64_is_kept():
    body = CODED.decode() + "\n\nRodapé que um servidor pôs abaixo"
    parsed = parse(letter(body, Content_Transfer_Encoding="base64"))
    assert parsed.text == f"{TEXT}\nRodapé que um servidor pôs abaixo"


def uuencoded(name: str, data: bytes, *, end: str = "`\nend\n") -> str:
    lines = (binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45))
    return f"begin 644 {name}\n{''.join(lines)}{end}"


@pytest.mark.parametrize("end", ["`\nend\n", "end\n", " \nend\n", ""])
def test_uuencoded_files_come_out_of_the_text_even_when_cut(end: str):
    data = b"guia;valor\n" * 20
    parsed = parse(letter(f"Segue:\n\n{uuencoded('a.csv', data, end=end)}"))
    assert parsed.text == "Segue:"
    assert [(each.filename, each.data) for each in parsed.attachments] == [("a.csv", data)]


def test_several_files_and_the_text_between_them():
    body = f"Um\n{uuencoded('a.csv', b'um')}Meio\n{uuencoded('b.csv', b'dois')}Fim"
    parsed = parse(letter(body))
    assert parsed.text == "Um\nMeio\nFim"
    assert [each.data for each in parsed.attachments] == [b"um", b"dois"]


def test_no_more_files_than_a_message_may_have():
    body = uuencoded("a.csv", b"um") * (MOST_ATTACHMENTS + 2)
    parsed = parse(letter(body))
    assert len(parsed.attachments) == MOST_ATTACHMENTS
    assert parsed.text.count("begin 644 a.csv") == 2


def test_a_sentence_that_begins_is_no_file():
    body = "Veja:\nbegin 644 coisas\nisto não é um arquivo\nend\nfim"
    parsed = parse(letter(body))
    assert (parsed.text, parsed.attachments) == (body, ())


@given(st.binary(max_size=400))
def test_files_survive_their_transport(data: bytes):
    coded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert transfer.decode(coded, b"base64") == data
