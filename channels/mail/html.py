"""Mail HTML made harmless.

`sanitise` leaves what a person reads and nothing that acts: no script, form, frame or style sheet,
no load from outside (images only from `cid:` or inline data), no style that leaves its own box. A
few class names and ids by which mail programs mark a quotation stay: `html_text` reads them.
"""

import re
from collections.abc import Callable

import nh3

from channels.mail import html_marks as marks
from channels.mail.nesting import shallow

#: larger HTML is cut before it is read; the whole stays in the raw message
LARGEST = 1024 * 1024
_TAGS = frozenset(
    "a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd "
    "del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img "
    "ins kbd li main mark nav ol p pre q s samp section small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "class", "color", "id", "lang", "style", "title", "type", "valign"},
    "a": {"href"},
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
    "border-right border-spacing border-style border-top border-width color display "
    "font-family font-size font-style font-variant font-weight height letter-spacing line-height "
    "list-style-type margin margin-bottom margin-left margin-right margin-top max-width padding "
    "padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent "
    "text-transform vertical-align white-space width word-break word-wrap".split()
)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,", re.IGNORECASE)
_LINK = re.compile(r"(?:https?:|mailto:|tel:)", re.IGNORECASE)
#: functions but those of colours (they load, or reckon sizes), escapes, negative lengths, and
#: lengths that no message needs
_UNSAFE_STYLE = re.compile(
    r"(?<!\brgb)(?<!\brgba)(?<!\bhsl)(?<!\bhsla)\(|@|\\|/\*|-\s*[.\d]"
    r"|(?<![\w.#])(?:\d{4,}|(?:[2-9]\d|\d{3,})(?:\.\d+)?r?em|[2-9]\d\d(?:\.\d+)?%)"
    r"|(?<![\w.#])[\d.]+(?:e[+\d]|v[whmib])",
    re.IGNORECASE,
)


#: lines that would lie on one another, or apart by pages
_LINE_HEIGHT = re.compile(r"\s*line-height\s*:", re.IGNORECASE)
_READABLE_HEIGHT = re.compile(
    r"[^:]*:\s*(?:normal|(?:0?\.[89]\d*|[12](?:\.\d+)?|3)(?:em)?|(?:[89]\d|[12]\d\d)(?:\.\d+)?%)\s*",
    re.IGNORECASE,
)
#: no style of a message goes before those of the frame it is shown in
_IMPORTANT = re.compile(r"!\s*important\b", re.IGNORECASE)


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
    each = _IMPORTANT.sub("", value).split(";")
    return ";".join(style for style in each if _stays_in_its_box(style)) or None


def _stays_in_its_box(style: str) -> bool:
    if _LINE_HEIGHT.match(style):
        return _READABLE_HEIGHT.fullmatch(style) is not None
    return not _UNSAFE_STYLE.search(style)


def _type(tag: str, value: str) -> str | None:
    if tag == "blockquote":
        return "cite" if value.strip().lower() == "cite" else None
    return value if tag in {"ol", "ul", "li"} else None


def _link(_tag: str, value: str) -> str | None:
    return value if _LINK.match(value) else None


_ATTRIBUTE_RULES: dict[str, Callable[[str, str], str | None]] = {
    "src": _source,
    "class": _marker(marks.QUOTE_CLASSES, marks.SIGNATURE_CLASSES),
    "id": _marker(marks.QUOTE_IDS, marks.SIGNATURE_IDS),
    "style": _style,
    "type": _type,
    "href": _link,
}
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={
        "script",
        "style",
        "title",
        "noscript",
        "template",
        "iframe",
        "object",
        "svg",
        "math",
        "select",
        "textarea",
        "xml",
    },
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    filter_style_properties=set(_STYLES),
)
_MOST_REFERENCES = 30_000
_CONDITIONAL = re.compile(r"<!(?:--)?\[(?:if|endif)[^\]]{0,200}\](?:--)?>", re.IGNORECASE)


def sanitise(source: str) -> str:
    """The harmless part of `source`, well-formed; "" when nothing is left."""
    clean = _CLEANER.clean(shallow(_CONDITIONAL.sub("", readable(source))))
    # Only `html_text` marks lines: a sender who writes the signs would fold away what he likes
    return marks.without(clean).strip()


def readable(source: str) -> str:
    """The beginning of `source` that is read. References cost the sanitiser more the more stand in
    one text; no mail that a person wrote has as many as would matter."""
    part = source[:LARGEST]
    if part.count("&") <= _MOST_REFERENCES:
        return part
    part = part.replace("&nbsp;", "\xa0")
    pieces = part.split("&", _MOST_REFERENCES + 1)
    return part if len(pieces) <= _MOST_REFERENCES else "&".join(pieces[:_MOST_REFERENCES])
