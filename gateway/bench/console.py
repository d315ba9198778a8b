"""The console over a long history: lists, counts, search, an open ticket and files.

Fills a database of each size and kind, or takes the one at `url` as it is, and measures the
server's own functions; pages and files through HTTP from a `ponte serve` of their own. Bars at a
million tickets: a list 60 ms, other combinations of three filters 300 ms, full text 150 ms, a
ticket of 200 messages 80 ms and 100 KB, files: first byte 1 s, 64 MiB above idle.
"""

import math
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.bench import downloads, lists
from gateway.bench.cluster import cluster
from gateway.bench.fill import LOOKS, fill
from gateway.bench.lists import List
from gateway.work import Work
from helpdesk import grid, sessions
from helpdesk.border import Actor
from helpdesk.filters import Filter
from helpdesk.models import Agent, Ticket
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring

TITLE = "console: milliseconds on the server, by number of tickets"
SIZES = (10_000, 100_000, 1_000_000)
#: what the made-up history ends with
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REGISTRATION = "999997"
#: every word of these is common, rare, or both; one is a number, one nobody wrote
WORDS = (
    "glosa", "guia", "relatório médico", "quimioterapia", "quimioterapia glosa",
    "protocolo prazo retorno", "radioembolização", "nota fiscal recebimento", "xml tabela código",
    "auditoria valor ciclo", "zzz",
)  # fmt: skip
Figures = dict[str, float]


def measure(
    sizes: Sequence[int] = SIZES, urls: Sequence[str] = (), folder: Path | None = None
) -> Mapping[str, float]:
    """`urls`: databases filled before, measured as they are."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="ponte-bench-", dir=folder) as own:
        for url in urls:
            work = Work(url)
            size = work.read_now(lambda s: s.scalar(select(func.count()).select_from(Ticket))) or 0
            work.close()
            figures |= _labelled(_measured(url), url, size)
        for kind, url in _made(Path(own), () if urls else sizes):
            figures |= _labelled(_measured(url[0]), kind, url[1])
    return figures | _growth(figures)


def _made(folder: Path, sizes: Sequence[int]) -> Generator[tuple[str, tuple[str, int]]]:
    """Databases of our own, one after the other, filled."""
    for size in sizes:
        path = folder / f"{size}.db"
        _fill(f"sqlite:///{path}", size)
        yield "sqlite", (f"sqlite:///{path}", size)
        path.unlink()
    if sizes:
        with cluster(folder) as address:
            if address is None:
                return
            for size in sizes:
                url = f"{address}/{_database(address, size)}"
                _fill(url, size)
                yield "postgresql", (url, size)


def _database(address: str, size: int) -> str:
    name = f"ponte_{size}"
    work = Work(f"{address}/postgres")
    with work.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    work.close()
    return name


def _fill(url: str, size: int) -> None:
    work = Work(url)
    fill(work, size, _policy(), NOW)
    work.close()


def _policy() -> Policy:
    return Policy(keyring=Keyring([b"bench" * 8]), ans_registration=REGISTRATION)


def _measured(url: str) -> Figures:
    work = Work(url)
    try:
        figures = work.read_now(_of_functions)
        token = work.write_now(_log_in)
    finally:
        work.close()
    return figures | downloads.measure(url, token)


def _log_in(session: Session) -> str:
    agent_id = session.scalar(select(Agent.id).where(Agent.login == LOOKS)) or 0
    return sessions.start(session, "agent", agent_id, now=datetime.now(UTC))


def _of_functions(session: Session) -> Figures:
    actor = _looks(session)
    last = session.scalar(select(func.max(Ticket.number))) or 0
    keys = [range(n, n + 50) for n in range(1, last, max(1, last // 50))]
    bare = select(Ticket.number, Ticket.title, Ticket.due_at)
    figures = {
        "50 rows by key, p95": _quantile(
            [_timed(lambda k=k: session.execute(bare.where(Ticket.number.in_(k))).all())
             for k in keys], 0.95,
        )
    }  # fmt: skip
    figures |= _spread("grid", _pages(session, actor, lists.single()))
    figures |= _spread("combination", _pages(session, actor, lists.combined()))
    figures |= _spread(
        "count",
        [
            _timed(lambda f=f: grid.count(session, actor, f, policy=_policy(), now=NOW))
            for f in (Filter(**chosen) for chosen in lists.SINGLE)
        ],
    )
    taken = [_timed(lambda q=q: _found(session, actor, q)) for q in WORDS]
    return figures | _spread("full text", taken)


def _looks(session: Session) -> Actor:
    agent_id = session.scalar(select(Agent.id).where(Agent.login == LOOKS)) or 0
    actor = sessions.agent_actor(session, agent_id)
    if actor is None:
        raise LookupError(LOOKS)
    return actor


def _found(session: Session, actor: Actor, words: str) -> None:
    """As the palette and the search field ask: what is newest first, counted."""
    order = grid.Order("opened", descending=True)
    grid.page(session, actor, Filter(q=words), order, policy=_policy(), now=NOW)


def _pages(session: Session, actor: Actor, asked: Iterable[List]) -> list[float]:
    """The first page and one far down of each, counted."""
    taken: list[float] = []
    for one in asked:
        cursors: list[str | None] = [None]
        _, deep = grid.numbers(
            session, actor, one.filter, one.order, policy=_policy(), now=NOW, limit=2_000
        )
        cursors += [deep] if deep is not None else []
        taken += [
            _timed(
                lambda one=one, cursor=cursor: grid.page(
                    session, actor, one.filter, one.order,
                    policy=_policy(), now=NOW, cursor=cursor,
                )
            )
            for cursor in cursors
        ]  # fmt: skip
    return taken


def _timed(call: Callable[[], Any]) -> float:
    """Milliseconds, the better of two: the first may read what no memory held yet."""
    tries: list[float] = []
    for _ in range(2):
        started = time.perf_counter()
        call()
        tries.append((time.perf_counter() - started) * 1e3)
    return min(tries)


def _spread(name: str, taken: Sequence[float]) -> Figures:
    parts = ((50, 0.5), (95, 0.95), (99, 0.99))
    return {f"{name}, p{p}": _quantile(taken, share) for p, share in parts} if taken else {}


def _quantile(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[min(len(taken) - 1, math.ceil(share * len(taken)) - 1)]


def _labelled(figures: Figures, kind: str, size: int) -> Figures:
    name = kind.partition(":")[0]
    return {f"{name} {size}: {what}": value for what, value in figures.items()}


def _growth(figures: Figures) -> Figures:
    """How much the largest takes of the smallest, of each p95."""
    grown: Figures = {}
    by_name: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for name, value in figures.items():
        label, _, what = name.partition(": ")
        kind, _, size = label.partition(" ")
        if what.endswith("p95"):
            by_name.setdefault((kind, what), []).append((int(size), value))
    for (kind, what), values in by_name.items():
        (smallest, before), (largest, after) = min(values), max(values)
        if largest > smallest and before:
            grown[f"{kind} {smallest} to {largest}: {what}, times"] = after / before
    return grown
