import json

from hypothesis import given
from hypothesis import strategies as st

from channels.mail.explain import explain
from channels.mail.parse import content_key, parse
from tests.channels.mail.samples import FIXTURES, sample

KEYS = [
    "message_id", "date", "subject", "from", "reply_to", "to", "cc", "text", "html", "reply_text",
    "quoted_text", "attachments", "automatic", "bounces", "authentication", "protocols", "defects",
]  # fmt: skip


def test_the_contract():
    found = explain(sample("autenticada"), authserv_id="mx.planoipe.example")
    assert list(found) == KEYS
    assert found["date"] == "2026-11-18T10:12:00-03:00"
    assert found["from"] == {"name": "Clinica", "address": "contas@clinica.example"}
    assert found["reply_to"] is None
    assert found["authentication"] == {
        "trusted": True, "spf": "pass", "dkim": "pass", "dmarc": "pass",
    }  # fmt: skip
    assert found["protocols"] == [
        {"number": "35701820261118000042", "where": "subject"},
        {"number": "35701820261117000007", "where": "body"},
    ]


def test_an_attachment_says_what_it_is():
    (image,) = explain(sample("imagem-embutida"))["attachments"]
    assert image["content_type"] == "image/png"
    assert image["inline"] is True
    assert set(image) == {"filename", "content_type", "size", "sha256", "inline", "content_id"}


def test_every_fixture_gives_json():
    for path in FIXTURES.rglob("*.eml"):
        found = json.loads(json.dumps(explain(path.read_bytes())))
        assert list(found) == KEYS, path
        assert bool(found["reply_text"].strip()) == bool(found["text"].strip()), path


PIECES = st.sampled_from(
    [
        b"From: a@b.example\r\n", b"Subject: =?utf-8?Q?x", b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=x-gbk\r\n", b"Content-Type: message/rfc822\r\n", b"\r\n", b"\n",
        b"--b\r\n", b"--b--\r\n", b"\r", b"\x00", b"=?b?B?", b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Type: message/delivery-status\r\n", b"Status: 5.1.1\r\n", b"Final-Recipient: rfc822;\r\n",
        b"begin 644 x\r\n", b"end\r\n", b"> ", b"De: x\r\n", b'x\x9f>"', b"<div>", b"&#xD800;", b"\xff\xfe",
        b"Date: Wed, 99 Nov 99999\r\n", b"References: <<>\r\n", b"name*0*=utf-8''%ff;", b"\xc3(", b"\x1b$B",
        b"Content-Type: application/pkcs7-mime\r\n", b"0\x80\x06\t*", b"Return-Path: <>\r\n", b"+AGE-",
    ]
)  # fmt: skip


@given(
    st.binary(max_size=600) | st.lists(PIECES | st.binary(max_size=12), max_size=40).map(b"".join)
)
def test_any_bytes_are_explained(raw: bytes):
    found = explain(raw, authserv_id="mx.example")
    json.dumps(found).encode()
    assert list(found) == KEYS
    parsed = parse(raw)
    assert bool(parsed.reply_text.strip()) == bool(parsed.text.strip())
    assert "\0" not in parsed.text + parsed.subject + (parsed.html or "")
    assert len(content_key(parsed)) == 64
