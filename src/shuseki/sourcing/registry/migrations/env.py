"""Which database does Alembic renew? The connection that ``registry.store`` hands it."""

from alembic import context

from shuseki.sourcing.registry.schema import metadata


def renew() -> None:
    """Run the steps on the connection."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name by which Alembic runs this file
    renew()
