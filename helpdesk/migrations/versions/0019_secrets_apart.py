"""What is secret has an index: a search asks whether thousands of hits are among it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    secret = sa.text("secret_group IS NOT NULL")
    for table, key in (("ticket", "number"), ("message", "id")):
        op.create_index(
            op.f(f"ix_{table}_secret"),
            table,
            [key, "secret_group"],
            sqlite_where=secret,
            postgresql_where=secret,
        )
