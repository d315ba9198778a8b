"""Webhooks: whom to tell what happened, and what each was told."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", base.Json, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", base.Moment(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("failing_since", base.Moment(timezone=True), nullable=True),
        sa.Column("tx", base.Id, nullable=False),
        sa.Column("event_id", base.Id, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_webhook_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_webhook_agent_id"), "webhook", ["agent_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("webhook_id", base.Id, nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("version", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", base.Id, nullable=False),
        sa.Column("next_at", base.Moment(timezone=True), nullable=False),
        sa.Column("lease_until", base.Moment(timezone=True), nullable=True),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("status", base.Id, nullable=True),
        sa.Column("detail", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")
        ),
        sa.ForeignKeyConstraint(
            ["number"], ["ticket.number"], name=op.f("fk_webhook_delivery_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webhook_delivery_public_id")),
        sqlite_autoincrement=True,
    )
    waits = sa.text("state = 'waiting'")
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "next_at"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index(
        op.f("ix_webhook_delivery_webhook_id_id"), "webhook_delivery", ["webhook_id", "id"]
    )
    op.create_index(op.f("ix_webhook_delivery_at"), "webhook_delivery", ["at"])
