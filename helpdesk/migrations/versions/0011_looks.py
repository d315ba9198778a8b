"""Who looked at one ticket, newest first."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_access_log_number_id"), "access_log", ["number", "id"])
