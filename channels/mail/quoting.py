"""New text and quoted text: what the sender wrote now, and what only came along.

Lines are put into classes first (text, quotation, introduction of a quotation, blank); then the
shape of the whole decides. Everything below a copied header is old. Answers that stand between
quoted lines keep the quoted lines around them: folding those away would hide what is answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail import html_marks
from channels.mail.html_marks import QUOTE_MARK, SIGNATURE_MARK
from channels.mail.introductions import (
    BLANK,
    INTRODUCTION,
    LONGEST_LINE,
    QUOTED,
    TEXT,
    begin_of,
    delimits,
    header_end,
    introduction_end,
    marked_end,
    original_end,
    possible_ends,
    quoted_follows,
)
from channels.mail.signatures import folded_tail

#: lines beyond this are not looked at one by one: nobody writes them
_MOST_LINES = 5_000
#: old mail programs quote with the initials of whom they quote
_INITIALS = re.compile(r"[A-Z]{1,3}>")
_BLANKS = re.compile(r"\n{3,}")
#: quoted lines this long were broken on the way, and their ends stand alone on the next line
_WRAPPED = 55


@dataclass(slots=True)
class _Shape:
    """The lines of a text with their classes; below `cut` all is old."""

    lines: list[str]
    classes: list[str]
    cut: int


def split(text: str, marked: str = "") -> tuple[str, str]:
    """New text and the rest. The new text is never empty when `text` is not. `marked` is the text
    of the HTML with the marks of `html_text`; it decides where the plain text shows nothing."""
    if not text.strip():
        return "", ""
    if marked and _unmarked(marked) == _squeezed(text):
        return _split(marked)
    new, old = _split(text)
    if not old and QUOTE_MARK in marked:
        other, rest = _split(marked)
        if rest.strip() and other.strip():
            return other, rest
    return new, old


def _unmarked(text: str) -> str:
    return _squeezed(html_marks.without(text))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _split(text: str) -> tuple[str, str]:
    shape = _shape(text.split("\n"))
    kept = _kept(shape)
    if not any(shape.lines[at].strip() for at in kept):
        # Nothing but a quotation: a forwarded message, or an answer below a copied header
        kept = [at for at, kind in enumerate(shape.classes) if kind != INTRODUCTION]
        if shape.cut == 0 or not any(shape.lines[at].strip() for at in kept):
            return _join(shape.lines), ""
    new = set(kept)
    return (
        _join([shape.lines[at] for at in kept]),
        _join([line for at, line in enumerate(shape.lines) if at not in new]),
    )


def _join(lines: Sequence[str]) -> str:
    text = "\n".join(line for line in lines if line.strip("> ") not in {QUOTE_MARK, SIGNATURE_MARK})
    return _BLANKS.sub("\n\n\n", text).strip("\n").rstrip()


def _shape(lines: list[str]) -> _Shape:
    classes = [_class(line) for line in lines]
    ends = possible_ends(lines[:_MOST_LINES], classes)
    cut = len(lines)
    written = False
    at = 0
    while at < min(len(lines), _MOST_LINES):
        kind = classes[at]
        line = lines[at]
        if kind == BLANK or len(line) > LONGEST_LINE or (kind == QUOTED and "##" not in line):
            written = written or kind == TEXT
            at += 1
            continue
        if delimits(line):
            cut = begin_of(lines, classes, at)
            break
        end = header_end(lines, classes, at) or original_end(lines, at)
        if end:
            if not quoted_follows(classes, end):
                cut = begin_of(lines, classes, at)
                break
            classes[at:end] = [INTRODUCTION] * (end - at)
            at = end
            continue
        end = introduction_end(lines, classes, ends, at) or marked_end(lines, classes, ends, at)
        if end:
            if written and not quoted_follows(classes, end):
                cut = at
                break
            classes[at:end] = [INTRODUCTION] * (end - at)
            at = end
            continue
        written = written or kind == TEXT
        at += 1
    _mend_wrapped(lines, classes, cut)
    return _Shape(lines, classes, cut)


def _class(line: str) -> str:
    stripped = line.strip()
    if not stripped or stripped == SIGNATURE_MARK:
        return BLANK
    return QUOTED if stripped[0] == ">" or _INITIALS.match(stripped) else TEXT


def _mend_wrapped(lines: list[str], classes: list[str], cut: int) -> None:
    """The end of a quoted line that a mail program broke is quoted too."""
    for at in range(1, min(cut, len(lines)) - 1):
        if classes[at] != TEXT or classes[at - 1] != QUOTED or classes[at + 1] != QUOTED:
            continue
        above = lines[at - 1].rstrip()
        if len(above) >= _WRAPPED and above[-1] not in ".!?:;" and lines[at].strip()[:1].islower():
            classes[at] = QUOTED


def _kept(shape: _Shape) -> list[int]:
    """The lines that are new, in order."""
    end = shape.cut
    lines, classes = shape.lines, shape.classes
    while True:
        before = end
        while end and classes[end - 1] != TEXT:
            end -= 1
        end = folded_tail(lines, classes, end)
        if end == before:
            break
    start = 0
    while start < end and classes[start] != TEXT:
        start += 1
    body = range(start, end)
    runs = _runs(shape, end)
    if "".join(runs).count("qtq") or (runs[:1] == ["t"] and "q" in runs[: _last_text(runs)]):
        # Answers between quoted lines. What stands quoted above the first answer belongs to it.
        first = next((at for at in range(end) if classes[at] in {TEXT, QUOTED}), 0)
        body = range(first, end)
    return [at for at in body if classes[at] != INTRODUCTION]


def _runs(shape: _Shape, end: int) -> list[str]:
    """Text and quotation in turn, over the whole message above the cut."""
    runs: list[str] = []
    for at in range(shape.cut):
        kind = shape.classes[at]
        if kind == TEXT and at >= end:
            continue
        if kind in {TEXT, QUOTED} and (not runs or runs[-1] != kind):
            runs.append(kind)
    return runs


def _last_text(runs: list[str]) -> int:
    return len(runs) - runs[::-1].index(TEXT) if TEXT in runs else 0
