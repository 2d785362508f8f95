"""Whatever comes in, a kind page goes out."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.web.guards import public
from tests.factories.people import make_user


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("gone"), 404),
        (Forbidden("not <yours>"), 403),
        (Conflict("late"), 409),
        (InvalidInput("odd"), 422),
        (OperationalError("select", {}, Exception("disk full")), 503),
    ],
)
def test_refusal_has_its_status_and_a_page(app: Flask, error: Exception, status: int) -> None:
    @app.get("/refuses")
    @public
    def refuses() -> str:
        raise error

    answer = app.test_client().get("/refuses")
    assert answer.status_code == status
    assert answer.text.count("<h1") == 1
    assert "<yours>" not in answer.text


def test_fault_of_ours_shows_a_number_and_no_detail(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/breaks")
    @public
    def breaks() -> str:
        raise KeyError("secret detail")

    answer = app.test_client().get("/breaks")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/%00", 400),
        ("/?q=%00", 400),
        ("/requests/99999999999999999999", 404),
        ("/requests/9223372036854775807", 404),
        ("/requests/-1", 404),
        ("/requests/1e3", 404),
        ("/%ff%fe", 404),
        ("/" + "a" * 5000, 404),
    ],
)
def test_odd_address_is_refused_kindly(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "<h1" in answer.text


def test_wrong_method_says_what_is_allowed(client: FlaskClient) -> None:
    answer = client.post("/static/css/base.css")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_error_page_speaks_the_language_of_the_browser(client: FlaskClient) -> None:
    english = client.get("/nothing", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert 'lang="en"' in english
    assert 'lang="nl"' in client.get("/nothing", headers={"Accept-Language": "fr"}).text


def test_post_without_token_is_refused(make_app, sqlite_database) -> None:
    app = make_app(str(sqlite_database.engine.url), csrf=True)
    answer = app.test_client().post("/accounts/sign-in", data={"email": "a@b.nl"})
    assert answer.status_code == 403
    assert "stond te lang open" in answer.text
    assert "Niet voor jou" not in answer.text


def test_page_without_database_is_whole_and_says_when_to_come_back(app: Flask) -> None:
    """Also for somebody who is signed in: who that is cannot be asked now."""
    database = app.extensions["matcher_db"]
    with database.write() as session:
        token = open_session(session, user_id=make_user(session).id, agent="test", now=utcnow())
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert "/accounts/sign-out" in client.get("/help").text
    database.dispose()
    Path(database.engine.url.database).unlink()
    for path in ("/dashboard", "/help", "/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert "css/base" in answer.text
        assert answer.text.count("<h1") == 1
        assert "niet bereiken" in answer.text
