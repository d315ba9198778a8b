"""New text and quoted text: what the sender wrote now, and what only came along.

Lines are put into classes first (text, quotation, introduction of a quotation, blank); then the
shape of the whole decides. Everything below a copied header is old. Answers that stand between
quoted lines keep the quoted lines around them: folding those away would hide what is answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail import phrases
from channels.mail.html import QUOTE_MARK, SIGNATURE_MARK
from channels.mail.signatures import folded_tail

#: lines an introduction may be broken into, and its characters
_LONGEST_INTRODUCTION = 6
_INTRODUCTION_SIZE = 500
#: lines of a copied header
_LONGEST_HEADER = 16
#: lines beyond this are not looked at one by one: nobody writes them
_MOST_LINES = 5_000
_BLANKS = re.compile(r"\n{3,}")
#: quoted lines this long were broken on the way, and their ends stand alone on the next line
_WRAPPED = 55

#: a longer line is a paragraph and no sign of anything
_LONGEST_LINE = 1_000
_RULED = frozenset("-=—–_*>|")
#: what an introduction ends with
_ENDINGS = (
    ":", "：", "--", "…", "wrote", "escreveu", "escribió", "écrit", "schrieb", "schreef", "scritto",
    "skrev", "enviou", "sent", "writes", "said", "napisał", "napisał(a)", "kirjoitti", "yazdı",
)
_ABOVE = ("cima desta", "bove this", "elow this", "cima de esta", "rriba de esta", "dieser", "dessus")

TEXT, QUOTED, BLANK, INTRODUCTION = "t", "q", "e", "h"


@dataclass(slots=True)
class _Shape:
    """The lines of a text with their classes; below `cut` all is old."""

    lines: list[str]
    classes: list[str]
    cut: int


def split(text: str, marked: str = "") -> tuple[str, str]:
    """New text and the rest. The new text is never empty when `text` is not. `marked` is the text
    of the HTML with the marks of `html.to_text`; it decides where the plain text has no sign."""
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
    return _squeezed(text.replace(QUOTE_MARK, "").replace(SIGNATURE_MARK, ""))


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
    ends = _possible_ends(lines, classes)
    cut = len(lines)
    written = False
    at = 0
    while at < min(len(lines), _MOST_LINES):
        kind = classes[at]
        line = lines[at]
        if kind == BLANK or len(line) > _LONGEST_LINE or (kind == QUOTED and "##" not in line):
            written = written or kind == TEXT
            at += 1
            continue
        if _delimits(line):
            cut = _back(lines, classes, at)
            break
        end = _header_end(lines, classes, at) or _original_end(lines, at)
        if end:
            if not _quoted_follows(classes, end):
                cut = _back(lines, classes, at)
                break
            classes[at:end] = [INTRODUCTION] * (end - at)
            at = end
            continue
        end = _introduction_end(lines, classes, ends, at) or _marked_end(lines, classes, ends, at)
        if end:
            if written and not _quoted_follows(classes, end):
                cut = at
                break
            classes[at:end] = [INTRODUCTION] * (end - at)
            at = end
            continue
        written = written or kind == TEXT
        at += 1
    _mend_wrapped(lines, classes, cut)
    return _Shape(lines, classes, cut)


def _delimits(line: str) -> bool:
    if "##" in line and phrases.OURS.search(line):
        return True
    return any(word in line for word in _ABOVE) and bool(phrases.REPLY_ABOVE.match(line))


def _possible_ends(lines: list[str], classes: list[str]) -> set[int]:
    """Lines that an introduction could end with: a cheap look that spares the dear ones."""
    found: set[int] = set()
    for at, line in enumerate(lines[:_MOST_LINES]):
        if classes[at] != TEXT or len(line) > _LONGEST_LINE:
            continue
        bare = line.rstrip(" *_\"\t\xa0")
        if bare.endswith(_ENDINGS) or bare[:2] in {"20", "19"} or (">" in bare and ":" in bare):
            found.add(at)
    return found


def _class(line: str) -> str:
    stripped = line.strip()
    if not stripped or stripped == SIGNATURE_MARK:
        return BLANK
    return QUOTED if stripped[0] == ">" and not stripped.startswith(">>>>>>") else TEXT


def _quoted_follows(classes: Sequence[str], at: int) -> bool:
    following = next((kind for kind in classes[at : at + 8] if kind != BLANK), "")
    return following == QUOTED


def _back(lines: list[str], classes: list[str], at: int) -> int:
    """Where the old part begins, rulers and introductions above its header included."""
    while at and (
        classes[at - 1] in {BLANK, INTRODUCTION}
        or _is_ruler(lines[at - 1])
        or phrases.DATED_ORIGINAL.match(lines[at - 1])
        or lines[at - 1].strip() == QUOTE_MARK
    ):
        at -= 1
    return at


def _is_ruler(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and bool(phrases.RULER.match(line))


def _header_end(lines: list[str], classes: list[str], at: int) -> int | None:
    """The end of a copied header (`De: / Enviado: / Para: / Assunto:`) that begins at `at`."""
    if ":" not in lines[at][:40] and "：" not in lines[at][:40]:
        return None
    if not _header_class(lines[at]):
        return _one_line_header(lines[at]) and at + 1
    found: set[str] = set()
    end = at
    loose = 0
    for position in range(at, min(at + _LONGEST_HEADER, len(lines))):
        name = _header_class(lines[position]) if classes[position] == TEXT else None
        if name:
            if name == "from" and "from" in found:
                break
            found.add(name)
            end = position + 1
            loose = 0
            continue
        # A list of recipients goes on, or the HTML had a gap
        loose += 1
        if classes[position] == QUOTED or loose > (3 if "to" in found else 1):
            break
    if "from" in found and (len(found) >= 3 or (len(found) == 2 and _announced(lines, at))):
        return end
    return end if {"date", "to", "subject"} <= found else None


def _header_class(line: str) -> str | None:
    found = phrases.HEADER_LINE.match(line)
    return phrases.HEADER_CLASS.get(found[1].strip().lower()) if found else None


def _one_line_header(line: str) -> bool:
    if line.count(":") < 4 or len(line) > 600:
        return False
    names = {
        phrases.HEADER_CLASS.get(word.strip("*_ ").lower())
        for word in re.findall(r"([^\W\d_]+(?: em)?)[*_]*:", line)
    }
    return {"from", "to", "subject"} <= names


def _announced(lines: list[str], at: int) -> bool:
    """Whether a ruler stands above a short header."""
    above = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    return bool(_is_ruler(above)) or above.strip() == QUOTE_MARK


def _original_end(lines: list[str], at: int) -> int | None:
    line = lines[at].strip()
    ruled = line[:1] in _RULED or line[-1:] in _RULED
    if (ruled and phrases.ORIGINAL.match(line)) or phrases.BEGIN_FORWARDED.match(line):
        return at + 1
    return None


def _marked_end(
    lines: list[str], classes: list[str], ends: set[int], at: int
) -> int | None:
    """A mark of the HTML, with the unknown introduction below it when quoted lines follow."""
    if lines[at].strip() != QUOTE_MARK:
        return None
    end = at + 1
    for position in range(at + 1, min(at + 6, len(lines))):
        if classes[position] == QUOTED:
            return position
        if classes[position] == TEXT and lines[position].strip() != QUOTE_MARK:
            found = _introduction_end(lines, classes, ends, position) or _header_end(
                lines, classes, position
            )
            if found:
                return found
    return end


def _introduction_end(
    lines: list[str], classes: list[str], ends: set[int], at: int
) -> int | None:
    """The end of `Em …, Fulano <…> escreveu:` that begins at `at`, over several lines if need be."""
    for position in range(at, min(at + _LONGEST_INTRODUCTION, len(lines))):
        if classes[position] != TEXT:
            break
        if position not in ends:
            continue
        joined = " ".join(line.strip() for line in lines[at : position + 1])
        if len(joined) > _INTRODUCTION_SIZE:
            break
        if not _introduces(joined, quoted_next=_quoted_follows(classes, position + 1)):
            continue
        if position > at and _starts_later(lines, at, position):
            return None
        return position + 1
    return None


def _starts_later(lines: list[str], at: int, last: int) -> bool:
    """Whether the introduction that ends at `last` begins below `at`, so that `at` is still text."""
    for begin in range(at + 1, last + 1):
        rest = " ".join(line.strip() for line in lines[begin : last + 1])
        if phrases.OPENER.match(rest) and _introduces(rest, quoted_next=False):
            return True
    first = lines[at].rstrip()
    if first[-2:-1].isdigit() and first.endswith("."):
        # `am 28.` is a day and no sentence
        return False
    opens = phrases.OPENER.match(first) and phrases.DATE.search(first[:80])
    return not opens and (first.endswith((".", "!", "?", ";", ",")) or len(first) < 25)


def _introduces(line: str, *, quoted_next: bool) -> bool:
    colon = phrases.COLON_AT_END.search(line)
    if phrases.QUOTING.match(line):
        return True
    if phrases.DATED.match(line) and (colon or quoted_next or len(line) < 70):
        return True
    address = "@" in line
    if colon and address and quoted_next and phrases.DATE.search(line) and len(line) < 200:
        return True
    if not phrases.VERB.search(line):
        return colon is not None and bool(phrases.NAMED_DATE.match(line))
    dated = phrases.DATE.search(line[:120])
    ends = phrases.VERB_AT_END.search(line)
    if phrases.OPENER.match(line) and dated and address and phrases.VERB_COLON.search(line):
        # Some telephones let the quotation begin on the same line
        return True
    if phrases.OPENER.match(line) and (dated or address) and (ends or colon):
        return bool(colon or address or quoted_next or line.endswith("-"))
    if line.startswith("--") and ends and (dated or address):
        return True
    if colon and (address or phrases.DATE.search(line)):
        return bool(ends or dated) and (address or quoted_next)
    return bool(colon and ends and quoted_next and len(line) < 100)


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
    if "".join(runs).count("qtq") or runs[:1] == ["t"] and "q" in runs[: _last_text(runs)]:
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
