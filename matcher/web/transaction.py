"""The database in a request: one look per request, and short write units that commit before the answer is made.

A POST is read → compute → one short write. A GET never writes, but for views marked with `marks_seen`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matcher.db import Database
from matcher.errors import Conflict
from matcher.i18n import _l
from matcher.web.once import begin_once

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SOMEBODY_WAS_FIRST = _l("Somebody changed this just before you. Look at the page again and try once more.")


class WriteInGet(RuntimeError):
    """A bug: following a link must not change anything."""


def init_app(app: Flask) -> None:
    app.teardown_request(lambda error: close_reading())


def database() -> Database:
    """The application's database."""
    found: Database = current_app.extensions["matcher_db"]
    return found


def reading() -> Session:
    """The request's one read session. It is closed when a write unit begins and at the end of the request."""
    if "reading" not in g:
        g.reading = database().session(write=False)
    session: Session = g.reading
    return session


def close_reading() -> None:
    session = g.pop("reading", None)
    if session is not None:
        session.close()


@contextmanager
def writing(*, marking: bool = False) -> Iterator[Session]:
    """One short write unit, committed at the end; an unkept promise of the database becomes a `Conflict`.

    `marking` is for the named exceptions that may write in a GET (last seen, shown and opened marks).
    """
    if request.method in SAFE_METHODS and not (marking or getattr(_view(), "marks_seen", False)):
        raise WriteInGet(f"{request.method} {request.path} tried to write")
    # The look must end first: on SQLite a reader that stays open would keep old pages alive and read stale rows after.
    close_reading()
    try:
        with database().write() as session:
            if not marking:
                # A mark is kept before the work is done: what is cut off between the two must not count as sent before.
                begin_once(session)
            yield session
    except (IntegrityError, StaleDataError) as error:
        current_app.logger.info("write refused at %s: %s", request.path, error)
        raise Conflict(SOMEBODY_WAS_FIRST) from error
    except OperationalError as error:
        if _is_busy(error):
            raise Conflict(SOMEBODY_WAS_FIRST) from error
        raise


def marks_seen(view: View) -> View:
    """Allow this GET to write shown and opened marks, in a unit of their own."""
    view.marks_seen = True  # type: ignore[attr-defined]
    return view


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions.get(request.endpoint or "")


def _is_busy(error: OperationalError) -> bool:
    """Another writer held the lock too long, or two of them waited for each other."""
    words = str(error.orig).lower()
    return any(word in words for word in ("database is locked", "lock timeout", "deadlock", "could not obtain lock"))
