"""The worker: does the rooms' regular work when it is due, and the jobs of the queue in between.

A room's `tasks.py` offers `due_work(database, app, now) -> dict[str, int]`, which is asked every few seconds, and may
offer `PERIODIC`, a tuple of `Periodic` for what has a rhythm of its own. Both start from rows, so that they may be run
by several workers and again after a crash. `QUEUED` names what it does for the queue.
"""

import functools
import logging
import signal
import threading
import time
from collections.abc import Callable

from flask import Flask

import matcher
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.jobs.leaps import LeapWatch
from matcher.jobs.periods import ROUND, Periodic
from matcher.jobs.queue import Queue, make_queue
from matcher.jobs.round_tasks import LEASE_SECONDS, Rounds
from matcher.reference import prepare

SECONDS_BETWEEN = ROUND.total_seconds()
SECONDS_TO_END = 30.0
log = logging.getLogger(__name__)


def work_once(settings: Settings) -> dict[str, int]:
    """Everything that is due; what was done, by name. Waits for what a worker that is gone left in hand."""
    prepare(settings.database_url)
    app = matcher.create_app(settings)
    rounds = Rounds(app.extensions["matcher_db"], app, matcher.periodic(), utcnow)
    done = rounds.once()
    began = time.monotonic()
    while rounds.waits_for() and time.monotonic() - began < LEASE_SECONDS + SECONDS_BETWEEN:
        time.sleep(1)
        done.update(rounds.once())
    return done


def work_forever(settings: Settings, stop: threading.Event | None = None) -> None:
    """Until asked to stop: then what is in hand is ended, for half a minute at most."""
    prepare(settings.database_url, newest_data=True)
    app = matcher.create_app(settings)
    asked = stop or _stop_on_signal()
    queue = make_queue(settings)
    app.extensions["matcher_queue"] = queue
    offer_jobs(queue, app)
    consumer = queue.huey.create_consumer(workers=1, periodic=False, check_worker_health=False, max_delay=1.0)
    # The consumer wants to handle signals itself; here the work must end first.
    consumer._set_signal_handlers = lambda: None
    consumer.start()
    lanes = _lanes(app, asked)
    try:
        asked.wait()
    finally:
        deadline = time.monotonic() + SECONDS_TO_END
        consumer.stop_flag.set()
        for rounds, thread in lanes:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                log.error("%s was cut off after half a minute", rounds.held)
                rounds.give_up()
        consumer.shutdown_timeout = max(0.0, deadline - time.monotonic())
        consumer.stop(graceful=True)


def offer_jobs(queue: Queue, app: Flask) -> None:
    """What the rooms do for the queue: `QUEUED` in their tasks, by name."""
    for module in matcher.task_modules():
        for name, work in getattr(module, "QUEUED", {}).items():
            queue.offer(name, functools.partial(work, app.extensions["matcher_db"], app))


def _lanes(app: Flask, asked: threading.Event) -> list[tuple[Rounds, threading.Thread]]:
    """Two threads, so that a long night's work keeps no mail waiting."""
    jobs = matcher.periodic()
    quick = [job for job in jobs if job.when.longest <= ROUND]
    slow = [job for job in jobs if job.when.longest > ROUND]
    leaps = LeapWatch()
    lanes = []
    for name, some in (("rounds", quick), ("regular", slow)):
        rounds = Rounds(app.extensions["matcher_db"], app, some, utcnow)
        thread = threading.Thread(target=_go_on, args=(rounds, asked, leaps.believes), daemon=True, name=name)
        thread.start()
        lanes.append((rounds, thread))
    return lanes


def _go_on(rounds: Rounds, asked: threading.Event, believes: Callable[..., bool]) -> None:
    while not asked.is_set():
        try:
            if believes(utcnow()):
                rounds.once(asked.is_set)
        except Exception:
            log.exception("a round broke off; the next one tries again")
        asked.wait(SECONDS_BETWEEN)


def _stop_on_signal() -> threading.Event:
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked


__all__ = ["Periodic", "offer_jobs", "work_forever", "work_once"]
