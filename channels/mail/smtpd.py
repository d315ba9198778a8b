"""SMTP and LMTP in: a message is stored and committed before its 250.

Meant to stand behind an MTA that does TLS, block lists and rates; what protects this process is
here: known recipients only, sizes, time-outs, a bound on connections and on buffered bytes.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.mail.addresses import Addresses
from channels.mail.arrivals import Doorstep
from helpdesk.arrivals import Arrival

log = logging.getLogger("ponte.mail.smtpd")

DOT_LINE = b".\r\n"
END = b"\r\n" + DOT_LINE
#: RFC 5321 §4.5.3.1.8 asks for at least 100
MOST_RECIPIENTS = 100
#: how long messages that are on their way may take to arrive when we stop, in seconds
GRACE = 10.0

STORED = "250 2.0.0 Stored"
TOO_BIG = "552 5.3.4 Message is larger than {limit} octets"
NOT_STORED = "451 4.3.0 Could not store the message, try again later"
BUSY = "452 4.3.1 Too much mail at this moment, try again later"
STOPPING = "421 4.3.2 Shutting down, try again later"
NOT_OURS = "550 5.1.1 No such mailbox here"
NOT_TEXT = "553 5.1.3 Address is not valid UTF-8"
MANY_RECIPIENTS = "452 4.5.3 Too many recipients"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one listener carries: octets, connections, and seconds of silence."""

    message_size: int = 35 * 1024 * 1024
    #: of all connections together, while they receive
    buffered: int = 256 * 1024 * 1024
    connections: int = 100
    idle: float = 300.0


