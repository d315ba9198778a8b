"""Text read from attachments, for the search."""

import sqlalchemy as sa
from alembic import op

from helpdesk import search_index
from helpdesk.models import base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

#: what there is is read too: by its type, else by the ending of its name
TEXTUAL = """
lower(content_type) LIKE 'text/%' OR lower(content_type) LIKE 'application/pdf%'
OR lower(content_type) LIKE 'application/xml%' OR lower(content_type) LIKE 'application/json%'
OR lower(content_type) LIKE '%+xml' OR lower(filename) LIKE '%.pdf' OR lower(filename) LIKE '%.xml'
OR lower(filename) LIKE '%.txt' OR lower(filename) LIKE '%.csv' OR lower(filename) LIKE '%.json'
OR lower(filename) LIKE '%.html' OR lower(filename) LIKE '%.htm'
"""


def upgrade() -> None:
    for column in (
        sa.Column("text_state", sa.String(length=10), server_default="", nullable=False),
        sa.Column("text_error", sa.String(length=20), server_default="", nullable=False),
        sa.Column("text_attempts", base.Id, server_default="0", nullable=False),
        sa.Column("text_until", base.Moment(timezone=True), nullable=True),
    ):
        op.add_column("attachment", column)
    op.execute(sa.text(f"UPDATE attachment SET text_state = 'waiting' WHERE {TEXTUAL}"))  # noqa: S608 - a constant
    waiting = sa.text("text_state = 'waiting'")
    op.create_index(
        "ix_attachment_waiting",
        "attachment",
        ["id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "attachment_text",
        sa.Column("attachment_id", base.Id, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
            name=op.f("fk_attachment_text_attachment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_text")),
    )
    connection = op.get_bind()
    for statement in search_index.ATTACHED[connection.dialect.name]:
        connection.exec_driver_sql(statement)
