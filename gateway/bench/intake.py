"""Mail in: SMTP socket to visible ticket with its log and its acknowledgement queued.

Bars: at least 600 accepted and 250 applied a second in one process on SQLite, with 8 connections.
Accepting and applying share the process and run at the same time, as they do in life.
"""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from sqlalchemy.orm import Session

from gateway.bench import smtp_client
from gateway.bench.process import free_port, ponte, served
from gateway.runtime import clock, policy_of
from gateway.settings import Settings, load
from gateway.work import Work
from helpdesk import install, migrations, registers

TITLE = "intake: messages a second, 2 kB each, 8 connections"
MESSAGES = 4_000
CONNECTIONS = 8
PROVIDERS = 50
APPLY_SECONDS = 300


def measure() -> Mapping[str, float]:
    with tempfile.TemporaryDirectory(prefix="ponte-bench-") as folder:
        root = Path(folder)
        commits = _bare_commits(root)
        sink = _bare_sink()
        accepted, applied, together = _ponte(root)
    return {
        "bare SQLite commits/s (FULL, 3 rows)": commits,
        "bare aiosmtpd sink": sink,
        "Ponte accepted (durable before 250)": accepted,
        "Ponte applied (ticket, log, notice)": applied,
        "accepted / sink": accepted / sink,
        "accepted / commits": accepted / commits,
        "applied / commits": applied / commits,
        "applied while accepting, share": together,
    }


def _bare_commits(root: Path) -> float:
    """Transactions a second with three small rows each, WAL, synchronous=FULL."""
    connection = sqlite3.connect(root / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    count = 1_500
    started = time.perf_counter()
    for n in range(count):
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            connection.execute("INSERT INTO t (v) VALUES (?)", (f"row {n}" * 20,))
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return count / seconds


def _bare_sink() -> float:
    port = free_port()
    command = [sys.executable, "-m", "gateway.bench.sink", str(port)]
    with served(command, {}, port):
        return _load(port, "sink")


def _ponte(root: Path) -> tuple[float, float, float]:
    port, web = free_port(), free_port()
    environ = {
        "PONTE_DATABASE__URL": f"sqlite:///{root / 'ponte.db'}",
        "PONTE_BLOBS__URL": f"file:{root / 'blobs'}",
        "PONTE_WEB__PORT": str(web),
        "PONTE_INSURER__NAME": "Bench",
        "PONTE_INSURER__ANS_REGISTRATION": "999997",
        "PONTE_MAIL__ADDRESS": smtp_client.TO,
        "PONTE_MAIL__SMTP_LISTEN": f"127.0.0.1:{port}",
    }
    prepare(load(environ))
    database = root / "ponte.db"
    with served(ponte("serve"), environ, port):
        started = time.perf_counter()
        accepted = _load(port, token_hex(4))
        at_once = _tickets(database)
        while (visible := _tickets(database)) < MESSAGES:
            if time.perf_counter() - started > APPLY_SECONDS:
                msg = f"only {visible} of {MESSAGES} messages were applied"
                raise RuntimeError(msg)
            time.sleep(0.01)
        applied = MESSAGES / (time.perf_counter() - started)
    return accepted, applied, at_once / MESSAGES


def prepare(settings: Settings) -> None:
    """Schema, registers and the senders of the load."""
    policy_of(settings)
    work = Work(settings.database.url)
    with work.engine.begin() as connection:
        migrations.upgrade(connection)
    work.write_now(install.install)
    work.write_now(_register_senders)
    work.close()


def _register_senders(session: Session) -> None:
    now = clock()
    for n in range(smtp_client.SENDERS):
        code = f"B{n % PROVIDERS:04}"
        row = registers.ProviderRow(
            code=code, name=f"Prestador {code}", email=smtp_client.sender(n)
        )
        registers.upsert_provider(session, row, now=now)


def _load(port: int, run: str) -> float:
    arguments = [str(port), str(MESSAGES), str(CONNECTIONS), run]
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "gateway.bench.smtp_client", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def _tickets(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM ticket").fetchone()
    return int(count)
