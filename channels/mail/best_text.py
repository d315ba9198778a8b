"""The text and the HTML of a message, out of the parts that were found."""

import html as entities
import re
from urllib.parse import unquote

from channels.mail import html, html_marks, html_text, nesting
from channels.mail.bodies import Contents

_CID = re.compile(r"cid:([^\"'\s>]+)", re.IGNORECASE)


def joined(found: Contents, defects: list[str]) -> tuple[str, str | None, str]:
    """The text of the best parts, the sanitised HTML of the whole (None when no part is HTML), and
    the text as the HTML alone tells it ("" likewise), with the marks of `html_text.to_text`."""
    texts: list[str] = []
    pages: list[str] = []
    marked: list[str] = []
    any_html = any(segment.html for segment in found.segments)
    for segment in found.segments:
        plain = "\n".join(segment.plain).strip("\n")
        page = ""
        if segment.html:
            source = "\n".join(segment.html)
            cut = len(source) > len(html.readable(source)) + 6 * source.count("&nbsp;")
            if cut or source.count("<") > nesting.MOST_TAGS:
                defects.append("html-cut")
            page = html.sanitise(source)
        read_from_html = html_text.to_text(page) if page else ""
        if len(read_from_html) >= html_text.LONGEST:
            defects.append("text-cut")
        unmarked = html_marks.without(read_from_html)
        texts.append(plain if _says_enough(plain, unmarked) else _squeeze(unmarked))
        marked.append(read_from_html or plain)
        if any_html:
            pages.append(page or f"<p>{entities.escape(plain).replace(chr(10), '<br>')}</p>")
    text = "\n".join(text for text in texts if text.strip())
    if not any_html:
        return text, None, ""
    return text, "\n".join(page for page in pages if page), "\n".join(marked)


def _says_enough(plain: str, from_html: str) -> bool:
    """Whether the plain alternative is the message and not a stub that points to the HTML."""
    if not from_html.strip():
        return True
    return len(plain.split()) * 4 >= len(from_html.split()) and bool(plain.strip())


def _squeeze(text: str) -> str:
    return re.sub(r"\n(?:[> ]*\n){2,}", "\n\n", text).strip("\n")


def mark_inline(found: Contents, page: str | None) -> None:
    """Images that the HTML shows are inline whatever their disposition says."""
    if not page:
        return
    shown = {unquote(entities.unescape(cid)) for cid in _CID.findall(page)}
    for leaf in found.attachments:
        if leaf.content_id and unquote(leaf.content_id) in shown:
            leaf.inline = True
