"""Giving a calendar in the browser: look, keep, replace, remove, go back; and that nothing else stays."""

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.availability.busy import packed
from matcher.availability.models import AvailabilityException, BusyCalendar
from matcher.availability.queries import availability_of
from matcher.availability.states import CALENDAR, OwnerType, TimeState
from matcher.availability.tasks import due_work
from matcher.db import Database
from tests.availability.calendars import NOW, block, calendar, event
from tests.factories.people import make_professional, make_teacher

PAGE, KEEP = "/availability/calendar", "/availability/calendar/keep"
TEN = ("DTSTART;TZID=Europe/Amsterdam:20261210T100000", "DTEND;TZID=Europe/Amsterdam:20261210T110000")
FULL = event(
    *TEN, "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:kanarie-titel-vogel", "LOCATION:kanarie-plaats-vogel",
    "DESCRIPTION:kanarie-tekst-vogel", "ORGANIZER;CN=kanarie-naam-vogel:mailto:kanarie-adres-vogel@example.org",
    "ATTENDEE;CN=kanarie-gast-vogel:mailto:gast@example.org", "X-NOTE:kanarie-extra-vogel",
    "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:kanarie-wekker-vogel", "END:VALARM", uid="kanarie-nummer-vogel",
)  # fmt: skip
THREE = tuple(block(day, "10:00", "11:00") for day in ("2026-12-10", "2026-12-17", "2026-12-24"))


@pytest.fixture(autouse=True)
def fixed_clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def browser(sqlite_database: Database, client: FlaskClient) -> FlaskClient:
    return signed_in(sqlite_database, client, make_professional)


def signed_in(database: Database, client: FlaskClient, make: Callable[..., Any]) -> FlaskClient:
    with database.write() as session:
        token = open_session(session, user_id=make(session).id, agent="test", now=NOW)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def blocks_in(database: Database, source: str = CALENDAR) -> tuple[tuple[int, int], ...]:
    query = select(AvailabilityException.start_s, AvailabilityException.end_s).where(
        AvailabilityException.source == source
    )
    with database.read() as session:
        return tuple((start_s, end_s) for start_s, end_s in session.execute(query.order_by("start_s")))


def look(browser: FlaskClient, content: bytes) -> Any:
    return browser.post(PAGE, data={"file": (io.BytesIO(content), "agenda.ics")}, content_type="multipart/form-data")


def keep(browser: FlaskClient, content: bytes) -> Any:
    html = look(browser, content).get_data(as_text=True)
    found = re.search(r'name="blocks" value="([^"]*)"', html)
    assert found is not None
    return browser.post(KEEP, data={"blocks": found[1]})


def test_looking_keeps_nothing_and_keeping_keeps_blocks(browser: FlaskClient, sqlite_database: Database) -> None:
    answer = look(browser, calendar(FULL))
    assert answer.status_code == 200
    assert "3 keer bezet, in 3 weken" in answer.get_data(as_text=True)
    assert blocks_in(sqlite_database) == ()
    assert keep(browser, calendar(FULL)).status_code == 302
    assert blocks_in(sqlite_database) == THREE
    assert "3 keer bezet, in 3 weken" in browser.get(PAGE).get_data(as_text=True)


def test_pasted_text_reads_the_same(browser: FlaskClient) -> None:
    answer = browser.post(PAGE, data={"text": calendar(FULL).decode().replace("\r\n", "\n")})
    assert packed(THREE) in answer.get_data(as_text=True)


def test_kept_time_is_busy_for_who_decides(browser: FlaskClient, sqlite_database: Database) -> None:
    keep(browser, calendar(FULL))
    with sqlite_database.read() as session:
        row = session.scalars(select(AvailabilityException)).first()
        assert row is not None
        first, end = THREE[0][0] - 7200, THREE[0][1] + 7200
        mine = availability_of(session, (OwnerType.PERSON, row.owner_id), on=NOW.date(), from_s=first, to_s=end)
    assert mine.state(THREE[0][0] + 600, THREE[0][1]) is TimeState.BUSY
    assert mine.state(THREE[0][1], THREE[0][1] + 3000) is TimeState.USUAL


def test_next_calendar_replaces_and_undo_brings_back(browser: FlaskClient, sqlite_database: Database) -> None:
    keep(browser, calendar(FULL))
    other = calendar(event("DTSTART:20270107T090000Z", "DURATION:PT2H"))
    keep(browser, other)
    assert blocks_in(sqlite_database) == (block("2027-01-07", "10:00", "12:00"),)
    assert browser.post("/availability/calendar/restore").status_code == 302
    assert blocks_in(sqlite_database) == THREE
    assert browser.post("/availability/calendar/restore").status_code == 422
    browser.post("/availability/calendar/remove")
    assert blocks_in(sqlite_database) == ()
    browser.post("/availability/calendar/restore")
    assert blocks_in(sqlite_database) == THREE


def test_what_people_wrote_themselves_stays(browser: FlaskClient, sqlite_database: Database) -> None:
    browser.post("/availability/exceptions", data={"kind": "busy", "first": "2026-12-15", "note": "cursus"})
    keep(browser, calendar(FULL))
    browser.post("/availability/calendar/remove")
    assert len(blocks_in(sqlite_database, "own")) == 1