class _Full(asyncio.Protocol):
    """Answers a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
        transport.close()


class _Reception:
    """What the connections of one listener share: where mail goes, and how much is on its way."""

    def __init__(
        self, doorstep: Doorstep, ours: Addresses, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self.doorstep = doorstep
        self.ours = ours
        self.clock = clock
        self.limits = limits
        self.connections: set[_Connection] = set()
        self.buffered = 0
        #: set whenever a connection is done with a message
        self.turned = asyncio.Event()

    def connect(self, kind: type["_Connection"]) -> asyncio.Protocol:
        if len(self.connections) >= self.limits.connections:
            return _Full()
        return kind(self)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not _is_text(address):
            return NOT_TEXT
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not _is_text(address) or self.ours.recognise(address) is None:
            return NOT_OURS
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return MANY_RECIPIENTS
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def receive(self, envelope: Envelope, content: bytes) -> str:
        """Store the message; returns the answer for each of its recipients."""
        own = self.ours.recognise(envelope.rcpt_tos[0])
        sender = envelope.mail_from or ""
        arrival = Arrival(
            key=f"smtp:{uuid4()}",
            raw=content,
            at=self.clock(),
            mailbox=own.mailbox if own else None,
            envelope_from="" if sender == "<>" else sender,
            recipients=tuple(dict.fromkeys(envelope.rcpt_tos)),
        )
        try:
            await self.doorstep.accept(arrival)
        except Exception:
            # Whatever it was, the message stays with the sender, who tries again.
            log.exception("could not store a message of %d octets", len(content))
            return NOT_STORED
        return STORED


class _Connection(SMTP):
    """aiosmtpd with our way of reading DATA: by blocks, counted, and answered per recipient."""

    #: also the limit of the reader: blocks of this size are searched for the end of the message
    line_length_limit = 64 * 1024
    #: LMTP answers DATA once for each recipient (RFC 2033 §4.2)
    answers_each = False

    def __init__(self, reception: _Reception) -> None:
        super().__init__(
            reception,
            data_size_limit=reception.limits.message_size,
            enable_SMTPUTF8=True,
            hostname=_HOSTNAME,
            ident="Ponte",
            timeout=reception.limits.idle,
            loop=asyncio.get_running_loop(),
        )
        self._reception = reception
        self.receiving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._reception.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._reception.connections.discard(self)
        super().connection_lost(error)

    async def handle_exception(self, error: Exception) -> str:
        log.error("%r failed", self, exc_info=error)
        return NOT_STORED

    def dismiss(self) -> None:
        """Say good-bye and hang up."""
        if self.transport is not None:
            self._writer.write(STOPPING.encode() + b"\r\n")
            self.transport.close()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.receiving = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            async with self._buffer() as content:
                answer = await self._read(content)
                if answer is None:
                    answer = await self._reception.receive(envelope, _unstuffed(content))
            self._set_post_data_state()
            times = len(envelope.rcpt_tos) if self.answers_each else 1
            await self.push("\r\n".join([answer] * times))
        finally:
            self.receiving = False
            self._reception.turned.set()

    @contextlib.asynccontextmanager
    async def _buffer(self) -> AsyncGenerator[bytearray]:
        content = bytearray()
        try:
            yield content
        finally:
            self._reception.buffered -= len(content)

    async def _read(self, content: bytearray) -> str | None:
        """Read up to the end of the message; returns the refusal when it cannot be kept.

        Only CR LF dot CR LF ends it: bare LF or CR around the dot would let a sender smuggle a
        second message past the server in front of us (RFC 5321 §4.1.1.4).
        """
        limits, refusal = self._reception.limits, None
        while True:
            try:
                block = await self._reader.readuntil(DOT_LINE)
            except asyncio.LimitOverrunError as overrun:
                block = await self._reader.readexactly(overrun.consumed)
            content += block
            self._reception.buffered += len(block)
            if len(content) > limits.message_size + len(DOT_LINE):
                refusal = TOO_BIG.format(limit=limits.message_size)
            elif self._reception.buffered > limits.buffered:
                refusal = refusal or BUSY
            if content.endswith(END) or bytes(content[:4]) == DOT_LINE:
                return refusal
            if refusal:
                # What cannot be kept is read to its end, because SMTP has no way to interrupt
                # (RFC 5321 §4.2.5), but only as much stays as the end is recognised by.
                self._reception.buffered -= max(len(content) - len(END), 0)
                del content[: -len(END)]
            self._reset_timeout()


class _Lmtp(_Connection, LMTP):
    answers_each = True


async def serve_smtp(
    listen: str,
    doorstep: Doorstep,
    ours: Addresses,
    clock: Callable[[], datetime],
    *,
    lmtp: bool = False,
    limits: Limits | None = None,
    bound: Callable[[Sequence[socket.socket]], None] = lambda _: None,
) -> None:
    """Listen on `listen` (`host:port`, or `unix:PATH`) until cancelled.

    Cancelling stops listening at once; messages whose DATA has begun are received, stored and
    answered first, for at most `GRACE` seconds. `bound` is told the sockets (port 0 picks one).
    """
    reception = _Reception(doorstep, ours, clock, limits or Limits())
    kind = _Lmtp if lmtp else _Connection
    loop = asyncio.get_running_loop()
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - before anybody is served
        server = await loop.create_unix_server(lambda: reception.connect(kind), path)
    else:
        host, _, port = listen.rpartition(":")
        server = await loop.create_server(
            lambda: reception.connect(kind), host.strip("[]"), int(port)
        )
    bound(server.sockets)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        await _finish(reception)


async def _finish(reception: _Reception) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            while _dismiss_idle(reception):
                reception.turned.clear()
                await reception.turned.wait()
    for connection in tuple(reception.connections):
        connection.dismiss()
    # One turn of the loop, so that the good-byes leave and the sockets close.
    await asyncio.sleep(0)


def _dismiss_idle(reception: _Reception) -> bool:
    """Hang up on who is between two messages; true while somebody is in the middle of one."""
    for connection in tuple(reception.connections):
        if not connection.receiving:
            connection.dismiss()
    return any(connection.receiving for connection in reception.connections)


def _unstuffed(content: bytearray) -> bytes:
    """The message without the closing dot and the dots doubled for transport (RFC 5321 §4.5.2)."""
    body = bytes(content[: -len(DOT_LINE)]).replace(b"\r\n.", b"\r\n")
    return body[1:] if body.startswith(b".") else body


def _is_text(address: str) -> bool:
    # aiosmtpd keeps bytes that are no UTF-8 as surrogates, which no database stores.
    return "\0" not in address and address.isprintable()


_HOSTNAME = socket.gethostname()
