"""SMTP out: every mail leaves through one relay, over connections that are kept for the next."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from datetime import datetime

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from channels.mail import faults
from channels.mail.compose import ComposedMail, Sheet, compose
from channels.mail.config import Server
from channels.mail.mime import Attached
from channels.mail.oauth import Account
from helpdesk.border import Channel, File, Outbound
from helpdesk.errors import Deferred, Undeliverable
from helpdesk.ports import BlobStore

#: kept open and silent for so long, in seconds; Postfix hangs up after 300, some after 30
IDLE_SECONDS = 20.0
#: an answer of the relay may take so long; RFC 5321 §4.5.3.2 asks for more, the outbox tries again
ANSWER_SECONDS = 60.0
MOST_CONNECTIONS = 4


class Relay:
    """The mail channel's `Sender`."""

    channels = frozenset({Channel.MAIL})

    def __init__(
        self,
        server: Server,
        sheet: Sheet,
        blobs: BlobStore,
        clock: Callable[[], datetime],
        account: Account | None = None,
    ) -> None:
        """`account`: who logs in with an access token instead of a password."""
        self._server = server
        self._account = account
        self._sheet = sheet
        self._blobs = blobs
        self._clock = clock
        self._idle: list[tuple[SMTP, asyncio.TimerHandle]] = []
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, outbound: Outbound) -> str | None:
        """Hand the mail over; returns its Message-ID.

        Raises `Undeliverable` when the relay refuses the recipient or the content for good, and
        `Deferred` for everything else: what is wrong with us or the relay is not the message's
        fault and passes.
        """
        # Files may be large: reading and encoding them is no work for the loop.
        try:
            mail = await asyncio.to_thread(self._compose, outbound)
        except FileNotFoundError as error:
            msg = "the bytes of an attachment are missing"
            raise Deferred(msg) from error
        async with self._places:
            await self._hand_over(mail)
        return mail.message_id

    async def close(self) -> None:
        """Hang up every idle connection."""
        idle, self._idle = self._idle, []
        for client, timer in idle:
            timer.cancel()
            await _quit(client)
        await asyncio.gather(*self._closing)

    def _compose(self, outbound: Outbound) -> ComposedMail:
        files = [self._attached(file) for file in outbound.files]
        return compose(outbound, files, self._sheet, self._clock())

    def _attached(self, file: File) -> Attached:
        return Attached(file.filename, file.content_type, self._blobs.get(file.sha256))

    async def _hand_over(self, mail: ComposedMail) -> None:
        try:
            client = await self._connection()
        except faults.ERRORS as error:
            raise faults.unreachable(error) from error
        try:
            await _transact(client, mail)
        except Undeliverable:
            self._keep(client)
            raise
        except faults.ERRORS as error:
            refused = faults.refusal(error)
            if client.is_connected and not faults.is_leaving(error):
                self._keep(client)
            else:
                client.close()
            raise refused from error
        except BaseException:
            # Cancelled in the middle: what the relay took of it is not known.
            client.close()
            raise
        self._keep(client)

    async def _connection(self) -> SMTP:
        """One that waits and still answers, else a new one. Raises as `connect` does."""
        while self._idle:
            client, timer = self._idle.pop()
            timer.cancel()
            with contextlib.suppress(SMTPException, OSError):
                await client.noop()
                return client
            client.close()
        name = self._sheet.mailboxes[0].rpartition("@")[2]
        return await connect(self._server, name, self._account)

    def _keep(self, client: SMTP) -> None:
        timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, client)
        self._idle.append((client, timer))

    def _expire(self, client: SMTP) -> None:
        self._idle = [(other, timer) for other, timer in self._idle if other is not client]
        closing = asyncio.create_task(_quit(client))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def connect(server: Server, name: str, account: Account | None = None) -> SMTP:
    """Open a session, protected as the settings say and never less, and log in.

    `name` is what we call ourselves. An access token that the relay refuses is replaced once.
    Raises `SMTPException`, `OSError` and, with an account, `NoToken`.
    """
    if account is None:
        return await _open(server, name, None)
    try:
        return await _open(server, name, account)
    except SMTPAuthenticationError:
        return await _open(server, name, account)


async def _open(server: Server, name: str, account: Account | None) -> SMTP:
    token = await account.token() if account is not None else None
    client = SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=name,
        timeout=ANSWER_SECONDS,
        use_tls=server.protection == "tls",
        # Ours to begin, so that we know what failed; never None, which takes what is offered
        start_tls=False,
        tls_context=None if server.protection == "none" else ssl.create_default_context(),
    )
    try:
        await client.connect()
        if server.protection == "starttls":
            await _protect(client)
        if server.user is not None:
            await _log_in(client, server.user, server.password or "", token)
    except BaseException as error:
        client.close()
        if account is not None and token and isinstance(error, SMTPAuthenticationError):
            account.refuse(token)
        raise
    return client


async def _protect(client: SMTP) -> None:
    """Raises `faults.NoTls` where the relay does not let us."""
    try:
        await client.starttls()
    except (SMTPHeloError, SMTPServerDisconnected, SMTPTimeoutError):
        raise
    except SMTPException as error:
        msg = f"no STARTTLS: {faults.told(error)}"
        raise faults.NoTls(msg) from error


async def _log_in(client: SMTP, user: str, password: str, token: str | None) -> None:
    """Raises `faults.NoLogIn` where the relay offers nothing that we could answer."""
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    if token is None and client.supported_auth_methods:
        await client.login(user, password)
    elif token is not None and "xoauth2" in client.server_auth_methods:
        await client.auth_xoauth2(user, token)
    else:
        wanted = "a log-in by password" if token is None else "XOAUTH2"
        offered = " ".join(client.server_auth_methods) or "none"
        msg = f"the relay does not offer {wanted}, but {offered}"
        raise faults.NoLogIn(msg)


async def check(server: Server, name: str, account: Account | None = None) -> str:
    """Open a session and leave, for `doctor`. Raises as `connect` does."""
    client = await connect(server, name, account)
    await client.ehlo()
    await _quit(client)
    return (
        f"{server.host}:{server.port}: {'in the clear' if server.protection == 'none' else 'TLS'}"
    )


async def _transact(client: SMTP, mail: ComposedMail) -> None:
    """Raises `faults.ERRORS`, and `Undeliverable` for what is not worth trying."""
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    limit = client.esmtp_extensions.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < len(mail.message):
        raise faults.too_large(len(mail.message), int(limit))
    mail_options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
    recipient_options: list[str] = []
    if client.supports_extension("dsn"):
        # The envelope sender tells which notice came back; the text of it need not travel.
        mail_options.append("RET=HDRS")
        recipient_options.append("NOTIFY=FAILURE,DELAY")
    await client.sendmail(
        mail.envelope_from,
        [mail.recipient],
        mail.message,
        mail_options=mail_options,
        rcpt_options=recipient_options,
    )


async def _quit(client: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await client.quit()
    client.close()
