"""A line between browser and server that breaks: a proxy on loopback, told when to give way."""

import contextlib
import socket
from collections.abc import Iterator
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

CHUNK = 16 * 1024


class Line:
    """Forwards to `target` (a port) what comes to `url`. `sent` counts the octets that went to the
    server. `cut_after`: once so many more went, everything breaks and stays so until `mend`."""

    def __init__(self, target: int) -> None:
        self.target, self.sent = target, 0
        #: set while the line is cut
        self.is_cut = Event()
        self._left: int | None = None
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._listening.close()
        self._break()

    def cut_after(self, octets: int) -> None:
        self._left = octets

    def mend(self) -> None:
        self._left = None
        self.is_cut.clear()

    def _accept(self) -> None:
        for near in self._connections():
            if self.is_cut.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _connections(self) -> Iterator[socket.socket]:
        with contextlib.suppress(OSError):
            while True:
                yield self._listening.accept()[0]

    def _pass(self, source: socket.socket, to: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if up and not self._may_pass(len(data)):
                    self._break()
                    break
                to.sendall(data)
        for each in (source, to):
            self._hang_up(each)

    def _may_pass(self, octets: int) -> bool:
        with self._lock:
            self.sent += octets
            if self._left is not None:
                self._left -= octets
                if self._left < 0:
                    self.is_cut.set()
            return not self.is_cut.is_set()

    def _break(self) -> None:
        with self._lock:
            broken, self._open = self._open, set()
        for each in broken:
            self._hang_up(each)

    def _hang_up(self, each: socket.socket) -> None:
        with self._lock:
            self._open.discard(each)
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
