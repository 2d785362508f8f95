"""Puts a backup in place: checked and upgraded first, and whoever erased their account since is erased again; the old
is put aside, never deleted. Or nothing is changed."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from matcher import postgres_programs
from matcher.backup import DATABASE, MODELS, Contents, unpack
from matcher.config import Settings
from matcher.damage import damage_of
from matcher.db import Database, beside, sqlite_file
from matcher.errors import ConfigurationError
from matcher.ledger import ErasedPerson, note_erased, noted
from matcher.migrate import make_room, upgrade

Check = Callable[[Database], Sequence[str]]
"""What `matcher fsck` says of a database, one sentence each."""
Settle = Callable[[Database], int]
"""What is done to a restored database before it is checked; how many accounts it erased."""
SUFFIXES = ("", "-wal", "-shm")
EMPTY_WHEN_NONE = ("users", "organisations", "requests")


@dataclass(frozen=True)
class Restored:
    """What was done, for people to read."""

    contents: Contents
    upgraded: bool
    put_aside: list[str]
    findings: Sequence[str]
    erased: int = 0


@dataclass(frozen=True)
class Erasing:
    """How a database says who erased their account, and how they are erased again where they came back."""

    known: Callable[[Database], list[ErasedPerson]]
    again: Callable[[Database, list[ErasedPerson]], int]


def restore(
    settings: Settings, backup: Path, *, check: Check, erasing: Erasing, force: bool, now: datetime
) -> Restored:
    """The backup becomes the database. Raises ConfigurationError with a sentence; then everything is as it was."""
    make_room(settings.database_url)
    settings.var.mkdir(parents=True, exist_ok=True)
    file = sqlite_file(settings.database_url)
    with _staging(file.parent if file else settings.var) as folder:
        contents = _unpacked(backup, folder, "sqlite" if file else "postgresql")
        # To the microsecond: what an earlier restore put aside a moment ago is never overwritten.
        stamp = now.strftime("%Y%m%d%H%M%S%f")
        people = {
            each.key: each for each in (*noted(settings.var), *noted(folder), *_of(settings.database_url, erasing))
        }
        gone = sorted(people.values())

        def settle(database: Database) -> int:
            return erasing.again(database, gone)

        if file is not None:
            upgraded, erased, findings = _ready(folder / DATABASE, check, settle)
            _refuse_full(settings.database_url, force, file.exists() and file.stat().st_size > 0)
            aside = _swap(file, folder / DATABASE, stamp)
        else:
            _refuse_full(settings.database_url, force, True)
            dump = folder / DATABASE
            upgraded, erased, findings, aside = _into_postgres(
                settings.database_url, dump, contents, check, settle, stamp
            )
        aside += _swap_models(settings.models_folder, folder / MODELS, stamp)
        note_erased(settings.var, gone)
    return Restored(contents, upgraded, aside, findings, erased)


def try_out(settings: Settings, backup: Path, *, check: Check) -> Restored:
    """A restore into a place of its own, which is thrown away: does this backup work?"""
    settings.var.mkdir(parents=True, exist_ok=True)
    with _staging(settings.var) as folder:
        is_file = sqlite_file(settings.database_url) is not None
        contents = _unpacked(backup, folder, "sqlite" if is_file else "postgresql")
        if is_file:
            upgraded, _erased, findings = _ready(folder / DATABASE, check, _nobody)
        else:
            upgraded, findings = _tried_on_postgres(settings.database_url, folder / DATABASE, contents, check)
    return Restored(contents, upgraded, [], findings)


def _nobody(database: Database) -> int:
    return 0


def _of(url: str, erasing: Erasing) -> list[ErasedPerson]:
    """Who is erased in the database that is put aside; nobody where there is none, or it cannot be read."""
    database = Database(url)
    try:
        return erasing.known(database)
    except Exception:
        return []
    finally:
        database.dispose()


def _unpacked(backup: Path, folder: Path, engine: str) -> Contents:
    contents = unpack(backup, folder)
    if contents.engine != engine:
        raise ConfigurationError(
            f"This is a backup of {contents.engine}, and MATCHER_DATABASE_URL names a {engine} database. A backup goes"
            " back to the engine it came from."
        )
    return contents


def _ready(copy: Path, check: Check, settle: Settle) -> tuple[bool, int, Sequence[str]]:
    """The unpacked file, whole and of the newest shape, before anything is replaced by it."""
    if damage := damage_of(copy):
        raise ConfigurationError(f"The database in this backup is damaged: {damage}. Take an older backup.")
    url = f"sqlite:///{copy}"
    upgraded = upgrade(url)
    erased, findings = _settled(url, settle), _checked(url, check)
    # One file again: what the upgrade wrote beside it goes in.
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return upgraded, erased, findings


def _settled(url: str, settle: Settle) -> int:
    database = Database(url)
    try:
        return settle(database)
    finally:
        database.dispose()


def _checked(url: str, check: Check) -> Sequence[str]:
    database = Database(url)
    try:
        return list(check(database))
    finally:
        database.dispose()


def _refuse_full(url: str, force: bool, is_there: bool) -> None:
    """Only an empty database is replaced without being asked to."""
    if not force and is_there and not _is_empty(url):
        raise ConfigurationError(
            "There is a database with people in it already. Say --force to put it aside and restore over it."
        )


def _is_empty(url: str) -> bool:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            tables = set(connection.dialect.get_table_names(connection))
            return not any(
                # The name is one of our own tables, not what somebody typed.
                connection.exec_driver_sql(f"select 1 from {table} limit 1").first()  # noqa: S608
                for table in EMPTY_WHEN_NONE
                if table in tables
            )
    except Exception:  # a file that is torn is no empty one
        return False
    finally:
        database.dispose()


def _swap(file: Path, new: Path, stamp: str) -> list[str]:
    """The old files get another name, the new one theirs; back again when anything fails in between."""
    if file.exists():
        _refuse_used(file)
    old = [Path(f"{file}{suffix}") for suffix in SUFFIXES if Path(f"{file}{suffix}").exists()]
    moved: list[tuple[Path, Path]] = []
    try:
        for path in old:
            aside = Path(str(path).replace(str(file), f"{file}.before-{stamp}", 1))
            path.rename(aside)
            moved.append((path, aside))
        new.rename(file)
    except OSError as error:
        for path, aside in reversed(moved):
            aside.rename(path)
        raise ConfigurationError(
            f"The database could not be replaced: {error.strerror}. Nothing was changed."
        ) from error
    return [str(aside) for _path, aside in moved[:1]]


def _refuse_used(file: Path) -> None:
    """Leaving the write-ahead mode needs the file for oneself: who has it open would go on writing to the old one."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ConfigurationError("Somebody uses the database: stop web and worker first.") from error
    except sqlite3.DatabaseError:
        return  # torn: put aside as it is


