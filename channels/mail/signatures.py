"""The end of what people write: signatures, lines of telephones, legal disclaimers."""

import re
from collections.abc import Sequence

from channels.mail import ending_phrases as endings
from channels.mail import phrases
from channels.mail.html_marks import QUOTE_MARK, SIGNATURE_MARK

#: lines from the beginning in which the text must have begun
_MOST_LINES = 3_000
#: lines from the end in which a signature may begin
_REACH = 60
#: tails below one another: a telephone's line, a signature, the disclaimers of two scanners
_MOST_TAILS = 20
#: lines below `-- ` that are still a signature
_LONGEST_SIGNATURE = 30
#: characters of a signature; what is longer was marked by mistake
_LONGEST_SIGNATURE_TEXT = 4_000
#: `Sent from my desk, is much easier` is somebody's own sentence
_SENTENCE = re.compile(r", (?:is|are|was|it|and|but|que|é|mas|para|conforme|como)\b", re.IGNORECASE)
_LONGEST_SHORT_LINE = 200


def folded_tail(lines: Sequence[str], classes: Sequence[str], end: int) -> int:
    """Where the new text ends, of `lines[:end]`, without signatures, disclaimers and what stands
    below them. Never takes everything."""
    first = next(
        (
            at
            for at, kind in enumerate(classes[: min(end, _MOST_LINES)])
            if kind == "t" and not is_delimiter(lines[at])
        ),
        end,
    )
    for _ in range(_MOST_TAILS):
        while end and classes[end - 1] != "t":
            end -= 1
        found = (rule(lines, classes, end) for rule in _RULES)
        at = next((at for at in found if at is not None and at > first), None)
        if at is None:
            return end
        end = at
    return end


def signature_of(marked: str) -> str:
    """What the HTML marks as signature, as letters and digits only; "" without a mark."""
    below = marked.partition(SIGNATURE_MARK)[2].partition(QUOTE_MARK)[0]
    return _said(below) if len(below) <= _LONGEST_SIGNATURE_TEXT else ""


def tail_saying(text: str, said: str) -> int | None:
    """The line of `text` from which on it says just that, `-- ` above it included."""
    lines = text.split("\n")
    tail = ""
    at = len(lines)
    while at > 1 and len(tail) < len(said):
        at -= 1
        tail = _said(lines[at]) + tail
    if tail != said:
        return None
    while at > 1 and (not lines[at - 1].strip() or is_delimiter(lines[at - 1])):
        at -= 1
    return at if any(line.strip() for line in lines[:at]) else None


def _said(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def is_delimiter(line: str) -> bool:
    return len(line) <= _LONGEST_SHORT_LINE and bool(phrases.DELIMITER.match(line))


def _disclaimer(lines: Sequence[str], classes: Sequence[str], end: int) -> int | None:
    """The first paragraph of the tail that speaks like a lawyer, and all below it."""
    for at in range(max(0, end - _REACH), end):
        starts = at == 0 or classes[at - 1] != "t" or is_delimiter(lines[at - 1])
        if classes[at] == "t" and starts and _is_disclaimer(lines, classes, at, end):
            return at
    return None


def _is_disclaimer(lines: Sequence[str], classes: Sequence[str], at: int, end: int) -> bool:
    paragraph: list[str] = []
    for position in range(at, end):
        if classes[position] != "t":
            break
        paragraph.append(lines[position].strip())
    # A sentence about confidentiality is no disclaimer when more text of the sender follows
    return bool(endings.DISCLAIMER.search(" ".join(paragraph)[:400]))


def _delimited(lines: Sequence[str], classes: Sequence[str], end: int) -> int | None:
    for at in range(max(0, end - _LONGEST_SIGNATURE), end):
        line = lines[at]
        if line.strip() == SIGNATURE_MARK or endings.SIGNATURE_DELIMITER.match(line.rstrip("\n")):
            below = classes[at + 1 : end]
            if "q" not in below:
                return at
    return None


def _device(lines: Sequence[str], classes: Sequence[str], end: int) -> int | None:
    """A line that a telephone added; at most a link may stand below it."""
    seen = 0
    for at in range(end - 1, max(-1, end - 8), -1):
        line = lines[at].strip()
        if not line:
            continue
        if classes[at] != "t":
            return None
        short = len(line) <= endings.LONGEST_DEVICE + line.count("<") * 120
        if short and endings.DEVICE.match(line) and not _SENTENCE.search(line):
            return at
        seen += 1
        if seen > 2:
            return None
    return None


def _strokes(lines: Sequence[str], classes: Sequence[str], end: int) -> int | None:
    return end - 1 if end and classes[end - 1] == "t" and is_delimiter(lines[end - 1]) else None


def _contact(lines: Sequence[str], classes: Sequence[str], end: int) -> int | None:
    """Below a polite ending and a name: telephone, address, web site."""
    for at in range(max(0, end - 20), end):
        if classes[at] != "t" or len(lines[at]) > _LONGEST_SHORT_LINE:
            continue
        if not endings.CLOSING.match(lines[at]):
            continue
        rest = [position for position in range(at + 1, end) if classes[position] == "t"]
        below = rest[1:]
        if below and any(endings.CONTACT.search(lines[position]) for position in below):
            return below[0]
    return None


_RULES = (_disclaimer, _delimited, _device, _strokes, _contact)
