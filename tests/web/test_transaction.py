"""One look per request, short write units, and a GET that cannot write."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matcher.db import Database
from matcher.errors import Conflict
from matcher.subjects.models import Topic, TopicType
from matcher.web.guards import public
from matcher.web.transaction import WriteInGet, close_reading, marks_seen, reading, writing


def test_get_that_writes_is_a_fault(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(WriteInGet), writing():
        pass


def test_get_that_marks_may_write(app: Flask) -> None:
    @app.get("/marks")
    @public
    @marks_seen
    def marks() -> str:
        with writing():
            return "marked"

    assert app.test_client().get("/marks").text == "marked"


def test_two_looks_in_a_request_are_one(app: Flask) -> None:
    with app.test_request_context("/"):
        first = reading()
        assert reading() is first
        close_reading()
        assert reading() is not first


def test_look_cannot_write(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(Exception, match="readonly"):
        reading().execute(text("DELETE FROM topics"))


def test_refused_unit_leaves_nothing(app: Flask, sqlite_database: Database) -> None:
    with app.test_request_context("/", method="POST"):
        with pytest.raises(RuntimeError):
            _add_mark_and_stumble()
        assert _marks(reading()) == 0


def test_kept_unit_is_seen_by_the_next_look(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        assert _marks(reading()) == 0
        with writing() as session:
            _add_mark(session)
        assert _marks(reading()) == 1


def test_broken_promise_of_the_database_is_a_conflict(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        with writing() as session:
            _add_mark(session)
        with pytest.raises(Conflict), writing() as session:
            _add_mark(session)


def test_stale_row_is_a_conflict(app: Flask) -> None:
    with app.test_request_context("/", method="POST"), pytest.raises(Conflict), writing():
        raise StaleDataError("somebody else changed it")


def _add_mark(session: Session) -> None:
    session.add(Topic(type=TopicType.THEME, code="planted", nl="x", en="x", levels=[], near=[]))
    session.flush()


def _add_mark_and_stumble() -> None:
    with writing() as session:
        _add_mark(session)
        raise RuntimeError("refused")


def _marks(session: Session) -> int:
    return session.execute(text("SELECT count(*) FROM topics WHERE code = 'planted'")).scalar_one()
