"""Mail HTML made harmless, and turned into text.

`sanitise` leaves what a person reads and nothing that acts: no script, form, frame or style sheet,
no load from outside (images only from `cid:` or inline data), no style that leaves its own box. A
few class names and ids by which mail programs mark a quotation stay, because `to_text` reads them.
"""

import re
from collections.abc import Callable

import nh3

#: larger HTML is cut before it is read; the whole stays in the raw message
LARGEST = 1024 * 1024
#: a line of text that says: below this a mail program put the message that is answered
QUOTE_MARK = "\ue000"
#: … and that the signature begins
SIGNATURE_MARK = "\ue001"

_TAGS = frozenset(
    "a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd "
    "del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img "
    "ins kbd li main mark nav ol p pre q s samp section small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "class", "color", "dir", "id", "lang", "style", "title", "type", "valign"},
    "a": {"href", "name"},
    "col": {"span", "width"},
    "font": {"face", "size"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"start"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"bgcolor", "colspan", "height", "rowspan", "width"},
    "th": {"bgcolor", "colspan", "height", "rowspan", "width"},
    "tr": {"bgcolor"},
}
_STYLES = frozenset(
    "background-color border border-bottom border-collapse border-color border-left border-radius "
    "border-right border-spacing border-style border-top border-width color direction display "
    "font-family font-size font-style font-variant font-weight height letter-spacing line-height "
    "list-style-type margin margin-bottom margin-left margin-right margin-top max-width padding "
    "padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent "
    "text-transform vertical-align white-space width word-break word-wrap".split()
)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,", re.IGNORECASE)
_UNSAFE_STYLE = re.compile(
    r"url\s*\(|image\s*\(|image-set|expression|@import|\\|/\*|var\s*\(|-\s*\d", re.IGNORECASE
)
#: class and id values by which mail programs mark what they quote (lower-case, whole or prefix)
_QUOTE_CLASSES = re.compile(
    r"(?<![\w-])(?:gmail_(?:quote|attr)\w*|yahoo_quoted|moz-cite-prefix|protonmail_quote|"
    r"zmail_extra|tutanota_quote|qq_?quote|ms-outlook-mobile-reference-message|"
    r"outlookmessageheader|uol_quote|bol_quote|moz-forward-container|freebirdfxquote|"
    r"mail_quote|replyheader|gmail_quote_container|reply-?quote|wordsection_quoted)(?![\w-])",
    re.IGNORECASE,
)
_SIGNATURE_CLASSES = re.compile(
    r"(?<![\w-])(?:gmail_signature(?:_prefix)?|moz-signature|ms-outlook-mobile-signature|"
    r"yahoo_signature|protonmail_signature_block(?!-)|x_signature)(?![\w-])",
    re.IGNORECASE,
)
_QUOTE_IDS = re.compile(
    r"^(?:x_)*(?:divrplyfwdmsg|appendonsend|ymail_android_quote|yahoo_quoted_\d+|"
    r"mail-editor-reference-message-container|oriMsgHtmlSeperator|isForwardContent|reply-intro|"
    r"composer_signature_quote|ms-outlook-mobile-body-separator-line|zwchr|replySplit)$",
    re.IGNORECASE,
)
_SIGNATURE_IDS = re.compile(
    r"^(?:x_)*(?:signature|ms-outlook-mobile-signature|ymail_android_signature\w*|"
    r"composer_signature|applemailsignature|applelinkblock)$",
    re.IGNORECASE,
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    rule = _ATTRIBUTE_RULES.get(name)
    return value if rule is None else rule(tag, value)


def _source(tag: str, value: str) -> str | None:
    stripped = value.strip()
    inside = stripped[:4].lower() == "cid:" or _INLINE_IMAGE.match(stripped)
    return stripped if tag == "img" and inside else None


def _marker(pattern: re.Pattern[str], other: re.Pattern[str]) -> Callable[[str, str], str | None]:
    def keep(_tag: str, value: str) -> str | None:
        found = pattern.search(value) or other.search(value)
        return found[0].lower() if found else None

    return keep


def _style(_tag: str, value: str) -> str | None:
    return None if _UNSAFE_STYLE.search(value) else value


def _type(tag: str, value: str) -> str | None:
    if tag == "blockquote":
        return "cite" if value.strip().lower() == "cite" else None
    return value if tag in {"ol", "ul", "li"} else None


def _link(_tag: str, value: str) -> str | None:
    return None if "\0" in value else value


_ATTRIBUTE_RULES: dict[str, Callable[[str, str], str | None]] = {
    "src": _source,
    "class": _marker(_QUOTE_CLASSES, _SIGNATURE_CLASSES),
    "id": _marker(_QUOTE_IDS, _SIGNATURE_IDS),
    "style": _style,
    "type": _type,
    "href": _link,
}
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={
        "script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math",
        "select", "textarea", "xml",
    },
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    filter_style_properties=set(_STYLES),
)
_DEEP = 400
_MOST_REFERENCES = 30_000
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CONDITIONAL = re.compile(r"<!(?:--)?\[(?:if|endif)[^\]]*\](?:--)?>", re.IGNORECASE)


