"""A small server for templates alone: the front end's tests need pages before there is an app.

It sends the strictest policy a page may be served with, answers whatever a page posts, and holds
event streams open that a test writes to.
"""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from gateway.templating import STATIC

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-src 'self'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass
class Pages:
    """`get` and `post` map a path to what answers; `posted` is what arrived, in order."""

    url: str = ""
    get: dict[str, Callable[[], str]] = field(default_factory=dict)
    post: dict[str, Callable[[bytes], tuple[int, str]]] = field(default_factory=dict)
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    streams: list[queue.Queue[str | None]] = field(default_factory=list)

    def tell(self, event: str | None) -> None:
        """To every open stream; None ends them."""
        for stream in self.streams:
            stream.put(event)


class Handler(BaseHTTPRequestHandler):
    pages: Pages
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        asset = STATIC / Path(path).name
        if path == "/stream":
            self.stream()
        elif path.startswith("/static/") and asset.is_file():
            self.answer(200, asset.read_bytes(), TYPES.get(asset.suffix, "text/plain"))
        elif path in self.pages.get:
            self.answer(200, self.pages.get[path]().encode())
        else:
            self.answer(200, f"<!doctype html><title>{path}</title><main>{path}</main>".encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        path = urlsplit(self.path).path
        self.pages.posted.append((path, body))
        if path in self.pages.post:
            status, text = self.pages.post[path](body)
            self.answer(status, text.encode())
            return
        self.send_response(303)
        self.send_header("location", f"/done{path}")
        self.send_header("content-length", "0")
        self.end_headers()

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        events: queue.Queue[str | None] = queue.Queue()
        event: str | None = ": open\n\n"
        self.pages.streams.append(events)
        try:
            while event is not None:
                self.wfile.write(event.encode())
                self.wfile.flush()
                event = events.get()
        except OSError:
            return  # the page went away

    def answer(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(pages: Pages) -> Iterator[Pages]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"pages": pages}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    pages.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield pages
    finally:
        pages.tell(None)
        server.shutdown()
        server.server_close()
        thread.join()
