import base64
import hashlib
from datetime import UTC, datetime

import pytest

from channels.mail.mailboxes import Mailbox
from channels.mail.parse import content_key, parse
from tests.channels.mail.samples import letter, sample


def test_headers_are_read():
    parsed = parse(
        letter(
            "Bom dia.",
            Cc="Ana <ana@x.example>, bia@x.example",
            In_Reply_To="<a@b>",
            References="<k@l>\r\n <a@b>",
            Return_Path="<contas@clinica.example>",
            Subject="=?utf-8?Q?Autoriza=C3=A7=C3=A3o_n?= =?utf-8?Q?egada?=",
        )
    )
    assert parsed.message_id == "<x1@clinica.example>"
    assert parsed.date == datetime(2026, 11, 18, 13, 12, tzinfo=UTC)
    assert parsed.subject == "Autorização negada"
    assert parsed.from_ == Mailbox("Clinica", "contas@clinica.example")
    assert [each.address for each in parsed.cc] == ["ana@x.example", "bia@x.example"]
    assert parsed.in_reply_to == "<a@b>"
    assert parsed.references == ("<k@l>", "<a@b>")
    assert parsed.return_path == "contas@clinica.example"
    assert parsed.text == "Bom dia."
    assert ("Cc", "Ana <ana@x.example>, bia@x.example") in parsed.headers
    assert parsed.defects == ()


def test_nothing_at_all_is_a_message():
    parsed = parse(b"")
    assert (parsed.message_id, parsed.date, parsed.from_, parsed.text) == (None, None, None, "")


def test_missing_headers_are_told():
    parsed = parse(sample("sem-cabecalhos-uteis"))
    assert parsed.subject == "Sem remetente"
    assert {"no-from", "no-date", "no-message-id"} <= set(parsed.defects)


def test_the_null_sender_is_empty_and_a_missing_one_none():
    assert parse(letter(Return_Path="<>")).return_path == ""
    assert parse(letter()).return_path is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?Q?a=?= =?utf-8?Q?C3=A7?=", "aç"),
        ("=?utf-8?B?Q29yYcOn?= =?UTF-8?b?w6Nv?=", "Coração"),
        ("=?utf-8?B?w4?= =?utf-8?B?Nv?=", "Ão"),
        ("Re: =?utf-8?Q?a=C3=A7?= =?iso-8859-1?Q?=E3o?=", "Re: ação"),
        ("=?utf-8?Q?com espa=C3=A7o?=", "com espaço"),
        ("=?utf-8*pt-BR?Q?l=C3=ADngua?=", "língua"),
        ("=?utf-8?B?Q29yYcOn\r\n w6Nv?=", "Coração"),
        ("=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="),
        ("=?utf-8?Q?sem fim", "=?utf-8?Q?sem fim"),
    ],
)
def test_encoded_words_as_senders_cut_them(written: str, read: str):
    assert parse(letter(Subject=written)).subject == read


def test_a_character_cut_in_two_by_encoded_words_is_whole():
    cut = "=?utf-8?B?w6fD?=\r\n =?utf-8?B?o28=?="
    assert parse(letter(Subject=cut)).subject == "ção"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("18 Nov 2026 10:12:00 -0300", 18),
        ("2026-11-18T10:12:00-03:00", 18),
        ("Wed, 18 Nov 2026 10:12:00 -0300 (BRT)", 18),
        ("2026-11-18", 18),
    ],
)
def test_dates_of_several_kinds_are_aware(written: str, day: int):
    found = parse(letter(Date=written)).date
    assert found is not None
    assert found.tzinfo is not None
    assert found.day == day


@pytest.mark.parametrize("written", ["ontem", "99 Foo 2026", "Wed, 18 Nov 2026 99:99:00 -0300", ""])
def test_what_is_no_date_is_none(written: str):
    assert parse(letter(Date=written)).date is None


def test_a_declared_charset_that_does_not_fit_is_guessed():
    parsed = parse(sample("latin1-rotulado-utf8"))
    assert parsed.text == "A autorização não saiu. Até amanhã."
    assert parsed.subject == "Autorização não saiu"
    assert parsed.from_ == Mailbox("José Conceição", "jose@clinica.example")
    assert "charset-wrong" in parsed.defects


def test_flowed_lines_become_one():
    parsed = parse(sample("flowed"))
    assert "outubro, que somam quarenta e duas." in parsed.text
    assert parsed.reply_text.endswith("duas.")
    assert "Equipe de contas" in parsed.quoted_text


def test_an_image_of_the_html_is_inline_and_nothing_is_loaded_from_outside():
    parsed = parse(sample("imagem-embutida"))
    (image,) = parsed.attachments
    assert (image.inline, image.content_id) == (True, "foto@clinica")
    assert image.data.startswith(b"\x89PNG")
    assert image.sha256 == hashlib.sha256(image.data).hexdigest()
    assert parsed.html is not None
    assert 'src="cid:foto@clinica"' in parsed.html
    assert "rastreio" not in parsed.html


