"""Choosing how often one gets mail: on a page, and by the link in a letter that stops it without signing in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.links import Links
from matcher.notices.queries import Choice, mail_choice
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.states import Manner, Rhythm, Stop
from matcher.notices.stop_links import stop_path
from matcher.notices.tasks import send_due
from tests.factories import NOW
from tests.factories.people import make_user

AppMaker = Callable[..., Flask]


@pytest.fixture
def stopping(sqlite_database: Database, make_app: AppMaker) -> Flask:
    """With tokens in forms, as in real life: a mail program has none."""
    return make_app(str(sqlite_database.engine.url), csrf=True, mail_url="memory:")


@pytest.fixture
def anna(sqlite_database: Database) -> int:
    with sqlite_database.write() as session:
        user = make_user(session, name="Anna")
        told(session, user.id, user.email)
        return user.id


def told(session: Any, user_id: int, email: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "template": "matching/hybrid_route",
        "params": {"school": "De Brug", "count": 3, "answers_to": "/qualifications"},
        "subject": "test",
        "subject_id": 1,
        "seq": 1,
        "now": NOW,
        "manner": Manner.OPTIONAL,
    }
    enqueue(session, recipient=Recipient(user_id, email, "Anna", "nl"), **{**values, **changes})


def choice(database: Database, user_id: int) -> Choice | None:
    with database.read() as session:
        return mail_choice(session, user_id)


def path_of(app: Flask, user_id: int, what: Stop) -> str:
    return stop_path(Links(app.extensions["matcher_settings"].require_secret()), user_id, what)


def test_letter_that_nobody_needs_can_be_stopped_by_a_button(
    stopping: Flask, sqlite_database: Database, anna: int
) -> None:
    send_due(sqlite_database, stopping, NOW + timedelta(minutes=2))
    (message,) = stopping.extensions["matcher_mailer"].messages
    address = message["List-Unsubscribe"].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = address.removeprefix(stopping.extensions["matcher_settings"].base_url)
    answer = stopping.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, choice(sqlite_database, anna)) == (200, Choice(Rhythm.AT_ONCE, False))
    with sqlite_database.write() as session:
        told(session, anna, "anna@x.example", subject_id=2)
    assert send_due(sqlite_database, stopping, NOW + timedelta(minutes=4)) == {"inbox_shown": 1, "inbox_withheld": 0}


@pytest.mark.parametrize("manner", [Manner.SECURITY, Manner.AT_ONCE, Manner.NEWS])
def test_letter_that_has_to_come_cannot_be_stopped(
    stopping: Flask, sqlite_database: Database, anna: int, manner: Manner
) -> None:
    with sqlite_database.write() as session:
        told(session, anna, "anna@x.example", subject_id=2, manner=manner, channels=["mail"])
    send_due(sqlite_database, stopping, NOW + timedelta(minutes=2))
    _first, message = stopping.extensions["matcher_mailer"].messages
    text, html = (part.get_content() for part in message.iter_parts())
    assert "List-Unsubscribe" not in message
    assert "/notices/stop/" not in text + html
    assert "omdat je meedoet" in text, "says why it comes"


@pytest.mark.parametrize("what", Stop)
def test_looking_changes_nothing_and_it_can_be_undone(
    stopping: Flask, sqlite_database: Database, anna: int, what: Stop
) -> None:
    client, path = stopping.test_client(), path_of(stopping, anna, what)
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert choice(sqlite_database, anna) is None
    for _ in range(2):
        assert client.post(path).status_code == 200
    stopped = Choice(Rhythm.NEVER, True) if what is Stop.TOGETHER else Choice(Rhythm.AT_ONCE, False)
    assert choice(sqlite_database, anna) == stopped
    assert client.post(path, data={"answer": "again"}).status_code == 200
    back = Choice(Rhythm.WEEKLY, True) if what is Stop.TOGETHER else Choice(Rhythm.AT_ONCE, True)
    assert choice(sqlite_database, anna) == back


def test_changed_or_foreign_link_stops_nobody(stopping: Flask, sqlite_database: Database, anna: int) -> None:
    path, links = path_of(stopping, anna, Stop.TOGETHER), Links("another secret of another place")
    own = Links(stopping.extensions["matcher_settings"].require_secret())
    wrong = [f"{path[:place]}{'A' if path[place] != 'A' else 'B'}{path[place + 1 :]}" for place in range(14, len(path))]
    wrong += [stop_path(links, anna, Stop.TOGETHER), f"/notices/stop/{own.made('answer', anna, 'together')}"]
    wrong += [f"/notices/stop/{own.made('stop', anna, 'everything')}", stop_path(own, anna + 999, Stop.OPTIONAL)]
    wrong += ["/notices/stop/nonsense", "/notices/stop/" + "x" * 3000]
    client = stopping.test_client()
    assert {client.post(address).status_code for address in wrong} == {403}
    assert client.get("/notices/stop/nonsense").status_code == 410
    assert choice(sqlite_database, anna) is None


def test_choosing_on_the_page(sqlite_database: Database, make_app: AppMaker, anna: int) -> None:
    client = signed_in(make_app(str(sqlite_database.engine.url)), sqlite_database, anna)
    assert client.get("/notices/mail").status_code == 200
    assert client.post("/notices/mail", data={"rhythm": "weekly"}).status_code == 302
    assert choice(sqlite_database, anna) == Choice(Rhythm.WEEKLY, False)
    page = client.get("/notices/mail").text
    assert 'value="weekly" checked' in page
    assert client.post("/notices/mail", data={"rhythm": "hourly"}).status_code == 422
    assert client.post("/notices/mail", data={}).status_code == 422
    assert choice(sqlite_database, anna) == Choice(Rhythm.WEEKLY, False)


def signed_in(app: Flask, database: Database, user_id: int) -> FlaskClient:
    client = app.test_client()
    with database.write() as session:
        token = open_session(session, user_id=user_id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client
