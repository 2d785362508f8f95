"""What every answer carries, whatever it is."""

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from matcher.web.guards import public


@pytest.mark.parametrize("path", ["/", "/does-not-exist", "/static/css/base.css", "/accounts/sign-in"])
def test_answer_has_strict_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers


def test_answer_over_https_asks_for_https(make_app, sqlite_database) -> None:
    app = make_app(str(sqlite_database.engine.url), base_url="https://matcher.example")
    client = app.test_client()
    assert "max-age" in client.get("/nothing", base_url="https://matcher.example").headers["Strict-Transport-Security"]
    assert client.get("/nothing", base_url="https://evil.example").status_code == 400


def test_page_of_somebody_is_not_kept_by_browsers(app: Flask) -> None:
    @app.get("/remembers")
    @public
    def remembers() -> str:
        session["known"] = True
        return "page"

    assert app.test_client().get("/remembers").headers["Cache-Control"] == "no-store"


def test_static_file_with_version_is_kept_for_ever(app: Flask) -> None:
    with app.test_request_context():
        url = app.jinja_env.globals["static_url"]("css/base.css")
    assert "?v=" in url
    assert "immutable" in app.test_client().get(url).headers["Cache-Control"]


def test_static_file_without_version_is_kept_for_a_moment(client: FlaskClient) -> None:
    assert "immutable" not in client.get("/static/css/base.css").headers["Cache-Control"]
