"""The demo's built-in mailbox: an SMTP server that keeps what Ponte sent, and a page that shows it
and lets you answer as the provider would, by real mail into Ponte's own SMTP listener."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from pathlib import Path
from typing import Annotated, Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect

from channels.mail.html import sanitise
from gateway.runtime import Runtime

Socket = socket.socket
NEWEST = 200
#: what a returned or absent provider's server would send back
KINDS = frozenset({"reply", "vacation", "bounce"})


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


def router(runtime: Runtime, box: Mailbox, smtp_port: int) -> Router:
    kit = runtime.kit

    @get("/caixa", media_type=MediaType.HTML)
    async def mailbox_list(
        request: Request[Any, Any, Any], q: FromQuery[str] = ""
    ) -> Response[str]:
        letters = await asyncio.to_thread(box.letters, q)
        opened = letters[0] if letters else None
        return _page(request, letters, opened, q)

    @get("/caixa/{letter_id:str}", media_type=MediaType.HTML)
    async def mailbox_show(
        request: Request[Any, Any, Any], letter_id: FromPath[str], q: FromQuery[str] = ""
    ) -> Response[str]:
        letters = await asyncio.to_thread(box.letters, q)
        opened = await asyncio.to_thread(box.letter, letter_id)
        return _page(request, letters, opened, q)

    @get("/caixa/{letter_id:str}/html", media_type=MediaType.HTML)
    async def mailbox_html(letter_id: FromPath[str]) -> Response[str]:
        """The letter itself, for a sandboxed frame: it brings its own styles and may do nothing."""
        opened = await asyncio.to_thread(box.letter, letter_id)
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
        )
        headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
        return Response(opened.html if opened else "", media_type=MediaType.HTML, headers=headers)

    @get("/caixa/{letter_id:str}/original", media_type=MediaType.TEXT)
    async def mailbox_raw(letter_id: FromPath[str]) -> Response[str]:
        raw = await asyncio.to_thread(box.raw, letter_id) or b""
        return Response(raw.decode("utf-8", "replace"), media_type="text/plain; charset=utf-8")

    @post("/caixa/{letter_id:str}/responder", status_code=303)
    async def mailbox_answer(
        letter_id: FromPath[str],
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> Redirect:
        letter = await asyncio.to_thread(box.letter, letter_id)
        if letter is not None:
            kind = str(data.get("kind", "reply"))
            text = str(data.get("text", "")).strip()
            if kind in KINDS and (text or kind != "reply"):
                files = await _files(data.get("files"))
                await _send(_answer(letter, kind, text, files), letter, kind, smtp_port)
        return Redirect(f"/demo/caixa/{letter_id}?enviado=1", status_code=303)

    @post("/caixa/nova", status_code=303)
    async def mailbox_write(
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> Redirect:
        sender, text = str(data.get("from", "")).strip(), str(data.get("text", "")).strip()
        if "@" in sender and text:
            mail = _mail(
                sender, runtime.policy.mail_address or "", str(data.get("subject", "")), text
            )
            for name, kind, content in await _files(data.get("files")):
                mail.add_attachment(content, *kind.split("/", 1), filename=name)
            await _deliver(mail, sender, [runtime.policy.mail_address or ""], smtp_port)
        return Redirect("/demo/caixa?enviado=1", status_code=303)

    def _page(
        request: Request[Any, Any, Any], letters: list[Letter], opened: Letter | None, q: str
    ) -> Response[str]:
        sent = request.query_params.get("enviado") == "1"
        context: dict[str, object] = {
            "letters": letters,
            "opened": opened,
            "q": q,
            "sent": sent,
            "address": runtime.policy.mail_address,
            "where": f"127.0.0.1:{runtime.settings.web.port} · SMTP {smtp_port}",
        }
        return kit.page(request, "demo/mailbox.html", context)

    handlers = [
        mailbox_write,
        mailbox_list,
        mailbox_show,
        mailbox_html,
        mailbox_raw,
        mailbox_answer,
    ]
    return Router("/demo", route_handlers=handlers, include_in_schema=False)


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
        preview=lines[0][:80] if lines else "",
        text=text,
        html=_part(mail, "html") or f"<pre>{sanitise(text)}</pre>",
        files=tuple(part.get_filename() or "" for part in mail.iter_attachments()),
        message_id=str(mail["Message-ID"] or ""),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return part.get_content() if part is not None else ""


def _mail(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = " ".join(subject.split()) or "(sem assunto)"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain="prestador.example")
    mail.set_content(text)
    return mail


def _answer(
    letter: Letter, kind: str, text: str, files: Iterable[tuple[str, str, bytes]]
) -> EmailMessage:
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
    mail = _mail(letter.recipient, letter.reply_to, subject, said)
    mail["In-Reply-To"] = mail["References"] = letter.message_id
    if kind == "vacation":
        mail["Auto-Submitted"] = "auto-replied"
    for name, content_type, content in files:
        mail.add_attachment(content, *content_type.split("/", 1), filename=name)
    return mail


def _bounce(letter: Letter) -> EmailMessage:
    """A delivery report as an MTA would send it (RFC 3464)."""
    mail = _mail(
        formataddr(("Mail Delivery System", "mailer-daemon@prestador.example")),
        letter.envelope_from,
        "Undelivered Mail Returned to Sender",
        f"<{letter.recipient}>: 550 5.1.1 User unknown",
    )
    mail["Auto-Submitted"] = "auto-replied"
    status = EmailMessage()
    status.set_content(
        "Reporting-MTA: dns; prestador.example\n\n"
        f"Final-Recipient: rfc822; {letter.recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    status.replace_header("Content-Type", "message/delivery-status")
    mail.make_mixed()
    mail.attach(status)
    mail.replace_header("Content-Type", mail["Content-Type"].replace("mixed", "report"))
    mail.set_param("report-type", "delivery-status")
    return mail


async def _send(mail: EmailMessage, letter: Letter, kind: str, port: int) -> None:
    sender = "" if kind == "bounce" else letter.recipient
    target = letter.envelope_from if kind == "bounce" else letter.reply_to
    await _deliver(mail, sender, [target], port)


async def _deliver(mail: EmailMessage, sender: str, to: list[str], port: int) -> None:
    await aiosmtplib.send(
        mail, sender=sender, recipients=to, hostname="127.0.0.1", port=port, start_tls=False
    )


async def _files(given: object) -> list[tuple[str, str, bytes]]:
    uploads = given if isinstance(given, list) else [given]
    found: list[tuple[str, str, bytes]] = []
    for upload in uploads:
        if isinstance(upload, UploadFile) and upload.filename:
            kind = upload.content_type or "application/octet-stream"
            found.append((upload.filename, kind, await upload.read()))
    return found
