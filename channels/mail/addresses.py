"""Our own addresses: the mailboxes, and the tagged ones that answers and bounces come back to.

What is addressed to us is wider than what we ever issued: a tag that was cut or invented still
belongs to us, and the message behind it is held where an agent sees it instead of refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: what may stand in the place of a token
TAG = r"(?P<tag>[A-Za-z0-9_-]{1,64})"


@dataclass(frozen=True, slots=True)
class Ours:
    """An address of ours: the mailbox behind it and the tag in it ("" when plain), lower-case."""

    mailbox: str
    tag: str = ""


class Addresses:
    """Recognises our addresses. `template` has `{local}`, `{token}` and `{domain}`."""

    def __init__(self, mailboxes: Iterable[str], template: str) -> None:
        self.mailboxes = tuple(dict.fromkeys(mailbox.lower() for mailbox in mailboxes))
        self._tagged = [(_pattern(template, mailbox), mailbox) for mailbox in self.mailboxes]
        tagged = "|".join(re.sub(r"\?P<tag>", "", pattern.pattern) for pattern, _ in self._tagged)
        #: finds a tagged address of ours anywhere in header bytes; the tag is a group of the match
        self.search = re.compile(
            rb"(?<![\w.+-])(?:" + tagged.encode() + rb")" if tagged else rb"(?!)", re.IGNORECASE
        ).search

    def recognise(self, address: str) -> Ours | None:
        """Whose address this is among ours; None for everybody else's."""
        lowered = address.lower()
        if lowered in self.mailboxes:
            return Ours(lowered)
        for pattern, mailbox in self._tagged:
            found = pattern.fullmatch(lowered)
            if found:
                return Ours(mailbox, found["tag"])
        return None


def _pattern(template: str, mailbox: str) -> re.Pattern[str]:
    local, _, domain = mailbox.rpartition("@")
    literal = re.escape(template)
    for name, value in (("local", re.escape(local)), ("token", TAG), ("domain", re.escape(domain))):
        literal = literal.replace(re.escape("{" + name + "}"), value)
    return re.compile(literal, re.IGNORECASE)
