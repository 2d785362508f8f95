"""Who may come in: nobody, anybody with an account, people with a role."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matcher.web.guards import actor, local_target, roles, signed_in


@pytest.fixture
def guarded(app: Flask) -> FlaskClient:
    app.add_url_rule("/anybody", "anybody", signed_in(lambda: actor().name))
    app.add_url_rule("/staff", "staff", roles("coordinator", "administrator")(lambda: "staff"))
    return app.test_client()


def test_guard_sends_strangers_to_sign_in_and_back(guarded: FlaskClient) -> None:
    answer = guarded.get("/anybody?page=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/sign-in?next=/anybody?page%3D2"


def test_guard_sends_the_whole_page_when_a_part_was_asked(guarded: FlaskClient) -> None:
    answer = guarded.get("/staff", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "/accounts/sign-in" in answer.headers["HX-Redirect"]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        None,
        "/\t/evil.example",
    ],
)
def test_target_outside_is_replaced(target: str | None) -> None:
    assert local_target(target, "/home") == "/home"


@pytest.mark.parametrize("target", ["/requests/7", "/requests/7?page=2#top"])
def test_target_inside_is_kept(target: str) -> None:
    assert local_target(target, "/home") == target
