"""Mail as providers send it: written by the standard library, handed over by SMTP."""

import smtplib
from email.message import EmailMessage
from email.utils import parseaddr

from tests.doubles.processes import PATIENCE
from tests.flows.instance import ADDRESS


def letter(
    sender: str,
    subject: str,
    text: str,
    *,
    to: str = ADDRESS,
    message_id: str,
    answers: EmailMessage | None = None,
    files: tuple[tuple[str, str, bytes], ...] = (),
) -> EmailMessage:
    """`files`: name, content type, bytes. `answers`: threads as a mail program does."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = "Tue, 24 Nov 2026 09:00:00 -0300"
    mail["Message-ID"] = f"<{message_id}@prestador.example>"
    said = text
    if answers is not None:
        before = " ".join(str(answers["References"] or "").split())
        mail["In-Reply-To"] = str(answers["Message-ID"])
        mail["References"] = f"{before} {answers['Message-ID']}".strip()
        quoted = "\n".join(f"> {line}" for line in text_of(answers).splitlines())
        said = (
            f"{text}\n\nEm ter., 24 de nov. de 2026 às 09:00, {answers['From']} escreveu:\n{quoted}"
        )
    mail.set_content(said)
    for name, kind, data in files:
        mail.add_attachment(data, *kind.split("/", 1), filename=name)
    return mail


def reply(answers: EmailMessage, sender: str, text: str, *, message_id: str) -> EmailMessage:
    """To where the mail asks for replies."""
    subject = str(answers["Subject"])
    return letter(
        sender,
        subject if subject.startswith("Re:") else f"Re: {subject}",
        text,
        to=reply_to(answers),
        message_id=message_id,
        answers=answers,
    )


def send_raw(port: int, raw: bytes, sender: str = "bounces@prestador.example") -> None:
    """Bytes as they are; returns when the server said 250."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp:
        smtp.sendmail(sender, [ADDRESS], raw)


def send(port: int, mail: EmailMessage) -> None:
    """Returns when the server said 250."""
    sender = parseaddr(str(mail["From"]))[1]
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp:
        smtp.send_message(mail, sender, [str(mail["To"])])


def reply_to(mail: EmailMessage) -> str:
    return parseaddr(str(mail["Reply-To"]))[1]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content()


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return part.get_content()
