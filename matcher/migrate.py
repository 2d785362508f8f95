"""Brings a database to the newest shape. Every command calls `upgrade`, so a missing database is no error anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError

import matcher.tables  # noqa: F401  (whoever upgrades goes on to use tables, also when nothing was to be done)
from matcher.config import shared_folder
from matcher.db import make_engine
from matcher.errors import ConfigurationError
from matcher.faults import Fault, fault_of, in_both_languages

LOCK = 7_201_126
"""Any number. Whoever upgrades a PostgreSQL database holds this lock: two starts at once wait for each other."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings without an ini file; a handed-over connection is used as it is."""
    config = Config()
    config.set_main_option("script_location", str(shared_folder("migrations")))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(database_url: str) -> bool:
    """Create or upgrade the database at this address; True when something was done. Raises ConfigurationError."""
    make_room(database_url)
    begun = _file_to_be(database_url)
    engine = make_engine(database_url)
    try:
        with _nothing_left(begun), said_plainly():
            # Only looking, so that a start does not wait for those who write already.
            with engine.execution_options(matcher_reads=True).connect() as connection:
                before = current_revision(connection)
                if before == head_revision():
                    return False
            _refuse_foreign(engine, before)
            _run_upgrade(engine)
    finally:
        engine.dispose()
    return True


def _file_to_be(database_url: str) -> Path | None:
    """The SQLite file that is not there yet; None when there is one, or none is needed."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    file = Path(url.database)
    return None if file.exists() else file


@contextmanager
def _nothing_left(begun: Path | None) -> Iterator[None]:
    """A database that could not be begun (no room for it) leaves no empty file behind."""
    try:
        yield
    except BaseException:
        for name in ("", "-wal", "-shm", "-journal") if begun else ():
            Path(f"{begun}{name}").unlink(missing_ok=True)
        raise


@contextmanager
def said_plainly() -> Iterator[None]:
    """While starting, what the machine refuses becomes a sentence with what to do. Raises ConfigurationError."""
    try:
        yield
    except (DBAPIError, OSError) as error:
        fault = fault_of(error)
        if fault is None:
            raise
        raise ConfigurationError(in_both_languages(fault, str(getattr(error, "orig", None) or error))) from error


def make_room(database_url: str) -> None:
    """The folder of a SQLite file must exist before the file can. At most one is made: when the one above is missing
    too, a disk is not mounted or the address is wrong, and an empty database there would hide it.

    Raises ConfigurationError.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        folder = Path(url.database).absolute().parent
        if not folder.parent.is_dir():
            raise ConfigurationError(in_both_languages(Fault.MISSING, str(folder)))
        with said_plainly():
            folder.mkdir(exist_ok=True)


def head_revision() -> str | None:
    """The newest shape this code knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    """The shape the database has now; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_foreign(engine: Engine, before: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if before is not None and before not in known:
        raise ConfigurationError(
            f"The database has the shape {before}, which this version does not know. Was it used by a newer version?"
        )


def _run_upgrade(engine: Engine) -> None:
    """All steps in one transaction, so that a failed upgrade leaves the old shape."""
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            # Rebuilding a table drops the old one, and keys that point at it must not cascade. Outside a transaction,
            # or SQLite ignores it; the pool gives the connection up with the engine.
            _without_transaction(connection, "PRAGMA foreign_keys=OFF")
        with connection.begin():
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            command.upgrade(alembic_config(connection), "head")
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise ConfigurationError(f"The upgrade would leave {len(broken)} rows that point at nothing.")


def _without_transaction(connection: Connection, statement: str) -> None:
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(statement)
