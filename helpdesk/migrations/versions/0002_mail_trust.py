"""Domains of providers, trusted addresses, alerts and alarms, mail domains that wait."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_domain",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("asked", sa.String(length=254), nullable=False),
        sa.Column("asked_by", base.Id, nullable=True),
        sa.Column("asked_at", base.Moment(timezone=True), nullable=False),
        sa.Column("verified_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["agent.id"], name=op.f("fk_provider_domain_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_provider_domain_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_domain")),
        sa.UniqueConstraint(
            "provider_id", "domain", name=op.f("uq_provider_domain_provider_id_domain")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_provider_domain_domain"), "provider_domain", ["domain"])
    op.create_table(
        "mail_domain",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("failures", base.Id, nullable=False),
        sa.Column("until", base.Moment(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_domain")),
    )
    op.create_table(
        "oauth_grant",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_oauth_grant")),
    )
    op.create_table(
        "alarm",
        sa.Column("code", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("since", base.Moment(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("told_at", base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_alarm")),
    )
    op.create_table(
        "alert",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("message_id", base.Id, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("read_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_alert_agent_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_alert_message_id")),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_alert_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_number"), "alert", ["number"])
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_alert_unread",
        "alert",
        ["agent_id", "id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    # Added by plain ALTER TABLE: SQLite would copy the whole table for a constraint.
    op.add_column(
        "known_address",
        sa.Column("source", sa.String(length=10), server_default="register", nullable=False),
    )
    op.add_column("known_address", sa.Column("added_by", base.Id, nullable=True))
    op.add_column("known_address", sa.Column("added_at", base.Moment(timezone=True), nullable=True))
    op.add_column(
        "delivery", sa.Column("status", sa.String(length=12), server_default="", nullable=False)
    )
    for table, name, length in (
        ("inbound_raw", "verdict", 10),
        ("inbound_raw", "judged", 20),
        ("message", "judged", 20),
        ("quarantine", "content", 80),
    ):
        op.add_column(
            table,
            sa.Column(name, sa.String(length=length), server_default="", nullable=False),
        )
    op.add_column(
        "outbox", sa.Column("domain", sa.String(length=253), server_default="", nullable=False)
    )
    op.add_column("inbound_raw", sa.Column("number", base.Id, nullable=True))
    op.add_column(
        "quarantine", sa.Column("placed_classification", sa.String(length=40), nullable=True)
    )
    op.create_index(op.f("ix_quarantine_sender_state"), "quarantine", ["sender", "state"])
    op.create_index(op.f("ix_quarantine_content_state"), "quarantine", ["content", "state"])
    op.create_index(op.f("ix_message_raw_id"), "message", ["raw_id"])
    for table in ("inbound_raw", "outbox"):
        op.add_column(table, sa.Column("holder", sa.String(length=32), nullable=True))
    op.add_column("mailbox_cursor", sa.Column("oldest", base.Moment(timezone=True), nullable=True))
