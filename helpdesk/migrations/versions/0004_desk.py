"""What agents keep: views, canned texts, settings; merges and asked items."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
