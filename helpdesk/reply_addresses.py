"""Addresses of ours that carry a token: how they are written, and found among those of a mail."""

import re
from collections.abc import Iterable
from functools import lru_cache

from helpdesk.tokens import BOUNCE, REPLY_LENGTH

#: RFC 5321 §4.5.3.1.1
LONGEST_LOCAL = 64
DEFAULT_TEMPLATE = "{local}+{token}@{domain}"
#: nobody types a tag this long: it is one of our tokens, whole, cut or invented
_TAG = r"(?P<tag>(?:b-)?[a-z0-9]{20,64})"


def reply_address(mailbox: str, token: str, template: str = DEFAULT_TEMPLATE) -> str:
    """Put `token` into the mailbox: `central@x.example` gives `central+<token>@x.example`.

    For an envelope sender pass `BOUNCE + token`.
    """
    local, _, domain = mailbox.rpartition("@")
    return template.format(local=local, token=token, domain=domain)


def find_reply_tokens(
    addresses: Iterable[str], mailboxes: Iterable[str], template: str = DEFAULT_TEMPLATE
) -> tuple[str, ...]:
    """List the candidates in the addresses that are ours, lower-case, in order, distinct.

    They look like tokens; `Keyring.read_reply_token` says which were issued. One that was not is
    cut or forged.
    """
    tags = _tags(addresses, mailboxes, template)
    return tuple(tag for tag in tags if not tag.startswith(BOUNCE))


def find_bounce_tokens(
    addresses: Iterable[str], mailboxes: Iterable[str], template: str = DEFAULT_TEMPLATE
) -> tuple[str, ...]:
    """List the same for envelope senders of ours, without their `b-`."""
    tags = _tags(addresses, mailboxes, template)
    return tuple(tag.removeprefix(BOUNCE) for tag in tags if tag.startswith(BOUNCE))


def check_reply_length(mailbox: str, template: str = DEFAULT_TEMPLATE) -> None:
    """Raise `ValueError` when addresses made from the template could not carry a token home.

    Servers on the way cut or refuse a longer local part, and with it every answer.
    """
    if "{token}" not in template.rpartition("@")[0]:
        msg = f"{template}: the part before @ needs {{token}}"
        raise ValueError(msg)
    longest = reply_address(mailbox, "x" * REPLY_LENGTH, template)
    octets = len(longest.rpartition("@")[0].encode())
    if octets > LONGEST_LOCAL:
        msg = f"{mailbox}: local part and token take {octets} octets of {LONGEST_LOCAL}"
        raise ValueError(msg)


def _tags(addresses: Iterable[str], mailboxes: Iterable[str], template: str) -> dict[str, None]:
    patterns = [_pattern(mailbox, template) for mailbox in mailboxes]
    found: dict[str, None] = {}
    for address in addresses:
        for pattern in patterns:
            match = pattern.fullmatch(address)
            if match:
                found[match["tag"].lower()] = None
    return found


@lru_cache(maxsize=256)
def _pattern(mailbox: str, template: str) -> re.Pattern[str]:
    literal = re.escape(reply_address(mailbox, "\0", template))
    return re.compile(literal.replace(re.escape("\0"), _TAG), re.IGNORECASE | re.ASCII)
