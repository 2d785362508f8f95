"""The queue of longer jobs: a file, PostgreSQL or Redis/Valkey by one setting, with the same task code.

A job carries no truth: what must be sent or done stands in the database, and a lost job is put in again by the regular
work. Jobs are JSON with a signature. The library's own format can run code, also when it is signed.
"""

import hashlib
import hmac
import json
import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import SignedSerializer

from matcher.config import Settings
from matcher.errors import ConfigurationError

NAME = "matcher"
SECONDS_TO_CONNECT = 5
log = logging.getLogger(__name__)
Work = Callable[..., Any]


class SignedJson(SignedSerializer):
    """Name and plain arguments of a job as JSON, with an HMAC-SHA-256 behind it."""

    def _signature(self, message: bytes) -> bytes:
        return hmac.new(self._key, message, hashlib.sha256).hexdigest().encode()

    def _serialize(self, message: Any) -> bytes:
        if message.args or message.on_complete or message.on_error or message.chord_config or message.eta:
            raise TypeError("a job takes named plain values and nothing else")
        return bytes(
            self._sign(json.dumps({"id": message.id, "name": message.name, "kwargs": message.kwargs}).encode())
        )

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(self._unsign(bytes(data)))
        return Message(found["id"], found["name"], retries=0, retry_delay=0, args=(), kwargs=found["kwargs"])


@dataclass(frozen=True)
class Waiting:
    """How many jobs wait, and since when the first."""

    count: int
    since: datetime | None


class Queue:
    """Jobs by name. Whoever puts one in need not be the process that does it."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self._work: dict[str, Work] = {}
        self._task = huey.task(name="do")(self._do)

    def offer(self, name: str, work: Work) -> None:
        """This process does such jobs."""
        self._work[name] = work

    def put(self, name: str, *, now: datetime, **values: Any) -> bool:
        """False when the queue is away: what the job starts from stands in the database, and it is put in later."""
        job = self._task.s(name=name, asked_at=now.isoformat(), values=values)
        data = self.huey.serialize_task(job)
        try:
            self.huey.storage.enqueue(data, job.priority)
        except Exception as error:
            log.error("the queue is away, %s waits for another round: %s", name, error)
            return False
        return True

    def do_next(self) -> bool:
        """Does one job that waits; False when there was none. Raises ValueError for one that somebody else signed."""
        job = self.huey.dequeue()
        if job is None:
            return False
        self.huey.execute(job)
        return True

    def waiting(self) -> Waiting:
        """Raises what the driver raises when the queue is away."""
        storage = self.huey.storage
        first = storage.enqueued_items(limit=1)
        asked = self.huey.serializer.deserialize(first[0]).kwargs["asked_at"] if first else None
        return Waiting(storage.queue_size(), datetime.fromisoformat(asked) if asked else None)

    def close(self) -> None:
        """Lets go of connections, where the storage holds any."""
        close = getattr(self.huey.storage, "close", None)
        if close is not None:
            close()

    def _do(self, *, name: str, asked_at: str, values: dict[str, Any]) -> None:
        work = self._work.get(name)
        if work is None:
            log.error("nobody here does %s, asked for at %s", name, asked_at)
            return
        work(**values)


def queue_waiting(settings: Settings) -> Waiting | None:
    """What waits in the queue of this installation; None when it cannot be reached."""
    try:
        queue = make_queue(settings)
        try:
            return queue.waiting()
        finally:
            queue.close()
    except Exception as error:
        log.error("the queue cannot be asked what waits in it: %s", error)
        return None


def make_queue(settings: Settings) -> Queue:
    """What `MATCHER_QUEUE_URL` asks for; without it a file of its own. Raises ConfigurationError."""
    secret = settings.require_secret()
    url = settings.queue_url
    if not url:
        return _open_in(settings.var / "queue", secret)
    common: dict[str, Any] = {"serializer": SignedJson(secret=secret), "results": False, "utc": True}
    scheme = url.partition(":")[0]
    try:
        if scheme.partition("+")[0] in {"postgresql", "postgres"}:
            plain = re.sub(r"^[a-z+0-9]+:", "postgresql:", url)
            about = {"dsn": plain, "connect_timeout": SECONDS_TO_CONNECT, "table_prefix": "matcher_queue"}
            return Queue(PostgresHuey(NAME, **about, **common))
        if scheme in {"redis", "rediss", "valkey", "valkeys", "unix"}:
            # One client speaks to both, and knows the older names only.
            waits = f"{'&' if '?' in url else '?'}socket_connect_timeout={SECONDS_TO_CONNECT}"
            return Queue(RedisHuey(NAME, url=url.replace("valkey", "redis", 1) + waits, **common))
    except Exception as error:
        raise ConfigurationError(f"The queue at MATCHER_QUEUE_URL cannot be reached: {error}") from error
    raise ConfigurationError("MATCHER_QUEUE_URL must begin with postgresql://, redis:// or valkey://.")


def _open_in(folder: Path, secret: str) -> Queue:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open_file(folder / "jobs.sqlite3", secret)
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(f"The queue in {folder} cannot be opened: {error}") from error


def open_file(file: Path, secret: str) -> Queue:
    """A queue in a SQLite file that holds nothing else."""
    return Queue(
        SqliteHuey(NAME, filename=str(file), serializer=SignedJson(secret=secret), results=False, utc=True, fsync=False)
    )
