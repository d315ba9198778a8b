"""One form of text, so that limits and searches mean the same on every side."""

import re
import unicodedata

#: C0 controls and DEL but for line feed and tab; PostgreSQL stores no NUL, terminals obey the rest
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def normalise(text: str) -> str:
    """End lines in LF, compose letters (NFC), drop control characters.

    Lone surrogates, which no database stores, become U+FFFD. Applying it twice changes nothing.
    """
    # Controls go before letters are composed: one between a letter and its mark kept them apart.
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if lines.isascii():
        return lines
    whole = lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", whole)


def name(text: str) -> str:
    """One line of at most 200 characters, whatever a program put into a display name."""
    return " ".join(normalise(text).split())[:200]


def sort_name(name: str) -> str:
    """A name to sort by, at most 200 characters: without marks, casefolded."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()[:200]


def length(text: str) -> int:
    """Count code points after `normalise`, as every limit does: an emoji is one, CRLF is one."""
    return len(normalise(text))
