"""SMTP and LMTP in: a message is stored and committed before its 250.

Meant to stand behind an MTA that does TLS and block lists; what protects this process is here:
known recipients only, sizes, time-outs, and bounds for all clients and for each (`smtp_limits`).
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.mail.addresses import Addresses
from channels.mail.arrivals import Doorstep, NoRoom
from channels.mail.smtp_limits import Clients, Limits
from channels.mail.smtp_session import NOT_STORED, Connection, Door, LmtpConnection
from helpdesk.arrivals import Arrival

log = logging.getLogger("ponte.mail.smtpd")

#: RFC 5321 §4.5.3.1.8 asks for at least 100
MOST_RECIPIENTS = 100
#: how long messages that are on their way may take to arrive when we stop, in seconds
GRACE = 10.0

#: told to everybody who greets; commands are read one after another whenever they come
OFFERED = ("250-PIPELINING",)

STORED = "250 2.0.0 Stored"
NO_ROOM = "452 4.3.1 Not enough room to store the message, try again later"
TOO_OFTEN = "450 4.7.1 Too many messages from you, try again later"
NOT_OURS = "550 5.1.1 No such mailbox here"
NOT_TEXT = "553 5.1.3 Address is not valid UTF-8"
MANY_RECIPIENTS = "452 4.5.3 Too many recipients"


class _Reception:
    """What the connections of one listener share: where mail goes, and how much is on its way."""

    def __init__(
        self, doorstep: Doorstep, ours: Addresses, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self.doorstep = doorstep
        self.ours = ours
        self.clock = clock
        self.limits = limits
        self.clients = Clients(limits)
        self.connections: set[Connection] = set()
        self.buffered = 0
        #: set whenever a connection is done with a message
        self.turned = asyncio.Event()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _: SMTP, session: Session, __: Envelope, hostname: str, offers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*offers[:-1], *OFFERED, offers[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        assert isinstance(server, Connection)
        if not _is_text(address):
            return NOT_TEXT
        if not self.clients.may_send(server.client):
            return TOO_OFTEN
        if not self.doorstep.has_room(_announced(options)):
            return NO_ROOM
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
        except NoRoom:
            return NO_ROOM
        except Exception:
            # Whatever it was, the message stays with the sender, who tries again.
            log.exception("could not store a message of %d octets", len(content))
            return NOT_STORED
        return STORED


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
    kind = LmtpConnection if lmtp else Connection
    loop = asyncio.get_running_loop()
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - before anybody is served
        server = await loop.create_unix_server(lambda: Door(reception, kind), path)
    else:
        host, _, port = listen.rpartition(":")
        server = await loop.create_server(
            lambda: Door(reception, kind), host.strip("[]"), int(port)
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


def _announced(options: Sequence[str]) -> int:
    """The size a client says its message has (RFC 1870); 0 when it does not."""
    sizes = [option.partition("=")[2] for option in options if option.upper().startswith("SIZE=")]
    return int(sizes[0]) if sizes and sizes[0].isdecimal() else 0


def _is_text(address: str) -> bool:
    # aiosmtpd keeps bytes that are no UTF-8 as surrogates, which no database stores.
    return "\0" not in address and address.isprintable()
