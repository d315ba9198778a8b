"""A PostgreSQL of our own on loopback, when its programs are installed."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from gateway.bench.process import free_port

OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=1GB"
    " -c maintenance_work_mem=512MB -c max_wal_size=4GB"
)
#: PostgreSQL refuses to run as root
USER = "postgres"


@contextmanager
def cluster(folder: Path) -> Generator[str | None]:
    """The URL without a database; None when there is no `initdb`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    programs = found[0].parent if found else Path(on_path).parent if on_path else None
    if programs is None:
        yield None
        return
    data, port = folder / "postgres", free_port()
    user = USER if os.geteuid() == 0 else None
    data.mkdir()
    if user is not None:
        folder.chmod(0o755)
        shutil.chown(data, user, user)
    _run(user, programs / "initdb", "-D", str(data), "-U", "ponte", "-A", "trust", "-E", "UTF8",
         "--locale", "C.UTF-8")  # fmt: skip
    control = (programs / "pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"))
    _run(user, *control, "-o", f"-p {port} {OPTIONS}", "start")
    try:
        yield f"postgresql://ponte@127.0.0.1:{port}"
    finally:
        _run(user, *control, "stop", "-m", "fast")


def _run(user: str | None, program: Path, *arguments: str) -> None:
    subprocess.run(  # noqa: S603 - the distribution's own programs
        [str(program), *arguments],
        check=True,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