def _swap_models(folder: Path, new: Path, stamp: str) -> list[str]:
    aside = folder.with_name(f"{folder.name}.before-{stamp}")
    had = folder.is_dir() and any(folder.iterdir())
    try:
        if had:
            folder.rename(aside)
        if new.is_dir():
            if folder.is_dir():
                folder.rmdir()
            shutil.move(new, folder)
    except OSError as error:
        raise ConfigurationError(
            f"The database is in place. Its models could not be: {error.strerror}. The rule orders people until"
            " `matcher train` made a new one."
        ) from error
    return [str(aside)] if had else []


def _into_postgres(
    url: str, dump: Path, contents: Contents, check: Check, settle: Settle, stamp: str
) -> tuple[bool, int, Sequence[str], list[str]]:
    """The old tables stay in a schema of their own. One transaction brings the new ones, or they come back."""
    program = _pg_restore(url, contents)
    aside = f"before_restore_{stamp}"
    had = not _has_no_tables(url)
    _say(url, f'ALTER SCHEMA public RENAME TO "{aside}"', "CREATE SCHEMA public")
    try:
        _fill(program, url, dump)
        upgraded = upgrade(url)
        erased, findings = _settled(url, settle), _checked(url, check)
    except BaseException:
        _say(url, "DROP SCHEMA public CASCADE", f'ALTER SCHEMA "{aside}" RENAME TO public')
        raise
    if not had:
        _say(url, f'DROP SCHEMA "{aside}" CASCADE')
    return upgraded, erased, findings, [f"schema {aside}"] if had else []


def _tried_on_postgres(url: str, dump: Path, contents: Contents, check: Check) -> tuple[bool, Sequence[str]]:
    program = _pg_restore(url, contents)
    name = f"matcher_try_{os.getpid()}"
    _alone(url, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        trial = beside(url, name)
        _fill(program, trial, dump)
        return upgrade(trial), _checked(trial, check)
    finally:
        _alone(url, f"DROP DATABASE IF EXISTS {name}")


def _pg_restore(url: str, contents: Contents) -> Path:
    return postgres_programs.find("pg_restore", max(postgres_programs.server_version(url), contents.tool))


def _fill(program: Path, url: str, dump: Path) -> None:
    whole = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    postgres_programs.run(program, url, *whole, "--dbname=", str(dump))


def _has_no_tables(url: str) -> bool:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return not connection.dialect.get_table_names(connection)
    finally:
        database.dispose()


def _say(url: str, *statements: str) -> None:
    """All of it or nothing."""
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        database.dispose()


def _alone(url: str, statement: str) -> None:
    """What no transaction may hold. Raises ConfigurationError where the user may not make databases."""
    database = Database(url)
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)
    except Exception as error:
        raise ConfigurationError("Trying a backup needs a database user who may create databases.") from error
    finally:
        database.dispose()


@contextmanager
def _staging(beside_what: Path) -> Iterator[Path]:
    """A folder on the same disk, gone afterwards whatever happens."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".matcher-restore-", dir=beside_what))
    except OSError as error:
        raise ConfigurationError(f"Nothing can be written in {beside_what}: {error.strerror}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
