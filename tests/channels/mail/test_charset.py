import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import charset
from channels.mail.parse import parse

PORTUGUESE = "Solicitação não autorizada até amanhã"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("uft-8", "utf-8", PORTUGUESE),
        ("UTF8", "utf-8", PORTUGUESE),
        ("iso-8859-1", "cp1252", "preço de 10 € — “ok”"),
        ("x-unknown", "utf-8", PORTUGUESE),
        ("", "cp1252", PORTUGUESE),
        ("us-ascii", "cp1252", PORTUGUESE),
        ("utf-8", "cp1252", PORTUGUESE),
        ("iso-8859-1", "utf-8", PORTUGUESE),
        ("windows-1258", "cp1258", "Bao giờ"),
        ("x-gbk", "gb18030", "整体提升企业服务水平"),
        ("iso-gb2312", "gb2312", "转发"),
        ("gb2312", "gb18030", "镕基"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("shift_jis", "cp932", "①テスト"),
        ("iso-2022-jp", "iso2022_jp", "日本語"),
        ("unicode-1-1-utf-7", "utf-7", "Übermittlung"),
        ("cp-850", "cp850", "ação"),
        ('"utf-8"', "utf-8", PORTUGUESE),
        ("utf8mb4", "utf-8", PORTUGUESE),
        ("charset=utf-8", "utf-8", PORTUGUESE),
        ("utf-8//TRANSLIT", "utf-8", PORTUGUESE),
        ("utf8_unicode_ci", "utf-8", PORTUGUESE),
        ("windows-65001", "utf-8", PORTUGUESE),
        ("iso-8859-1:1987", "cp1252", "ação"),
        ("x-x-big5", "big5hkscs", "測試中文"),
        ("gb_2312-80", "gb18030", "转发"),
        ("_iso-2022-jp$ESC", "iso2022_jp", "日本語"),
        ("windows-31j", "cp932", "①テスト"),
        ("cp51932", "euc_jp", "日本語"),
        ("ks_c_5601-1989", "cp949", "안녕하세요"),
        ("iso-10646-ucs-2", "utf-16-be", "ação"),
    ],
)
def test_labels_as_mail_has_them(label: str, codec: str, text: str):
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        data = "Bao gi".encode(codec)
        text = "Bao gi"
    assert charset.decode(data, label) == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gb18030", "整体提升企业服务水平"),
        ("koi8_r", "тест письма без кодировки"),
        ("cp1251", "тест письма без кодировки"),
        ("euc_jp", "これはテストです"),
        ("cp932", "これはテストです"),
    ],
)
def test_undeclared_text_is_told_by_its_bytes(codec: str, text: str):
    assert charset.decode(text.encode(codec)) == text


@pytest.mark.parametrize("label", ["utf-8", "us-ascii", "", "uft-8", "unknown-8bit"])
@pytest.mark.parametrize("text", ["Ação", "Coração, ação e você", "É só isso", "“Não” – R$ 10"])
def test_short_portuguese_in_a_windows_charset_is_read_whatever_it_is_called(label: str, text: str):
    assert charset.decode(text.encode("cp1252"), label) == text


@pytest.mark.parametrize(
    "label",
    ["iso-8859-1", "windows-1258", "cp1251", "x-gbk", "big5", "euc-kr", "shift_jis", "cp850",
     "macintosh", "iso-2022-jp", "windows-874", "utf-16le", "koi8-r"],
)  # fmt: skip
def test_utf8_is_read_under_any_other_name(label: str):
    assert charset.decode(PORTUGUESE.encode(), label) == PORTUGUESE


def test_utf8_with_a_broken_byte_loses_that_byte_and_no_more():
    data = PORTUGUESE.encode() + b"\xf1."
    for label in ("utf-8", None):
        assert charset.decode(data, label) == PORTUGUESE + "\ufffd."


def test_codecs_that_no_mail_is_written_in_are_not_used():
    assert charset.codec_of("unicode_escape") is None
    assert charset.codec_of("punycode") is None
    assert charset.codec_of("hex") is None


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_under_any_label_are_text_that_can_be_stored(data: bytes, label: str):
    text = charset.clean(charset.decode(data, label))
    assert "\0" not in text
    text.encode()


def test_half_a_character_of_utf_7_is_none():
    assert charset.decode(b"+2rE- fim", "utf-7") == "\ufffd fim"
    raw = (
        b"From: =?utf-8?q?A=+2rE-?= <a@b.example>\nContent-Type: text/plain; charset=utf-7\n\n\xe9"
    )
    assert parse(raw).from_ is not None
