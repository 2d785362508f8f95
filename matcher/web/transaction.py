"""The database in a request: one look per request, and short write units that commit before the answer is made.

A POST is read → compute → one short write. A GET never writes, but for `marks_seen` views and what is `noted`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matcher.db import Database
from matcher.errors import Busy, Conflict
from matcher.faults import fault_of
from matcher.i18n import _l
from matcher.web.once import begin_once, end_once, forget_once

View = TypeVar("View", bound=Callable[..., Any])
Noted = TypeVar("Noted")

MARKS_REST_S = 60.0
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
    marks_only = request.method in SAFE_METHODS
    if marks_only and not (marking or getattr(_view(), "marks_seen", False)):
        raise WriteInGet(f"{request.method} {request.path} tried to write")
    # The look must end first: on SQLite a reader that stays open would keep old pages alive and read stale rows after.
    close_reading()
    try:
        with _once(), database().write() as session:
            if not marking:
                # A mark is kept before the work is done: what is cut off between the two must not count as sent before.
                begin_once(session)
            yield session
            end_once(session)
    except (IntegrityError, StaleDataError) as error:
        current_app.logger.info("write refused at %s: %s", request.path, error)
        raise Conflict(SOMEBODY_WAS_FIRST) from error
    except OperationalError as error:
        if marks_only and fault_of(error) is not None:
            # Looking goes on when nothing can be written: a mark less is no harm.
            current_app.logger.info("a mark is not kept at %s: %s", request.path, error)
            current_app.extensions["matcher_marks_again"] = monotonic() + MARKS_REST_S
            return
        if _is_busy(error):
            raise Conflict(SOMEBODY_WAS_FIRST) from error
        raise


def may_mark() -> bool:
    """Are marks worth trying? When one could not be written, no page waits for the next for a while."""
    return monotonic() >= float(current_app.extensions.get("matcher_marks_again", 0.0))


@contextmanager
def _once() -> Iterator[None]:
    """A unit that fails, at its end too, takes the memory of its form with it."""
    try:
        yield
    except BaseException:
        forget_once()
        raise


def noted(note: Callable[[Session], Noted], otherwise: Noted) -> Noted:
    """Writes down that something was looked at, in a unit of its own, for views whose answer matters more than the
    note: when nothing can be written now, the answer goes out all the same and `otherwise` comes back.
    """
    close_reading()
    try:
        with database().write() as session:
            return note(session)
    except (SQLAlchemyError, Busy) as error:
        current_app.logger.warning("not noted at %s: %s", request.endpoint, type(error).__name__)
        return otherwise


def marks_seen(view: View) -> View:
    """Allow this GET to write shown and opened marks, in a unit of their own."""
    view.marks_seen = True  # type: ignore[attr-defined]
    return view


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions.get(request.endpoint or "")


def _is_busy(error: OperationalError) -> bool:
    """Another writer held the same row too long, or two of them waited for each other. A whole database that is held by
    another program is no such thing: nobody changed this."""
    words = str(error.orig).lower()
    return any(word in words for word in ("lock timeout", "deadlock", "could not obtain lock"))
