"""Names of attachments made safe to show, store and send back."""

import re
import unicodedata

LONGEST = 150

#: control characters, and those that turn the reading direction (`exe.fdp` shown as `pdf.exe`)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPECIAL = re.compile(r"[<>:\"|?*]")
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)

_EXTENSIONS = {
    "application/octet-stream": "bin",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/zip": "zip",
    "application/ms-tnef": "dat",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
}
_SUBTYPE = re.compile(r"^[a-z0-9]{2,5}$")


def safe(name: str) -> str:
    """The last component of `name` without anything that a file system or a reader could trip
    over; "" when nothing is left."""
    plain = unicodedata.normalize("NFC", _UNSEEN.sub("", name.replace("\t", " ")))
    plain = re.split(r"[/\\]", plain.strip().rstrip("/\\"))[-1]
    plain = " ".join(_SPECIAL.sub("_", plain).split()).strip()
    if plain.strip(".") == "":
        return ""
    plain = plain.lstrip(".") if plain.startswith("..") else plain
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    if len(plain) > LONGEST:
        stem, dot, extension = plain.rpartition(".")
        short = dot and len(extension) <= 10
        plain = f"{stem[: LONGEST - 11]}.{extension}" if short else plain[:LONGEST]
    return plain


def made_up(content_type: str, number: int, stem: str = "attachment") -> str:
    """A name for a part that has none: `attachment-2.pdf`."""
    return f"{stem}-{number}.{extension(content_type)}"


def extension(content_type: str) -> str:
    """The usual file extension of a type, `bin` when there is none."""
    subtype = content_type.partition("/")[2]
    return _EXTENSIONS.get(content_type) or (subtype if _SUBTYPE.match(subtype) else "bin")
