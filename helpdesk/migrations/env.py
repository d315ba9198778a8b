"""Alembic's entry: runs on the connection the caller holds, in the caller's transaction."""

from alembic import context

from helpdesk.migrations import include_name, include_object
from helpdesk.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=include_name,
    include_object=include_object,
    compare_type=True,
    render_as_batch=True,
    user_module_prefix="base.",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
