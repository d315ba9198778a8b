"""What an answer of the relay means: whose fault it is, and whether it passes (RFC 5321, 3463).

The table of every stage and code is in docs/decisions/0014-the-way-out.md.
"""

import re
import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from channels.mail.grants import NoToken
from channels.mail.mime import line
from helpdesk.errors import Deferred, Undeliverable

#: RFC 1870: the message is larger than the relay takes, whoever it is for
TOO_LARGE = 552
PERMANENT = 500
#: the relay hangs up after this one
LEAVING = 421
#: whatever a transaction may end in; a ValueError is an address that SMTP cannot carry
ERRORS = (SMTPException, OSError, ValueError, NoToken)

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\S)")
#: of one mailbox: it is full, closed, or spelled in doubt
_MAILBOX = re.compile(r"4\.(?:1\.\d+|2\.[1-9]\d*)")
_RELAYS_OWN = re.compile(r"4\.3\.\d+")
#: 4xx without an enhanced code that speak of the server's own state (RFC 5321 §4.2.3)
_LOCAL = frozenset({LEAVING, 451, 452})
#: log-in, rights and quota of the sending account, as the large relays say it
_OURS = re.compile(r"5\.(?:4\.5|7\.(?:3|8|9|11|14|57|60))")
_OURS_CODES = frozenset({530, 534, 535, 538})
_OURS_WORDS = re.compile(
    r"relay(?:ing)?[ -]*(?:access )?(?:denied|not (?:permitted|allowed)|prohibited)|"
    r"unable to relay|sending (?:limit|quota)",
    re.IGNORECASE,
)
LONGEST_DETAIL = 1_000


class NoTls(SMTPException):
    """The relay does not offer STARTTLS, or takes it back."""


class NoLogIn(SMTPException):
    """The relay offers no way to log in that we could take."""


def unreachable(error: Exception) -> Deferred:
    """No session came about: that is never the message's fault, whatever the relay answered."""
    said, code, _ = _said(error)
    return Deferred(said, cause=_without_session(error, code))


def refusal(error: Exception) -> Undeliverable | Deferred:
    """Whose fault it is: the message's or its recipient's for good, else something that passes."""
    said, code, text = _said(error)
    status = _status(text)
    if isinstance(error, SMTPSenderRefused):
        # Any other refusal of the sender is about us: log-in, rights, a policy of the relay.
        hopeless = code == TOO_LARGE
    elif isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        hopeless = code >= PERMANENT and not _is_ours(code, status, text)
    else:
        hopeless = isinstance(error, SMTPNotSupported | ValueError)
    if hopeless:
        return Undeliverable(said, status=status)
    # Whatever is permanent and not the message's fault is the fault of our account.
    cause = ("log-in" if code in _OURS_CODES else "rights") if code >= PERMANENT else ""
    return Deferred(said, status=status, whole_domain=_is_domains(error, code, status), cause=cause)


def too_large(size: int, limit: int) -> Undeliverable:
    """The relay said beforehand what it takes (RFC 1870)."""
    return Undeliverable(f"{size} octets, the relay takes {limit}", status="5.3.4")


def is_leaving(error: Exception) -> bool:
    return _said(error)[1] == LEAVING


def told(error: Exception) -> str:
    """In one line for people."""
    return _said(error)[0]


def _without_session(error: Exception, code: int) -> str:
    """A word of `helpdesk.waiting`. A log-in refused for now says nothing of our account."""
    if isinstance(error, NoToken):
        return "no-token"
    if isinstance(error, NoTls):
        return "no-tls"
    refused = isinstance(error, SMTPAuthenticationError) and code >= PERMANENT
    if refused or isinstance(error, NoLogIn):
        return "log-in"
    broken = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
    return "tls" if broken else "away"


def _is_ours(code: int, status: str, text: str) -> bool:
    return bool(code in _OURS_CODES or _OURS.fullmatch(status) or _OURS_WORDS.search(text))


def _is_domains(error: Exception, code: int, status: str) -> bool:
    if not isinstance(error, SMTPRecipientsRefused) or code >= PERMANENT or code == LEAVING:
        return False
    if status:
        return not (_MAILBOX.fullmatch(status) or _RELAYS_OWN.fullmatch(status))
    return code not in _LOCAL


def _said(error: Exception) -> tuple[str, int, str]:
    """The answer for people, its code (0 when there was none) and its text."""
    found = error
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        found = error.recipients[0]
    if isinstance(found, SMTPResponseException):
        text = line(found.message)[:LONGEST_DETAIL]
        return f"{found.code} {text}", found.code, text
    return line(str(error))[:LONGEST_DETAIL] or type(error).__name__, 0, ""


def _status(text: str) -> str:
    """The enhanced status code an answer begins with (RFC 2034)."""
    found = _ENHANCED.match(text)
    return found[1] if found else ""
