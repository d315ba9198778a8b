"""Registers that are kept on screens."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: the registers whoever read or wrote registers before could read or write; what only now has a
#: page (profiles, parameters) or a form (the rest) is given by hand
READ = (
    "classification",
    "status",
    "sector",
    "agent",
    "provider",
    "calendar",
    "canned",
    "form",
    "domain",
)
WRITTEN = ("provider", "calendar", "canned", "domain")
RIGHTS = {
    "registers.read": [f"registers.{name}.read" for name in READ],
    "registers.write": [*(f"registers.{name}.write" for name in WRITTEN), "views.share"],
}


def upgrade() -> None:
    _registers()
    _people()


def _registers() -> None:
    """What is said of classifications and statuses; the calendar; the history of each record."""
    empty = {"server_default": "", "nullable": False}
    for table in ("classification", "subclassification"):
        for name in ("default_message", "closing_message", "guidance"):
            op.add_column(table, sa.Column(name, sa.Text(), **empty))
    op.add_column("subclassification", sa.Column("sector_id", base.Id, nullable=True))
    op.add_column(
        "subclassification",
        sa.Column("web", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column("status", sa.Column("tint", sa.String(length=10), **empty))
    op.add_column("status", sa.Column("provider_label", sa.String(length=200), **empty))
    op.add_column("ticket", sa.Column("counted_sector", base.Id, nullable=True))
    op.create_table(
        "log_subject",
        sa.Column("log_id", base.Id, nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("record_id", base.Id, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name=op.f("fk_log_subject_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_log_subject")),
    )
    op.create_index(
        op.f("ix_log_subject_register_record_id_log_id"),
        "log_subject",
        ["register", "record_id", "log_id"],
    )
    day = op.create_table(
        "calendar_day",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("from_easter", base.Id, nullable=True),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sector_id"], ["sector.id"], name=op.f("fk_calendar_day_sector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sqlite_autoincrement=True,
    )
    old = sa.table(
        "holiday", sa.column("day", sa.Date()), sa.column("name"), sa.column("working", sa.Boolean)
    )
    edited = [
        {
            "name": row.name,
            "rule": "date",
            "day": row.day,
            "effect": "open" if row.working else "closed",
            "state": "",
            "city": "",
            "active": True,
        }
        for row in op.get_bind().execute(sa.select(old).order_by(old.c.day))
    ]
    op.bulk_insert(day, edited)
    op.drop_table("holiday")


def _people() -> None:
    """Addresses of providers; what an agent's rights are limited to; a right for each register."""
    op.create_table(
        "provider_address",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("district", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("postal_code", sa.String(length=8), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_provider_address_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_provider_address_provider_id"), "provider_address", ["provider_id"])
    op.add_column(
        "profile", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column("agent", sa.Column("sectors", base.Json, server_default="[]", nullable=False))
    _divide_rights()


def _divide_rights() -> None:
    """One right to read and one to write all registers become one a register: every profile keeps
    what its agents could do."""
    profile = sa.table("profile", sa.column("id", base.Id), sa.column("permissions", base.Json))
    connection = op.get_bind()
    for row in connection.execute(sa.select(profile)).all():
        divided = [right for p in row.permissions for right in RIGHTS.get(p, [p])]
        connection.execute(
            sa.update(profile)
            .where(profile.c.id == row.id)
            .values(permissions=list(dict.fromkeys(divided)))
        )
