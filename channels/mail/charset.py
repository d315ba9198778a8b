"""Bytes to text when the declared charset is wrong, unknown or missing.

Order: what is declared, if it fits; UTF-8, which hardly ever fits by accident; the charset that the
high bytes look like; Windows-1252, which Brazilian senders mean when they say nothing.
"""

import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

#: what WHATWG and practice read for a label (https://encoding.spec.whatwg.org/#names-and-labels)
_MEANT = {
    "utf8": "utf-8",
    "uft-8": "utf-8",
    "uft8": "utf-8",
    "utf8mb4": "utf-8",
    "utf-8-sig": "utf-8",
    "cp65001": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "ansi": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gb2312-80": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "hz": "hz-gb-2312",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "cp51932": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "iso-2022-jp$esc": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "iso-10646-ucs-2": "utf-16-be",
    "visual": "iso8859-8",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "mac": "mac_roman",
    "macintosh": "mac_roman",
    "utf-16": "utf-16",
    "dos-862": "cp862",
    "ibm-850": "cp850",
}
_PREFIX = re.compile(r"^(?:charset=)?(?:x-|_)*(?:iso-(?=gb)|cs)?")
#: a year of the standard, an instruction for a converter, the collation of a database
_SUFFIX = re.compile(r"(?::\d{4}|//\w+|_(?:unicode|general)_ci)$")
_WINDOWS = re.compile(r"^(?:windows|win|x-cp|cp|ibm|dos)[-_]?(\d{3,5})$")
#: codecs that Python calls text but that no mail is written in; some are quadratic
_NOT_MAIL = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_LATIN = frozenset({"cp1252", "ascii", "iso8859-15", "latin_1", "iso8859-1"})
#: codecs of two bytes a letter, in which a few letters may happen to be UTF-8
_DOUBLE = frozenset({"gb18030", "cp949", "big5hkscs", "big5", "cp932", "euc_jp", "gbk", "euc_kr"})
_MULTIBYTE = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})(?![\x80-\xbf])"
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_EUC_PAIR = re.compile(rb"([\xa1-\xf7])[\xa1-\xfe]")
_SJIS_KANA = re.compile(rb"[\x82\x83][\x40-\xf1]")
_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
#: controls, lone surrogates, and the two private signs by which `html_marks` marks lines
_CONTROL = re.compile("[\ue000\ue001\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udfff]")
#: high bytes in a row of a Western word, as in `ções`
_LONGEST_ACCENTS = 2
#: detection costs milliseconds a kilobyte, and the first lines tell
_SAMPLE = 4096
#: sequences that make a text in two bytes a letter UTF-8 nevertheless
_ENOUGH = 4


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """The Python codec that reads what `label` means, None when nobody knows the label."""
    name = _SUFFIX.sub("", label.strip(" \t'\"<>").lower().replace(" ", ""))
    for candidate in (name, _PREFIX.sub("", name), name.replace("_", "-")):
        meant = _MEANT.get(candidate, candidate)
        windows = _WINDOWS.match(meant)
        if windows:
            meant = _MEANT.get(f"cp{windows[1]}", f"cp{windows[1]}")
        try:
            found = codecs.lookup(meant)
            b"aa".decode(found.name, "replace")
        except (LookupError, ValueError, TypeError):
            continue
        return None if found.name.replace("-", "_") in _NOT_MAIL else found.name
    return None


def decode(data: bytes, label: str | None = None, defects: list[str] | None = None) -> str:
    """Text of `data`; never raises. Adds `charset-unknown` or `charset-wrong` to `defects`."""
    if data.isascii() and b"\x1b" not in data and (not label or label.lower() in _PLAIN):
        return data.decode("ascii")
    noted: list[str] = [] if defects is None else defects
    codec = codec_of(label) if label else None
    if label and codec is None:
        noted.append("charset-unknown")
    if codec is None or codec == "ascii":
        return _undeclared(data, noted, declared=codec is not None)
    if _is_utf8(data, codec):
        noted.append("charset-wrong")
        return data.decode()
    try:
        read = data.decode(codec)
    except (UnicodeError, ValueError):
        read = _misdeclared(data, codec, noted)
    # UTF-7 can spell half a character, which no other encoding can write
    return _HALVES.sub("\ufffd", read) if codec == "utf-7" else read


