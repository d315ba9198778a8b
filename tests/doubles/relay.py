"""A relay on loopback that keeps what it is handed, and can answer as relays do on bad days."""

import asyncio
import email
import email.policy
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.doubles.certificates import certify
from tests.doubles.oauth import Issuer
from tests.doubles.processes import PATIENCE, free_port

#: parameters of RFC 3461 that a relay may be given
DSN = frozenset({"RET", "NOTIFY"})
#: an answer of the relay that says nothing and hangs up
DROP = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """One message as the relay took it; `encrypted`: inside TLS. `notify`: what its recipient
    was to be told of (RFC 3461 §4.1)."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    notify: tuple[str, ...]

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)


class _Server(SMTP):
    async def push(self, status: str | bytes) -> None:
        if status == DROP:
            self.transport.abort()
            return
        await super().push(status)

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        """Those of DSN are known here; what RCPT asks for reaches its hook all the same."""
        found = super()._getparams(params)
        return found and {name: value for name, value in found.items() if name not in DSN}


class Relay:
    """Runs in a thread of its own between `start` and `stop`; a stopped one may start again."""

    def __init__(
        self, *, starttls: Path | None = None, name: str = "localhost", guarded: bool = False
    ) -> None:
        """`starttls`: a folder for key and certificate, of `name`; then nothing is taken without
        TLS. `guarded`: nothing is taken without a log-in, by `password` or a token of `issuer`."""
        self.port = free_port()
        self.guarded = guarded
        self.password = ""
        self.issuer: Issuer | None = None
        self.certificate: Path | None = None
        self._tls: ssl.SSLContext | None = None
        if starttls is not None:
            self.protect(starttls, name)
        self._handed: list[Handed] = []
        self._arrived = threading.Condition()
        self._refusals: defaultdict[str, deque[str]] = defaultdict(deque)
        self._always: dict[str, str] = {}
        self._after_data: deque[str] = deque()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def handed(self) -> list[Handed]:
        """Everything taken so far, in order."""
        with self._arrived:
            return list(self._handed)

    def sent_to(self, recipient: str) -> list[Handed]:
        return [handed for handed in self.handed if recipient in handed.recipients]

    def wait(self, count: int, recipient: str | None = None) -> list[Handed]:
        """Wait until so many messages were taken (for one recipient); returns them."""

        def present() -> list[Handed]:
            return [h for h in self._handed if recipient is None or recipient in h.recipients]

        with self._arrived:
            if not self._arrived.wait_for(lambda: len(present()) >= count, PATIENCE):
                raise AssertionError(f"{len(present())} of {count} messages: {present()}")
            return present()

    def protect(self, folder: Path, name: str) -> None:
        """Offer STARTTLS to whoever comes from now on, and take nothing without."""
        self.certificate, self._tls = folder / "relay.crt", _tls(folder, name)

    def answer(self, recipient: str, *answers: str) -> None:
        """Answer the next RCPT of that recipient so (`451 4.2.1 Full`, `DROP`), once each."""
        self._refusals[recipient].extend(answers)

    def answer_always(self, recipient: str, answer: str) -> None:
        self._always[recipient] = answer

    def answer_data(self, *answers: str) -> None:
        """Take the next messages, but answer so: `DROP` after taking is the doubtful case."""
        self._after_data.extend(answers)

    def start(self) -> None:
        self._call(self._start())

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._call(self._stop())

    def close(self) -> None:
        if self._server is not None:
            self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def log_in(
        self, _: SMTP, __: Session, ___: Envelope, ____: str, given: LoginPassword
    ) -> AuthResult:
        good = bool(self.password) and given.password == self.password.encode()
        return AuthResult(success=good, handled=False)

    async def auth_XOAUTH2(self, _: SMTP, given: list[str]) -> AuthResult:  # noqa: N802 - as below
        issuer = self.issuer
        good = issuer is not None and issuer.accepts(given[1].encode(), issuer.user)
        return AuthResult(success=good, handled=False)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _: SMTP, session: Session, __: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.guarded and not session.authenticated:
            return "530 5.7.0 Authentication required"
        waiting = self._refusals[address]
        if waiting:
            return waiting.popleft()
        if address in self._always:
            return self._always[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        handed = Handed(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=content,
            encrypted=session.ssl is not None,
            notify=tuple(envelope.rcpt_options),
        )
        answer = self._after_data.popleft() if self._after_data else "250 Taken"
        if answer == DROP or answer.startswith("2"):
            with self._arrived:
                self._handed.append(handed)
                self._arrived.notify_all()
        return answer

    async def _start(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Server(
                self,
                loop=self._loop,
                hostname="relay.test",
                enable_SMTPUTF8=True,
                tls_context=self._tls,
                require_starttls=self._tls is not None,
                auth_require_tls=not self.guarded,
                authenticator=self.log_in,
            ),
            "127.0.0.1",
            self.port,
        )

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        self._server = None

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


def _tls(folder: Path, host: str) -> ssl.SSLContext:
    certificate, key = certify(folder, "relay", host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
