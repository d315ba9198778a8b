"""Erasures, holds and retention."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target", base.Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agent_id", base.Id, nullable=True),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("released_at", base.Moment(timezone=True), nullable=True),
        sa.Column("released_by", base.Id, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_legal_hold_agent_id")),
        sa.ForeignKeyConstraint(
            ["released_by"], ["agent.id"], name=op.f("fk_legal_hold_released_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_legal_hold_kind_target"), "legal_hold", ["kind", "target"])
    op.create_table(
        "retention",
        sa.Column("classification_id", base.Id, autoincrement=False, nullable=False),
        sa.Column("months", base.Id, nullable=False),
        sa.Column("changed_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["classification_id"],
            ["classification.id"],
            name=op.f("fk_retention_classification_id"),
        ),
        sa.PrimaryKeyConstraint("classification_id", name=op.f("pk_retention")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("agent_id", base.Id, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", base.Json, nullable=False),
        sa.Column("counts", base.Json, nullable=False),
        sa.Column("ledgered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_erasure_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("public_id", name=op.f("uq_erasure_public_id")),
        sqlite_autoincrement=True,
    )
    for table in ("ticket", "message"):
        op.add_column(table, sa.Column("erased_at", base.Moment(timezone=True), nullable=True))
    waiting = sa.text("closed_at IS NOT NULL AND erased_at IS NULL")
    op.create_index(
        "ix_ticket_kept",
        "ticket",
        ["classification_id", "closed_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
