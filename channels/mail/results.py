"""The Authentication-Results header as RFC 8601 §2.2 writes it.

A reader of characters, because values repeat what strangers chose (an envelope sender, a comment):
a `;` or `(` inside a quoted string begins nothing, and what does not end spoils the whole header.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

#: a server that writes more is not ours, and cut off it might lose the result that says no
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result; `properties` by `ptype.property`, all lower-case, the first counts."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Results:
    """`server` is the authserv-id, lower-case."""

    server: str
    results: tuple[Result, ...]


class _Malformed(ValueError):
    """A comment or quoted string without end, or one that stands where none may."""


class _Sign(str):
    """A `=` or `;` outside quotation marks; the same character inside them is a plain word."""

    __slots__ = ()


def read_results(value: str) -> Results | None:
    """Read the header's value; None when it is malformed. What is no result is passed over."""
    if len(value) > LONGEST:
        return None
    try:
        first, *rest = _pieces(value)
        found = [_result(piece) for piece in rest if piece]
    except _Malformed:
        return None
    # The id, which may be quoted, and perhaps a version.
    if not first or len(first) > 2 or any(isinstance(token, _Sign) for token in first):
        return None
    return Results(first[0].lower(), tuple(each for each in found if each is not None))


def _pieces(value: str) -> list[list[str]]:
    """Tokens of each stretch between semicolons; the sign `=` is a token of its own."""
    pieces: list[list[str]] = [[]]
    for word in _tokens(value):
        if isinstance(word, _Sign) and word == ";":
            pieces.append([])
        else:
            pieces[-1].append(word)
    return pieces


def _tokens(value: str) -> Iterator[str]:
    """Words and signs. Comments are dropped; inside a value an equals sign is a letter."""
    word: str | None = None
    last: str = ""
    at = 0
    while at < len(value):
        char = value[at]
        if char == '"':
            text, at = _quoted(value, at + 1)
            word = (word or "") + text
            continue
        if char in " \t\r\n(;" or (char == "=" and not (isinstance(last, _Sign) and last == "=")):
            if word is not None:
                last = word
                yield word
            word = None
            if char == "(":
                at = _past_comment(value, at + 1)
                continue
            if char in "=;":
                last = _Sign(char)
                yield last
        else:
            word = (word or "") + char
        at += 1
    if word is not None:
        yield word


def _quoted(value: str, at: int) -> tuple[str, int]:
    out: list[str] = []
    while at < len(value):
        char = value[at]
        if char == '"':
            return "".join(out), at + 1
        if char == "\\":
            at += 1
        out.append(value[at : at + 1])
        at += 1
    raise _Malformed


def _past_comment(value: str, at: int) -> int:
    depth = 1
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 1
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return at + 1
        at += 1
    raise _Malformed


def _result(piece: list[str]) -> Result | None:
    """`method = result` and the properties behind it, each `ptype.property = value`.

    Anything left over is a value that was not quoted: whoever chose it may have meant it to be read
    as more results.
    """
    if isinstance(piece[-1], _Sign):
        piece = [*piece, ""]
    signs = [isinstance(token, _Sign) for token in piece]
    if signs != [False, True, False] * (len(piece) // 3):
        if signs[:3] == [False, True, False]:
            raise _Malformed
        return None
    properties: dict[str, str] = {}
    for at in range(3, len(piece), 3):
        properties.setdefault(piece[at].lower(), piece[at + 2].lower())
    # `dkim/1 = pass`: the version says nothing about the result.
    method = piece[0].partition("/")[0].lower()
    return Result(method, piece[2].lower(), properties)
