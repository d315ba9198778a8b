"""Names of attachments made safe to show, store and send back."""

import mimetypes
import re
import unicodedata

LONGEST = 150

#: control characters, and those that turn the reading direction (`exe.fdp` shown as `pdf.exe`)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPECIAL = re.compile(r"[<>:\"|?*]")
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)

#: reading the tables of Python alone: those of a machine would give names that differ by machine
_KNOWN = mimetypes.MimeTypes(filenames=())
#: where the tables say nothing, or another thing than people expect
_EXTENSIONS = {
    "": "bin",
    "application/octet-stream": "bin",
    "application/ics": "ics",
    "application/ms-tnef": "dat",
    "application/pgp-encrypted": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "audio/mpeg": "mp3",
    "image/jpeg": "jpg",
    "message/external-body": "txt",
    "text/calendar": "ics",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "video/mp4": "mp4",
    "video/mpeg": "mpg",
}
#: parts of reports, which say what they are; of others only what kind
_STEMS = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
    "text/rfc822-headers": "headers",
    "text/calendar": "calendar",
    "image": "image",
    "video": "video",
    "audio": "audio",
    "message": "message",
}
_REPORT = re.compile(r"^message/(?:.*-status|.*-notification|.*-report)$")
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


def made_up(content_type: str, number: int) -> str:
    """A name for a part that has none: `attachment-2.pdf`, `image-1.png`, `delivery-status.txt`."""
    extended = extension(content_type)
    if content_type in _STEMS:
        return f"{_STEMS[content_type]}.{extended}"
    stem = _STEMS.get(content_type.partition("/")[0], "attachment")
    return f"{stem}-{number}.{extended}"


def extension(content_type: str) -> str:
    """The usual file extension of a type, `bin` when there is none."""
    known = _EXTENSIONS.get(content_type)
    if known is None and _REPORT.match(content_type):
        known = "txt"
    if known is None:
        known = (_KNOWN.guess_extension(content_type) or "").lstrip(".")
    subtype = content_type.partition("/")[2]
    return known or (subtype if _SUBTYPE.match(subtype) else "bin")
