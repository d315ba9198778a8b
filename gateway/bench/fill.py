"""A database of any size, filled as fast as it takes rows: COPY on PostgreSQL, many rows a
statement on SQLite; indexes of the full text are made at the end."""

import itertools
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gateway.bench.history import MESSAGE, TICKET, WORDS, Cast, History
from gateway.work import Work
from helpdesk import catalog, install, migrations, registers, search_index, tallies
from helpdesk.models import Agent, Profile, Provider
from helpdesk.models.base import EPOCH, MICROSECOND
from helpdesk.policy import Policy
from helpdesk.text import sort_name

AT_ONCE = 5_000
AGENTS = 60
#: tickets to a provider
PER_PROVIDER = 250
FEWEST_PROVIDERS = 50
#: the agent who looks at the lists
LOOKS = "ana"


def fill(work: Work, size: int, policy: Policy, now: datetime, *, said: bool = True) -> None:
    """An empty database becomes one with `size` tickets and five messages each on average.

    The last ticket has 200. Not `said`: lists only, without any message. Raises whatever the
    database raises.
    """
    with work.engine.begin() as connection:
        migrations.upgrade(connection)
    work.write_now(install.install)
    cast = work.write_now(_cast, size, policy, now)
    history = History(cast, size, now, policy.ans_registration)
    load = _sqlite if work.is_sqlite else _postgres
    with load(work) as put:
        for first in range(1, size + 1, AT_ONCE):
            tickets = list(history.tickets(first, min(first + AT_ONCE - 1, size)))
            put("ticket", TICKET, tickets)
            if said:
                spoken = list(history.messages(tickets))
                put("message", MESSAGE, [message for message, _ in spoken])
                put("message_search", WORDS, [found for _, found in spoken])
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{tickets[-1][0]:>9,} tickets")
    work.write_now(tallies.recount)
    _settle(work)


def _cast(session: Session, size: int, policy: Policy, now: datetime) -> Cast:
    count = max(FEWEST_PROVIDERS, size // PER_PROVIDER)
    rows: list[dict[str, Any]] = []
    for n in range(count):
        name = (
            f"{('Clínica', 'Hospital', 'Laboratório', 'Ágil Saúde')[n % 4]} {n * 7919 % count:05}"
        )
        rows.append({"code": f"B{n:05}", "name": name, "sort_name": sort_name(name)})
    session.execute(insert(Provider), rows)
    session.add(Profile(code="bench", name="Bench", permissions=["*"], groups=[]))
    session.flush()  # agents refer to it
    sectors = list(catalog.load(session, policy).sectors.values())
    agents: dict[int, list[int]] = {sector.id: [] for sector in sectors}
    for n, sector in zip(range(AGENTS), itertools.cycle(sectors), strict=False):
        login = LOOKS if n == 0 else f"agente{n:02}"
        name = f"{('Ana', 'Érica', 'Bruno', 'Íris', 'Caio')[n % 5]} {n:02}"
        agent = registers.add_agent(
            session, login, name, f"{login}@bench.example", "", now=now,
            profile="bench", sector=sector.code,
        )  # fmt: skip
        session.flush()  # its id
        agents[sector.id].append(agent.id)
    return Cast(
        providers=list(session.scalars(select(Provider.id).order_by(Provider.id))),
        provider_names={p.id: p.sort_name for p in session.scalars(select(Provider))},
        agents=agents,
        agent_names={a.id: a.sort_name for a in session.scalars(select(Agent))},
        registers=catalog.load(session, policy),
    )


@contextmanager
def _sqlite(work: Work) -> Generator[Any]:
    """One transaction a chunk; durability returns with the next connection."""
    with work.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("COMMIT") if driver.in_transaction else None
        driver.execute("PRAGMA synchronous = OFF")
        driver.execute("PRAGMA foreign_keys = OFF")
        for name in tallies.TRIGGERS:
            driver.execute(f"DROP TRIGGER {name}")

        def put(table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
            names = ", ".join(columns)
            if table == "message_search":
                names = "rowid, number, tokens"
            marks = ", ".join("?" * len(columns))
            driver.execute("BEGIN")
            driver.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
                (tuple(map(_plain, row)) for row in rows),
            )
            driver.execute("COMMIT")

        yield put
        for statement in tallies.CREATE["sqlite"]:
            driver.execute(statement)
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute("PRAGMA foreign_keys = ON")


def _plain(value: Any) -> Any:
    """A moment as SQLite keeps it, see `helpdesk.models.base.Moment`."""
    return (value - EPOCH) // MICROSECOND if isinstance(value, datetime) else value


@contextmanager
def _postgres(work: Work) -> Generator[Any]:
    """Rows come whole and in order: neither keys nor triggers have anything to say about them."""
    with psycopg.connect(
        work.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as link:
        link.execute("SET session_replication_role = replica")
        link.execute("SET synchronous_commit = off")
        link.execute("SET maintenance_work_mem = '512MB'")
        link.execute("CREATE UNLOGGED TABLE bench_words (id bigint, number bigint, doc text)")
        link.execute("DROP INDEX ix_message_search_doc")

        def put(table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
            target = "bench_words" if table == "message_search" else table
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(target), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with link.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    for row in rows:
                        copy.write_row(row)
                if target == "bench_words":
                    cursor.execute(search_index.FROM_WORDS.encode())
                    cursor.execute("TRUNCATE bench_words")

        yield put
        link.execute("DROP TABLE bench_words")
        link.execute(search_index.DOC_INDEX.encode())
        for table, key in (("ticket", "number"), ("message", "id")):
            link.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {}").format(
                    table, key, sql.Identifier(key), sql.Identifier(table)
                )
            )


def _settle(work: Work) -> None:
    """What a database that grew over years has done long ago."""
    with work.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if work.is_sqlite:
            driver.execute("ROLLBACK") if driver.in_transaction else None
            driver.execute("INSERT INTO message_search(message_search) VALUES ('optimize')")
            driver.execute("ANALYZE")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            driver.autocommit = True
            driver.execute("VACUUM ANALYZE")
            driver.autocommit = False
