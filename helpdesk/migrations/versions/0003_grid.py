"""What the grid is sorted, searched and counted by."""

import sqlalchemy as sa
from alembic import op

from helpdesk import search_index, sorting
from helpdesk.models import base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: what the first schema's lists walked
REPLACED = (
    "ix_ticket_situation_due_at_number",
    "ix_ticket_situation_opened_at_number",
    "ix_ticket_situation_number",
    "ix_ticket_provider_id_situation_number",
    "ix_ticket_assignee_id_situation_due_at_number",
    "ix_ticket_classification_id_situation_due_at_number",
    "ix_ticket_status_id_due_at_number",
    "ix_ticket_sector_id_situation_due_at_number",
)
SORTED = ("due_at", "opened_at", "sort_protocol", "sort_title", "sort_provider", "sort_agent")
FILTERED = (
    "status_id", "classification_id", "subclassification_id", "reason_id", "sector_id",
    "provider_id", "assignee_id", "channel",
)  # fmt: skip
GATE = ("secret_group", "deleted_at")
THEN = {
    "provider_id": ("situation", "number"),
    "subclassification_id": ("due_at", "number", "situation"),
    "reason_id": ("due_at", "number", "situation"),
}


def upgrade() -> None:
    connection = op.get_bind()
    for name, length in (("sort_protocol", 40), ("sort_provider", 200), ("sort_agent", 200)):
        op.add_column(
            "ticket",
            sa.Column(name, base.by_code_point(length), server_default="", nullable=False),
        )
    connection.exec_driver_sql(sorting.FILL)
    for statement in sorting.CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    for statement in search_index.BLOCKS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    for name in REPLACED:
        op.drop_index(op.f(name), "ticket")
    for column in SORTED:
        more = ("due_at", "sort_protocol", *GATE) if column == "opened_at" else ()
        op.create_index(f"ix_ticket_by_{column}", "ticket", [column, "number", *more])
    for column in FILTERED:
        keys = [column, *THEN.get(column, ("situation", "due_at", "number")), *GATE]
        op.create_index(f"ix_ticket_of_{column}", "ticket", keys)
    for column in ("sector_id", "classification_id"):
        name = f"ix_ticket_of_{column}_by_sort_agent"
        op.create_index(name, "ticket", [column, "sort_agent", "number"])
    keys = ["situation", "due_at", "number", *GATE]
    op.create_index("ix_ticket_of_situation", "ticket", keys)
    for column in ("opened_at", "sort_protocol"):
        name = f"ix_ticket_of_situation_by_{column}"
        op.create_index(name, "ticket", ["situation", column, "number"])
    op.create_index("ix_ticket_of_situation_by_number", "ticket", ["situation", "number"])
    late = sa.text("closed_at > due_at")
    op.create_index(
        "ix_ticket_late", "ticket", ["due_at", "number"], sqlite_where=late, postgresql_where=late
    )
