"""The demo's mailbox: an SMTP server on loopback that keeps what Ponte handed to its relay."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from channels.mail.html import sanitise

Socket = socket.socket
NEWEST = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail Ponte handed to the relay."""

    id: str
    recipient: str
    envelope_from: str
    subject: str
    sender: str
    reply_to: str
    at: datetime
    preview: str
    text: str
    html: str
    files: tuple[str, ...]
    message_id: str


class Mailbox:
    """Messages as files, one a recipient, in the order they came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._next = len(list(folder.glob("*.eml"))) + 1

    async def handle_DATA(  # noqa: N802 - aiosmtpd names its hooks so
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        for recipient in envelope.rcpt_tos:
            trace = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {recipient}\r\n"
            path = self._folder / f"{self._next:06}.eml"
            self._next += 1
            await asyncio.to_thread(path.write_bytes, trace.encode() + raw)
        return "250 2.0.0 Kept"

    def letters(self, query: str = "") -> list[Letter]:
        """Newest first; `query` is looked for in subject, recipient and text."""
        found: list[Letter] = []
        wanted = query.strip().casefold()
        for path in sorted(self._folder.glob("*.eml"), reverse=True):
            letter = _read(path)
            text = f"{letter.subject} {letter.recipient} {letter.text}".casefold()
            if wanted in text:
                found.append(letter)
            if len(found) == NEWEST:
                break
        return found

    def letter(self, letter_id: str) -> Letter | None:
        path = self._path(letter_id)
        return _read(path) if path is not None else None

    def raw(self, letter_id: str) -> bytes | None:
        path = self._path(letter_id)
        return path.read_bytes() if path is not None else None

    def _path(self, letter_id: str) -> Path | None:
        path = self._folder / f"{letter_id}.eml"
        return path if letter_id.isdecimal() and path.is_file() else None


def bind() -> Socket:
    """A free port on loopback, held from now on."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


@asynccontextmanager
async def receiving(box: Mailbox, bound: Socket) -> AsyncGenerator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, enable_SMTPUTF8=True), sock=bound)
    try:
        yield
    finally:
        server.close()


def _read(path: Path) -> Letter:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = _part(mail, "plain")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("##")]
    return Letter(
        id=path.stem,
        recipient=str(mail["Delivered-To"] or ""),
        envelope_from=str(mail["Return-Path"] or "").strip("<>"),
        subject=str(mail["Subject"] or ""),
        sender=str(mail["From"] or ""),
        reply_to=parseaddr(str(mail["Reply-To"] or mail["From"] or ""))[1],
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        preview=" ".join(lines[1:2])[:80],
        text=text,
        html=_part(mail, "html") or f"<pre>{sanitise(text)}</pre>",
        files=tuple(part.get_filename() or "" for part in mail.iter_attachments()),
        message_id=str(mail["Message-ID"] or ""),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return part.get_content() if part is not None else ""
