"""Figures of the panel, kept as tickets change."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from helpdesk import calendars, deadlines, tallies
from helpdesk.models import base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: the zone of an instance that says nothing else; in another one `serve` counts anew
ZONE = ZoneInfo("America/Sao_Paulo")
YEARS = range(2015, 2041)
AT_ONCE = 10_000
SUMS = ("at", "part", "classification_id", "sector_id", "agent_id")


def upgrade() -> None:
    for name, kind in (
        ("answered_at", base.Moment(timezone=True)),
        ("answer_minutes", base.Id),
        ("solve_minutes", base.Id),
    ):
        op.add_column("ticket", sa.Column(name, kind, nullable=True))
    op.create_table(
        "tally",
        sa.Column("measure", sa.String(length=12), nullable=False),
        *(sa.Column(name, base.Id, autoincrement=False, nullable=False) for name in SUMS),
        sa.Column("secret_group", sa.String(length=40), nullable=False),
        sa.Column("n", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("measure", *SUMS, "secret_group", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_change",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("measure", sa.String(length=12), nullable=False),
        *(sa.Column(name, base.Id, nullable=False) for name in SUMS),
        sa.Column("secret_group", sa.String(length=40), nullable=False),
        sa.Column("n", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_change")),
        sqlite_autoincrement=True,
    )
    clocks = op.create_table(
        "local_offset",
        sa.Column("since", base.Moment(timezone=True), nullable=False),
        sa.Column("seconds", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("since", name=op.f("pk_local_offset")),
    )
    assert clocks is not None  # offline scripts are not made
    op.bulk_insert(
        clocks, [{"since": since, "seconds": ahead} for since, ahead in tallies.offsets(ZONE)]
    )
    connection = op.get_bind()
    _measure(connection)
    connection.exec_driver_sql(tallies.FILL[connection.dialect.name])
    for statement in tallies.CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    op.create_index(
        "ix_ticket_of_closed_at",
        "ticket",
        ["closed_at", "due_at", "number", "secret_group", "deleted_at"],
    )


def _measure(connection: sa.Connection) -> None:
    """The first answer and the conclusion of tickets that are older than their measuring."""
    moment = base.Moment(timezone=True)
    ticket = sa.table(
        "ticket",
        *(sa.column(name, moment) for name in ("opened_at", "closed_at", "answered_at")),
        *(sa.column(name, base.Id) for name in ("number", "answer_minutes", "solve_minutes")),
        sa.column("merged_into", base.Id),
        sa.column("imported", sa.Boolean()),
    )
    message = sa.table(
        "message",
        sa.column("number", base.Id),
        sa.column("at", moment),
        sa.column("direction"),
        sa.column("audience"),
    )
    first = (
        sa.select(sa.type_coerce(sa.func.min(message.c.at), moment))
        .where(
            message.c.number == ticket.c.number,
            message.c.direction == "outbound",
            message.c.audience == "public",
        )
        .scalar_subquery()
    )
    calendar = _calendar(connection)

    def minutes(since: datetime, until: datetime | None) -> int | None:
        if until is None:
            return None
        return max(0, int(deadlines.working_time(since, until, calendar).total_seconds()) // 60)

    last = 0
    while True:
        rows = connection.execute(
            sa.select(
                ticket.c.number, ticket.c.opened_at, ticket.c.closed_at, ticket.c.merged_into, first
            )
            .where(ticket.c.number > last, sa.not_(ticket.c.imported))
            .order_by(ticket.c.number)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1][0]
        found: list[dict[str, Any]] = [
            {
                "of": number,
                "said": said,
                "answer": minutes(opened, said),
                "solve": None if merged else minutes(opened, closed),
            }
            for number, opened, closed, merged, said in rows
            if said is not None or (closed is not None and not merged)
        ]
        if found:
            connection.execute(
                sa.update(ticket)
                .where(ticket.c.number == sa.bindparam("of"))
                .values(
                    answered_at=sa.bindparam("said", type_=moment),
                    answer_minutes=sa.bindparam("answer"),
                    solve_minutes=sa.bindparam("solve"),
                ),
                found,
            )


def _calendar(connection: sa.Connection) -> deadlines.Calendar:
    """The days off of the whole country, and those the operadora entered."""
    holiday = sa.table(
        "holiday",
        sa.column("day", sa.Date()),
        sa.column("name"),
        sa.column("working", sa.Boolean()),
    )
    days = dict(calendars.national(YEARS))
    working: set[date] = set()
    for row in connection.execute(sa.select(holiday)):
        if row.working:
            days.pop(row.day, None)
            working.add(row.day)
        else:
            days[row.day] = row.name
    return deadlines.Calendar(ZONE, days, working=frozenset(working))
