"""Looking for malware: bytes are shown to clamd before they are stored (its INSTREAM command).

The protocol is one word and a length before each piece: shorter than the use of a library for it.
"""

import socket
from collections.abc import Callable

from helpdesk.errors import Deferred

#: of one piece, in octets
PIECE = 256 * 1024
#: how long a file may take, in seconds
PATIENCE = 60.0
#: what an answer may hold
MOST_ANSWER = 4096
#: when to come again, in seconds
LATER = 60

Scan = Callable[[bytes], str]


def scanner(address: str | None) -> Scan:
    """`unix:PATH` or `host:port`; None looks at nothing. What it gives names the malware, "" for
    none, and raises `Deferred` while nobody can tell: nothing is taken for clean."""
    if address is None:
        return lambda _: ""

    def look(data: bytes) -> str:
        try:
            return scan(address, data)
        except OSError as error:
            msg = f"scanner: {error}"
            raise Deferred(msg, LATER) from error

    return look


def scan(address: str, data: bytes) -> str:
    """Raises `OSError` when clamd cannot be asked, or does not want to look."""
    with _connected(address) as clamd:
        clamd.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            clamd.sendall(len(piece).to_bytes(4, "big") + piece)
        clamd.sendall(bytes(4))
        answer = _answer(clamd)
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    msg = f"clamd said: {answer or 'nothing'}"
    raise OSError(msg)


def version(address: str) -> str:
    """Raises `OSError`."""
    with _connected(address) as clamd:
        clamd.sendall(b"zVERSION\0")
        return _answer(clamd)


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        clamd = socket.socket(socket.AF_UNIX)
        clamd.settimeout(PATIENCE)
        clamd.connect(address.removeprefix("unix:"))
        return clamd
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)


def _answer(clamd: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < MOST_ANSWER:
        piece = clamd.recv(MOST_ANSWER)
        if not piece:
            break
        said += piece
    return said.rstrip(b"\0\n").decode("utf-8", "replace")
