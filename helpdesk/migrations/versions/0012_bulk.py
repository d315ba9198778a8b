"""One action on many tickets: what was asked, and what became of each."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("given", base.Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", base.Id, nullable=False),
        sa.Column("done", base.Id, nullable=False),
        sa.Column("left", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("held_until", base.Moment(timezone=True), nullable=False),
        sa.Column("finished_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_bulk_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_bulk_agent_id_state"), "bulk", ["agent_id", "state"])
    op.create_table(
        "bulk_item",
        sa.Column("bulk_id", base.Id, nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("version", base.Id, nullable=False),
        sa.Column("after", base.Id, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("before", base.Json, nullable=True),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name=op.f("fk_bulk_item_bulk_id")),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_bulk_item_number")),
        sa.PrimaryKeyConstraint("bulk_id", "position", name=op.f("pk_bulk_item")),
    )
