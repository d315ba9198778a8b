"""What a provider's mail program, or its server, would send back to a mail of Ponte."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid

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


def _bounce(letter: Letter) -> EmailMessage:
    """A delivery report as an MTA would send it (RFC 3464)."""
    made = mail(
        formataddr(("Mail Delivery System", "mailer-daemon@prestador.example")),
        letter.envelope_from,
        "Undelivered Mail Returned to Sender",
        f"<{letter.recipient}>: 550 5.1.1 User unknown",
    )
    made["Auto-Submitted"] = "auto-replied"
    status = EmailMessage()
    status.set_content(
        "Reporting-MTA: dns; prestador.example\n\n"
        f"Final-Recipient: rfc822; {letter.recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    status.replace_header("Content-Type", "message/delivery-status")
    made.make_mixed()
    made.attach(status)
    made.replace_header("Content-Type", made["Content-Type"].replace("mixed", "report"))
    made.set_param("report-type", "delivery-status")
    return made


async def send(made: EmailMessage, letter: Letter, kind: str, port: int) -> None:
    sender = "" if kind == "bounce" else letter.recipient
    target = letter.envelope_from if kind == "bounce" else letter.reply_to
    await deliver(made, sender, [target], port)


async def deliver(made: EmailMessage, sender: str, to: list[str], port: int) -> None:
    await aiosmtplib.send(
        made, sender=sender, recipients=to, hostname="127.0.0.1", port=port, start_tls=False
    )
