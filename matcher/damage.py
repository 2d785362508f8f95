"""Notices a damaged SQLite file before anything is served from it. PostgreSQL keeps watch on its own files."""

import sqlite3
from contextlib import closing
from pathlib import Path

from matcher.db import sqlite_file
from matcher.errors import ConfigurationError

WHAT_TO_DO = "Stop the service, keep the file as it is, and restore the newest backup with `matcher restore`."


def refuse_damaged(database_url: str) -> None:
    """Raises ConfigurationError with a sentence for a file that is torn; a file that is not there yet is fine."""
    file = sqlite_file(database_url)
    if file is None or not file.exists() or file.stat().st_size == 0:
        return
    found = damage_of(file)
    if found:
        raise ConfigurationError(f"The database file {file} is damaged: {found}. {WHAT_TO_DO}")


def damage_of(file: Path) -> str:
    """The first thing SQLite says is wrong with the file or with its keys, or nothing."""
    return torn(file) or _points_at_nothing(file)


def torn(file: Path) -> str:
    """What SQLite says is broken in the file itself, or nothing. A file that is busy is not broken."""
    first = _first(file, "PRAGMA integrity_check(1)")
    if isinstance(first, str):
        return first
    return "" if first is None or first[0] == "ok" else str(first[0]).splitlines()[-1]


def _points_at_nothing(file: Path) -> str:
    orphan = _first(file, "PRAGMA foreign_key_check")
    if isinstance(orphan, str):
        return orphan
    return f"a row of {orphan[0]} points at nothing" if orphan else ""


def _first(file: Path, question: str) -> tuple[object, ...] | str | None:
    """The first row of the answer, or in words why there is none."""
    try:
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            # What is said of a torn file may quote bytes of it that are no text.
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            row: tuple[object, ...] | None = connection.execute(question).fetchone()
            return row
    except sqlite3.OperationalError as error:
        return None if "locked" in str(error) or "readonly" in str(error) else str(error)
    except sqlite3.DatabaseError as error:
        return str(error)
    except UnicodeDecodeError:
        return "what it says of itself is no text"
