"""The inbox page: own messages only, the words of the mails, unread until opened, never a way off the site."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.notices.letters import Letters, Unreadable, letters_of, local_path
from matcher.notices.models import Outbox
from matcher.notices.queries import unread_count
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.tasks import send_due
from tests.factories.people import make_user


@pytest.fixture
def inbox_app(sqlite_database: Database, mailing_app: Callable[..., Flask]) -> Flask:
    return mailing_app(sqlite_database, mail_url="memory:")


@pytest.fixture
def people(sqlite_database: Database) -> tuple[int, int]:
    with sqlite_database.write() as session:
        return make_user(session, name="Anna").id, make_user(session, name="Bob").id


def tell(database: Database, user_id: int, topic: str, *, template: str = "test/hello", path: str = "/help") -> int:
    with database.write() as session:
        known = len(session.scalars(select(Outbox)).all())
        enqueue(
            session,
            recipient=Recipient(user_id, "anna@school.example", "Anna", "nl"),
            template=template,
            params={"topic": topic, "words": f"Words about {topic}", "path": path},
            subject="test",
            subject_id=1,
            seq=known + 1,
            now=utcnow() - timedelta(minutes=5),
            channels=["inbox"],
        )
        return session.scalars(select(Outbox).order_by(Outbox.id.desc())).first().id  # type: ignore[union-attr]


def enter(app: Flask, database: Database, user_id: int) -> FlaskClient:
    client = app.test_client()
    with database.write() as session:
        token = open_session(session, user_id=user_id, agent="test", now=utcnow())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def test_inbox_shows_own_messages_newest_first(
    inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]
) -> None:
    anna, bob = people
    tell(sqlite_database, anna, "First <b>one</b>")
    tell(sqlite_database, anna, "Second one")
    tell(sqlite_database, bob, "Not for Anna")
    page = enter(inbox_app, sqlite_database, anna).get("/notices/")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert html.index("Second one") < html.index("First &lt;b&gt;one&lt;/b&gt;")
    assert "Words about Second one" in html
    assert "Not for Anna" not in html
    assert "<h1>" in html


def test_inbox_asks_to_sign_in(inbox_app: Flask) -> None:
    for path in ("/notices/", "/notices/1/open", "/notices/read"):
        client = inbox_app.test_client()
        answer = client.get(path) if path == "/notices/" else client.post(path)
        assert answer.status_code == 302
        assert "/sign-in" in answer.location


def test_empty_inbox_says_so(inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]) -> None:
    page = enter(inbox_app, sqlite_database, people[0]).get("/notices/")
    assert page.status_code == 200
    assert 'class="empty' in page.get_data(as_text=True)


def test_opening_marks_as_read_and_leads_to_the_subject(
    inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]
) -> None:
    notice = tell(sqlite_database, people[0], "T", path="/help")
    answer = enter(inbox_app, sqlite_database, people[0]).post(f"/notices/{notice}/open")
    assert (answer.status_code, answer.location) == (302, "/help")
    with sqlite_database.read() as session:
        assert unread_count(session, people[0], utcnow()) == 0


def test_somebody_elses_message_is_not_there(
    inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]
) -> None:
    notice = tell(sqlite_database, people[1], "T")
    client = enter(inbox_app, sqlite_database, people[0])
    assert client.post(f"/notices/{notice}/open").status_code == 404
    assert client.post("/notices/999999/open").status_code == 404
    assert client.post("/notices/read").status_code == 302
    with sqlite_database.read() as session:
        assert unread_count(session, people[1], utcnow()) == 1


def test_mark_all_as_read_leaves_none(inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]) -> None:
    for topic in "ABC":
        tell(sqlite_database, people[0], topic)
    assert enter(inbox_app, sqlite_database, people[0]).post("/notices/read").status_code == 302
    with sqlite_database.read() as session:
        assert unread_count(session, people[0], utcnow()) == 0


def test_message_without_a_template_does_not_take_the_page_with_it(
    inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]
) -> None:
    tell(sqlite_database, people[0], "Good one")
    tell(sqlite_database, people[0], "x", template="test/gone")
    page = enter(inbox_app, sqlite_database, people[0]).get("/notices/")
    assert page.status_code == 200
    assert "Good one" in page.get_data(as_text=True)


def test_worker_counts_the_inbox_once(inbox_app: Flask, sqlite_database: Database, people: tuple[int, int]) -> None:
    tell(sqlite_database, people[0], "T")
    assert send_due(sqlite_database, inbox_app, utcnow()) == {"inbox_shown": 1, "inbox_withheld": 0}
    assert send_due(sqlite_database, inbox_app, utcnow()) == {}
    with sqlite_database.read() as session:
        assert unread_count(session, people[0]) == 1


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", 7, None, ""]
)
def test_path_off_the_site_is_no_link(path: object) -> None:
    assert local_path(path) == ""


def test_summary_leaves_out_greeting_and_addresses(inbox_app: Flask) -> None:
    letters = Letters(inbox_app.jinja_env)
    params = {"topic": "T", "words": "word " * 200, "path": "/matches/1"}
    summary = letters.summary("test/hello", params, locale="nl", name="Anna")
    assert summary.text.startswith("word word")
    assert summary.text.endswith("word…")
    assert len(summary.text) <= 401
    assert summary.path == "/matches/1"


@pytest.mark.parametrize("title", ["Zonnepanelen", "Water in de wijk: hoe werkt een gemaal?"])
def test_summary_leaves_out_the_list_of_facts(inbox_app: Flask, title: str) -> None:
    params = {
        "title": title,
        "school": "Het Lyceum",
        "place": "Sneek",
        "company": "Dinesh Pinas",
        "guest": "Dinesh Pinas",
    }
    params |= {"side": "school", "answers_to": "/matches/1", "own_words": "", "day": None, "starts": None, "ends": None}
    summary = letters_of(inbox_app).summary("matching/approved", params, locale="nl", name="Anna")
    assert "Het Lyceum" not in summary.text
    assert title not in summary.text
    assert "Dinesh Pinas is akkoord" in summary.text, "who works for themselves is named once"


@pytest.mark.parametrize(
    ("locale", "word", "other"),
    [("nl", "Verwijderd account", "Deleted account"), ("en", "Deleted account", "Verwijderd account")],
)
def test_erased_name_is_said_in_the_reader_s_language(inbox_app: Flask, locale: str, word: str, other: str) -> None:
    """The worker writes rows in English, a request in the language of whoever pressed."""
    params = {"title": "T", "school": "Het Lyceum", "place": "Sneek", "company": "Warmtehuis", "guest": other}
    params |= {"side": "school", "answers_to": "/matches/1", "own_words": "", "day": None, "starts": None, "ends": None}
    letter = letters_of(inbox_app).letter("matching/approved", params, locale=locale, name="Anna")
    for text in (letter.text, letter.html):
        assert f"{word} (Warmtehuis)" in text
        assert other not in text


def test_missing_value_is_no_hole_in_a_letter(inbox_app: Flask) -> None:
    with pytest.raises(Unreadable, match="nobody_gave_this"):
        Letters(inbox_app.jinja_env).letter("test/broken", {}, locale="nl", name="Anna")
