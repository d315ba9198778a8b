"""The only place that opens transactions.

`write` runs a verb in one transaction and returns after COMMIT; a verb that raises changes
nothing. SQLite: one writer thread (`BEGIN IMMEDIATE`, WAL, `synchronous=FULL`) and a pool of
`query_only` readers. PostgreSQL: a small pool of threads for both, reads in `READ ONLY`.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from gateway.pulse import Pulse

P = ParamSpec("P")
T = TypeVar("T")

READERS = 4
POSTGRES_THREADS = 8
#: how long another process may hold the SQLite write lock before we give up, in seconds
BUSY_SECONDS = 30
#: serialization_failure, deadlock_detected
RETRIED_STATES = frozenset({"40001", "40P01"})
TRIES = 4
#: PostgreSQL's NOTIFY is only a wake-up; many commits share one
NOTIFY_SECONDS = 0.05
CHANNEL = "ponte"
#: what processes tell each other and no table keeps (presence)
WHISPERS = "ponte_whispers"
#: Compiling a list's plan or starting workers for it takes longer than running it, and its pages
#: are in memory or on flash: with the defaults for spinning disks the planner reads whole tables
#: instead of an index.
POSTGRES_OPTIONS = (
    "-c synchronous_commit=on -c timezone=UTC -c jit=off -c random_page_cost=1.1"
    " -c max_parallel_workers_per_gather=0"
)


class Work:
    """Two doors to the core, `read` and `write`, each also in a synchronous form for commands."""

    def __init__(self, url: str, *, busy_seconds: int = BUSY_SECONDS) -> None:
        self.url = make_url(url)
        self.pulse = Pulse()
        self._telling: asyncio.Task[None] | None = None
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, busy_seconds, query_only=False, size=1)
            self._reader = _sqlite_engine(self.url, busy_seconds, query_only=True, size=READERS)
            writers, readers = 1, READERS
        else:
            self._writer = _postgres_engine(self.url)
            self._reader = self._writer.execution_options(postgresql_readonly=True)
            writers = readers = POSTGRES_THREADS
        self._write_pool = ThreadPoolExecutor(writers, thread_name_prefix="write")
        self._read_pool = ThreadPoolExecutor(readers, thread_name_prefix="read")

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        """For migrations and checks; everything else goes through `read` and `write`."""
        return self._writer

    async def read(
        self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        call = partial(self.read_now, query, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._read_pool, call)

    async def write(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def call() -> tuple[T, bool]:
            return self._write(verb, *args, **kwargs)

        result, news = await asyncio.get_running_loop().run_in_executor(self._write_pool, call)
        if news:
            self.pulse.beat()
            self._tell_others()
        return result

    async def whisper(self, told: str) -> None:
        """Tell the other processes, and this one, something short that is not worth a row."""
        if self.is_sqlite:
            return
        await asyncio.get_running_loop().run_in_executor(self._write_pool, self._whisper, told)

    def read_now(
        self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with Session(self._reader, expire_on_commit=False) as session:
            result = query(session, *args, **kwargs)
            # Nothing is to be undone, and PostgreSQL's driver forgets what it prepared at ROLLBACK.
            session.commit()
            return result

    def write_now(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for a command that has no loop; other processes see it by the database."""
        result, news = self._write(verb, *args, **kwargs)
        if news and not self.is_sqlite:
            self._notify()
        return result

    def close(self) -> None:
        self._write_pool.shutdown()
        self._read_pool.shutdown()
        self._writer.dispose()
        self._reader.dispose()

    def _write(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, bool]:
        """The verb's result, and whether it made news (`events.ring`)."""
        # A verb is a function of the database: when two collide (a double click sends one form
        # twice, both pass the look-up, one INSERT wins), running the loser again lets it see the
        # winner and answer "already there" instead of an error.
        for attempt in range(TRIES):
            try:
                with Session(self._writer, expire_on_commit=False) as session, session.begin():
                    result = verb(session, *args, **kwargs)
                return result, bool(session.info.get("news"))
            except DBAPIError as error:
                if attempt == TRIES - 1 or not _collided(error):
                    raise
                time.sleep(0.01 * 2**attempt)
        raise AssertionError  # the last try returns or raises

    def _tell_others(self) -> None:
        """Wake the other processes, at most once every `NOTIFY_SECONDS`. SQLite has none that
        wait: short commands only write."""
        if self.is_sqlite or self._telling is not None:
            return
        self._telling = asyncio.create_task(self._notify_soon())

    async def _notify_soon(self) -> None:
        await asyncio.sleep(NOTIFY_SECONDS)
        self._telling = None
        await asyncio.get_running_loop().run_in_executor(self._write_pool, self._notify)

    def _whisper(self, told: str) -> None:
        with self._writer.connect() as connection:
            connection.execute(select(func.pg_notify(WHISPERS, told)))
            connection.commit()

    def _notify(self) -> None:
        with self._writer.connect() as connection:
            connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
            connection.commit()


def _collided(error: DBAPIError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    return getattr(error.orig, "sqlstate", None) in RETRIED_STATES


class _HintingCompiler(SQLiteCompiler):
    """SQLAlchemy has hints for a table, but no spelling of them for this database."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        del table  # the hint stands beside it
        return text


def _sqlite_engine(url: URL, busy_seconds: int, *, query_only: bool, size: int) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,  # the connection used last has its pages and statements at hand
        connect_args={"check_same_thread": False, "timeout": busy_seconds},
    )
    engine.dialect.statement_compiler = _HintingCompiler

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # The driver must not open transactions by itself: `begin` below says which kind.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit we spoke of survives a power cut, not only a crash of the process
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        # The kernel keeps what was read; a cache of each connection's own would hold it again, and
        # an export of everything fills them all. What is being written has to be held.
        connection.execute(f"PRAGMA cache_size = -{4_096 if query_only else 16_384}")
        connection.execute("PRAGMA mmap_size = 2147418112")  # the most SQLite is built for
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if query_only else "BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: URL) -> Engine:
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        pool_size=POSTGRES_THREADS * 2,
        max_overflow=2,
        # A connection plans a statement anew the first ten times: the one used last knows most.
        pool_use_lifo=True,
        pool_pre_ping=True,
        connect_args={"options": POSTGRES_OPTIONS},
    )
