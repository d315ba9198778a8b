"""Files on their way in pieces."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("owner_kind", sa.String(length=10), nullable=False),
        sa.Column("owner_id", base.Id, nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("item", base.Id, nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=127), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.Column("size", base.Id, nullable=False),
        sa.Column("received", base.Id, nullable=False),
        sa.Column("pieces", base.Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("touched_at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_upload_owner_kind_owner_id"), "upload", ["owner_kind", "owner_id"])
    op.create_index(op.f("ix_upload_touched_at"), "upload", ["touched_at"])
