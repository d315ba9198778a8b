"""A notice that waits says what of our own way out stands against it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cause = sa.Column("cause", sa.String(20), nullable=False, server_default="")
    op.add_column("outbox", cause)
    waits = sa.text("state = 'queued' AND cause <> ''")
    op.create_index(
        "ix_outbox_cause",
        "outbox",
        ["channel", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
