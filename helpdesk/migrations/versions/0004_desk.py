"""What agents keep: views, canned texts, settings; merges, asked items, openings of the secret."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: what the profile of an attendant gains with this version
GAINED = ("ticket.merge", "ticket.secret", "panel")


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("position", base.Id, nullable=False),
        sa.Column("changed_at", base.Moment(timezone=True), nullable=False),
        sa.Column("removed_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_saved_view_agent_id")),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("fk_saved_view_sector_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_saved_view_agent_id"), "saved_view", ["agent_id"])
    op.create_table(
        "canned_text",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_canned_text_agent_id")),
        sa.ForeignKeyConstraint(
            ["sector_id"], ["sector.id"], name=op.f("fk_canned_text_sector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_text")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_canned_text_shortcut"), "canned_text", ["shortcut"])
    op.create_table(
        "agent_setting",
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("columns", base.Json, nullable=False),
        sa.Column("keys", base.Json, nullable=False),
        sa.Column("changed_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_setting_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_setting")),
    )
    op.create_table(
        "merge",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("source", base.Id, nullable=False),
        sa.Column("target", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("agent_id", base.Id, nullable=True),
        sa.Column("before", base.Json, nullable=False),
        sa.Column("lent", base.Json, nullable=False),
        sa.Column("undone_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_merge_agent_id")),
        sa.ForeignKeyConstraint(["source"], ["ticket.number"], name=op.f("fk_merge_source")),
        sa.ForeignKeyConstraint(["target"], ["ticket.number"], name=op.f("fk_merge_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_merge_source"), "merge", ["source"])
    op.create_index(op.f("ix_merge_target"), "merge", ["target"])
    op.create_table(
        "asked_item",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("message_id", base.Id, nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("answered_by", base.Id, nullable=True),
        sa.Column("answered_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["message.id"], name=op.f("fk_asked_item_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_asked_item_message_id")
        ),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_asked_item_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_item")),
        sa.UniqueConstraint(
            "message_id", "position", name=op.f("uq_asked_item_message_id_position")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_asked_item_number"), "asked_item", ["number"])
    op.create_table(
        "glass_break",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("until", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_glass_break_agent_id")),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_glass_break_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glass_break")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_glass_break_agent_id_until"), "glass_break", ["agent_id", "until"])
    op.create_index(op.f("ix_glass_break_number"), "glass_break", ["number"])
    op.add_column("ticket", sa.Column("paused_at", base.Moment(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("paused_days", base.Id, server_default="0", nullable=False))
    _grant()


def _grant() -> None:
    """An instance that already has the profile keeps what its agents were given by hand."""
    profile = sa.table(
        "profile", sa.column("id", base.Id), sa.column("code"), sa.column("permissions", base.Json)
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(profile).where(profile.c.code == "atendente")).all():
        gained = [*row.permissions, *(p for p in GAINED if p not in row.permissions)]
        connection.execute(
            sa.update(profile).where(profile.c.id == row.id).values(permissions=gained)
        )
