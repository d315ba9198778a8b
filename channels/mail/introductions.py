"""Where a quotation begins: delimiters, copied headers, `Em …, Fulano escreveu:`."""

import re
from collections.abc import Sequence

from channels.mail import phrases
from channels.mail.html_marks import QUOTE_MARK

#: lines an introduction may be broken into, and its characters
_LONGEST_INTRODUCTION = 6
_INTRODUCTION_SIZE = 500
#: characters at its end in which its verb is looked for
_ENDING = 120
_ADDRESS_FIRST = re.compile(r"\s*[<(][^<>@\s]+@")
#: lines of a copied header
_LONGEST_HEADER = 16
#: a longer line is a paragraph and no sign of anything
LONGEST_LINE = 1_000
#: classes of lines: text, quotation, blank, introduction of a quotation, mark of the HTML
TEXT, QUOTED, BLANK, INTRODUCTION, MARK = "t", "q", "e", "h", "m"


def delimits(line: str) -> bool:
    if "##" in line and phrases.OURS.search(line):
        return True
    return any(word in line for word in phrases.ABOVE) and bool(phrases.REPLY_ABOVE.match(line))


def possible_ends(lines: list[str], classes: list[str]) -> set[int]:
    """Lines that an introduction could end with: a cheap look that spares the dear ones."""
    found: set[int] = set()
    for at, line in enumerate(lines):
        if classes[at] != TEXT or len(line) > LONGEST_LINE:
            continue
        bare = line.rstrip(' *_"\t\xa0')
        if (
            bare.endswith(phrases.ENDINGS)
            or bare[:2] in {"20", "19"}
            or (">" in bare and ":" in bare)
        ):
            found.add(at)
    return found


def quoted_follows(classes: Sequence[str], at: int) -> bool:
    following = next((kind for kind in classes[at : at + 8] if kind not in {BLANK, MARK}), "")
    return following == QUOTED


def begin_of(lines: list[str], classes: list[str], at: int) -> int:
    """Where the old part begins, rulers and introductions above its header included."""
    while at and (
        classes[at - 1] in {BLANK, INTRODUCTION, MARK}
        or _is_ruler(lines[at - 1])
        or phrases.DATED_ORIGINAL.match(lines[at - 1])
    ):
        at -= 1
    return at


def copied_begin(lines: list[str], classes: list[str], cut: int) -> int:
    """Where the text of the copied mail begins: below everything that introduces it at `cut`."""
    ends = possible_ends(lines[: cut + 3 * _LONGEST_HEADER], classes)
    at = cut
    while at < len(lines):
        end = (
            header_end(lines, classes, at)
            or original_end(lines, at)
            or introduction_end(lines, classes, ends, at)
        )
        if end is None:
            if classes[at] == TEXT and not _is_ruler(lines[at]):
                break
            end = at + 1
        at = end
    return at


def _is_ruler(line: str) -> bool:
    return len(line) <= LONGEST_LINE and bool(phrases.RULER.match(line))


def header_end(lines: list[str], classes: list[str], at: int) -> int | None:
    """The end of a copied header (`De: / Enviado: / Para: / Assunto:`) that begins at `at`."""
    if ":" not in lines[at][:40] and phrases.WIDE_COLON not in lines[at][:40]:
        return None
    if _one_line_header(lines[at]):
        return at + 1
    if not _header_class(lines[at]):
        return None
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


def original_end(lines: list[str], at: int) -> int | None:
    line = lines[at].strip()
    if len(line) > phrases.LONGEST_ORIGINAL:
        return None
    ruled = line[:1] in phrases.RULED or line[-1:] in phrases.RULED
    if (ruled and phrases.ORIGINAL.match(line)) or phrases.BEGIN_FORWARDED.match(line):
        return at + 1
    return None


def marked_end(lines: list[str], classes: list[str], ends: set[int], at: int) -> int | None:
    """A mark of the HTML, with the unknown introduction below it when quoted lines follow."""
    if classes[at] != MARK:
        return None
    end = at + 1
    for position in range(at + 1, min(at + 6, len(lines))):
        if classes[position] == QUOTED:
            return position
        if classes[position] == TEXT:
            found = introduction_end(lines, classes, ends, position) or header_end(
                lines, classes, position
            )
            if found:
                return found
    return end


def introduction_end(lines: list[str], classes: list[str], ends: set[int], at: int) -> int | None:
    """The end of `Em …, Fulano <…> escreveu:` that begins at `at` and may take several lines."""
    for position in range(at, min(at + _LONGEST_INTRODUCTION, len(lines))):
        if classes[position] != TEXT:
            break
        if position not in ends:
            continue
        joined = " ".join(line.strip() for line in lines[at : position + 1])
        if len(joined) > _INTRODUCTION_SIZE:
            break
        if not _introduces(joined, quoted_next=quoted_follows(classes, position + 1)):
            continue
        if position > at and _starts_later(lines, at, position):
            return None
        return position + 1
    return None


def _starts_later(lines: list[str], at: int, last: int) -> bool:
    """Whether the introduction that ends at `last` begins below `at`: then `at` is still text."""
    for begin in range(at + 1, last + 1):
        rest = " ".join(line.strip() for line in lines[begin : last + 1])
        if phrases.OPENER.match(rest) and _introduces(rest, quoted_next=False):
            return True
    first = lines[at].rstrip()
    if first.endswith("<") or _ADDRESS_FIRST.match(lines[at + 1]):
        # Broken at the address
        return False
    if first[-2:-1].isdigit() and first.endswith("."):
        # `am 28.` is a day and no sentence
        return False
    opens = phrases.OPENER.match(first) and phrases.DATE.search(first[:80])
    return not opens and (first.endswith((".", "!", "?", ";", ",")) or len(first) < 25)


def _introduces(line: str, *, quoted_next: bool) -> bool:
    """Whether `line` says that somebody wrote what follows. The stronger the sign, the less has to
    stand around it: `Maria escreveu:` alone needs a quotation below."""
    colon = bool(phrases.COLON_AT_END.search(line))
    if phrases.QUOTING.match(line):
        return True
    if phrases.DATED.match(line):
        return colon or quoted_next or len(line) < 70
    if not phrases.VERB.search(line):
        return colon and bool(phrases.NAMED_DATE.match(line) or (quoted_next and _sent(line)))
    if not quoted_next and "@" not in line and phrases.ARTICLE.match(line):
        return False
    return _says_who(line, colon=colon, quoted_next=quoted_next)


def _sent(line: str) -> bool:
    """An address and a date, in a language whose verb we do not know."""
    return "@" in line and len(line) < 200 and bool(phrases.DATE.search(line))


def _says_who(line: str, *, colon: bool, quoted_next: bool) -> bool:
    """Likewise, for a line with a verb of writing."""
    address = "@" in line
    opens = bool(phrases.OPENER.match(line))
    dated = bool(phrases.DATE.search(line[:120]))
    ends = bool(phrases.VERB_AT_END.search(line, max(len(line) - _ENDING, 0)))
    on_the_same_line = opens and dated and address and bool(phrases.VERB_COLON.search(line))
    opened = opens and (dated or address) and (ends or colon)
    ruled = line.startswith("--") and ends and (dated or address)
    named = colon and (ends or dated) and (address or (quoted_next and phrases.DATE.search(line)))
    bare = colon and ends and quoted_next and len(line) < 100
    timed = colon and len(line) < 100 and bool(phrases.DAY_AND_HOUR.search(line))
    return bool(
        on_the_same_line
        or (opened and (colon or address or quoted_next or line.endswith("-")))
        or ruled
        or named
        or bare
        or timed
    )
