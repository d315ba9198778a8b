"""Logging in to IMAP with an access token (Google's and Microsoft's SASL mechanism XOAUTH2)."""

import imaplib
import re
from typing import Any, Protocol

from channels.mail.config import Server

#: what a refusal holds for people (RFC 7628 §3.2.2): a code, and sometimes more
_STATUS = re.compile(rb'"(?:status|error)"\s*:\s*"([ -!#-~]{1,100})"')


class Tokens(Protocol):
    """Access tokens of one account, for code that blocks."""

    def take(self) -> str:
        """One that the issuer says is good."""
        ...

    def refuse(self, token: str) -> None:
        """A server says it is not."""
        ...


def log_in(client: Any, server: Server, tokens: Tokens) -> None:
    """Authenticate an `IMAPClient`; a token the server refuses is replaced once. Raises
    `imaplib.IMAP4.error` and whatever `tokens` does."""
    try:
        _authenticate(client, server, tokens)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        _authenticate(client, server, tokens)


def _authenticate(client: Any, server: Server, tokens: Tokens) -> None:
    token = tokens.take()
    challenges: list[bytes] = []

    def respond(challenge: bytes) -> str:
        challenges.append(challenge)
        # Asked again, the server has put its refusal into the challenge: an empty line ends it.
        if len(challenges) > 1:
            return ""
        return f"user={server.user}\1auth=Bearer {token}\1\1"

    try:
        client.sasl_login("XOAUTH2", respond)
    except imaplib.IMAP4.error as error:
        tokens.refuse(token)
        found = _STATUS.search(b"".join(challenges[1:]))
        why = found[1].decode() if found else str(error)
        msg = f"{server.host} refuses the access token of {server.user} ({why})"
        raise type(error)(msg) from error
