"""The queue and nothing else: `create_app` and the worker import the tasks that are put in it.

A job carries no truth: what must be sent or done stands in the database, and a lost job is picked up by the next round.
"""

from pathlib import Path

from huey import SqliteHuey
from huey.serializer import SignedSerializer

from matcher.config import Settings


def make_queue(settings: Settings) -> SqliteHuey:
    """The queue in a file of its own; jobs are signed, because the library's default format can run code."""
    folder = settings.var / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    return open_queue(folder / "jobs.sqlite3", settings.require_secret())


def open_queue(file: Path, secret: str) -> SqliteHuey:
    return SqliteHuey(
        "matcher",
        filename=str(file),
        serializer=SignedSerializer(secret=secret),
        results=False,
        utc=True,
        fsync=False,
    )
