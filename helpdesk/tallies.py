"""Sums of tickets for the panel, kept by triggers in the transaction that changes a ticket.

A trigger takes away what the ticket counted for and adds what it counts for now, so no verb,
import or bulk update can forget a sum, least of all the secrecy of a ticket. One table below says
what a ticket counts for; triggers, the full recount and what an agent sees behind broken glass
all come from it. Durations are measured when they happen (helpdesk/measuring.py).
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from helpdesk.models import LocalOffset, Tally, TallyChange
from helpdesk.models.base import upsert

BANDS: tuple[str, ...] = ("expired", "attention", "within")
#: what stands on a row beside its count
KEY = (
    "measure", "at", "part", "classification_id", "sector_id", "agent_id", "secret_group"
)  # fmt: skip
#: columns of a ticket that its sums depend on
WATCHED = (
    "classification_id", "sector_id", "assignee_id", "secret_group", "opened_at", "closed_at",
    "deleted_at", "due_at", "attention_at", "paused_at", "answered_at", "answer_minutes",
    "solve_minutes",
)  # fmt: skip
#: rows folded in one transaction
AT_ONCE = 5_000
#: the day on which nothing happens
NEVER = 2**31
#: a deadline that does not come while the clock stands
STILL = 2**62
#: width of a duration's part, from so many minutes on: about a twentieth of the duration
STEPS = ((0, 5), (120, 15), (600, 60), (6_000, 300))
YEARS = (1970, 2060)

_TICKET_OF = {
    "sqlite": "({x} / 1000000 + {off})",
    "postgresql": "(floor(extract(epoch FROM {x}))::bigint + {off})",
}
_EXACT = {"sqlite": "{x}", "postgresql": "(extract(epoch FROM {x}) * 1000000)::bigint"}
_LEAST = {"sqlite": "min", "postgresql": "least"}
_MOST = {"sqlite": "max", "postgresql": "greatest"}


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the sums count them."""
    return (day - date(1970, 1, 1)).days


