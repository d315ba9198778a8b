"""By what mail programs mark, in HTML, that they quote or sign; and how text tells it on."""

import re

#: a line of text that says: below this a mail program put the message that is answered
QUOTE_MARK = "\ue000"
#: … and that the signature begins
SIGNATURE_MARK = "\ue001"

#: HTML elements without an end
VOID = frozenset("br hr img meta link input col wbr area base embed source track param".split())
#: class and id values by which mail programs mark what they quote (lower-case, whole or prefix)
QUOTE_CLASSES = re.compile(
    r"(?<![\w-])(?:gmail_(?:quote|attr)\w*|yahoo_quoted|moz-cite-prefix|protonmail_quote|"
    r"zmail_extra|tutanota_quote|qq_?quote|ms-outlook-mobile-reference-message|"
    r"outlookmessageheader|uol_quote|bol_quote|moz-forward-container|freebirdfxquote|"
    r"mail_quote|replyheader|gmail_quote_container|reply-?quote|wordsection_quoted|front-blockquote|"
    r"sh-quoted-content|missive_quote|bloop_original_html|ntes-mail-quote|mailru-blockquote|"
    r"ydp\w{1,12}yahoo_quoted)(?![\w-])",
    re.IGNORECASE,
)
SIGNATURE_CLASSES = re.compile(
    r"(?<![\w-])(?:gmail_signature(?:_prefix)?|moz-signature|ms-outlook-mobile-signature|"
    r"yahoo_signature|protonmail_signature_block(?!-)|x_signature)(?![\w-])",
    re.IGNORECASE,
)
QUOTE_IDS = re.compile(
    r"^(?:x_)*(?:divrplyfwdmsg|appendonsend|ymail_android_quote|(?:ydp\w{1,12})?yahoo_quoted_\d+|"
    r"olk_src_body_section|(?:ecx)?stopspelling|isreplycontent|bloop_customfont_quote|"
    r"mail-editor-reference-message-container|oriMsgHtmlSeperator|isForwardContent|reply-intro|"
    r"composer_signature_quote|ms-outlook-mobile-body-separator-line|zwchr|replySplit)$",
    re.IGNORECASE,
)
SIGNATURE_IDS = re.compile(
    r"^(?:x_)*(?:signature|ms-outlook-mobile-signature|ymail_android_signature\w*|"
    r"composer_signature|applemailsignature|applelinkblock)$",
    re.IGNORECASE,
)


def without(text: str) -> str:
    """Text without the marks."""
    return text.replace(QUOTE_MARK, "").replace(SIGNATURE_MARK, "")
