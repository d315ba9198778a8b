"""Attached files: a harmless name, the true type, and what a form accepts."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.errors import FieldError

UNKNOWN = "application/octet-stream"
LONGEST_NAME = 120
LONGEST_EXTENSION = 20
#: how much of a text is looked at to tell it from binary data
SAMPLE = 8192

_OFFICE = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
#: extension to type of everything `sniff` knows: what forms accept
TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "xml": "application/xml",
    "txt": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "zip": "application/zip",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "odt": f"{_ODF}.text",
    "ods": f"{_ODF}.spreadsheet",
    "xls": "application/vnd.ms-excel",
    "doc": "application/msword",
}
ALLOWED = frozenset(TYPES.values())
#: types made of text, told apart by the name alone
_TEXTS = {ext: TYPES[ext] for ext in ("txt", "csv", "eml", "xml")}

#: what Windows, macOS or a browser would run on a double click
# fmt: off
EXECUTABLE = frozenset({
    "apk", "app", "bat", "bin", "cmd", "com", "cpl", "dll", "dmg", "exe", "gadget", "hta", "htm",
    "html", "iso", "jar", "js", "jse", "lnk", "mht", "mhtml", "msc", "msi", "msix", "msp", "mst",
    "pif", "ps1", "psm1", "reg", "scf", "scr", "sct", "sh", "shtml", "svg", "swf", "sys", "url",
    "vb", "vbe", "vbs", "vhd", "vhdx", "wsc", "wsf", "wsh", "xht", "xhtml", "xll",
})
# fmt: on

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", TYPES["png"]),
    (b"\xff\xd8\xff", TYPES["jpg"]),
    (b"GIF87a", TYPES["gif"]),
    (b"GIF89a", TYPES["gif"]),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_MEMBERS = (("xl/workbook.xml", TYPES["xlsx"]), ("word/document.xml", TYPES["docx"]))
_ODF_TYPES = tuple(TYPES[ext].encode() for ext in ("odt", "ods"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (("WordDocument", TYPES["doc"]), ("Workbook", TYPES["xls"]))
_XML = (
    b"<?xml",
    b"\xef\xbb\xbf<?xml",
    "\ufeff<?xml".encode("utf-16-le"),
    "\ufeff<?xml".encode("utf-16-be"),
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file about to be attached; `content_type` as `sniff` saw it, `size` in octets."""

    filename: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`count` files, `size` octets each, `total` octets together."""

    count: int
    size: int
    total: int


def safe_name(name: str) -> str:
    """Keep the last part of a path, without what a file system or an eye could be fooled by.

    1 to `LONGEST_NAME` code points; accents and the extension stay. Applying it twice changes
    nothing.
    """
    last = unicodedata.normalize("NFC", _printable(name)).replace("\\", "/").rpartition("/")[2]
    clean = " ".join(_FORBIDDEN.sub("_", last).split()).strip(". ")
    if _RESERVED.match(clean):
        clean = f"_{clean}"
    if len(clean) > LONGEST_NAME:
        stem, dot, extension = clean.rpartition(".")
        kept = f"{dot}{extension}" if stem and len(extension) <= LONGEST_EXTENSION else ""
        whole = stem if kept else clean
        clean = whole[: LONGEST_NAME - len(kept)].rstrip(". ") + kept
    return clean or "file"


def extension(name: str) -> str:
    """Name the extension, lower-case without its dot; "" when there is none."""
    stem, _, ext = safe_name(name).rpartition(".")
    return ext.lower() if stem else ""


def sniff(data: bytes, filename: str, declared: str) -> str:
    """Say what the bytes are: one of `ALLOWED`, else `UNKNOWN`.

    Name and declared type only tell kinds of text apart; they never vouch for binary data.
    """
    for magic, found in _MAGIC:
        if data.startswith(magic):
            return found
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return TYPES["webp"]
    if data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return TYPES["pdf"]
    if data.startswith(_ZIP):
        return _zipped(data)
    if data.startswith(_OLE):
        return next((t for s, t in _OLE_STREAMS if s.encode("utf-16-le") in data), UNKNOWN)
    return _text(data, extension(filename), declared)


def check(
    files: Sequence[Candidate], limits: Limits, allowed: frozenset[str] | None = ALLOWED
) -> tuple[FieldError, ...]:
    """List what stands against attaching the files; `allowed` None takes every type (mail).

    Codes of the field `attachments`: required (an empty file), too_big, too_many, type; with the
    `file` it is about and the `limit` it breaks. A `too_big` without a file is about all of them.
    """
    errors: list[FieldError] = []
    if len(files) > limits.count:
        errors.append(_error("too_many", ("limit", limits.count), ("count", len(files))))
    for file in files:
        name = ("file", safe_name(file.filename))
        if allowed is not None and not file.size:
            errors.append(_error("required", name))
        elif allowed is not None and (
            file.content_type not in allowed or extension(file.filename) in EXECUTABLE
        ):
            errors.append(_error("type", name, ("type", file.content_type)))
        elif file.size > limits.size:
            errors.append(_error("too_big", name, ("limit", limits.size), ("size", file.size)))
    total = sum(file.size for file in files)
    if total > limits.total:
        errors.append(_error("too_big", ("limit", limits.total), ("size", total)))
    return tuple(errors)


def _error(code: str, *data: tuple[str, object]) -> FieldError:
    return FieldError("attachments", code, data)


def _printable(name: str) -> str:
    """Drop controls, lone surrogates and what turns the direction of writing (`fdp.exe`)."""
    return "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def _zipped(data: bytes) -> str:
    # OpenDocument: the first member is stored and named `mimetype` (ODF 1.2 part 3 §3.3).
    if data[30:38] == b"mimetype":
        declared = data[38:120]
        return next((t.decode() for t in _ODF_TYPES if declared.startswith(t + b"PK")), UNKNOWN)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return UNKNOWN
    if any(name.endswith("vbaProject.bin") for name in names):
        return UNKNOWN  # a document that runs macros is none of the types above
    return next((t for member, t in _ZIP_MEMBERS if member in names), TYPES["zip"])


def _text(data: bytes, ext: str, declared: str) -> str:
    if data.startswith(_XML):
        return TYPES["xml"] if ext in {"", "xml"} else UNKNOWN
    if _BINARY.search(data, 0, SAMPLE):
        return UNKNOWN
    if ext:
        return _TEXTS.get(ext, UNKNOWN)
    return declared if declared in _TEXTS.values() else UNKNOWN