def test_an_attached_message_is_kept_whole_under_its_subject():
    parsed = parse(sample("mensagem-anexada"))
    message, calendar = parsed.attachments
    assert message.filename == "Dúvida sobre reembolso.eml"
    assert parse(message.data).text == "Corpo da mensagem anexada."
    assert calendar.content_type == "text/calendar"
    assert calendar.filename.endswith(".ics")
    assert parsed.text == "Segue a mensagem original em anexo."


def test_uuencoded_files_leave_the_text():
    parsed = parse(sample("uuencode"))
    assert parsed.text == "Segue a planilha."
    assert [(each.filename, each.data) for each in parsed.attachments] == [
        ("guias.csv", b"guia;valor\n")
    ]


def test_names_of_attachments_are_decoded_and_safe():
    names = [each.filename for each in parse(sample("nomes-de-anexos")).attachments]
    assert names == [
        "Laudo médico.pdf",
        "guia nº 4471.pdf",
        "boot.ini",
        "receitafdp.exe",
        "image-5.jpg",
        "relatório de glosas.pdf",
    ]


def test_signed_text_below_another_signature_is_readable():
    signature = "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----"
    said = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSegue a guia.\n{signature}\nFim"
    parsed = parse(letter(f"{signature}\n{said}"))
    assert parsed.text == f"{signature}\nSegue a guia.\n\nFim"
    assert parsed.protection == "signed-pgp"


def test_signed_text_is_readable():
    parsed = parse(sample("pgp-assinada"))
    assert parsed.protection == "signed-pgp"
    assert parsed.text.strip() == "Texto assinado.\n-- fim"


def test_encrypted_mail_is_marked_and_kept():
    parsed = parse(sample("smime-cifrada"))
    assert parsed.protection == "encrypted-smime"
    assert [each.filename for each in parsed.attachments] == ["smime.p7m"]


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def test_an_opaque_signature_is_opened():
    inner = b"Content-Type: text/plain\r\n\r\nTexto de dentro."
    data = bytes.fromhex("06092a864886f70d010701")
    signed = bytes.fromhex("06092a864886f70d010702")
    cms = der(
        0x30,
        signed,
        der(
            0xA0,
            der(0x30, b"\x02\x01\x01", der(0x31), der(0x30, data, der(0xA0, der(0x04, inner)))),
        ),
    )
    raw = letter(
        base64.encodebytes(cms),
        Content_Type="application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        Content_Transfer_Encoding="base64",
    )
    parsed = parse(raw)
    assert (parsed.text, parsed.protection) == ("Texto de dentro.", "signed-smime")


def test_the_plain_alternative_counts_unless_it_only_points_to_the_html():
    def alternative(plain: str, page: str) -> bytes:
        return letter(
            f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{page}\n--b--",
            Content_Type="multipart/alternative; boundary=b",
        )

    words = "uma frase bem mais longa do que aquilo que a parte simples diz aqui"
    assert parse(alternative("Bom dia, tudo certo.", "<p>Bom dia, tudo certo.</p>")).text == (
        "Bom dia, tudo certo."
    )
    assert parse(alternative("Veja em HTML.", f"<p>{words} {words}</p>")).text == f"{words} {words}"


def test_texts_of_a_mixed_message_are_joined():
    raw = letter(
        "--b\n\nPrimeira.\n--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n--b\n\nSegunda.\n--b--",
        Content_Type="multipart/mixed; boundary=b",
    )
    parsed = parse(raw)
    assert parsed.text == "Primeira.\nSegunda."
    assert [each.filename for each in parsed.attachments] == ["a.pdf"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed",
        "multipart/mixed; boundary=outra",
        "multipart/mixed; boundary=",
    ],
)
def test_a_wrong_or_missing_boundary_is_found(content_type: str):
    body = "--=_abc\nContent-Type: text/plain\n\nTexto.\n--=_abc--\n"
    assert parse(letter(body, Content_Type=content_type)).text == "Texto."


def test_an_unclosed_multipart_loses_nothing():
    body = "--b\nContent-Type: text/plain\n\nTexto.\n--b\nContent-Type: application/pdf; name=a.pdf\n\nxyz"
    parsed = parse(letter(body, Content_Type="multipart/mixed; boundary=b"))
    assert parsed.text == "Texto."
    assert parsed.attachments[0].data == b"xyz"
    assert "multipart-unclosed" in parsed.defects


