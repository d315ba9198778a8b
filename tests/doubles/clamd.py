"""A clamd that knows one piece of malware: the test file of EICAR, which harms nothing."""

import socketserver
import threading
from types import TracebackType
from typing import Self

#: https://www.eicar.org/download-anti-malware-testfile, in two parts so that no scanner takes fright
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """`address` as the setting wants it; `seen` counts what was looked at."""

    def __init__(self) -> None:
        self.seen = 0
        clamd = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                command = b""
                while not command.endswith(b"\0"):
                    command += self.rfile.read(1)
                if command == b"zVERSION\0":
                    self.wfile.write(b"ClamAV 1.4.2\0")
                    return
                data = b""
                while size := int.from_bytes(self.rfile.read(4), "big"):
                    data += self.rfile.read(size)
                clamd.seen += 1
                found = b"Eicar-Test-Signature FOUND" if EICAR in data else b"OK"
                self.wfile.write(b"stream: " + found + b"\0")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = "{}:{}".format(*self._server.server_address)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
