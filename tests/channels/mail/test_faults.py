"""Whose fault an answer of the relay is: the table of docs/decisions/0014-the-way-out.md."""

import ssl

import pytest
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from channels.mail.faults import NoLogIn, NoTls, is_leaving, refusal, too_large, unreachable
from channels.mail.grants import NoToken
from helpdesk.errors import Deferred, Undeliverable


def rcpt(code: int, text: str) -> Exception:
    return SMTPRecipientsRefused([SMTPRecipientRefused(code, text, "ana@clinica.example")])


HOPELESS, WAITS, DOMAIN = "hopeless", "waits", "domain"
TABLE = [
    (rcpt(550, "5.1.1 No such user"), HOPELESS, "5.1.1"),
    (rcpt(550, "No such user"), HOPELESS, ""),
    (rcpt(553, "5.1.3 Bad address"), HOPELESS, "5.1.3"),
    (rcpt(550, "5.7.1 Blocked"), HOPELESS, "5.7.1"),
    (rcpt(554, "5.7.1 Relay access denied"), WAITS, "5.7.1"),
    (rcpt(550, "Relaying not allowed"), WAITS, ""),
    (rcpt(550, "5.7.1 Unable to relay"), WAITS, "5.7.1"),
    (rcpt(530, "5.7.0 Must log in first"), WAITS, "5.7.0"),
    (rcpt(550, "5.7.60 Client may not send as this sender"), WAITS, "5.7.60"),
    (rcpt(550, "5.4.5 Daily user sending limit exceeded"), WAITS, "5.4.5"),
    (rcpt(450, "4.2.0 Greylisted"), DOMAIN, "4.2.0"),
    (rcpt(451, "4.7.1 Greylisting in action"), DOMAIN, "4.7.1"),
    (rcpt(450, "4.4.1 No answer from host"), DOMAIN, "4.4.1"),
    (rcpt(450, "try later"), DOMAIN, ""),
    (rcpt(452, "4.2.2 Mailbox full"), WAITS, "4.2.2"),
    (rcpt(450, "4.2.1 Mailbox busy"), WAITS, "4.2.1"),
    (rcpt(450, "4.1.1 Unverified"), WAITS, "4.1.1"),
    (rcpt(452, "4.3.1 Disk full"), WAITS, "4.3.1"),
    (rcpt(451, "local error"), WAITS, ""),
    (rcpt(452, "too many recipients"), WAITS, ""),
    (rcpt(421, "4.7.0 Going away"), WAITS, "4.7.0"),
    (SMTPDataError(554, "5.7.1 Spam"), HOPELESS, "5.7.1"),
    (SMTPDataError(552, "5.3.4 Too large"), HOPELESS, "5.3.4"),
    (SMTPDataError(550, "5.4.5 Daily sending quota exceeded"), WAITS, "5.4.5"),
    (SMTPDataError(451, "4.7.1 Later"), WAITS, "4.7.1"),
    (SMTPSenderRefused(552, "5.3.4 Too large", "x"), HOPELESS, "5.3.4"),
    (SMTPSenderRefused(550, "5.7.1 Not yours", "x"), WAITS, "5.7.1"),
    (SMTPSenderRefused(451, "4.3.0 Later", "x"), WAITS, "4.3.0"),
    (SMTPNotSupported("SMTPUTF8"), HOPELESS, ""),
    (ValueError("no address"), HOPELESS, ""),
    (SMTPServerDisconnected("gone"), WAITS, ""),
    (OSError("no route"), WAITS, ""),
]


@pytest.mark.parametrize(("error", "expected", "status"), TABLE)
def test_the_table(error: Exception, expected: str, status: str):
    found = refusal(error)
    assert isinstance(found, Undeliverable if expected == HOPELESS else Deferred)
    assert found.status == status
    if isinstance(found, Deferred):
        assert found.whole_domain is (expected == DOMAIN)


@pytest.mark.parametrize("error", [each for each, _, _ in TABLE])
def test_before_there_is_a_session_nothing_is_the_mails_fault(error: Exception):
    found = unreachable(error)
    assert isinstance(found, Deferred)
    assert not found.whole_domain


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


CERTIFICATE = ssl.SSLCertVerificationError("certificate verify failed")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (NoToken("invalid_grant", code="invalid_grant"), "no-token"),
        (NoTls("no STARTTLS"), "no-tls"),
        (NoLogIn("the relay does not offer XOAUTH2"), "log-in"),
        (SMTPAuthenticationError(535, "5.7.8 Wrong"), "log-in"),
        (SMTPAuthenticationError(454, "4.7.0 Temporary failure"), "away"),
        (CERTIFICATE, "tls"),
        (caused(SMTPConnectError("x"), CERTIFICATE), "tls"),
        (SMTPConnectResponseError(554, "No service"), "away"),
        (OSError("no route"), "away"),
    ],
)
def test_without_a_session_it_is_our_way_out(error: Exception, cause: str):
    assert unreachable(error).cause == cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (rcpt(530, "5.7.0 Must log in first"), "log-in"),
        (rcpt(554, "5.7.1 Relay access denied"), "rights"),
        (SMTPSenderRefused(535, "5.7.8 Log in", "x"), "log-in"),
        (SMTPSenderRefused(550, "5.7.1 Not yours", "x"), "rights"),
        (SMTPSenderRefused(451, "4.3.0 Later", "x"), ""),
        (rcpt(450, "4.2.0 Greylisted"), ""),
        (SMTPServerDisconnected("gone"), ""),
    ],
)
def test_in_a_session_it_may_be_our_account(error: Exception, cause: str):
    found = refusal(error)
    assert isinstance(found, Deferred)
    assert found.cause == cause


def test_an_answer_of_many_lines_is_told_in_one():
    found = refusal(rcpt(550, "5.1.1 No such\nuser\r\n" + "x" * 5_000))
    assert found.detail.startswith("550 5.1.1 No such user x")
    assert "\n" not in found.detail
    assert len(found.detail) < 1_100


def test_only_421_hangs_up():
    assert is_leaving(rcpt(421, "4.3.2 Closing"))
    assert not is_leaving(rcpt(450, "4.3.2 x"))
    assert not is_leaving(OSError())


def test_a_mail_beyond_what_the_relay_takes_says_both_sizes():
    found = too_large(40_000_000, 26_214_400)
    assert (found.detail, found.status) == ("40000000 octets, the relay takes 26214400", "5.3.4")
