"""Another system on loopback that takes webhooks: what was posted to it, answered as told."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Hit:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers`: the status of each hit by its count, from 1; `hits` counts connections that said
    something, whatever they said."""

    answers: Callable[[int], int] = lambda _: 204
    #: where a 3xx leads to
    location: str = ""
    #: set: an answer waits for it
    gate: threading.Event | None = None
    hits: list[Hit] = field(default_factory=list[Hit])
    port: int = 0
    #: what clients called the server in the TLS handshake
    names: list[str | None] = field(default_factory=list[str | None])


@contextlib.contextmanager
def receiver(
    kept: Receiver | None = None, *, tls: tuple[Path, Path] | None = None, host: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """`tls`: certificate and key."""
    kept = kept or Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.hits.append(Hit(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if kept.gate is not None:
                kept.gate.wait(60)
            self.send_response(kept.answers(len(kept.hits)))
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            kept.hits.append(Hit(self.path, dict(self.headers.items()), b""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, *_: object) -> None:
            """A client that went away is what some tests are about."""

    server = Server((host, 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        context.sni_callback = lambda _, name, __: kept.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        if kept.gate is not None:
            kept.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
