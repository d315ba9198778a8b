import struct

from hypothesis import given
from hypothesis import strategies as st

from channels.mail import rtf, winmail
from channels.mail.parse import parse
from tests.channels.mail.samples import letter


def attribute(level: int, key: int, value: bytes) -> bytes:
    return (
        struct.pack("<BII", level, key, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    )


def text_property(name: int, value: str) -> bytes:
    data = value.encode("utf-16-le") + b"\0\0"
    return struct.pack("<HHII", 0x1F, name, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def tnef(*attributes: bytes) -> bytes:
    return winmail.SIGNATURE + b"\x01\x00" + b"".join(attributes)


def file(name: str, data: bytes) -> bytes:
    return (
        attribute(2, 0x69002, b"\0" * 14)
        + attribute(2, 0x18010, b"CURTO~1.PDF\0")
        + attribute(2, 0x6800F, data)
        + attribute(2, 0x69005, struct.pack("<I", 1) + text_property(0x3707, name))
    )


def body(text: str) -> bytes:
    return attribute(1, 0x69003, struct.pack("<I", 1) + text_property(0x1000, text))


def test_files_and_text_come_out():
    packed = tnef(body("Texto de dentro: ação."), file("Laudo médico.pdf", b"%PDF"))
    raw = letter(
        packed,
        Content_Type="application/ms-tnef; name=winmail.dat",
        Content_Transfer_Encoding="binary",
    )
    raw = raw.replace(packed.replace(b"\n", b"\r\n"), packed)
    parsed = parse(raw)
    assert parsed.text == "Texto de dentro: ação."
    assert [(each.filename, each.data) for each in parsed.attachments] == [
        ("Laudo médico.pdf", b"%PDF")
    ]


def test_a_message_inside_becomes_its_text_and_files():
    inner = tnef(body("Mensagem interna."), file("dentro.txt", b"x"))
    found = winmail.unpack(tnef(file("interna", inner)))
    assert found is not None
    assert [(each.filename, each.data) for each in found.attachments] == [
        ("interna.txt", b"Mensagem interna."),
        ("dentro.txt", b"x"),
    ]


def test_a_file_that_is_none_is_kept_as_it_came():
    parsed = parse(letter("isto nao e tnef", Content_Type="application/ms-tnef; name=winmail.dat"))
    assert [each.filename for each in parsed.attachments] == ["winmail.dat"]
    assert "tnef-broken" in parsed.defects


def test_rich_text_is_read():
    source = (
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Ol\'e1 \b mundo\b0\par {\*\generator x}segunda\u233?}"
    )
    assert rtf.to_text(source) == "Olá mundo\nsegundaé"


def test_stored_and_compressed_rich_text():
    stored = struct.pack("<II", 20, 5) + b"MELA" + b"\0\0\0\0" + b"{a}bc"
    assert rtf.decompress(stored) == b"{a}bc"
    literal = struct.pack("<II", 20, 3) + b"LZFu" + b"\0\0\0\0" + b"\x00abc"
    assert rtf.decompress(literal) == b"abc"


@given(st.binary(max_size=400))
def test_any_bytes_behind_the_signature_are_survived(data: bytes):
    winmail.unpack(winmail.SIGNATURE + data)
    rtf.decompress(data[:8].ljust(8, b"\0") + b"LZFu\0\0\0\0" + data)
    rtf.to_text(data)
