"""New text and quoted text: what the sender wrote now, and what only came along.

Lines are put into classes first (text, quotation, introduction of a quotation, blank); then the
shape of the whole decides. Everything below a copied header is old. Answers that stand between
quoted lines keep the quoted lines around them: folding those away would hide what is answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail import html_marks, phrases
from channels.mail.html_marks import QUOTE_MARK, SIGNATURE_MARK
from channels.mail.introductions import (
    BLANK,
    INTRODUCTION,
    LONGEST_LINE,
    MARK,
    QUOTED,
    TEXT,
    begin_of,
    copied_begin,
    delimits,
    header_end,
    introduction_end,
    marked_end,
    original_end,
    possible_ends,
    quoted_follows,
)
from channels.mail.signatures import folded_tail, signature_of, tail_saying

#: lines beyond this are not looked at one by one: nobody writes them
_MOST_LINES = 2_000
#: lines beyond this are in no class: they go where those before them went
_MOST_CLASSED = 100_000
#: old mail programs quote with the initials of whom they quote
_INITIALS = re.compile(r"[A-Z]{1,3}>")
#: characters that steer the writing or join nothing; mail programs strew them about
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
_BLANKS = re.compile(r"\n{3,}")
#: words that may follow the sentence that announces answers: a greeting and a name
_FAREWELL = 12
#: such a sentence stands near the beginning or the end of what is new
_ANNOUNCED = 4_000
#: quoted lines this long were broken on the way, and their ends stand alone on the next line
_WRAPPED = 55


@dataclass(slots=True)
class _Shape:
    """The first lines of a text with their classes; below `cut` all is old. `answers`: a line says
    that somebody wrote what follows, so the mail is an answer whatever its subject claims."""

    lines: list[str]
    classes: list[str]
    cut: int
    answers: bool


def split(text: str, marked: str = "", subject: str = "") -> tuple[str, str]:
    """New text and the rest; every line is in one of the two. The new text is never empty when
    `text` is not. `marked` is the text of the HTML with the marks of `html_text`; it decides where
    the plain text shows nothing. What a mail passes on, by its `subject`, is its text."""
    text = _BLANKS.sub("\n\n\n", html_marks.without(text))
    if not text.strip():
        return "", ""
    new, old = _divided(text, marked, subject)
    return (new, old) if new.strip() else (_join(text.split("\n")), "")


def _divided(text: str, marked: str, subject: str) -> tuple[str, str]:
    if phrases.FORWARDED.match(subject) and _passes_on(text):
        return _join(text.split("\n")), ""
    if marked and _unmarked(marked) == _squeezed(text):
        return _split(marked)
    new, old = _split(text)
    if not old and QUOTE_MARK in marked:
        other, rest = _split(marked)
        if rest.strip() and other.strip():
            return other, rest
    return _without_signature(new, old, marked)


def _passes_on(text: str) -> bool:
    shape = _shape(text)
    return not shape.answers and (shape.cut < len(shape.lines) or QUOTED in shape.classes)


def _without_signature(new: str, old: str, marked: str) -> tuple[str, str]:
    """The signature is marked in the HTML only: fold the lines of the plain text that say it."""
    signature = signature_of(marked)
    at = tail_saying(new, signature) if signature else None
    if at is None:
        return new, old
    lines = new.split("\n")
    return _join(lines[:at]), _join([*lines[at:], "", *old.split("\n")])


def quotes(text: str) -> bool:
    """Whether an earlier mail stands in the text: quoted lines, or what introduces or precedes
    them. A signature or a disclaimer is no quotation."""
    shape = _shape(text)
    return shape.cut < len(shape.lines) or not {QUOTED, INTRODUCTION}.isdisjoint(shape.classes)


def _unmarked(text: str) -> str:
    return _squeezed(html_marks.without(text))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _split(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    shape = _shape(text)
    kept = _kept(shape)
    if not any(lines[at].strip() for at in kept):
        # Nothing but a quotation: a forwarded message, or an answer below a copied header
        return _join(lines), ""
    kept += _answered(shape, [lines[at] for at in kept])
    chosen, seen = set(kept), len(shape.lines)
    new = [lines[at] for at in kept]
    old = [line for at, line in enumerate(lines[:seen]) if at not in chosen]
    (new if shape.cut == seen else old).extend(lines[seen:])
    return _join(new), _join(old)


def _answered(shape: _Shape, new: Sequence[str]) -> list[int]:
    """The lines of the copied mail when the sender says that his answers stand among them, in a
    colour or in capitals: text alone cannot tell which are his, so all of that mail stays."""
    if shape.cut == len(shape.lines) or not _announces("\n".join(new)):
        return []
    start = copied_begin(shape.lines, shape.classes, shape.cut)
    if start == len(shape.lines):
        return []
    rest = _shape("\n".join(shape.lines[start : start + _MOST_LINES]))
    return [start + at for at in range(rest.cut) if rest.classes[at] != INTRODUCTION]


def _announces(new: str) -> bool:
    new = new if len(new) <= 2 * _ANNOUNCED else f"{new[:_ANNOUNCED]}\n{new[-_ANNOUNCED:]}"
    if phrases.ANSWERED_INSIDE.search(new):
        return True
    below = phrases.ANSWERED_BELOW.search(new)
    return bool(below) and len(new[below.end() :].split()) <= _FAREWELL


def _join(lines: Sequence[str]) -> str:
    marks = {QUOTE_MARK, SIGNATURE_MARK}
    text = "\n".join(lines)
    if any(mark in text for mark in marks):
        text = "\n".join(line for line in lines if line.strip("> ") not in marks)
    return _BLANKS.sub("\n\n\n", text).strip("\n").rstrip()


def _shape(text: str) -> _Shape:
    lines = text.translate(_INVISIBLE).split("\n")[:_MOST_CLASSED]
    classes = [_class(line) for line in lines]
    ends = possible_ends(lines[:_MOST_LINES], classes)
    cut = len(lines)
    written = False
    answers = False
    at = 0
    while at < min(len(lines), _MOST_LINES):
        kind = classes[at]
        line = lines[at]
        if kind == BLANK or len(line) > LONGEST_LINE or (kind == QUOTED and "##" not in line):
            written = written or kind == TEXT
            at += 1
            continue
        if delimits(line):
            answers = True
            cut = begin_of(lines, classes, at)
            break
        end = header_end(lines, classes, at) or original_end(lines, at)
        if end:
            if quoted_follows(classes, end):
                _introduce(classes, at, end)
            elif written:
                cut = begin_of(lines, classes, at)
                break
            # With nothing written above, the first copied mail is what the sender wants to say
            at = end
            continue
        end = introduction_end(lines, classes, ends, at)
        answers = answers or bool(end)
        end = end or marked_end(lines, classes, ends, at)
        if end:
            if written and not quoted_follows(classes, end):
                cut = at
                break
            _introduce(classes, at, end)
            at = end
            continue
        written = written or kind == TEXT
        at += 1
    _mend_wrapped(lines, classes, cut)
    return _Shape(lines, classes, cut, answers)


def _introduce(classes: list[str], at: int, end: int) -> None:
    classes[at:end] = [INTRODUCTION if kind != BLANK else BLANK for kind in classes[at:end]]


def _class(line: str) -> str:
    stripped = line.strip()
    if not stripped or stripped == SIGNATURE_MARK:
        return BLANK
    if stripped == QUOTE_MARK:
        return MARK
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
    end = folded_tail(lines, classes, end)
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
