"""What raw bytes are before anything says so: line ends, byte order marks, files without header."""

from channels.mail import winmail

#: where line ends show what a message has
_FIRST_LINES = 1_000


def prepared(raw: bytes) -> bytes:
    """The message with line ends that end lines, in a charset headers can be written in."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    elif b"\r\r\n" in raw[:_FIRST_LINES]:
        # a gateway that made CRLF of the LF of each CRLF
        raw = raw.replace(b"\r\r\n", b"\r\n")
    return raw.lstrip(b"\r\n") if raw[:1] in {b"\r", b"\n"} else raw


def kind(raw: bytes) -> str:
    """The media type of a file without any header."""
    if raw.startswith(winmail.SIGNATURE):
        return "application/ms-tnef"
    if is_page(raw, 0):
        return "text/html"
    return "application/octet-stream" if b"\0" in raw[:1000] else "text/plain"


def is_page(raw: bytes, start: int) -> bool:
    begin = raw[start : start + 200].lstrip().lower()
    return begin.startswith((b"<!doctype html", b"<html"))
