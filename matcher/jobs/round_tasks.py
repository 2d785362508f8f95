"""Doing what is due: take a lease, work with a beating heart, note what became of it. Any number of workers may run.

Nothing here trusts the clock of the wall for leases. A lease is dead when its heartbeat was seen to stand still for
LEASE seconds on the watcher's own clock, which nobody sets.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from matcher.db import Database
from matcher.jobs.faults import taken
from matcher.jobs.models import JobRun
from matcher.jobs.periods import Periodic, is_absurd
from matcher.jobs.queries import runs
from matcher.jobs.services import beat, claim, finish, give_back, make_known, note_beside, reckon_anew

LEASE_SECONDS = 30.0
BEAT_SECONDS = 8.0
log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


@dataclass
class Watch:
    """Looks whether the heartbeat of other workers' leases goes on."""

    seconds: float = LEASE_SECONDS
    steady: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[tuple[str, int], float]] = field(default_factory=dict)

    def dead(self, row: JobRun) -> tuple[str, int] | None:
        """The lease of this row, when it has not moved for as long as a lease lasts."""
        if row.lease_token is None:
            self._seen.pop(row.name, None)
            return None
        lease = (row.lease_token, row.lease_beat)
        seen, since = self._seen.get(row.name, (None, 0.0))
        if seen != lease:
            self._seen[row.name] = (lease, self.steady())
            return None
        return lease if self.steady() - since >= self.seconds else None


@dataclass
class Rounds:
    """The regular work of one worker. `held` is what it is doing now, for whoever has to end it."""

    database: Database
    app: Any
    jobs: Sequence[Periodic]
    clock: Clock
    watch: Watch = field(default_factory=Watch)
    beat_seconds: float = BEAT_SECONDS
    held: tuple[str, str] | None = None
    known: bool = False

    def once(self, stopping: Callable[[], bool] = bool) -> dict[str, int]:
        """Everything that is due and free; what was done, by name. Work that fails does not stop the rest."""
        done: dict[str, int] = {}
        if not self.known:
            with self.database.write() as session:
                make_known(session, self.jobs, now=self.clock())
            self.known = True
        for job in self.jobs:
            if stopping():
                break
            done.update(self._beside(job) if job.beside else self._leased(job))
        return done

    def waits_for(self) -> list[str]:
        """What is due and in the hands of somebody else."""
        now = self.clock()
        with self.database.read() as session:
            rows = runs(session)
        return [job.name for job in self.jobs if _is_held(rows.get(job.name), now)]

    def give_up(self) -> None:
        """The worker ends while something is in hand: it stays due, and nobody has to wait for it."""
        if self.held is not None:
            with self.database.write() as session:
                give_back(session, *self.held, now=self.clock())

    def _leased(self, job: Periodic) -> dict[str, int]:
        now = self.clock()
        token, failures = self._claim(job, now)
        if token is None:
            return {}
        self.held = (job.name, token)
        with beating(self.database, job.name, token, self.beat_seconds):
            counts, error = _done(job, self.database, self.app, now)
        ended: dict[str, Any] = {"counts": counts, "error": error, "failures": failures + 1 if error else 0}
        with self.database.write() as session:
            kept = finish(session, job, token, began_at=now, now=self.clock(), **ended)
        self.held = None
        if not kept:
            log.warning("%s was taken over by another worker; what this one noted is left out", job.name)
        return counts

    def _claim(self, job: Periodic, now: datetime) -> tuple[str | None, int]:
        """Looks first, so that an idle round takes no write lock."""
        with self.database.read() as session:
            row = runs(session).get(job.name)
        if row is None:
            return None, 0
        dead = self.watch.dead(row)
        if row.lease_token is None and is_absurd(job.when, row.next_due_at, now):
            with self.database.write() as session:
                reckon_anew(session, job, absurd=row.next_due_at, now=now)
        if row.next_due_at > now or (row.lease_token is not None and dead is None):
            return None, 0
        if dead is not None:
            log.warning("%s: its worker is gone, taken over", job.name)
        with self.database.write() as session:
            return claim(session, job, now=now, dead=dead), row.failures

    def _beside(self, job: Periodic) -> dict[str, int]:
        now = self.clock()
        counts, error = _done(job, self.database, self.app, now)
        with self.database.write() as session:
            note_beside(session, job, began_at=now, now=self.clock(), counts=counts, error=error)
        return counts


@contextmanager
def beating(database: Database, name: str, token: str, seconds: float) -> Iterator[None]:
    """A heart that beats as long as the work takes; it stops with the process, and with nothing else."""
    ended = threading.Event()

    def beats() -> None:
        while not ended.wait(seconds):
            try:
                with database.write() as session:
                    if not beat(session, name, token):
                        return
            except Exception as error:
                log.warning("%s: the heartbeat could not be written: %s", name, error)

    heart = threading.Thread(target=beats, daemon=True, name=f"heart of {name}")
    heart.start()
    try:
        yield
    finally:
        ended.set()


def _done(job: Periodic, database: Database, app: Any, now: datetime) -> tuple[dict[str, int], str | None]:
    taken()
    try:
        counts = job.verb(database, app, now)
        faults = taken()
        return counts, f"{len(faults)} × {faults[0]}" if faults else None
    except Exception as error:
        log.exception("%s failed; it is tried again", job.name)
        # The first line only: what the database adds below it are values of rows.
        return {}, f"{type(error).__name__}: {error}".splitlines()[0]


def _is_held(row: JobRun | None, now: datetime) -> bool:
    return row is not None and row.lease_token is not None and row.next_due_at <= now
