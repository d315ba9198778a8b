"""What an open ticket, a person's own list, the bell and taking back ask for has an index."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: few rows have one
GIVEN = (
    ("ticket", "merged_into"),
    ("ticket", "follows"),
    ("endpoint", "person_id"),
    ("login_code", "agent_id"),
)


def upgrade() -> None:
    for table, column in GIVEN:
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_{table}_{column}"),
            table,
            [column],
            sqlite_where=given,
            postgresql_where=given,
        )
    op.create_index(op.f("ix_alert_agent_id_id"), "alert", ["agent_id", "id"])
    op.create_index(op.f("ix_reading_number"), "reading", ["number"])
    op.create_index(op.f("ix_known_address_source_id"), "known_address", ["source", "id"])
