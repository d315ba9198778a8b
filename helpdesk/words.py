"""Words as the search sees them: the same on SQLite and PostgreSQL, for texts and for queries.

Marks and case do not count, endings are stemmed (Snowball, Portuguese), digit runs stay whole.
"""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Protocol, cast

import snowballstemmer

_WORD = re.compile(r"[^\W\d_]+|\d+")
#: PostgreSQL refuses words over 2,046 octets in a query; nobody types what this cuts off
LONGEST_WORD = 100
MOST_WORDS = 32

#: Plural and nasal endings, written without marks as people type them, to the form with the marks
#: the stemmer's rules are about: `autorizacoes` and `autorização` become one word.
ENDINGS = (
    ("coes", "ção"),
    ("cao", "ção"),
    ("oes", "ão"),
    ("ao", "ão"),
    ("encias", "ência"),
    ("encia", "ência"),
    ("ais", "al"),
    ("eis", "el"),
)


class _Unmarked(dict[int, int | None]):
    """A table for `str.translate` that drops combining marks (Unicode category M), filled as
    letters occur: asking every character of every text is ten times slower."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code)).startswith("M") else code
        self[code] = kept
        return kept


_UNMARKED = _Unmarked()
#: shorter words are not plurals: `mais`, `reis`
SHORTEST_ENDING = 5


class _Stemmer(Protocol):
    """The library has no types."""

    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


_stemmer = cast("_Stemmer", snowballstemmer.stemmer("portuguese"))  # pyright: ignore[reportUnknownMemberType]
#: the stemmer keeps the word it works on in itself, and readers search in several threads
_one_at_a_time = threading.Lock()


def tokens(text: str) -> list[str]:
    """List the words of a text in order, repeats included: letters or digits, never both."""
    return [_stem(word[:LONGEST_WORD]) for word in _WORD.findall(_plain(text))]


def query(text: str) -> list[str]:
    """List the distinct words of a query: all of them have to occur."""
    return list(dict.fromkeys(tokens(text)))[:MOST_WORDS]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    # Case first, some small letters decompose into marks; then again what the decomposition left.
    loose = unicodedata.normalize("NFKD", text.casefold())
    return loose.translate(_UNMARKED).casefold()


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if word.isdecimal() or not word.isascii():
        return word
    if len(word) >= SHORTEST_ENDING:
        for ending, marked in ENDINGS:
            if word.endswith(ending):
                word = word[: -len(ending)] + marked
                break
    with _one_at_a_time:
        stem = _stemmer.stemWord(word)
    return _plain(stem)
