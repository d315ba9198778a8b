"""Tokens that end, may less and say when they were used; keys of people; first log-ins."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_token", sa.Column("permissions", base.Json, nullable=True))
    op.add_column("api_token", sa.Column("expires_at", base.Moment(timezone=True), nullable=True))
    op.add_column("api_token", sa.Column("used_at", base.Moment(timezone=True), nullable=True))
    op.add_column("agent", sa.Column("invited_at", base.Moment(timezone=True), nullable=True))
    op.add_column("agent", sa.Column("accepted_at", base.Moment(timezone=True), nullable=True))
    with op.batch_alter_table("passkey", table_kwargs={"sqlite_autoincrement": True}) as passkey:
        passkey.alter_column("agent_id", existing_type=base.Id, nullable=True)
        passkey.add_column(sa.Column("person_id", base.Id, nullable=True))
        passkey.create_foreign_key(op.f("fk_passkey_person_id"), "person", ["person_id"], ["id"])
        passkey.create_index(op.f("ix_passkey_person_id"), ["person_id"])