def day_of(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def width(part: int) -> int:
    """How many minutes the part of a duration holds."""
    return next(step for least, step in reversed(STEPS) if part >= least)


def counted(dialect: str, ticket: str, source: str = "", sign: int = 1) -> str:
    """SELECTs of what a ticket counts for. `ticket`: NEW, OLD or the name `source` gives it."""

    def local(column: str) -> str:
        x = f"{ticket}.{column}"
        # Of a row of plain columns SQLite and PostgreSQL both find the last one by the key.
        off = (
            f"coalesce((SELECT seconds FROM local_offset WHERE since <= {x}"  # noqa: S608 - constants
            " ORDER BY since DESC LIMIT 1), 0)"
        )
        return _TICKET_OF[dialect].format(x=x, off=off)

    def day(column: str) -> str:
        return f"({local(column)} / 86400)"

    def awaited(column: str, value: str, otherwise: int) -> str:
        """A clock that stands is judged by when it stopped, see `filters`: what had not come by
        then does not come."""
        came = f"{ticket}.{column} {'<' if column == 'due_at' else '<='} {ticket}.paused_at"
        never = f"{ticket}.closed_at IS NULL AND NOT {came}"
        return f"CASE WHEN {never} THEN {otherwise} ELSE {value} END"

    def exact(column: str) -> str:
        value = _EXACT[dialect].format(x=f"{ticket}.{column}")
        return awaited(column, value, STILL)

    def part(column: str) -> str:
        x = f"{ticket}.{column}"
        cases = "".join(f" WHEN {x} >= {a} THEN {x} / {b} * {b}" for a, b in reversed(STEPS[1:]))
        return f"CASE{cases} ELSE {x} / {STEPS[0][1]} * {STEPS[0][1]} END"

    def least(*days: str) -> str:
        return f"{_LEAST[dialect]}({', '.join(days)})"

    def most(*days: str) -> str:
        return f"{_MOST[dialect]}({', '.join(days)})"

    opened = day("opened_at")
    closed = f"coalesce({day('closed_at')}, {NEVER})"
    warned, due = (
        most(opened, awaited(name, day(name), NEVER)) for name in ("attention_at", "due_at")
    )
    first, second = least(warned, due, closed), least(due, closed)
    is_closed = f"{ticket}.closed_at IS NOT NULL"
    late = f"CASE WHEN {ticket}.closed_at > {ticket}.due_at THEN 1 ELSE 0 END"
    answered, solved = f"{ticket}.answer_minutes IS NOT NULL", f"{ticket}.solve_minutes IS NOT NULL"
    hour = f"({local('opened_at')} / 3600 - {opened} * 24)"
    # measure, at, part, +1 or -1, when
    lines: list[tuple[str, str, str, int, str]] = [
        ("opened", opened, hour, 1, "1 = 1"),
        ("closed", closed, late, 1, is_closed),
        ("answered", day("answered_at"), part("answer_minutes"), 1, answered),
        ("solved", closed, part("solve_minutes"), 1, f"{is_closed} AND {solved}"),
        # Open at the end of a day in a band: from the day it enters to the day it leaves
        ("within", opened, "0", 1, f"{opened} < {first}"),
        ("within", first, "0", -1, f"{opened} < {first} AND {first} < {NEVER}"),
        ("attention", warned, "0", 1, f"{warned} < {second}"),
        ("attention", second, "0", -1, f"{warned} < {second} AND {second} < {NEVER}"),
        ("expired", due, "0", 1, f"{due} < {closed}"),
        ("expired", closed, "0", -1, f"{due} < {closed} AND {is_closed}"),
        ("running", exact("due_at"), exact("attention_at"), 1, f"NOT ({is_closed})"),
    ]
    has_agent = f"{ticket}.assignee_id IS NOT NULL"
    of_agents = [
        (f"@{m}", at, "0" if m == "opened" else p, n, f"{when} AND {has_agent}")
        for m, at, p, n, when in lines[:4]
    ]

    def line(measure: str, at: str, part: str, n: int, when: str) -> str:
        agent = f"{ticket}.assignee_id" if measure.startswith("@") else "0"
        return (
            f"SELECT '{measure}' AS measure, {at} AS at, {part} AS part,"
            f" {ticket}.classification_id AS classification_id,"
            f" coalesce({ticket}.sector_id, 0) AS sector_id, {agent} AS agent_id,"
            f" coalesce({ticket}.secret_group, '') AS secret_group,"
            f" {sign * n} AS n{source} WHERE {ticket}.deleted_at IS NULL AND {when}"
        )

    return " UNION ALL ".join(line(*each) for each in [*lines, *of_agents])


def _write(dialect: str, ticket: str, sign: int) -> str:
    return f"INSERT INTO tally_change ({', '.join(KEY)}, n) {counted(dialect, ticket, sign=sign)};"


def _create(dialect: str) -> tuple[str, ...]:
    plus, minus = _write(dialect, "NEW", 1), _write(dialect, "OLD", -1)
    changed = " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in WATCHED)
    if dialect == "sqlite":
        changed = changed.replace("IS DISTINCT FROM", "IS NOT")
        of = f"UPDATE OF {', '.join(WATCHED)}"
        return (
            f"CREATE TRIGGER ticket_tallied_new AFTER INSERT ON ticket BEGIN {plus} END",
            (
                f"CREATE TRIGGER ticket_tallied AFTER {of} ON ticket WHEN {changed}"
                f" BEGIN {minus} {plus} END"
            ),
            f"CREATE TRIGGER ticket_tallied_gone AFTER DELETE ON ticket BEGIN {minus} END",
        )
    return (
        (
            "CREATE FUNCTION ticket_tallied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP <> 'INSERT' THEN {minus} END IF; IF TG_OP <> 'DELETE' THEN {plus} END IF;"
            " RETURN NULL; END $$"
        ),
        (
            "CREATE TRIGGER ticket_tallied_new AFTER INSERT OR DELETE ON ticket"
            " FOR EACH ROW EXECUTE FUNCTION ticket_tallied()"
        ),
        (
            f"CREATE TRIGGER ticket_tallied AFTER UPDATE OF {', '.join(WATCHED)} ON ticket"
            f" FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION ticket_tallied()"
        ),
    )


#: on SQLite
TRIGGERS = ("ticket_tallied_new", "ticket_tallied", "ticket_tallied_gone")
CREATE = {dialect: _create(dialect) for dialect in ("sqlite", "postgresql")}


def _recount(dialect: str) -> str:
    key = ", ".join(KEY)
    return (
        f"INSERT INTO tally ({key}, n) SELECT {key}, sum(n)"  # noqa: S608 - constants
        f" FROM ({counted(dialect, 't', ' FROM ticket t')}) AS told"
        f" GROUP BY {key} HAVING sum(n) <> 0"
    )


#: of all tickets there are
FILL = {dialect: _recount(dialect) for dialect in ("sqlite", "postgresql")}


def recount(session: Session) -> None:
    """Every sum anew from the tickets: after a bulk load without triggers, or in another zone."""
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        session.execute(text("LOCK TABLE ticket IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(delete(TallyChange))
    session.execute(delete(Tally))
    session.execute(text(FILL[dialect].replace("::", r"\:\:")))


def is_unfolded(session: Session) -> bool:
    return session.scalar(select(TallyChange.id).limit(1)) is not None


def fold(session: Session) -> bool:
    """Add what changed to the sums; true when there may be more. By one process at a time."""
    some = select(TallyChange.id).order_by(TallyChange.id).limit(AT_ONCE)
    columns = [getattr(TallyChange, name) for name in (*KEY, "n")]
    gone = session.execute(
        delete(TallyChange)
        .where(TallyChange.id.in_(some))
        .returning(*columns)
        .execution_options(synchronize_session=False)
    ).all()
    sums: Counter[tuple[Any, ...]] = Counter()
    for *key, n in gone:
        sums[tuple(key)] += n
    rows = [dict(zip(KEY, key, strict=True)) | {"n": n} for key, n in sums.items() if n]
    if rows:
        new = upsert(session, Tally)
        session.execute(
            new.on_conflict_do_update(
                index_elements=list(KEY), set_={"n": Tally.n + new.excluded.n}
            ),
            rows,
        )
        # Deadlines come and go, and each leaves its sum behind.
        session.execute(delete(Tally).where(Tally.measure == "running", Tally.n == 0))
    return len(gone) == AT_ONCE


def is_of_zone(session: Session, zone: ZoneInfo) -> bool:
    stored = session.execute(
        select(LocalOffset.since, LocalOffset.seconds).order_by(LocalOffset.since)
    )
    return tuple(map(tuple, stored)) == offsets(zone)


def agree(session: Session, zone: ZoneInfo) -> None:
    """Days are those of the operadora's zone: in another one everything is counted anew."""
    if is_of_zone(session, zone):
        return
    session.execute(delete(LocalOffset))
    rows = [{"since": since, "seconds": seconds} for since, seconds in offsets(zone)]
    session.execute(insert(LocalOffset), rows)
    recount(session)


@lru_cache(maxsize=4)
def offsets(zone: ZoneInfo) -> tuple[tuple[datetime, int], ...]:
    """When clocks changed and how many seconds they are ahead of UTC since."""

    def ahead(at: datetime) -> int:
        found = at.astimezone(zone).utcoffset()
        assert found is not None  # of an aware moment
        return int(found.total_seconds())

    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in YEARS)
    found = [(first, ahead(first))]
    for n in range((last - first).days):
        before, after = first + timedelta(days=n), first + timedelta(days=n + 1)
        if ahead(after) == found[-1][1]:
            continue
        # Clocks change on a full minute.
        low, high = 0, 24 * 60
        while high - low > 1:
            middle = (low + high) // 2
            same = ahead(before + timedelta(minutes=middle)) == found[-1][1]
            low, high = (middle, high) if same else (low, middle)
        found.append((before + timedelta(minutes=high), ahead(after)))
    return tuple(found)