def sanitise(source: str) -> str:
    """The harmless part of `source`, well-formed; "" when nothing is left."""
    return _CLEANER.clean(_CONDITIONAL.sub("", shallow(readable(source)))).strip()


def readable(source: str) -> str:
    """The beginning of `source` that is read. References cost the sanitiser more the more stand in
    one text; no mail that a person wrote has as many as would matter."""
    part = source[:LARGEST]
    if part.count("&") <= _MOST_REFERENCES:
        return part
    part = part.replace("&nbsp;", "\xa0")
    pieces = part.split("&", _MOST_REFERENCES + 1)
    return part if len(pieces) <= _MOST_REFERENCES else "&".join(pieces[:_MOST_REFERENCES])


def shallow(source: str) -> str:
    """`source` without the tags that nest deeper than anything a person wrote.

    Building a tree of 100,000 levels takes any HTML library seconds or its stack.
    """
    if source.count("<") < _DEEP:
        return source
    depth = 0
    out: list[str] = []
    at = 0
    for tag in _OPENING.finditer(source):
        if tag[2].lower() in _VOID:
            continue
        if tag[1]:
            depth = max(depth - 1, 0)
            drop = depth >= _DEEP
        else:
            drop = depth >= _DEEP
            depth += 1
        if drop:
            end = source.find(">", tag.end())
            if end < 0:
                break
            out.append(source[at : tag.start()])
            at = end + 1
    if not out:
        return source
    out.append(source[at:])
    return "".join(out)


_VOID = frozenset("br hr img meta link input col wbr area base embed source track param".split())

# ---------------------------------------------------------------------------------------------
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
    r"class=\"(?:" + _QUOTE_CLASSES.pattern + r")\"|id=\"(?:" + _QUOTE_IDS.pattern[1:-1] + r")\"",
    re.IGNORECASE,
)
_SIGNED_TAG = re.compile(
    r"class=\"(?:" + _SIGNATURE_CLASSES.pattern + r")\"|id=\"(?:"
    + _SIGNATURE_IDS.pattern[1:-1] + r")\"",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"style=\"[^\"]*display:\s*none", re.IGNORECASE)
_ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))


class _Writer:
    """Text lines under construction; knows how deep it stands in quotations."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.depth = 0
        self.pre = 0
        #: blank lines owed before the next text
        self.gap = False

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
        joined = "".join(self.line)
        content = joined.rstrip() if self.pre else joined.strip()
        self.line = []
        if content or self.pre:
            if self.gap and self.lines and self.lines[-1].strip("> "):
                self.lines.append(">" * self.depth)
            self.gap = False
            self.lines.append(f"{'>' * self.depth} {content}".strip() if self.depth else content)
        self.gap = self.gap or gap

    def newline(self) -> None:
        """A `<br>`: an empty line stays one."""
        if self.line:
            self.end()
        else:
            self.lines.append(">" * self.depth)

    def mark(self, mark: str) -> None:
        self.end()
        self.lines.append(f"{'>' * self.depth} {mark}".strip() if self.depth else mark)


def to_text(source: str) -> str:
    """The text a person reads in sanitised HTML: blocks on lines of their own, cells divided by a
    blank, quotations (`blockquote`) with `>` before each line, marks where a mail program put one.
    """
    writer = _Writer()
    hidden: list[str] = []
    at = 0
    for token in _TOKEN.finditer(source):
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
        elif tag not in _VOID and _HIDDEN.search(token[3]):
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
    if tag in _VOID:
        return
    if closing and hidden[-1] == tag:
        hidden.pop()
    elif not closing:
        hidden.append(tag)


def _open(writer: _Writer, tag: str, attributes: str) -> None:
    if tag == "br":
        writer.newline()
        return
    if attributes:
        if _QUOTED_TAG.search(attributes):
            writer.mark(QUOTE_MARK)
        elif _SIGNED_TAG.search(attributes):
            writer.mark(SIGNATURE_MARK)
    if tag in _BLOCKS:
        writer.end(gap=tag in _SPACED)
    if tag == "blockquote":
        writer.depth += 1
    elif tag == "pre":
        writer.pre += 1
    elif tag == "li":
        writer.put("* ")
    elif tag == "hr":
        writer.put("________________________________")
        writer.end()
    elif tag in {"td", "th"}:
        writer.put(" ")


def _close(writer: _Writer, tag: str) -> None:
    if tag in _BLOCKS:
        writer.end(gap=tag in _SPACED)
    if tag == "blockquote":
        writer.depth = max(writer.depth - 1, 0)
    elif tag == "pre":
        writer.pre = max(writer.pre - 1, 0)
