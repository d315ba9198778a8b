"""Starting other people's servers: own folder, own free port, as a user that may run them."""

import contextlib
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

#: how long a server may take to come up or go down, in seconds
PATIENCE = 120.0
#: below what Linux gives to outgoing connections (ip(7), ip_local_port_range)
PORTS = (15_000, 32_000)
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 * 1024**3

# Processes of a run draw from one range, so not by a seed that a plugin sets.
_ports = random.SystemRandom()


class NotRunning(AssertionError):
    """A part the tests need is missing or did not start."""


def free_port() -> int:
    """A port nobody listens on. Not one of those that outgoing connections get: between now and
    the start of the server, one of the browser's or of the database's would take it."""
    while True:
        port = _ports.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


def find_program(name: str, *folders: str) -> Path:
    """Look for a program in `folders` (globs, the highest version first), then in PATH."""
    for pattern in folders:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / name).is_file():
                return folder / name
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise NotRunning(f"{name} is not installed: `make test` installs it when run as root")
    return Path(found)


def own_folder(name: str, user: str | None, *, in_memory: bool = False) -> Path:
    """Make a folder that `user` can reach, below the system's temporary one.

    `in_memory`: where memory is mounted as a file system with room for it, which makes a database
    server ten times as fast at creating databases.
    """
    roomy = in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    folder = Path(tempfile.mkdtemp(prefix=f"ponte-{name}-", dir=MEMORY if roomy else None))
    folder.chmod(0o755)
    if user is not None:
        shutil.chown(folder, user, user)
    return folder


def unprivileged(user: str) -> str | None:
    """Return `user` when we are root, which these servers refuse; else None, meaning ourselves."""
    return user if os.geteuid() == 0 else None


def wait_until(ready: Callable[[], bool], why: Callable[[], str]) -> None:
    """Ask until `ready`; fails with what `why` says (a log) when it takes too long."""
    last = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > last:
            raise NotRunning(why())
        time.sleep(0.02)
