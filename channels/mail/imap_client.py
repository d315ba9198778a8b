"""A folder on an IMAP server that can be read, waited on and woken (IMAPClient, blocking)."""

import contextlib
import imaplib
import select
import socket
import ssl
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from channels.mail.config import Server
from channels.mail.xoauth2 import Tokens, log_in

CONNECT_SECONDS = 10.0
#: a server that says nothing for this long after a command has gone away without telling us
READ_SECONDS = 30.0
#: the other side of an idle connection that is gone is noticed within two minutes (tcp(7))
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
SEEN = b"\\Seen"
#: folders larger than this are searched by parts: the library takes no answer above 1 MB
MOST_IN_SEARCH = 100_000

#: what a caller of this module has to expect from a server
Refused = imaplib.IMAP4.error
Lost = imaplib.IMAP4.abort


class Waker:
    """A socket pair that ends a wait from another thread."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # whoever waited has closed it
            self._theirs.send(b"!")

    def fileno(self) -> int:
        return self._ours.fileno()

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


class _Client(IMAPClient):
    """IMAPClient whose `idle_check` also looks at what is already buffered, and can be woken.

    The greeting of IDLE and the first news may come in one segment. They are then in the reader's
    buffer, the socket is silent, and a plain poll of it would sleep on a message that is there.
    """

    def __init__(self, server: Server, waker: Waker | None) -> None:
        self._waker = waker
        self._look_first = True
        seconds: Any = SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        tls = server.protection == "tls"
        super().__init__(
            server.host,
            server.port,
            ssl=tls,
            ssl_context=ssl.create_default_context() if tls else None,
            timeout=seconds,
        )
        #: INTERNALDATE with its own offset, not in this machine's zone
        self.normalise_times = False
        self.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                self.socket().setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def idle(self) -> None:
        self._look_first = True
        super().idle()

    def take_news(self) -> bool:
        """Whether some command since the last call was answered with new messages besides."""
        answers: dict[str, Any] = self._imap.untagged_responses
        return answers.pop("EXISTS", None) is not None

    def _poll_socket(self, sock: Any, timeout: float | None = None) -> list[Any]:
        if self._look_first or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            self._look_first = False
            return [sock]
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        if self._waker is not None:
            poller.register(self._waker, select.POLLIN)
        return poller.poll(None if timeout is None else timeout * 1000)


@dataclass(frozen=True, slots=True)
class Status:
    """What SELECT said. `next_uid` is None where the server does not foretell it."""

    uidvalidity: int
    next_uid: int | None
    messages: int


class Folder:
    """One selected folder. Every method raises `Refused`, `Lost` (a kind of it) or `OSError`."""

    def __init__(self, client: Any, name: str, *, readonly: bool = False) -> None:
        self._client = client
        self.name = name
        #: false also where the server lets us only look
        self.writable = not readonly
        self.status = self.select()

    def select(self) -> Status:
        """Select the folder, also once more: by its name it may be another one by now."""
        try:
            answer = self._client.select_folder(self.name, readonly=not self.writable)
        except imaplib.IMAP4.readonly:
            self.writable = False
            answer = self._client.select_folder(self.name, readonly=True)
        if b"UIDVALIDITY" not in answer:
            # Without it UIDs mean nothing (RFC 3501 §2.3.1.1).
            msg = f"the server gives no UIDVALIDITY for {self.name}"
            raise Refused(msg)
        self.status = Status(
            uidvalidity=int(answer[b"UIDVALIDITY"]),
            next_uid=answer.get(b"UIDNEXT"),
            messages=int(answer.get(b"EXISTS", 0)),
        )
        return self.status

    def supports(self, capability: str) -> bool:
        return self._client.has_capability(capability)

    def uids(self, after: int, since: date | None = None) -> list[int]:
        """UIDs above `after`, rising; `since` compares days as the server sees them.

        What arrives from now on ends `wait`.
        """
        self._client.take_news()
        found: set[int] = set()
        for uids in self._parts(after):
            criteria: list[Any] = ["UID", uids]
            if since is not None:
                criteria += ["SINCE", since]
            found.update(self._client.search(criteria))
        # `n:*` names the last message even when its UID is below n.
        return sorted(uid for uid in found if uid > after)

    def _parts(self, after: int) -> Iterator[str]:
        first, following = after + 1, self.status.next_uid
        if following is not None and self.status.messages > MOST_IN_SEARCH:
            while first + MOST_IN_SEARCH < following:
                yield f"{first}:{first + MOST_IN_SEARCH - 1}"
                first += MOST_IN_SEARCH
        yield f"{first}:*"

    def holds(self, uid: int) -> bool:
        return bool(self._client.search(["UID", str(uid)]))

    def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        try:
            return self._client.fetch(uids, items)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # The answer was read to its end; the library could not make sense of it.
            msg = f"an answer that cannot be read ({type(error).__name__}: {error})"
            raise Refused(msg) from error

    def flag(self, uids: Sequence[int]) -> None:
        self._client.add_flags(uids, [SEEN], silent=True)

    def provide(self, names: Sequence[str]) -> str:
        """The first of these folders that takes messages, made when missing, with the prefix the
        server wants (RFC 2342); never this folder itself."""
        prefix = self._prefix()
        refusal = Refused("no name is left for it")
        for name in names:
            folder = prefix + name
            if folder.casefold() == self.name.casefold():
                continue
            try:
                if not self._takes_messages(folder):
                    self._client.create_folder(folder)
            except Lost:
                raise
            except Refused as error:
                refusal = error
            else:
                return folder
        raise refusal

    def _prefix(self) -> str:
        if not self.supports("NAMESPACE"):
            return ""
        personal = self._client.namespace().personal
        return personal[0][0] if personal else ""

    def _takes_messages(self, folder: str) -> bool:
        unusable = {b"\\noselect", b"\\nonexistent"}
        return any(
            not unusable & {flag.lower() for flag in flags}
            for flags, _, _ in self._client.list_folders("", folder)
        )

    def move(self, uids: Sequence[int], folder: str) -> None:
        if self.supports("MOVE"):
            self._client.move(uids, folder)
        else:
            self._client.copy(uids, folder)
            self.delete(uids)

    def delete(self, uids: Sequence[int]) -> None:
        """Mark as deleted, and expunge where UIDPLUS allows it for these alone."""
        self._client.delete_messages(uids, silent=True)
        if self.supports("UIDPLUS"):
            self._client.uid_expunge(uids)

    def wait(self, seconds: float) -> bool:
        """Return when the server has news (true), the waker was used, or after `seconds` (IDLE).

        News told beside the answer to another command are not told again.
        """
        if self._client.take_news():
            return True
        self._client.idle()
        # An empty answer means time is up, somebody woke us, or the connection is gone: leaving
        # IDLE tells the last from the others.
        news = self._client.idle_check(0) or self._client.idle_check(seconds)
        self._client.idle_done()
        return bool(news)

    def cut(self) -> None:
        """End whatever another thread is waiting for on this connection. Safe from any thread."""
        # Closing would wait for the reader's lock, which the waiting thread holds.
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def open_folder(
    server: Server,
    waker: Waker | None = None,
    *,
    readonly: bool = False,
    tokens: Tokens | None = None,
) -> Generator[Folder]:
    """Log in, by `tokens` where there are some, and select the server's folder.

    Where the settings ask for STARTTLS, a server that does not offer it gets no password. Raises
    `Refused`, `OSError` and whatever `tokens` does.
    """
    client: Any = _Client(server, waker)
    try:
        if server.protection == "starttls":
            client.starttls(ssl.create_default_context())
        if tokens is None:
            client.login(server.user, server.password)
        else:
            log_in(client, server, tokens)
        yield Folder(client, server.folder, readonly=readonly)
        client.logout()
    finally:
        # No good-bye after a failure: a server that no longer answers would be waited for.
        with contextlib.suppress(OSError):
            client.shutdown()


def check(server: Server, tokens: Tokens | None = None) -> str:
    """Log in and look at the folder, for `doctor`: what it holds and whether news are pushed.

    Raises as `open_folder` does.
    """
    with open_folder(server, readonly=True, tokens=tokens) as folder:
        pushed = "IDLE" if folder.supports("IDLE") else "polling"
        return f"{server.folder}: {folder.status.messages} messages, {pushed}"
