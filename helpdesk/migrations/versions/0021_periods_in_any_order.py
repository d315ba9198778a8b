"""A period of openings is found in any order, and a channel in the order of openings, without
sorting what they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

#: thirty days since 1970
SPAN = {
    "sqlite": "(opened_at / 2592000000000)",
    "postgresql": "(floor(extract(epoch from opened_at at time zone 'UTC') / 2592000)::integer)",
}
SORTED = ("due_at", "sort_protocol", "sort_title", "sort_provider", "sort_agent")
KEYS = {"number": ("number",), **{name: (name, "number") for name in SORTED}}


def upgrade() -> None:
    span = sa.text(SPAN[op.get_context().dialect.name])
    for name, columns in KEYS.items():
        op.create_index(
            op.f(f"ix_ticket_span_by_{name}"),
            "ticket",
            [span, *columns],
            postgresql_where=sa.text("version > 0"),
        )
    op.create_index(
        op.f("ix_ticket_of_channel_by_opened_at"), "ticket", ["channel", "opened_at", "number"]
    )
    # With what a clock that stands is told by.
    op.drop_index("ix_ticket_of_situation", "ticket")
    columns = ["situation", "due_at", "number", "secret_group", "deleted_at", "paused_at"]
    op.create_index("ix_ticket_of_situation", "ticket", columns)
