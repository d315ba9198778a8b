"""What a provider's mail program, or its server, would send back to a mail of Ponte."""

import email
import email.policy
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import aiosmtplib

from gateway.demo.mailbox import Letter

#: an answer, an absence note, a report that the address does not exist
KINDS = frozenset({"reply", "vacation", "bounce"})
#: name, content type, bytes
Upload = tuple[str, str, bytes]


def mail(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = sender, to
    made["Subject"] = " ".join(subject.split()) or "(sem assunto)"
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = make_msgid(domain="prestador.example")
    made.set_content(text)
    return made


def answer(letter: Letter, kind: str, text: str, files: Iterable[Upload]) -> EmailMessage:
    if kind == "bounce":
        return _bounce(letter)
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    said = f"{text}\n\nEm {letter.at:%d/%m/%Y %H:%M}, {letter.sender} escreveu:\n{quoted}\n"
    subject = (
        letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject}"
    )
    if kind == "vacation":
        said = text or "Estou em férias até segunda-feira e respondo na volta."
        subject = f"Resposta automática: {letter.subject}"
    made = mail(letter.recipient, letter.reply_to, subject, said)
    made["In-Reply-To"] = made["References"] = letter.message_id
    if kind == "vacation":
        made["Auto-Submitted"] = "auto-replied"
    for name, content_type, content in files:
        made.add_attachment(content, *content_type.split("/", 1), filename=name)
    return made


REPORT = """\
From: Mail Delivery System <mailer-daemon@prestador.example>
To: <{sender}>
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: {message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain; charset=us-ascii

<{recipient}>: host mail.prestador.example said: 550 5.1.1 User unknown

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.prestador.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--report--
"""


def _bounce(letter: Letter) -> EmailMessage:
    """A delivery report as a mail server would send it (RFC 3464)."""
    text = REPORT.format(
        sender=letter.envelope_from,
        recipient=letter.recipient,
        date=format_datetime(datetime.now(UTC)),
        message_id=make_msgid(domain="prestador.example"),
    )
    return email.message_from_string(text, policy=email.policy.SMTP)


async def send(made: EmailMessage, letter: Letter, kind: str, port: int) -> None:
    sender = "" if kind == "bounce" else letter.recipient
    target = letter.envelope_from if kind == "bounce" else letter.reply_to
    await deliver(made, sender, [target], port)


async def deliver(made: EmailMessage, sender: str, to: list[str], port: int) -> None:
    await aiosmtplib.send(
        made, sender=sender, recipients=to, hostname="127.0.0.1", port=port, start_tls=False
    )