@pytest.mark.parametrize("levels", [30, 10_000])
def test_deep_nesting_is_read_to_its_end(levels: int):
    heads = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        for level in range(levels)
    )
    raw = b"From: a@b.example\n" + heads.encode() + b"Content-Type: text/plain\n\nfim\n"
    parsed = parse(raw)
    if levels < 5_000:
        assert parsed.text == "fim"
    else:
        assert "too-many-parts" in parsed.defects


def test_a_thousand_nested_blocks_still_say_what_they_say():
    raw = letter("<div>" * 1000 + "fundo" + "</div>" * 1000, Content_Type="text/html")
    assert parse(raw).text == "fundo"


def test_nul_bytes_and_controls_are_gone():
    parsed = parse(letter(b"a\x00b\x07c", Subject="x\x00y"))
    assert (parsed.text, parsed.subject) == ("abc", "xy")


def test_a_header_that_lost_its_folding_goes_on():
    raw = b"Received: by mx\nfor <a@b>; Wed\nx-lost\nFrom: Ana <ana@x.example>\nSubject: Oi\n\nTexto.\n"
    parsed = parse(raw)
    assert parsed.from_ == Mailbox("Ana", "ana@x.example")
    assert parsed.text == "Texto."


def test_a_text_without_header_is_text():
    parsed = parse("Atenção: isto não é cabeçalho.\n\nSegunda linha.".encode())
    assert parsed.text.startswith("Atenção: isto")
    assert "no-header" in parsed.defects


def test_a_gateway_that_doubled_carriage_returns_is_seen_through():
    raw = letter("Uma linha.\nOutra.", Subject="Oi").replace(b"\r\n", b"\r\r\n")
    parsed = parse(raw)
    assert (parsed.subject, parsed.text) == ("Oi", "Uma linha.\nOutra.")


def test_a_page_without_a_type_is_a_page():
    parsed = parse(letter("<html><body><p>Oi</p></body></html>"))
    assert (parsed.text, parsed.html) == ("Oi", "<p>Oi</p>")


@pytest.mark.parametrize("content_type", ["garbage", "text", "/", "text/", "plain"])
def test_a_type_that_is_none_is_text(content_type: str):
    assert parse(letter("Oi.", Content_Type=content_type)).text == "Oi."


def test_a_page_says_its_own_charset():
    page = '<html><head><meta charset="iso-8859-2"></head><body>Łódź</body></html>'
    parsed = parse(letter(page.encode("iso-8859-2"), Content_Type="text/html"))
    assert parsed.text == "Łódź"


def test_names_in_raw_bytes_are_not_read_as_the_wide_charset_of_the_body():
    raw = letter("Oi".encode("utf-16"), Content_Type="text/plain; charset=utf-16")
    parsed = parse(raw.replace(b"Clinica", "Clínica".encode()))
    assert parsed.from_ == Mailbox("Clínica", "contas@clinica.example")
    assert parsed.text == "Oi"


def test_a_multipart_without_any_part_is_empty():
    assert parse(letter("--b--\n", Content_Type="multipart/mixed; boundary=b")).text == ""


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/octet-stream"])
def test_an_envelope_is_known_by_its_type_or_its_name(kind: str):
    body = f"--b\nContent-Type: {kind}; name=smime.p7m\n\nMIIB\n--b--\n"
    parsed = parse(letter(body, Content_Type="multipart/mixed; boundary=b"))
    assert parsed.protection == "encrypted-smime"
    assert [each.filename for each in parsed.attachments] == ["smime.p7m"]


def test_our_own_mail_is_known_by_its_id():
    raw = letter(Message_ID="<ponte.1.sig@planoipe.example>")
    renamed = letter(X_Ponte_Id="<ponte.1.sig@planoipe.example>")

    def own(message_id: str) -> bool:
        return message_id == "<ponte.1.sig@planoipe.example>"

    assert parse(raw, own=own).automatic == "own"
    assert parse(renamed, own=own).automatic == "own"
    assert parse(letter(), own=own).automatic is None


def test_trace_headers_and_encodings_do_not_change_the_content_key():
    first = letter("Olá.", Content_Type="text/plain; charset=utf-8")
    traced = b"Received: by other\r\n" + first
    encoded = letter(
        base64.encodebytes("Olá.".encode()),
        Content_Type="text/plain; charset=utf-8",
        Content_Transfer_Encoding="base64",
    )
    keys = {content_key(parse(raw)) for raw in (first, traced, encoded)}
    assert len(keys) == 1
    assert len(keys.pop()) == 64


@pytest.mark.parametrize(
    "changed",
    [
        letter("Outra."),
        letter(Subject="Outro"),
        letter(Message_ID="<y@z>"),
        letter(From="a@b.example"),
        letter(Date="Thu, 19 Nov 2026 10:12:00 -0300"),
    ],
)
def test_any_change_of_content_changes_the_key(changed: bytes):
    assert content_key(parse(changed)) != content_key(parse(letter()))
