"""What the portal keeps: ratings, and which notices a person wants no mail of."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rating",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("message_id", base.Id, nullable=False),
        sa.Column("score", base.Id, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_rating_message_id")),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_rating_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("message_id", name=op.f("uq_rating_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rating_number"), "rating", ["number"])
    op.add_column("person", sa.Column("muted", base.Json, server_default="[]", nullable=False))
