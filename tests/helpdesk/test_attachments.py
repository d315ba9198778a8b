import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.attachments import (
    ALLOWED,
    EXECUTABLE,
    LONGEST_NAME,
    TYPES,
    UNKNOWN,
    Candidate,
    Limits,
    check,
    safe_name,
    sniff,
)
from helpdesk.errors import FieldError

LIMITS = Limits(count=3, size=1_000, total=1_500)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
names = st.text(st.characters() | st.sampled_from("/\\.: \u202e\0")) | st.builds(
    "{}.{}".format, st.text(), st.sampled_from(["pdf", "PDF", "exe", "x" * 30])
)


def zipped(*members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for member in members:
            kind = TYPES["odt" if member == "mimetype-odt" else "ods"]
            if member.startswith("mimetype"):
                archive.writestr("mimetype", kind)
            else:
                archive.writestr(member, "x")
    return target.getvalue()


@given(names)
def test_safe_name_cannot_fool_a_file_system_or_an_eye(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\<>:"|?*')
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cf", "Cs"}
    assert safe == safe.strip(". ")
    assert safe.partition(".")[0].lower() not in {"con", "nul", "com1"}
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Relatório de glosa, ação.pdf", "Relatório de glosa, ação.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\guias\\laudo.pdf", "laudo.pdf"),
        ("laudo\u202efdp.exe", "laudofdp.exe"),
        ("laudo.pdf. ", "laudo.pdf"),
        (".htaccess", "htaccess"),
        ("nul.txt", "_nul.txt"),
        ("con", "_con"),
        ("console.txt", "console.txt"),
        ("a\r\nb.txt", "ab.txt"),
        ("a:b?.txt", "a_b_.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("", "file"),
        ("...", "file"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("x" * 200, "x" * 120),
    ],
)
def test_safe_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("data", "name", "declared", "kind"),
    [
        (b"%PDF-1.7\n", "laudo.pdf", "", "pdf"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4", "laudo", "", "pdf"),
        (b"\xff\xd8\xff\xe0....JFIF", "foto.png", "image/png", "jpg"),
        (b"\x89PNG\r\n\x1a\n....", "foto.png", "", "png"),
        (b"GIF89a..", "a.gif", "", "gif"),
        (b"GIF87a..", "a.gif", "", "gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a.webp", "", "webp"),
        (b'<?xml version="1.0"?><a/>', "lote.xml", "", "xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "", "", "xml"),
        ("\ufeff<?xml version='1.0'?>".encode("utf-16-le"), "lote.xml", "", "xml"),
        ("<ans:mensagemTISS>ç".encode("latin-1"), "lote.xml", "", "xml"),
        ("Atenção".encode("cp1252"), "nota.txt", "", "txt"),
        (b"a;b\r\n1;2\r\n", "guias.CSV", "text/plain", "csv"),
        (b"From: a@x.example\r\n\r\n", "aviso.eml", "", "eml"),
        (b"texto", "", "text/plain", "txt"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "", "doc"),
        (OLE + "Workbook".encode("utf-16-le"), "a.xls", "", "xls"),
        (zipped("guia.pdf"), "a.zip", "", "zip"),
        (zipped(), "a.zip", "", "zip"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", "", "xlsx"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a.docx", "", "docx"),
        (zipped("mimetype-odt", "content.xml"), "a.odt", "", "odt"),
        (zipped("mimetype-ods", "content.xml"), "a.ods", "", "ods"),
    ],
)
def test_bytes_say_what_they_are(data: bytes, name: str, declared: str, kind: str) -> None:
    assert sniff(data, name, declared) == TYPES[kind]


@pytest.mark.parametrize(
    ("data", "name", "declared"),
    [
        (b"MZ\x90\x00", "laudo.pdf", "application/pdf"),
        (b"\x7fELF\x02", "a.txt", "text/plain"),
        (b"<html><script>", "a.html", "text/plain"),
        (b"<?xml version='1.0'?><svg/>", "a.svg", "image/svg+xml"),
        (b"texto", "", "text/html"),
        (b"texto", "a.md", ""),
        (OLE, "instalador.msi", "application/msword"),
        (b"PK\x03\x04 not really", "a.zip", "application/zip"),
        (zipped("xl/workbook.xml", "xl/vbaProject.bin"), "a.xlsx", ""),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zipPK", "a.odt", ""),
        (b"RIFF\x10\0\0\0WAVEfmt ", "a.webp", "image/webp"),
    ],
)
def test_everything_else_is_unknown(data: bytes, name: str, declared: str) -> None:
    assert sniff(data, name, declared) == UNKNOWN


@given(st.binary(), names, st.sampled_from([*sorted(ALLOWED), "", "text/html"]))
def test_any_bytes_get_a_type_of_the_list(data: bytes, name: str, declared: str) -> None:
    prefixed = [data, *(magic + data for magic in (b"PK\x03\x04", OLE, b"%PDF-", b"<?xml"))]
    assert {sniff(d, name, declared) for d in prefixed} <= ALLOWED | {UNKNOWN}


def test_files_within_the_limits_pass() -> None:
    files = [Candidate("laudo.pdf", 1_000, TYPES["pdf"]), Candidate("foto.jpg", 1, TYPES["jpg"])]
    assert check(files, LIMITS) == ()
    assert check([], LIMITS) == ()


def test_each_fault_names_its_file_and_limit() -> None:
    files = [
        Candidate("../laudo.pdf", 1_001, TYPES["pdf"]),
        Candidate("vazio.pdf", 0, UNKNOWN),
        Candidate("vazio.txt", 0, TYPES["txt"]),
        Candidate("laudo.exe", 600, TYPES["pdf"]),
    ]
    assert check(files, LIMITS) == (
        FieldError("attachments", "too_many", (("limit", 3), ("count", 4))),
        FieldError(
            "attachments", "too_big", (("file", "laudo.pdf"), ("limit", 1_000), ("size", 1_001))
        ),
        FieldError("attachments", "required", (("file", "vazio.pdf"),)),
        FieldError("attachments", "required", (("file", "vazio.txt"),)),
        FieldError("attachments", "type", (("file", "laudo.exe"), ("type", TYPES["pdf"]))),
        FieldError("attachments", "too_big", (("limit", 1_500), ("size", 1_601))),
    )


@pytest.mark.parametrize("ext", sorted(EXECUTABLE))
def test_forms_refuse_executables_whatever_their_bytes_and_mail_takes_them(ext: str) -> None:
    file = Candidate(f"laudo.pdf.{ext.upper()}. ", 10, TYPES["pdf"])
    assert [error.code for error in check([file], LIMITS)] == ["type"]
    assert check([file], LIMITS, allowed=None) == ()


def test_mail_takes_every_type_and_empty_files_within_the_limits() -> None:
    files = [Candidate("a.bin", 5, UNKNOWN), Candidate("", 0, UNKNOWN)]
    assert check(files, LIMITS, allowed=None) == ()
    big = [Candidate("a.bin", 1_001, UNKNOWN)]
    assert [error.code for error in check(big, LIMITS, allowed=None)] == ["too_big"]
