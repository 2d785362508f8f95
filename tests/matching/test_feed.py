"""The private calendar link: what it shows and to whom, how it is renewed and switched off, and what it costs."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import event as sa_event
from sqlalchemy import select

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.accounts.tokens import hashed
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.change_services import ask_move, move_match
from matcher.matching.feed_models import CalendarFeed
from matcher.matching.services import approve_match, cancel_match
from matcher.matching.states import CancelReason
from matcher.notices.models import Outbox
from matcher.web.logs import HideSecrets, without_secrets
from tests.factories import NOW
from tests.factories.matching import THURSDAY, make_class, make_request
from tests.matching.lives import Life, make_life

Browse = Callable[[int], FlaskClient]
PAGE, OFF = "/calendar", "/calendar/off"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def browse(clock: Any, app: Flask, sqlite_database: Database) -> Browse:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture
def life(clock: Any, sqlite_database: Database) -> Iterator[tuple[Life, int]]:
    """One agreed visit; the session is only for reading ids."""
    with sqlite_database.write() as session:
        found = make_life(session)
        match = found.accepted()
    with sqlite_database.read() as session:
        found.session = session
        yield found, match.id


def link_of(client: FlaskClient) -> str:
    client.post(PAGE)
    html = client.get(PAGE).get_data(as_text=True)
    return html.partition('readonly value="')[2].partition('"')[0].removeprefix("http://127.0.0.1:8000")


def events_in(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.get_data(as_text=True)).walk("VEVENT"))


def step(database: Database, life: Life, verb: Callable[..., Any], *args: Any, **values: Any) -> None:
    with database.write() as session:
        life.session = session
        verb(session, *args, now=utcnow(), **values)


def test_link_shows_what_the_mails_say(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    found, match_id = life
    guest = found.offers[0].person_id or 0
    for person in (found.teacher.id, guest):
        (event,) = events_in(app.test_client().get(link_of(browse(person))))
        assert event["status"] == "TENTATIVE"
        with sqlite_database.read() as session:
            row = session.scalars(select(Outbox).where(Outbox.calendar.is_not(None))).first()
            assert row is not None
            (mailed,) = Calendar.from_ical(row.calendar or "").walk("VEVENT")
        assert str(event["uid"]).partition("@")[0] == str(mailed["uid"]).partition("@")[0] == f"match-{match_id}"
        assert (event["sequence"], event["dtstart"].dt, event["summary"]) == (
            mailed["sequence"], mailed["dtstart"].dt, mailed["summary"]
        )  # fmt: skip
        assert "ATTENDEE" not in event
        assert "ORGANIZER" not in event


def test_visit_becomes_definite_moves_and_disappears(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database, clock: Any
) -> None:
    found, match_id = life
    link = link_of(browse(found.teacher.id))
    seen = []
    guest, teacher, coordinator = found.guest(), found.actor(found.teacher), found.actor(found.coordinator)
    day = THURSDAY + timedelta(days=4)
    moved = {"day": day, "starts": "13:30", "ends": "14:20", "actor": teacher}
    for verb, values in (
        (approve_match, {"actor": coordinator}),
        (ask_move, moved),
        (move_match, {"actor": guest}),
        (cancel_match, {"actor": guest, "reason": CancelReason.ILL}),
    ):
        step(sqlite_database, found, verb, match_id, **values)
        (event,) = events_in(app.test_client().get(link))
        seen.append((event["status"], event["sequence"], event["dtstart"].dt.date()))
    assert [status for status, *_ in seen] == ["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [number for _, number, _ in seen] == sorted({number for _, number, _ in seen})
    assert seen[2][2] == seen[3][2] == day
    clock.move_to(NOW + timedelta(days=15))
    assert events_in(app.test_client().get(link)) == []


def test_link_is_only_ones_own(life: tuple[Life, int], browse: Browse, app: Flask) -> None:
    found, _match_id = life
    other = found.offers[1].person_id or 0
    assert events_in(app.test_client().get(link_of(browse(other)))) == []
    assert events_in(app.test_client().get(link_of(browse(found.coordinator.id)))) == []


def test_nothing_about_people_is_in_it(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    found, match_id = life
    guest = found.offers[0].person_id or 0
    with sqlite_database.write() as session:
        for person in (guest, found.teacher.id):
            user = session.get_one(User, person)
            user.phone, user.name = "06-kanarie", "Kanarie Vogel"
    step(sqlite_database, found, approve_match, match_id, actor=found.actor(found.coordinator))
    text = app.test_client().get(link_of(browse(found.teacher.id))).get_data(as_text=True).replace("\r\n ", "")
    assert f"/matches/{match_id}" in text
    assert not [word for word in ("anarie", "@example", "mailto", "06-") if word in text]


def test_renewed_link_is_another_and_the_old_one_dead(life: tuple[Life, int], browse: Browse, app: Flask) -> None:
    client = browse(life[0].teacher.id)
    first, second = link_of(client), link_of(client)
    assert first != second
    assert [app.test_client().get(link).status_code for link in (first, second)] == [404, 200]
    client.post(OFF)
    assert app.test_client().get(second).status_code == 404
    assert "readonly" not in client.get(PAGE).get_data(as_text=True)


def test_link_dies_with_its_person(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    link = link_of(browse(life[0].teacher.id))
    with sqlite_database.write() as session:
        session.get_one(User, life[0].teacher.id).stopped_at = NOW
    assert app.test_client().get(link).status_code == 404


def test_database_alone_gives_no_link(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    link = link_of(browse(life[0].teacher.id))
    token = link.removeprefix("/calendar/").removesuffix(".ics")
    with sqlite_database.read() as session:
        feed = session.scalars(select(CalendarFeed)).one()
        values = [str(getattr(feed, column.name)) for column in CalendarFeed.__table__.columns]
    assert feed.token_hash == hashed(token)
    assert not [value for value in values if token in value]
    assert not [value for value in values if app.test_client().get(f"/calendar/{value}.ics").status_code == 200]


def test_another_key_keeps_the_link_alive_but_cannot_show_it(
    life: tuple[Life, int], browse: Browse, app: Flask
) -> None:
    client = browse(life[0].teacher.id)
    link = link_of(client)
    app.config["SECRET_KEY"], before = "another key of the same length!!", app.config["SECRET_KEY"]
    again = browse(life[0].teacher.id)
    html = again.get(PAGE).get_data(as_text=True)
    assert "readonly" not in html
    assert "kunnen we hem niet meer" in html or "niet meer laten zien" in html
    assert app.test_client().get(link).status_code == 200
    app.config["SECRET_KEY"] = before


@pytest.mark.parametrize("token", ["x", "nosuchsecret", "A" * 43, "%00", "é", "'", "A" * 4000])
def test_wrong_link_is_not_found(clock: Any, app: Flask, token: str) -> None:
    assert app.test_client().get(f"/calendar/{token}.ics").status_code in {400, 404}


def test_unchanged_feed_is_said_so_and_a_change_is_seen(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database, clock: Any
) -> None:
    found, match_id = life
    link, program = link_of(browse(found.teacher.id)), app.test_client()
    first = program.get(link)
    marks = {"If-None-Match": first.headers["ETag"]}
    dates = {"If-Modified-Since": first.headers["Last-Modified"]}
    clock.move_to(NOW + timedelta(hours=3))
    for headers in (marks, dates, marks | dates):
        again = program.get(link, headers=headers)
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    step(sqlite_database, found, approve_match, match_id, actor=found.actor(found.coordinator))
    for headers in (marks, dates, marks | dates):
        assert program.get(link, headers=headers).status_code == 200
    assert "Set-Cookie" not in first.headers


def test_two_changes_in_one_second_are_two_versions(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    found, match_id = life
    link, program = link_of(browse(found.teacher.id)), app.test_client()
    dates = []
    for verb, values in ((None, {}), (approve_match, {"actor": found.actor(found.coordinator)}),
                         (cancel_match, {"actor": found.guest(), "reason": CancelReason.ILL})):  # fmt: skip
        if verb is not None:
            step(sqlite_database, found, verb, match_id, **values)
            assert program.get(link, headers={"If-Modified-Since": dates[-1]}).status_code == 200
        dates.append(program.get(link).headers["Last-Modified"])
    assert len(set(dates)) == 3


def test_page_says_when_it_was_read(life: tuple[Life, int], browse: Browse, app: Flask) -> None:
    client = browse(life[0].teacher.id)
    link = link_of(client)
    assert "Nog geen agenda" in client.get(PAGE).get_data(as_text=True)
    app.test_client().get(link)
    assert "Voor het laatst gelezen" in client.get(PAGE).get_data(as_text=True)


def test_cost_does_not_grow_with_the_visits(
    life: tuple[Life, int], browse: Browse, app: Flask, sqlite_database: Database
) -> None:
    found, _match_id = life
    link, program = link_of(browse(found.teacher.id)), app.test_client()
    program.get(link)
    few = statements(app, lambda: program.get(link))
    with sqlite_database.write() as session:
        found.session = session
        for number in range(6):
            group = make_class(session, school=found.school, name=f"3V{number}")
            days = [(THURSDAY + timedelta(days=7 * (number + 5)), "10:15", "11:05")]
            found.request = make_request(
                session, school=found.school, teacher=found.teacher, school_class=group, moments=days
            )
            found.accepted(number % 2)
    assert len(events_in(program.get(link))) == 7
    many = statements(app, lambda: program.get(link))
    assert few == many <= 6


def statements(app: Flask, act: Callable[[], Any]) -> int:
    seen: list[str] = []
    engine = app.extensions["matcher_db"].engine

    def count(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa_event.listen(engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        sa_event.remove(engine, "before_cursor_execute", count)
    return len([each for each in seen if not each.upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"))])


def test_too_many_readings_are_told_to_wait(
    life: tuple[Life, int], make_app: Callable[..., Flask], sqlite_database: Database, browse: Browse
) -> None:
    link = link_of(browse(life[0].teacher.id))
    limited = make_app(str(sqlite_database.engine.url), limits_url="memory://")
    answers = [limited.test_client().get(link).status_code for _ in range(61)]
    assert answers[:60] == [200] * 60
    assert answers[60] == 429


def test_feed_is_given_when_nothing_can_be_written(life: tuple[Life, int], browse: Browse, app: Flask) -> None:
    link = link_of(browse(life[0].teacher.id))
    with app.extensions["matcher_db"].engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON calendar_feeds BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    assert len(events_in(app.test_client().get(link))) == 1


def test_secret_of_a_link_reaches_no_log(
    life: tuple[Life, int], browse: Browse, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """The lines that name an address: of the server's access log, of a refusal, of a fault."""
    link = link_of(browse(life[0].teacher.id))
    token = link.removeprefix("/calendar/").removesuffix(".ics")
    with caplog.at_level(logging.INFO):
        logging.getLogger("gunicorn.access").info('%(h)s "%(r)s" 200', {"h": "::1", "r": f"GET {link} HTTP/1.1"})
        app.logger.info("write refused at %s: %s", link, "x")
        app.logger.error("fault %s at %s", "1", link)
        app.test_client().get(link)
    assert len(caplog.records) >= 3
    assert token not in caplog.text
    assert "/calendar/….ics" in caplog.text


def test_rig_of_logs_finds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    secret = "x7Gh" * 11
    with caplog.at_level(logging.INFO):
        logging.getLogger("elsewhere").info("GET /calendar/%s.ics", secret)
    assert secret in caplog.text
    record = logging.LogRecord("x", 20, "", 1, "GET /calendar/%s.ics", (secret,), None)
    HideSecrets().filter(record)
    assert record.getMessage() == "GET /calendar/….ics"


ORDINARY = (
    "/matches/7/calendar.ics",
    "/offers/teacher_internship/new",
    "/static/css/availability.css",
    "/how-the-ranking-works",
    "/static/vendor/fontsource-variable/figtree.css",
)


@pytest.mark.parametrize("path", ORDINARY)
def test_ordinary_addresses_stay_readable(path: str) -> None:
    assert without_secrets(f"GET {path} 200") == f"GET {path} 200"
