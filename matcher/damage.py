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
    """The first thing SQLite says is wrong with the file, or nothing."""
    try:
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            # What is said of a torn file may quote bytes of it that are no text.
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            first = connection.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = None if first[0] != "ok" else connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.OperationalError as error:
        return "" if "locked" in str(error) or "readonly" in str(error) else str(error)
    except sqlite3.DatabaseError as error:
        return str(error)
    except UnicodeDecodeError:
        return "what it says of itself is no text"
    if first[0] != "ok":
        return str(first[0]).splitlines()[-1]
    return f"a row of {orphan[0]} points at nothing" if orphan else ""
