"""What a list costs does not follow from how long it is: rows visited for a page, at 100,000."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import case, event, func, select
from sqlalchemy.orm import Session

from gateway.bench import lists
from gateway.bench.fill import LOOKS, fill
from gateway.bench.lists import List
from gateway.listings import STRETCH
from gateway.work import Work
from helpdesk import filters, plans, sessions
from helpdesk.border import Actor
from helpdesk.models import Agent, Ticket
from helpdesk.paths import Order
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from tests.doubles.postgres import Postgres
from tests.helpdesk.factories import NOW

pytestmark = pytest.mark.slow

SIZE = 100_000
LIMIT = 50
#: the bar: rows visited for each that is shown; a page that is not full counts as ten rows
VISITED, FEWEST = 50, 10
#: instructions of SQLite's machine between two counts
STEPS = 20
#: rows that are only looked at, to know what that takes
BARE = 10_000
POLICY = Policy(keyring=Keyring([b"k" * 32]), ans_registration="999997")


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    work = Work(f"sqlite:///{tmp_path_factory.mktemp('grid') / 'ponte.db'}")
    fill(work, SIZE, POLICY, NOW, said=False)
    yield work
    work.close()


@pytest.fixture(scope="module")
def on_postgres(postgres: Postgres) -> Iterator[Work]:
    url = postgres.create()
    work = Work(url)
    fill(work, SIZE, POLICY, NOW, said=False)
    yield work
    work.close()
    postgres.drop(url)


def everything() -> list[List]:
    return [one for one in (*lists.single(), *lists.combined()) if not one.filter.q]


def looks(session: Session) -> Actor:
    agent_id = session.scalar(select(Agent.id).where(Agent.login == LOOKS))
    actor = sessions.agent_actor(session, agent_id or 0)
    assert actor is not None
    return actor


def too_much(
    session: Session, visited: Callable[[Session, Callable[[], plans.Found]], tuple[Any, float]]
) -> list[tuple[str, str, int, int]]:
    """First and deep page of every list that visits more than it may."""
    found: list[tuple[str, str, int, int]] = []
    for one in everything():
        wanted = filters.read(session, looks(session), one.filter, policy=POLICY, now=NOW)
        places = plans.find(session, wanted, one.order, None, 2_000).places
        deep = places[len(places) // 2] if len(places) > 3 * LIMIT else None
        for name, after in (("first", None), ("deep", deep)):
            page, rows = visited(
                session,
                lambda after=after, wanted=wanted, one=one: plans.find(
                    session, wanted, one.order, after, LIMIT
                ),
            )
            shown = max(len(page.places[:LIMIT]), FEWEST)
            if rows > VISITED * shown:
                found.append((one.name, name, shown, round(rows)))
    return found


@dataclass
class Steps:
    """Of SQLite's machine, by what a statement does with the rows it visits."""

    passed: int = 0
    sorted: int = 0


def steps_of(session: Session, call: Callable[[], Any]) -> tuple[Any, Steps]:
    driver: Any = session.connection().connection.driver_connection
    counted = Steps()
    with statements(session) as seen:

        def count() -> int:
            statement = seen[-1][0]
            if is_sorted(statement):
                counted.sorted += STEPS
            elif not is_size(statement):
                counted.passed += STEPS
            return 0

        driver.set_progress_handler(count, STEPS)
        try:
            return call(), counted
        finally:
            driver.set_progress_handler(None, STEPS)


def is_size(statement: str) -> bool:
    """How large a range is, is asked of its index alone and no further than a page may look."""
    asked = statement.startswith("SELECT count(*) AS count_1 \nFROM (SELECT ticket.number")
    assert not asked or "LIMIT" in statement
    return asked


def is_sorted(statement: str) -> bool:
    """What a range holds is read, written down, counted and sorted: more steps for each row."""
    return statement.startswith("WITH found AS MATERIALIZED")


def test_pages_visit_few_rows_on_sqlite(on_sqlite: Work):
    def measure(session: Session) -> list[tuple[str, str, int, int]]:
        # What it takes to look at one row, its gate, one filter and its order is a visit; in a
        # statement that sorts, what it takes for one row that is sorted.
        gate = filters.read(
            session, looks(session), filters.Filter(sector=("CTM", "FIN")), policy=POLICY, now=NOW
        )
        shown = case((gate.condition, 1), else_=0).label("shown")
        rows = select(Ticket.number, Ticket.due_at, shown).order_by(Ticket.due_at, Ticket.number)
        bare = select(func.sum(rows.limit(BARE).subquery().c.shown))
        _, passing = steps_of(session, lambda: session.scalar(bare))
        found = rows.limit(BARE).cte("found").prefix_with("MATERIALIZED")
        total = select(func.count()).select_from(found).scalar_subquery()
        of_them = select(found.c.number, total).order_by(found.c.shown, found.c.number.desc())
        _, sorting = steps_of(session, lambda: session.execute(of_them.limit(LIMIT + 1)).all())
        one_passed, one_sorted = passing.passed / BARE, sorting.sorted / BARE

        def visited(session: Session, call: Callable[[], plans.Found]) -> tuple[Any, float]:
            page, steps = steps_of(session, call)
            return page, steps.passed / one_passed + steps.sorted / one_sorted

        return too_much(session, visited)

    assert on_sqlite.read_now(measure) == []


@contextmanager
def statements(session: Session) -> Generator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", keep)


@pytest.mark.parametrize("kind", ["on_sqlite", "on_postgres"])
@pytest.mark.parametrize("chosen", [{}, {"situation": "closed"}, {"channel": ("mail",)}], ids=str)
def test_a_file_walks_its_list(request: pytest.FixtureRequest, kind: str, chosen: dict[str, Any]):
    """A stretch of it is thousands of tickets: to sort all of them for each is what takes."""
    work: Work = request.getfixturevalue(kind)

    def read(session: Session) -> list[str]:
        wanted = filters.read(
            session, looks(session), filters.Filter(**chosen), policy=POLICY, now=NOW
        )
        after = None
        with statements(session) as seen:
            for _ in range(2):
                found = plans.find(session, wanted, Order("number"), after, STRETCH)
                assert len(found.places) == STRETCH + 1
                after = found.places[STRETCH - 1]
        return [statement for statement, _ in seen if is_sorted(statement)]

    assert work.read_now(read) == []


def rows_of(plan: dict[str, Any]) -> int:
    """Rows a plan read from tables and indexes, shown or not."""
    below = sum(rows_of(child) for child in plan.get("Plans", ()))
    if "Relation Name" not in plan:
        return below
    kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return below + plan["Actual Loops"] * sum(int(plan.get(kind, 0)) for kind in kinds)


def test_pages_visit_few_rows_on_postgres(on_postgres: Work):
    def visited(session: Session, call: Callable[[], plans.Found]) -> tuple[Any, float]:
        with statements(session) as seen:
            page = call()
        driver: Any = session.connection().connection.driver_connection
        rows = 0
        for statement, parameters in seen:
            if is_size(statement):
                continue
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            (plan,) = driver.execute(explain, parameters).fetchone()
            rows += rows_of(plan[0]["Plan"])
        return page, rows

    assert on_postgres.read_now(lambda session: too_much(session, visited)) == []
