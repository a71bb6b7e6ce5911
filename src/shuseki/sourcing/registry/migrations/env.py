"""Which database does Alembic renew? The connection that ``registry.store`` hands it."""

from alembic import context

from shuseki.sourcing.registry.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