def clean(text: str) -> str:
    """LF line ends, no control characters (PostgreSQL stores no NUL), no lone surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def _undeclared(data: bytes, noted: list[str], *, declared: bool) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if _JAPANESE_ESCAPE.search(data):
        return _japanese(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        if declared or not noted:
            noted.append("charset-wrong" if declared else "charset-missing")
    return _damaged_utf8(data, 0.75) or _guess(data)


def _damaged_utf8(data: bytes, share: float) -> str | None:
    """UTF-8 of which some bytes are broken; None when less than `share` of the high ones fit."""
    good = sum(len(run) for run in _MULTIBYTE.findall(data))
    high = sum(len(run) for run in _HIGH.findall(data))
    return data.decode("utf-8", "replace") if good > high * share else None


def _misdeclared(data: bytes, codec: str, noted: list[str]) -> str:
    noted.append("charset-wrong")
    if codec == "utf-8":
        return _damaged_utf8(data, 0.5) or _guess(data)
    if codec.startswith("iso2022_jp") and _JAPANESE_ESCAPE.search(data):
        return _japanese(data)
    if codec == "cp1252":
        return _western(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(codec, "replace")


def _japanese(data: bytes) -> str:
    for codec in ("iso2022_jp_ext", "iso2022_jp_3", "iso2022_jp_2004", "cp932"):
        try:
            return data.decode(codec)
        except UnicodeError:
            continue
    return data.decode("iso2022_jp_ext", "replace")


def _guess(data: bytes) -> str:
    """The charset that the high bytes look like. Small texts are what statistics fail on, so the
    layouts of the East Asian and Cyrillic sets are asked before `charset_normalizer` is."""
    sample = data[:_SAMPLE]
    if not looks_foreign(sample):
        return _western(data)
    codec = _by_layout(sample)
    if codec is None:
        # UTF-16 and UTF-32 fit any bytes; without their mark no mail is written in them
        best = from_bytes(sample, cp_exclusion=["utf_16", "utf_32"]).best()
        codec = best.encoding if best else "cp1252"
    try:
        return data.decode(codec, "replace")
    except (LookupError, UnicodeError):
        return _western(data)


def looks_foreign(data: bytes) -> bool:
    """Whether accents are not what the high bytes are: in a language that Latin-1 can write they
    stand alone or in pairs (`ção`), elsewhere whole words are made of them."""
    sample = data[:_SAMPLE]
    if len(_SJIS_KANA.findall(sample)) * 6 > len(sample):
        return True
    runs = [run for run in _HIGH.findall(sample) if len(set(run)) > 1 or len(run) == 1]
    long = sum(len(run) for run in runs if len(run) > _LONGEST_ACCENTS)
    return long * 4 > sum(map(len, runs))


def is_latin(label: str | None) -> bool:
    """Whether `label` names a charset of Western languages."""
    return label is not None and codec_of(label) in _LATIN


def is_ascii_compatible(label: str | None) -> bool:
    """Whether ASCII is written as itself in `label`: headers are never written in others."""
    codec = codec_of(label) if label else None
    return codec is not None and b"=?<".decode(codec, "replace") == "=?<"


def _by_layout(sample: bytes) -> str | None:
    pairs = [lead[0] for lead in _EUC_PAIR.findall(sample)]
    singles = _HIGH.findall(_EUC_PAIR.sub(b"", sample))
    if pairs and not singles:
        kana = sum(lead in {0xA4, 0xA5} for lead in pairs)
        hangul = sum(0xB0 <= lead <= 0xC8 for lead in pairs)
        hanzi = sum(0xB0 <= lead <= 0xF7 for lead in pairs)
        cyrillic = sum(byte >= 0xC0 for run in _HIGH.findall(sample) for byte in run)
        if kana * 4 > len(pairs):
            return "euc_jp"
        odd = any(len(run) % 2 for run in _HIGH.findall(sample))
        if cyrillic < sum(map(len, _HIGH.findall(sample))) and not odd:
            return "cp949" if len(pairs) >= 8 and hangul * 20 > hanzi * 19 else "gb18030"
    if len(_SJIS_KANA.findall(sample)) * 6 > len(sample):
        return "cp932"
    letters = [byte for run in _HIGH.findall(sample) for byte in run]
    if sum(byte >= 0xC0 for byte in letters) * 10 > len(letters) * 9:
        # KOI8-R has its small letters where Windows-1251 has its capitals
        return "koi8_r" if sum(byte < 0xE0 for byte in letters) * 2 > len(letters) else "cp1251"
    return None


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_utf8(data: bytes, codec: str) -> bool:
    """Whether what is declared as `codec` is UTF-8: long enough, that is never an accident."""
    if codec == "utf-8" or codec.startswith(("utf-7", "iso2022")):
        return False
    if codec.startswith(("utf-16", "utf-32")) and b"\0" in data:
        return False
    found = len(_MULTIBYTE.findall(data[:_SAMPLE]))
    if found < (_ENOUGH if codec in _DOUBLE else 1):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


_PLAIN = frozenset({"us-ascii", "ascii", "utf-8", "utf8", "iso-8859-1", "windows-1252", "cp1252"})
