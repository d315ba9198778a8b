"""A server of our own in a process of its own, for benches that measure it from outside."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import IO

START_SECONDS = 60


@contextlib.contextmanager
def served(
    command: list[str], environ: Mapping[str, str], port: int
) -> Generator["subprocess.Popen[bytes]"]:
    """Runs while the block does. Raises `RuntimeError` when nothing listens on the port."""
    # What it logs goes to a file: nobody reads a pipe here, and a full one would stop the server.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            command, env={**_plain_environment(), **environ}, stdout=said, stderr=said
        )
        try:
            _wait_for(port, process, said)
            yield process
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def memory(pid: int) -> float:
    """Memory of its own that a process holds, in MiB: pages of a mapped database are the kernel's,
    which takes them back when it needs them."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"RssAnon:\s+(\d+) kB", status)
    return int(kilobytes) / 1024


def ponte(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gateway", *arguments]


def _plain_environment() -> dict[str, str]:
    """The machine's, without settings of an instance that happen to be set."""
    machine = os.environ  # noqa: TID251 - passed on to processes of its own
    return {name: value for name, value in machine.items() if not name.startswith("PONTE_")}


def _wait_for(port: int, process: "subprocess.Popen[bytes]", said: IO[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said.seek(0)
            msg = f"the server ended: {said.read()}"
            raise RuntimeError(msg)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    msg = f"nothing listens on port {port}"
    raise RuntimeError(msg)
