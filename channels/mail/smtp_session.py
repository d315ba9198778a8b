"""One SMTP or LMTP connection: aiosmtpd with our way of reading DATA, by blocks and counted."""

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import AsyncGenerator
from typing import AnyStr, Protocol

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope

from channels.mail.smtp_limits import Clients, Limits

log = logging.getLogger("ponte.mail.smtpd")

DOT_LINE = b".\r\n"
END = b"\r\n" + DOT_LINE
#: a dot alone between what some servers take for line ends: with it a sender makes those see the
#: end of a message, and a second one behind it, where others see text (SMTP smuggling)
LONE_DOT = re.compile(rb"(?:\A|[\r\n\0])\.\0*(?=[\r\n\0])")

TOO_BIG = "552 5.3.4 Message is larger than {limit} octets"
NOT_STORED = "451 4.3.0 Could not store the message, try again later"
BUSY = "452 4.3.1 Too much mail at this moment, try again later"
SMUGGLED = "550 5.6.0 A dot stands alone between line ends that are not CR LF"
TOO_SLOW = "421 4.4.2 The message took too long, try again later"
STOPPING = "421 4.3.2 Shutting down, try again later"
FULL = "421 4.7.0 Too many connections, try again later"
TOO_WRONG = "421 4.7.0 Too many errors"
OFF = "502 5.5.1 Not offered here"


class Reception(Protocol):
    """What the connections of one listener share."""

    limits: Limits
    clients: Clients
    connections: "set[Connection]"
    #: octets of messages on their way
    buffered: int
    #: set whenever a connection is done with a message
    turned: asyncio.Event

    async def receive(self, envelope: Envelope, content: bytes) -> str:
        """Store the message; returns the answer for each of its recipients."""
        ...


class Door(asyncio.Protocol):
    """Lets a client in, or asks it to come back later."""

    def __init__(self, reception: Reception, kind: type["Connection"]) -> None:
        self._reception, self._kind = reception, kind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer: tuple[str, int] | str = transport.get_extra_info("peername")
        # The peer of a unix socket has no address.
        client = "" if isinstance(peer, str) else peer[0]
        if not self._reception.clients.enter(client):
            transport.write(FULL.encode() + b"\r\n")
            transport.close()
            return
        connection = self._kind(self._reception, client)
        transport.set_protocol(connection)
        connection.connection_made(transport)


class Connection(SMTP):
    """`client` is its address, "" on a unix socket."""

    #: also the limit of the reader: blocks of this size are searched for the end of the message
    line_length_limit = 64 * 1024
    #: LMTP answers DATA once for each recipient (RFC 2033 §4.2)
    answers_each = False

    def __init__(self, reception: Reception, client: str) -> None:
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
        self.client = client
        self.receiving = False
        self._errors = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._reception.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._reception.connections.discard(self)
        self._reception.clients.leave(self.client)
        super().connection_lost(error)

    async def handle_exception(self, error: Exception) -> str:
        log.error("%r failed", self, exc_info=error)
        return NOT_STORED

    async def push(self, status: AnyStr) -> None:
        """Answer; who is refused too often is hung up on."""
        await super().push(status)
        text = status if isinstance(status, str) else status.decode()
        self._errors += text.startswith(("4", "5"))
        trusted = self._reception.clients.is_trusted(self.client)
        if self._errors >= self._reception.limits.errors and not trusted:
            self.dismiss(TOO_WRONG)

    def dismiss(self, why: str = STOPPING) -> None:
        """Say good-bye and hang up."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(why.encode() + b"\r\n")
            self.transport.close()

    async def smtp_VRFY(self, arg: str | None) -> None:  # noqa: ARG002, N802
        await self.push(OFF)

    async def smtp_EXPN(self, arg: str | None) -> None:  # noqa: ARG002, N802
        await self.push(OFF)

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
            await self._receive(envelope)
        except TimeoutError:
            self.dismiss(TOO_SLOW)
        finally:
            self.receiving = False
            self._reception.turned.set()

    async def _receive(self, envelope: Envelope) -> None:
        async with self._buffer() as content:
            async with asyncio.timeout(self._reception.limits.longest):
                answer = await self._read(content)
            if answer is None and LONE_DOT.search(content, 0, len(content) - len(DOT_LINE)):
                answer = SMUGGLED
            if answer is None:
                answer = await self._reception.receive(envelope, _unstuffed(content))
        self._set_post_data_state()
        times = len(envelope.rcpt_tos) if self.answers_each else 1
        await self.push("\r\n".join([answer] * times))

    @contextlib.asynccontextmanager
    async def _buffer(self) -> AsyncGenerator[bytearray]:
        content = bytearray()
        try:
            yield content
        finally:
            self._reception.buffered -= len(content)

    async def _read(self, content: bytearray) -> str | None:
        """Read up to the end of the message; returns the refusal when it cannot be kept.

        Only CR LF dot CR LF ends it (RFC 5321 §4.1.1.4).
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


class LmtpConnection(Connection, LMTP):
    answers_each = True


def _unstuffed(content: bytearray) -> bytes:
    """The message without the closing dot and the dots doubled for transport (RFC 5321 §4.5.2)."""
    body = bytes(content[: -len(DOT_LINE)]).replace(b"\r\n.", b"\r\n")
    return body[1:] if body.startswith(b".") else body


_HOSTNAME = socket.gethostname()
