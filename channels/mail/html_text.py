"""Sanitised HTML as the text a person reads."""

import re

from channels.mail import html_marks as marks

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|<!--.*?-->|<[^>]*>", re.DOTALL)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_MANY_LINES = re.compile(r"\n{3,}")
_BLOCKS = frozenset(
    "address article blockquote caption center dd details div dl dt figcaption figure footer "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr "
    "ul".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre".split())
_QUOTED_TAG = re.compile(
    r"class=\"(?:"
    + marks.QUOTE_CLASSES.pattern
    + r")\"|id=\"(?:"
    + marks.QUOTE_IDS.pattern[1:-1]
    + r")\"",
    re.IGNORECASE,
)
_SIGNED_TAG = re.compile(
    r"class=\"(?:"
    + marks.SIGNATURE_CLASSES.pattern
    + r")\"|id=\"(?:"
    + marks.SIGNATURE_IDS.pattern[1:-1]
    + r")\"",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"style=\"[^\"]*display:\s*none", re.IGNORECASE)
_ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))


#: characters of text that are written; blockquotes and rulers are longer in text than in HTML
LONGEST = 2 * 1024 * 1024
#: signs of quotation before a line
_DEEPEST_QUOTE = 100
#: what stands for an element in text
_BEGIN_WITH = {"li": "* ", "hr": "_" * 32, "td": " ", "th": " "}


class _Writer:
    """Text lines under construction; knows how deep it stands in quotations."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = 0
        self.line: list[str] = []
        self.depth = 0
        self.pre = 0
        #: a blank line is owed before the next text: how deep the quotation was where it arose
        self.gap: int | None = None

    def put(self, content: str) -> None:
        if self.pre:
            first, *rest = content.split("\n")
            self.line.append(first)
            for each in rest:
                self.end()
                self.line.append(each)
            return
        squeezed = _BLANKS.sub(" ", content)
        if squeezed == " " and not self.line:
            return
        self.line.append(squeezed)

    def end(self, *, gap: bool = False) -> None:
        if self.line or self.pre:
            self._end_line()
        if gap:
            self.gap = self.depth if self.gap is None else min(self.gap, self.depth)

    def _end_line(self) -> None:
        joined = "".join(self.line)
        content = joined.rstrip() if self.pre else joined.strip()
        self.line = []
        if content or self.pre:
            if self.gap is not None and self.lines and self.lines[-1].strip("> "):
                self.add(_prefix(min(self.gap, self.depth)))
            self.gap = None
            self.add(f"{_prefix(self.depth)} {content}".strip() if self.depth else content)

    def newline(self) -> None:
        """A `<br>`: an empty line stays one."""
        if self.line:
            self.end()
        else:
            self.add(_prefix(self.depth))

    def mark(self, mark: str) -> None:
        self.end()
        self.add(f"{_prefix(self.depth)} {mark}".strip() if self.depth else mark)

    def add(self, line: str) -> None:
        self.size += len(line) + 1
        self.lines.append(line)


def _prefix(depth: int) -> str:
    return ">" * min(depth, _DEEPEST_QUOTE)


def to_text(source: str) -> str:
    """The text a person reads in sanitised HTML: blocks on lines of their own, cells divided by a
    blank, quotations (`blockquote`) with `>` before each line, marks where a mail program put one.
    It ends where it is longer than `LONGEST`.
    """
    writer = _Writer()
    hidden: list[str] = []
    at = 0
    for token in _TOKEN.finditer(source):
        if writer.size > LONGEST:
            at = len(source)
            break
        if not hidden and token.start() > at:
            writer.put(_unescaped(source[at : token.start()]))
        at = token.end()
        tag = token[2]
        if tag is None:
            continue
        if hidden:
            _skip(hidden, tag, closing=bool(token[1]))
        elif token[1]:
            _close(writer, tag)
        elif tag not in marks.VOID and _HIDDEN.search(token[3]):
            hidden.append(tag)
        else:
            _open(writer, tag, token[3])
    if not hidden and at < len(source):
        writer.put(_unescaped(source[at:]))
    writer.end()
    return _MANY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in writer.lines)).strip("\n")


def _unescaped(content: str) -> str:
    """The sanitiser writes only these entities."""
    if "&" in content:
        for entity, character in _ENTITIES:
            content = content.replace(entity, character)
    return content.replace("\xa0", " ")


def _skip(hidden: list[str], tag: str, *, closing: bool) -> None:
    if tag in marks.VOID:
        return
    if closing and hidden[-1] == tag:
        hidden.pop()
    elif not closing:
        hidden.append(tag)


def _open(writer: _Writer, tag: str, attributes: str) -> None:
    if tag == "br":
        writer.newline()
        return
    if attributes and _QUOTED_TAG.search(attributes):
        writer.mark(marks.QUOTE_MARK)
    elif attributes and _SIGNED_TAG.search(attributes):
        writer.mark(marks.SIGNATURE_MARK)
    if tag in _BLOCKS:
        writer.end(gap=tag in _SPACED)
    if tag in _BEGIN_WITH:
        writer.put(_BEGIN_WITH[tag])
    elif tag == "blockquote":
        writer.depth += 1
    elif tag == "pre":
        writer.pre += 1
    if tag == "hr":
        writer.end()


def _close(writer: _Writer, tag: str) -> None:
    if tag in _BLOCKS:
        writer.end(gap=tag in _SPACED)
    if tag == "blockquote":
        writer.depth = max(writer.depth - 1, 0)
    elif tag == "pre":
        writer.pre = max(writer.pre - 1, 0)
