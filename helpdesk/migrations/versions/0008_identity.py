"""How agents and providers' people prove who they are."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "totp",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", base.Id, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_step", base.Id, nullable=False),
        sa.Column("confirmed_at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_totp")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", base.Id, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_recovery_code_kind_subject_id"), "recovery_code", ["kind", "subject_id"]
    )
    op.create_table(
        "passkey",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("credential", sa.String(length=1364), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", base.Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("used_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_passkey_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_passkey_agent_id"), "passkey", ["agent_id"])
    op.create_table(
        "agent_identity",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_identity_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_agent_identity_issuer_subject")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_agent_identity_agent_id"), "agent_identity", ["agent_id"])
    op.add_column(
        "profile",
        sa.Column("second_factor", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "session", sa.Column("remote", sa.String(length=45), server_default="", nullable=False)
    )
    op.add_column(
        "session",
        sa.Column("method", sa.String(length=12), server_default="password", nullable=False),
    )
    op.add_column("login_code", sa.Column("agent_id", base.Id, nullable=True))
    op.add_column("login_code", sa.Column("link_hash", sa.String(length=64), nullable=True))
    op.add_column(
        "login_code", sa.Column("device", sa.String(length=64), server_default="", nullable=False)
    )
    op.create_index(op.f("ix_login_code_code_hash"), "login_code", ["code_hash"])
    op.create_index(op.f("ix_login_code_link_hash"), "login_code", ["link_hash"])
    op.create_index(
        "ix_log_actor",
        "log",
        ["actor_kind", "actor_id", "id"],
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
