"""Run by Alembic within `inspection.store.database`: the connection and the name of the version table come in through
the configuration.
"""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=attributes["version_table"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
