"""An own PostgreSQL cluster on loopback, without durability: tests lose nothing that matters."""

import itertools
import shutil
import subprocess
from pathlib import Path

import psycopg

from tests.doubles.processes import find_program, free_port, own_folder, unprivileged

FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_wal_size": "256MB",
}


class Postgres:
    """Started by `start`; `create` copies a template in some 50 ms."""

    def __init__(self) -> None:
        self.port = free_port()
        self._user = unprivileged("postgres")
        self._initdb = find_program("initdb", "/usr/lib/postgresql/*/bin")
        self._folder = own_folder("postgres", self._user, in_memory=True)
        self._numbers = itertools.count(1)
        self._run(
            str(self._initdb), "--pgdata", self._data, "--username", "ponte", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in FAST.items())
        self._control(
            "start", "--log", str(self._folder / "log"), "-o", f"-p {self.port} {options}"
        )

    def stop(self, mode: str = "immediate") -> None:
        self._control("stop", "--mode", mode)

    def restart(self) -> None:
        """Every connection breaks, as when the machine of the database restarts."""
        self.stop()
        self.start()

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    def url(self, name: str) -> str:
        return f"postgresql://ponte@127.0.0.1:{self.port}/{name}"

    def create(self, template: str = "template1") -> str:
        """Create a database of its own name; returns its URL."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _control(self, *arguments: str) -> None:
        self._run(str(self._initdb.with_name("pg_ctl")), "--pgdata", self._data, "-w", *arguments)

    def _run(self, *command: str) -> None:
        # Output goes to a file: a server that inherits a pipe keeps it open for ever.
        with (self._folder / "out").open("ab") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                cwd=self._folder,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
        if done.returncode:
            raise AssertionError(self._read("out") + self._read("log"))

    def _read(self, name: str) -> str:
        path = Path(self._folder / name)
        return path.read_text(errors="replace") if path.exists() else ""
