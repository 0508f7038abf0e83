"""Run by Alembic within `inspection.store.Store`: the connection comes in through the configuration."""

from alembic import context

from inspection.store_schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
