"""People who are signed in, and the application on a real port for the browser."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database


@pytest.fixture
def sign_in(sqlite_database: Database, client: FlaskClient) -> Callable[[int], FlaskClient]:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as unit:
            token = open_session(unit, user_id=user_id, agent="test", now=utcnow())
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture
def address(sqlite_database: Database, make_app: Callable[..., Flask]) -> Iterator[str]:
    """Where the demonstration listens."""
    app: Any = make_app(str(sqlite_database.engine.url), demo=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
