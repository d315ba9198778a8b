"""A folder on an IMAP server that can be read, waited on and woken (IMAPClient, blocking)."""

import contextlib
import imaplib
import select
import socket
import ssl
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from channels.mail.config import Server

CONNECT_SECONDS = 10.0
#: a server that says nothing for this long after a command has gone away without telling us
READ_SECONDS = 30.0
SEEN = b"\\Seen"

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
        answer = client.select_folder(name, readonly=readonly)
        self.status = Status(
            uidvalidity=int(answer[b"UIDVALIDITY"]),
            next_uid=answer.get(b"UIDNEXT"),
            messages=int(answer[b"EXISTS"]),
        )

    def supports(self, capability: str) -> bool:
        return self._client.has_capability(capability)

    def uids(self, after: int, since: date | None = None) -> list[int]:
        """UIDs above `after`, rising; `since` compares days as the server sees them.

        What arrives from now on ends `wait`.
        """
        criteria: list[Any] = ["UID", f"{after + 1}:*"]
        if since is not None:
            criteria += ["SINCE", since]
        self._client.take_news()
        # `n:*` names the last message even when its UID is below n.
        return sorted(uid for uid in self._client.search(criteria) if uid > after)

    def holds(self, uid: int) -> bool:
        return bool(self._client.search(["UID", str(uid)]))

    def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        return self._client.fetch(uids, items)

    def flag(self, uids: Sequence[int]) -> None:
        self._client.add_flags(uids, [SEEN], silent=True)

    def make(self, folder: str) -> None:
        """Create another folder unless it is there."""
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)

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

    def wait(self, seconds: float) -> None:
        """Return when the server has news, the waker was used, or after `seconds` (IDLE).

        News told beside the answer to another command are not told again.
        """
        if self._client.take_news():
            return
        self._client.idle()
        # An empty answer means time is up, somebody woke us, or the connection is gone: leaving
        # IDLE tells the last from the others.
        if not self._client.idle_check(0):
            self._client.idle_check(seconds)
        self._client.idle_done()

    def cut(self) -> None:
        """End whatever another thread is waiting for on this connection. Safe from any thread."""
        # Closing would wait for the reader's lock, which the waiting thread holds.
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def open_folder(
    server: Server, waker: Waker | None = None, *, readonly: bool = False
) -> Generator[Folder]:
    """Log in and select the server's folder. Raises `Refused` and `OSError`.

    Where the settings ask for STARTTLS, a server that does not offer it gets no password.
    """
    client: Any = _Client(server, waker)
    try:
        if server.protection == "starttls":
            client.starttls(ssl.create_default_context())
        client.login(server.user, server.password)
        yield Folder(client, server.folder, readonly=readonly)
        client.logout()
    finally:
        # No good-bye after a failure: a server that no longer answers would be waited for.
        with contextlib.suppress(OSError):
            client.shutdown()


def check(server: Server) -> str:
    """Log in and look at the folder, for `doctor`: what it holds and whether news are pushed.

    Raises `Refused` and `OSError`.
    """
    with open_folder(server, readonly=True) as folder:
        pushed = "IDLE" if folder.supports("IDLE") else "polling"
        return f"{server.folder}: {folder.status.messages} messages, {pushed}"
