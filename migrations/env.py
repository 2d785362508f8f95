"""Alembic's entry: one connection, every room's tables, batch mode for SQLite."""

from alembic import context
from sqlalchemy import Connection

from matcher.config import Settings
from matcher.db import make_engine
from matcher.tables import metadata


def run(connection: Connection) -> None:
    """Whoever hands a connection over also commits it."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        user_module_prefix="matcher.db.",
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    engine = make_engine(Settings.from_env().database_url)
    with engine.begin() as opened:
        run(opened)
    engine.dispose()
