"""A form sent twice is done once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, abort, redirect, request
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.repeat_services import forget_commands
from matcher.accounts.services import add_user
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import InvalidInput
from matcher.subjects.models import Topic, TopicType
from matcher.web.guards import signed_in
from matcher.web.transaction import writing


@pytest.fixture
def adding(database: Database, make_app: Callable[..., Flask]) -> Flask:
    """An application whose `/add` makes a topic, or refuses."""
    app = make_app(database.engine.url.render_as_string(hide_password=False))

    def add() -> object:
        with writing() as session:
            code = f"t{session.scalar(select(func.count()).select_from(Topic))}"
            session.add(Topic(type=TopicType.THEME, code=code, nl="x", en="x", levels=[], near=[]))
            session.flush()
            if request.form.get("refuse"):
                raise InvalidInput("no")
        return redirect(f"/topics/{code}")

    app.add_url_rule("/add", "add", signed_in(add), methods=["POST"])
    return app


@pytest.fixture
def person(adding: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Somebody who is signed in; how is not what is tested here."""
    with database.write() as session:
        user = add_user(session, email="anna@demo.example", name="Anna", now=utcnow())
        session.flush()
        user_id = user.id

    class Somebody:
        is_authenticated = is_active = True
        locale = "nl"

        def get_id(self) -> str:
            return str(user_id)

        get_user_id = get_id

    adding.login_manager.user_loader(lambda key: Somebody())
    client = adding.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = str(user_id)
    return client


def topics(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Topic)) or 0


def test_second_click_leads_to_the_first_answer(person: FlaskClient, database: Database) -> None:
    first = person.post("/add", data={"nonce": "n1", "title": "x"})
    second = person.post("/add", data={"nonce": "n1", "title": "x"})
    assert (first.status_code, second.status_code) == (302, 303)
    assert second.location == first.location
    assert topics(database) == 1


@pytest.mark.parametrize(
    "changed",
    [{"nonce": "n2", "title": "x"}, {"nonce": "n1", "title": "y"}, {"title": "x"}],
)
def test_another_command_is_done(person: FlaskClient, database: Database, changed: dict[str, str]) -> None:
    person.post("/add", data={"nonce": "n1", "title": "x"})
    assert person.post("/add", data=changed).status_code == 302
    assert topics(database) == 2


def test_refused_command_may_be_sent_again(person: FlaskClient, database: Database) -> None:
    for _ in range(2):
        assert person.post("/add", data={"nonce": "n1", "refuse": "1"}).status_code == 422
    assert topics(database) == 0


def test_part_of_a_page_may_send_the_same_again(person: FlaskClient, database: Database) -> None:
    for _ in range(2):
        person.post("/add", data={"nonce": "n1"}, headers={"HX-Request": "true"})
    assert topics(database) == 2


@pytest.mark.usefixtures("patient")
def test_clicks_at_the_same_moment_are_one(person: FlaskClient, adding: Flask, database: Database) -> None:
    cookie = person.get_cookie("matcher")
    assert cookie is not None
    answers: list[int] = []
    start = threading.Barrier(4)

    def click() -> None:
        client = adding.test_client()
        client.set_cookie("matcher", cookie.value)
        start.wait(120)
        answers.append(client.post("/add", data={"nonce": "n1"}).status_code)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 303, 303, 303]
    assert topics(database) == 1


def test_old_commands_are_forgotten(person: FlaskClient, database: Database) -> None:
    person.post("/add", data={"nonce": "n1"})
    with database.write() as session:
        assert forget_commands(session, now=utcnow() + timedelta(days=6)) == 0
        assert forget_commands(session, now=utcnow() + timedelta(days=8)) == 1


def test_what_was_cut_off_after_a_mark_is_done_when_it_is_sent_again(
    adding: Flask, person: FlaskClient, database: Database
) -> None:
    """A mark ("last seen") is kept before the work; a server that is killed between the two did not do the work."""

    @adding.before_request
    def mark() -> None:
        with writing(marking=True) as session:
            session.execute(select(1))
        if request.headers.get("X-Killed"):
            abort(503)

    form = {"nonce": "n1", "title": "x"}
    assert person.post("/add", data=form, headers={"X-Killed": "yes"}).status_code == 503
    assert [person.post("/add", data=form).status_code for _click in range(2)] == [302, 303]
    assert topics(database) == 1
