"""The worker: sends what is due and does the rooms' regular work. Started by `matcher work` and by the demonstration.

A room offers `due_work(database, app, now) -> dict[str, int]` in its `tasks.py`: short rounds that may be run by
several workers at once and again after a crash.
"""

import logging
import signal
import threading
from types import ModuleType

from flask import Flask

import matcher
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.jobs import make_queue
from matcher.reference import prepare

SECONDS_BETWEEN = 5.0
log = logging.getLogger(__name__)


def work_once(settings: Settings) -> dict[str, int]:
    """One round of every room; what was done, by name. A room that fails does not stop the others."""
    prepare(settings.database_url)
    app = matcher.create_app(settings)
    return _round(app)


def work_forever(settings: Settings, stop: threading.Event | None = None) -> None:
    """Rounds every few seconds and the queue's jobs in between, until asked to stop."""
    prepare(settings.database_url, newest_data=True)
    app = matcher.create_app(settings)
    asked = stop or _stop_on_signal()
    queue = make_queue(settings)
    app.extensions["matcher_queue"] = queue
    consumer = queue.create_consumer(workers=1, periodic=False, check_worker_health=False)
    if stop is None:
        # The consumer wants to handle signals itself; here the round must end first.
        consumer._set_signal_handlers = lambda: None
    consumer.start()
    try:
        while not asked.wait(SECONDS_BETWEEN):
            _round(app)
    finally:
        consumer.stop(graceful=True)


def _round(app: Flask) -> dict[str, int]:
    done: dict[str, int] = {}
    # Notices last: what a round writes should not wait for the next one.
    for room in reversed(matcher.ROOMS):
        module = matcher.import_if_there(f"matcher.{room}.tasks")
        if module is not None:
            done.update(_one_room(module, app))
    return done


def _one_room(module: ModuleType, app: Flask) -> dict[str, int]:
    try:
        counts: dict[str, int] = module.due_work(app.extensions["matcher_db"], app, utcnow())
    except Exception:
        log.exception("%s failed; the next round tries again", module.__name__)
        return {}
    return counts


def _stop_on_signal() -> threading.Event:
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked
