"""Headers of odd answers, methods nobody uses, addresses that scanners try, and forms without their token.

The headers of ordinary answers are judged with each request of the tests of access and of odd input.
"""

from collections.abc import Callable

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from matcher.db import Database
from matcher.web.guards import public
from matcher.web.once import Repeated
from tests.web.crowd import header_faults

METHODS = ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "NONSENSE")
SNIFFED = (
    ".env",
    ".git/config",
    ".git/HEAD",
    ".svn/entries",
    ".DS_Store",
    ".well-known/security.txt",
    "admin",
    "backup.sql",
    "backup.zip",
    "config.php",
    "console",
    "debug",
    "matcher.db",
    "phpinfo.php",
    "pyproject.toml",
    "server-status",
    "static/",
    "static/../matcher/config.py",
    "static/..%2f..%2fmatcher/config.py",
    "static/%2e%2e/%2e%2e/etc/passwd",
    "var/matcher.db",
    "wp-login.php",
    "xmlrpc.php",
    "//evil.example/%2f..",
    "robots.txt%00.html",
)
TELLTALES = ("Traceback", "sqlalchemy", "werkzeug", "site-packages", "SELECT ", "root:")


@pytest.fixture
def kind_app(app: Flask) -> Flask:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def paths(app: Flask) -> list[str]:
    """Each rule once, with things that are not there."""
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: "stop" if name == "action" else 4711 for name in rule.arguments}
        method = "GET" if "GET" in rule.methods else "POST"
        found.append(app.url_map.bind("localhost").build(rule.endpoint, values, method=method))
    return sorted(set(found))


def test_method_nobody_uses_is_refused_with_all_headers(kind_app: Flask) -> None:
    client, wrong = kind_app.test_client(), []
    for number, path in enumerate(paths(kind_app)):
        method = METHODS[number % len(METHODS)]
        answer = client.open(path, method=method)
        faults = header_faults(answer, is_signed_in=False)
        if answer.status_code not in {405, 501} or faults:
            wrong.append(f"{method} {path}: {answer.status_code} {faults}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_without_a_body_has_all_headers(kind_app: Flask, method: str) -> None:
    client, wrong = kind_app.test_client(), []
    for path in paths(kind_app):
        answer = client.open(path, method=method)
        faults = header_faults(answer, is_signed_in=False)
        if answer.status_code >= 500 or faults or answer.data:
            wrong.append(f"{method} {path}: {answer.status_code} {faults}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", SNIFFED)
def test_address_of_a_scanner_tells_nothing(kind_app: Flask, path: str) -> None:
    answer = kind_app.test_client().get(f"/{path}")
    assert answer.status_code in {308, 400, 404}
    assert not [word for word in TELLTALES if word in answer.text]
    assert not header_faults(answer, is_signed_in=False)


def test_form_without_its_token_is_refused_everywhere(
    make_app: Callable[..., Flask], sqlite_database: Database
) -> None:
    app = make_app(str(sqlite_database.engine.url), csrf=True)
    client = app.test_client()
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    wrong = []
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            values = {name: "stop" if name == "action" else 4711 for name in rule.arguments}
            path = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
            if client.post(path, data={"csrf_token": "wrong"}).status_code != 403:
                wrong.append(path)
    assert len(posts) > 50
    assert not wrong


def test_too_much_is_refused_kindly(client: FlaskClient) -> None:
    answer = client.post("/accounts/sign-in", data={"email": "x" * 3_000_000})
    assert answer.status_code == 413
    assert not header_faults(answer, is_signed_in=True)
    many = "&".join(f"f{number}=1" for number in range(5_000))
    answer = client.post("/accounts/sign-in", data=many, content_type="application/x-www-form-urlencoded")
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "header",
    [
        {"Accept-Language": "x" * 9000},
        {"Accept-Language": "nl;q=nan,*;q=-1"},
        {"Cookie": "matcher=nonsense"},
        {"Cookie": "matcher=\xff\xfe; matcher=.eJw"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json"},
        {"Content-Length": "-5"},
        {"Referer": "http://[::1"},
        {"If-None-Match": "*"},
        {"Range": "bytes=-1"},
        {"HX-Request": "true"},
        {"X-Forwarded-For": "1.2.3.4, nonsense"},
        {"Host": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/accounts/sign-in", "/static/css/base.css"])
def test_odd_header_is_no_fault(kind_app: Flask, header: dict[str, str], path: str) -> None:
    for method in ("GET", "POST"):
        answer = kind_app.test_client().open(path, method=method, headers=header, data=b"--x\r\n")
        assert answer.status_code < 500
        assert not header_faults(answer, is_signed_in=False)


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://localhost/requests/3?page=2", "/requests/3?page=2"),
        ("http://[::1", "/"),
        ("http://localhost//evil.example/x", "/evil.example/x"),
        ("https://evil.example", "/"),
        ("", "/"),
    ],
)
def test_repeated_form_leads_back_within_the_site(kind_app: Flask, came_from: str, leads_to: str) -> None:
    @public
    def again() -> str:
        raise Repeated("")

    kind_app.add_url_rule("/again", view_func=again, methods=["POST"])
    answer = kind_app.test_client().post("/again", headers={"Referer": came_from})
    assert (answer.status_code, answer.location) == (303, leads_to)


def test_missing_header_is_found() -> None:
    bare = Response("hello", content_type="text/html")
    bare.headers["Content-Security-Policy"] = "script-src 'unsafe-inline'"
    assert len(header_faults(bare, is_signed_in=True)) >= 12
