"""A region with its coordinator, an agreed match, and browsers of different people."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.suggestion_services import store_run, suggest
from tests.matching.lives import Life, make_life


@pytest.fixture(autouse=True)
def _on_the_day(on_the_day: None) -> None:
    """The worlds of these tests are of one day, and the pages look at the clock."""


@pytest.fixture
def browse(app: Flask, sqlite_database: Database) -> Callable[[int], FlaskClient]:
    """A browser in which this person is signed in."""

    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


def agreed(session: Session, **request: Any) -> tuple[Life, int]:
    """A world with one match that waits for approval, found by a suggestion."""
    life = make_life(session, **request)
    suggested = suggest(session, request_id=life.request.id, now=utcnow())
    store_run(session, suggested)
    match = life.accepted(now=utcnow())
    return life, match.id
