"""Header values: encoded words, parameters, Message-IDs and dates, as senders really write them."""

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from channels.mail import charset, transfer

#: RFC 2047 §2, with what clients break: blanks in the text, a missing `?=` is not repaired
_WORD = re.compile(
    r"=\?(?P<charset>[^?\s*]*)(?:\*[^?\s]*)?\?(?P<encoding>[bBqQ])\?(?P<text>(?:[^?]|\?(?!=))*)\?="
)
_ID = re.compile(r"<[^<>\s]{1,998}>")
_BARE_ID = re.compile(r"[^\s<>@,;\"()]+@[^\s<>@,;\"()]+")
_ISO_DATE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?(?:\.\d+)?[ ]*(Z|[+-]\d\d:?\d\d)?)?"
)
_ZONE_COMMENT = re.compile(r"\([^()]*\)")
#: a parameter: name, RFC 2231 section and star, then a quoted string or anything up to `;`
_PARAMETER = re.compile(
    r";\s*(?P<name>[^\s=;*\"]+)(?:\*(?P<section>\d{1,3}))?(?P<star>\*)?\s*=\s*"
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"?|(?P<plain>[^;]*))",
    re.DOTALL,
)
_MISSING_SEMICOLON = re.compile(r"\s+(?=[\w*-]+=)")
_ESCAPED = re.compile(r"\\([\"\\])")
#: turn the direction of what follows, also of our own words behind them: a name could have its
#: address read backwards
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: longer header texts are cut: nobody reads them, and they cost time in every rule that looks
LONGEST_TEXT = 20_000

Parameters = dict[str, str]


def text(value: bytes, fallback: str | None = None) -> str:
    """An unstructured header as text. `fallback` is the charset of the body, for raw 8-bit ones."""
    return shown(decode_words(raw_text(value[:LONGEST_TEXT], fallback))).strip()


def shown(value: str) -> str:
    """Words that will stand in a line of ours: nothing in them acts on the rest of it."""
    return _TURNING.sub("", charset.clean(value))


def raw_text(value: bytes, fallback: str | None = None) -> str:
    """Header bytes as text, encoded words still encoded."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    if not charset.is_ascii_compatible(fallback) or (
        charset.is_latin(fallback) and charset.looks_foreign(value)
    ):
        fallback = None
    return charset.decode(value, fallback)


def decode_words(value: str) -> str:
    """RFC 2047 words decoded. Neighbours in one charset and encoding are joined before they are
    read, because senders cut characters, their bytes and even the encoding of one byte in two."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[str] = []
    kind = ("", "")
    at = 0
    for found in _WORD.finditer(value):
        between = value[at : found.start()]
        this = (found["charset"].lower(), found["encoding"].lower())
        apart = bool(between.strip())
        if pending and (apart or this != kind):
            out.append(_word(pending, kind))
            pending = []
        if apart or not at:
            out.append(between)
        pending.append(found["text"])
        kind = this
        at = found.end()
    if pending:
        out.append(_word(pending, kind))
    out.append(value[at:])
    return "".join(out)


def _word(texts: list[str], kind: tuple[str, str]) -> str:
    label, encoding = kind
    data = "".join(texts).encode("utf-8", "surrogateescape")
    return charset.decode(transfer.base64(data) if encoding == "b" else _q(data), label)


def _q(data: bytes) -> bytes:
    try:
        return binascii.a2b_qp(data, header=True)
    except binascii.Error:
        return data


def parameters(value: bytes) -> tuple[str, Parameters]:
    """A structured value and its parameters: RFC 2231 sections and charsets, RFC 2047 words and raw
    8-bit text, all of which stand in names of attachments. The first of equal names counts."""
    line = raw_text(value[:LONGEST_TEXT])
    if ";" not in line and "=" in line:
        line = _MISSING_SEMICOLON.sub("; ", line)
    main, semicolon, _ = line.partition(";")
    if not semicolon:
        return main, {}
    plain: Parameters = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(line, len(main)):
        name = found["name"].lower()
        quoted = found["quoted"]
        content = _ESCAPED.sub(r"\1", quoted) if quoted is not None else found["plain"].strip()
        if found["section"] is not None or found["star"]:
            at = int(found["section"] or 0)
            sections.setdefault(name, {}).setdefault(at, (content, bool(found["star"])))
        else:
            plain.setdefault(name, content)
    result = {name: charset.clean(decode_words(content)) for name, content in plain.items()}
    for name, parts in sections.items():
        result[name] = charset.clean(_joined(parts))
    return main, result


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 §3, §4: sections in order, percent-decoded where starred, one charset for all."""
    label = ""
    out: list[bytes] = []
    for position, at in enumerate(sorted(parts)):
        content, starred = parts[at]
        if starred and position == 0 and content.count("'") >= 2:
            label, _, content = content.split("'", 2)
        data = content.encode("utf-8", "surrogateescape")
        out.append(_percent(data) if starred else data)
    joined = charset.decode(b"".join(out), label or None)
    # Some clients put encoded words into sections.
    return decode_words(joined)


def _percent(data: bytes) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes((int(found[1], 16),)), data)


def message_ids(value: bytes) -> tuple[str, ...]:
    """Every Message-ID of a References or In-Reply-To header, oldest first, each once."""
    line = raw_text(value)
    found = _ID.findall(line)
    if not found:
        found = [f"<{bare}>" for bare in _BARE_ID.findall(line)]
    return tuple(dict.fromkeys(charset.clean(each) for each in found))


def message_id(value: bytes) -> str | None:
    """The Message-ID with its angle brackets, whatever stands around it; None when empty."""
    line = charset.clean(raw_text(value)).strip()
    found = _ID.search(line)
    if found:
        return found[0]
    bare = "".join(line.split()).strip("<>")
    return f"<{bare[:998]}>" if bare else None


def date(value: bytes) -> datetime | None:
    """An aware time; `-0000` and no zone at all are read as UTC; None when it is not a time."""
    line = _ZONE_COMMENT.sub("", raw_text(value[:200])).strip()
    try:
        found = parsedate_to_datetime(line)
        when = found if found.tzinfo else found.replace(tzinfo=UTC)
        when.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _iso_date(line)
    return when


def _iso_date(line: str) -> datetime | None:
    found = _ISO_DATE.search(line)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    clock = f"{int(hour or 0):02}:{minute or '00'}:{second or '00'}{zone or '+00:00'}"
    stamp = f"{year}-{int(month):02}-{int(day):02}T{clock}"
    try:
        when = datetime.fromisoformat(stamp)
        when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when
