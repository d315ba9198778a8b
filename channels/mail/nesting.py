"""HTML of thousands of levels or attributes cut down, before a library builds a tree of it.

What is open is counted as HTML5 counts it, tag by tag, and never too low: an end tag counts only
where the standard lets it end something (https://html.spec.whatwg.org/#parsing-main-inbody), and
tags that open another grammar are taken out. The text between the tags always stays.
"""

import re
from collections import Counter, defaultdict
from itertools import islice

from channels.mail.html_marks import VOID

#: nobody writes deeper; a tree of 100,000 levels takes any HTML library seconds or its stack
DEEPEST = 400
#: tags beyond these are blanks
MOST_TAGS = 60_000
#: text that stands in no cell is moved before its table, and what follows it in memory with it; so
#: many tables are more than a month of newsletters has
_MOST_TABLES = 5_000
#: a tag of more is left out: libraries compare each attribute with each
_MOST_ATTRIBUTES = 100
#: shorter sources with few tags can do no harm
_SMALL = 16 * 1024
#: formatting that a closed block left open is opened again in each block below it, which costs
#: blocks times formats; so many may be
_MOST_LOOSE = 3

_ATTRIBUTE = r"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?+"
_ATTRIBUTES = rf"(?:[\s/]++|{_ATTRIBUTE})*+"
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<raw>script|style|textarea|title|iframe)(?=[\s/>])"
    rf"{_ATTRIBUTES}(?:>|\Z).*?(?:</(?P=raw)(?=[\s/>]){_ATTRIBUTES}(?:>|\Z)|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+){_ATTRIBUTES}(?:>|\Z)"
    r"|<[!?/][^>]*+>?",
    re.IGNORECASE | re.DOTALL,
)
#: elements in which other rules of reading hold, and those that are there once or not shown
_OTHER = frozenset(
    "svg math select option optgroup template button object applet marquee noscript frameset frame "
    "plaintext form html head body xmp noembed noframes".split()
)
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_TABLE = frozenset("table tbody tfoot thead tr td th caption".split())
_CELLS = frozenset("td th caption".split())
_LISTS = frozenset("ul ol".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_BLOCKS = (
    _TABLE
    | _LISTS
    | _HEADINGS
    | frozenset(
        "address article aside blockquote center dd details dir div dl dt fieldset figcaption "
        "figure footer header hgroup li listing main menu nav p pre section summary".split()
    )
)
#: by tag: what of it is open is ended by the next one without an end tag
_ENDED_BY = {
    **dict.fromkeys(_BLOCKS - _TABLE, frozenset({"p"})),
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
}
_SECTIONS = ("tbody", "tfoot", "thead")
#: by part of a table: the next one ends everything inside these
_PART_OF = {
    **dict.fromkeys(_SECTIONS, ("table",)),
    "caption": ("table",),
    "tr": (*_SECTIONS, "table"),
    "td": ("tr", *_SECTIONS, "table"),
    "th": ("tr", *_SECTIONS, "table"),
}
#: kinds of elements that stop an end tag; no name of an element is like these
_CELL, _LIST, _BLOCK = "<cell>", "<list>", "<block>"
#: by block: its name and its kinds
_NAMES = {
    name: (
        name,
        *(
            kind
            for kind, names in ((_CELL, _CELLS), (_LIST, _LISTS), (_BLOCK, _BLOCKS))
            if name in names
        ),
    )
    for name in _BLOCKS
}
#: by end tag: inside what it ends nothing that is outside; by default a block
_STOPPED_BY = {
    **dict.fromkeys(_BLOCKS | _FORMATTING, (_CELL, "table")),
    **dict.fromkeys(_TABLE, ("table",)),
    "li": (_CELL, _LIST, "table"),
}


class _Tree:
    """The elements that are open, outermost first, and formatting that outlived its block."""

    def __init__(self) -> None:
        #: "" where formatting ended before what it holds
        self._open: list[str] = []
        self._count = 0
        #: where in `_open` each name and kind stands
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._loose: list[str] = []
        #: tags that were left out: their end tags are left out too
        self._dropped: Counter[str] = Counter()
        self._tables = 0

    def start(self, name: str) -> str | None:
        """End tags to write before this tag; None when the tag is left out."""
        if name in _PART_OF and not self._places["table"]:
            # Outside a table it opens nothing
            return ""
        before = self._begin_part(name) if name in _TABLE else ""
        ended = _ENDED_BY.get(name, ())
        if "p" in ended and (at := self._found("p")) is not None:
            # With all that is inside of it: no end tag finds it later
            before += self._loosened(self._end_from(at))
        while self._open and self._open[-1] in ended:
            self._end_from(len(self._open) - 1)
        self._tables += name == "table"
        if self._count + len(self._loose) >= DEEPEST or (
            name == "table" and self._tables > _MOST_TABLES
        ):
            self._dropped[name] += 1
            return None
        for each in _NAMES.get(name) or (name,):
            self._places[each].append(len(self._open))
        self._open.append(name)
        self._count += 1
        return before

    def _begin_part(self, name: str) -> str:
        """What a part of a table, or a table in a table, ends."""
        if name == "table" and self._last("table") > self._last(_CELL):
            return self._loosened(self._end_from(self._last("table")))
        if name == "table":
            return ""
        return self._loosened(self._end_from(max(map(self._last, _PART_OF[name])) + 1))

    def _last(self, name: str) -> int:
        places = self._places[name]
        return places[-1] if places else -1

    def end(self, name: str) -> str | None:
        """End tags to write before this one; None when this one is left out, too."""
        if self._dropped[name]:
            self._dropped[name] -= 1
            return None
        at = self._found(name)
        if name in _FORMATTING:
            self._end_formatting(name, at)
            return ""
        return "" if at is None else self._loosened(self._end_from(at))

    def _loosened(self, left: list[str]) -> str:
        """Formatting that outlives what it stood in, and the end tags of what may not."""
        if not left:
            return ""
        room = max(_MOST_LOOSE - len(self._loose), 0)
        self._loose += left[:room]
        return "".join(f"</{inner}>" for inner in reversed(left[room:]))

    def _found(self, name: str) -> int | None:
        """Where in `_open` stands what `</name>` ends."""
        at = self._last(name)
        if at < 0:
            return None
        for each in _STOPPED_BY.get(name, (_BLOCK,)):
            if self._last(each) > at:
                return None
        return at

    def _end_from(self, at: int) -> list[str]:
        """The formatting that was open from `at` on."""
        ended = [name for name in self._open[at:] if name]
        del self._open[at:]
        self._count -= len(ended)
        for name in ended:
            for each in _NAMES.get(name) or (name,):
                self._places[each].pop()
        while self._open and not self._open[-1]:
            self._open.pop()
        return [name for name in ended if name in _FORMATTING]

    def _end_formatting(self, name: str, at: int | None) -> None:
        """What stands inside stays open without it."""
        if at is None:
            if name in self._loose:
                self._loose.remove(name)
        elif at == len(self._open) - 1:
            self._end_from(at)
        else:
            self._open[at] = ""
            self._count -= 1
            self._places[name].pop()


def shallow(source: str) -> str:
    """`source` without the tags that nest deeper than anything a person wrote."""
    if source.count("<") < DEEPEST and len(source) < _SMALL:
        return source
    tree = _Tree()
    out: list[str] = []
    at = 0
    for count, token in enumerate(_TOKEN.finditer(source)):
        if count == MOST_TAGS:
            return "".join(
                (*out, source[at : token.start()], _TOKEN.sub(" ", source[token.start() :]))
            )
        before = _before(tree, token)
        if before != "":
            out += (source[at : token.start()], before or "")
            at = token.start() if before else token.end()
    return source if not out else "".join((*out, source[at:]))


def _before(tree: _Tree, token: re.Match[str]) -> str | None:
    """What is written before a token; None when the token is left out."""
    if token["raw"] is not None:
        # Nobody is shown what is in them, and where a script ends follows a grammar of its own
        return None
    if token["name"] is None:
        return ""
    name = token["name"].lower()
    if name in _OTHER or _is_crowded(token):
        return None
    if name in VOID or name == "colgroup":
        return ""
    # Each heading ends any other
    name = "h1" if name in _HEADINGS else name
    return tree.end(name) if token["end"] else tree.start(name)


def _is_crowded(tag: re.Match[str]) -> bool:
    if tag.end() - tag.start() < 2 * _MOST_ATTRIBUTES:
        return False
    # With its name and its bracket
    found = islice(_EACH_ATTRIBUTE.finditer(tag[0]), _MOST_ATTRIBUTES + 2)
    return sum(1 for _ in found) > _MOST_ATTRIBUTES + 1