def test_full_calendar_leaves_room_for_ones_own_days(browser: FlaskClient, sqlite_database: Database) -> None:
    keep(browser, calendar(event(*TEN, "RRULE:FREQ=DAILY;COUNT=300")))
    assert len(blocks_in(sqlite_database)) == 300
    answer = browser.post("/availability/exceptions", data={"kind": "busy", "first": "2026-12-15"})
    assert answer.status_code == 302
    week = browser.get("/availability").get_data(as_text=True)
    assert week.count("Weghalen") <= 3


def test_way_back_ends_within_the_hour(
    browser: FlaskClient, sqlite_database: Database, app: Any, fixed_clock: Any
) -> None:
    keep(browser, calendar(FULL))
    browser.post("/availability/calendar/remove")
    assert due_work(sqlite_database, app, NOW + timedelta(minutes=50)) == {}
    assert due_work(sqlite_database, app, NOW + timedelta(minutes=61)) == {"busy times forgotten": 1}
    with sqlite_database.read() as session:
        assert session.scalars(select(BusyCalendar)).one().before is None


def test_time_long_over_is_forgotten(browser: FlaskClient, sqlite_database: Database, app: Any) -> None:
    keep(browser, calendar(FULL))
    later = datetime(2026, 12, 20, 12, tzinfo=NOW.tzinfo)
    assert due_work(sqlite_database, app, later)["busy times forgotten"] >= 1
    assert blocks_in(sqlite_database) == THREE[1:]


def test_nothing_but_blocks_is_anywhere(browser: FlaskClient, sqlite_database: Database, tmp_path: Path) -> None:
    """Titles, places, names and notes of the file: in no table, no file, no page."""
    html = look(browser, calendar(FULL)).get_data(as_text=True)
    keep(browser, calendar(FULL))
    html += browser.get(PAGE).get_data(as_text=True)
    assert "kanarie" not in html
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"kanarie" in path.read_bytes()]


def test_rig_of_canaries_finds_one(browser: FlaskClient, sqlite_database: Database, tmp_path: Path) -> None:
    browser.post("/availability/exceptions", data={"kind": "busy", "first": "2026-12-15", "note": "kanarie"})
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"kanarie" in path.read_bytes()]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Er staat niets in"),
        (b"PK\x03\x04" + b"x" * 50, "ingepakt bestand"),
        (b"<html>", "een webpagina"),
        (calendar(event(*TEN, "TRANSP:TRANSPARENT")), "Er staat niet in dat je vanaf vandaag bezet bent"),
        (calendar(event(*TEN, "RRULE:FREQ=SECONDLY")), "1 afspraak"),
    ],
)
def test_calendar_that_gives_nothing_is_said_so(
    browser: FlaskClient, sqlite_database: Database, content: bytes, sentence: str
) -> None:
    keep(browser, calendar(FULL))
    answer = look(browser, content)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert blocks_in(sqlite_database) == THREE


@pytest.mark.parametrize("blocks", ["nonsense", "1-5-6", "-" * 1000, "1-5." * 30_000])
def test_made_up_blocks_change_nothing(browser: FlaskClient, sqlite_database: Database, blocks: str) -> None:
    keep(browser, calendar(FULL))
    assert browser.post(KEEP, data={"blocks": blocks}).status_code == 422
    assert blocks_in(sqlite_database) == THREE


def test_one_removed_block_cannot_be_taken_out_by_its_number(browser: FlaskClient, sqlite_database: Database) -> None:
    keep(browser, calendar(FULL))
    with sqlite_database.read() as session:
        number = session.scalars(select(AvailabilityException.id)).first()
    assert browser.post(f"/availability/exceptions/{number}/remove").status_code == 404


def test_teachers_have_no_use_for_it(sqlite_database: Database, client: FlaskClient) -> None:
    assert signed_in(sqlite_database, client, make_teacher).get(PAGE).status_code == 403


def test_too_many_files_are_told_to_wait_and_strangers_sign_in(
    make_app: Callable[..., Any], sqlite_database: Database
) -> None:
    limited = make_app(str(sqlite_database.engine.url), limits_url="memory://")
    assert limited.test_client().post(PAGE).status_code == 302
    browser = signed_in(sqlite_database, limited.test_client(), make_professional)
    answers = [browser.post(PAGE, data={"text": "x"}).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


@pytest.mark.parametrize(
    ("day", "start", "end", "said"),
    [
        ("2027-03-28", "02:30", "03:00", "02.30 bestaat niet"),
        ("2027-03-28", "01:00", "02:15", "02.15 bestaat niet"),
        ("2027-10-31", "02:30", "04:00", "02.30 komt twee keer"),
    ],
)
def test_typed_time_in_a_night_of_the_clock_is_answered_with_a_sentence(
    browser: FlaskClient, sqlite_database: Database, day: str, start: str, end: str, said: str
) -> None:
    answer = browser.post(
        "/availability/exceptions",
        data={"kind": "busy", "first": day, "start": start, "end": end, "note": "nachtdienst"},
    )
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in html
    assert f'value="{start}"' in html
    assert "nachtdienst" in html
    assert blocks_in(sqlite_database, "own") == ()
