"""What does not fit, comes too late, comes twice or is not yours: its sentence on the page, and nothing lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.cli import main
from matcher.clock import utcnow
from matcher.db import Database
from matcher.matching.models import Match, MatchEvent, MatchMoment
from matcher.offers.search_services import refresh_all
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.matching import make_offer, make_request
from tests.factories.people import make_company, make_professional, make_school, make_teacher
from tests.matching.lives import make_life

Browse = Callable[[str], FlaskClient]


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def ids(sqlite_database: Database, frozen: None) -> dict[str, Any]:
    """One person was asked; a stranger has a request and an offer of their own."""
    with sqlite_database.write() as session:
        life = make_life(session)
        match = life.asked()
        school = make_school(session, name="Elders")
        stranger = make_teacher(session, school=school)
        company = make_company(session, pc4="5211")
        other = make_professional(session, company=company)
        foreign = make_offer(session, person=other, company=company, state="withdrawn")
        refresh_all(session, now=NOW)
        session.execute(update(User).values(locale="en"))
        return {
            "match": match.id,
            "request": life.request.id,
            "strange request": make_request(session, school=school, teacher=stranger).id,
            "closed offer": foreign.id,
            "moments": [moment.id for moment in life.moments(match)],
            "teacher": life.teacher.id,
            "coordinator": life.coordinator.id,
            "guest": life.offers[0].person_id,
            "stranger": stranger.id,
            "other": other.id,
        }


@pytest.fixture
def browse(app: Flask, sqlite_database: Database, ids: dict[str, Any]) -> Browse:
    """A browser in which this person is signed in."""

    def signed_in(who: str) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=ids[who], agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


def counted(database: Database, model: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


MATCH_VERBS = [
    "accept", "suggest-moment", "decline", "hand-over", "withdraw", "cancel", "approve", "reject", "ask-move", "move",
    "change-visitor", "report", "messages", "ask-again", "undo",
]  # fmt: skip
REQUEST_VERBS = ["publish", "search", "invite", "change", "withdraw", "copy", "discard", "restore", "edit"]
NO_IDS = ["0", "999999", "2147483648", "99999999999999999999", "-1", "x", "1e3"]


def test_match_of_others_and_no_match_at_all_are_the_same(browse: Browse, ids: dict[str, Any]) -> None:
    for who in ("stranger", "other"):
        client = browse(who)
        answers = {
            client.post(f"/matches/{number}/{verb}", data={"seq": "1"}).status_code
            for verb in MATCH_VERBS
            for number in (ids["match"], *NO_IDS[:4])
        }
        assert answers == {404}
        for number in (ids["match"], *NO_IDS):
            assert client.get(f"/matches/{number}").status_code == 404, number
            assert client.get(f"/matches/{number}/calendar.ics").status_code == 404, number


def test_request_of_others_and_no_request_at_all_are_the_same(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database
) -> None:
    client, before = browse("teacher"), counted(sqlite_database, Request)
    for number in (ids["strange request"], *NO_IDS):
        assert client.get(f"/requests/{number}").status_code == 404, number
        for verb in REQUEST_VERBS:
            assert client.post(f"/requests/{number}/{verb}").status_code in {404, 405}, (number, verb)
    assert counted(sqlite_database, Request) == before


MOMENTS = [
    ({"day": "2026-11-20"}, "from today on"),
    ({"day": "2026-11-23", "starts": "08:30", "ends": "09:00"}, "already passed"),
    ({"day": "2026-12-25"}, "closed that day"),
    ({"starts": "11:00", "ends": "10:00"}, "must be later than the start"),
    ({"starts": "10:00", "ends": "10:00"}, "must be later than the start"),
    ({"starts": "25:00"}, "like 10:30"),
    ({"day": "2027-02-29"}, "date"),
    ({"day": "2031-01-08"}, "within a year and a half"),
    ({"starts": ""}, ""),
]


@pytest.mark.parametrize(("wrong", "sentence"), MOMENTS)
def test_moment_that_cannot_be_gets_its_sentence_and_keeps_what_was_typed(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database, wrong: dict[str, str], sentence: str
) -> None:
    before = counted(sqlite_database, MatchMoment)
    typed = {"day": "2026-12-11", "starts": "10:05", "ends": "11:07", "seq": "1", **wrong}
    answer = browse("guest").post(f"/matches/{ids['match']}/suggest-moment", data=typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert all(typed[name] in answer.text for name in ("ends", "starts") if name not in wrong)
    opened = answer.text.partition('<details class="confirm" data-confirm open>')[2].partition("</details>")[0]
    assert 'class="error-summary"' in opened
    assert "/suggest-moment" in opened
    assert answer.text.count(" data-confirm open") == answer.text.count('class="error-summary"') == 1
    assert counted(sqlite_database, MatchMoment) == before


@pytest.mark.parametrize("moment", ["0", "999999", "x", "", "99999999999999999999"])
def test_yes_to_a_moment_that_is_not_on_the_table_is_refused(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database, moment: str
) -> None:
    before = counted(sqlite_database, MatchEvent)
    answer = browse("guest").post(f"/matches/{ids['match']}/accept", data={"moment": moment, "seq": "1"})
    assert answer.status_code == 422
    assert counted(sqlite_database, MatchEvent) == before


def test_yes_after_the_last_moment_is_too_late(browse: Browse, ids: dict[str, Any], sqlite_database: Database) -> None:
    client, before = browse("guest"), counted(sqlite_database, MatchEvent)
    with time_machine.travel("2026-12-20T12:00:00Z", tick=True):
        client = browse("guest")
        answer = client.post(f"/matches/{ids['match']}/accept", data={"moment": str(ids["moments"][0]), "seq": "1"})
    assert answer.status_code in {409, 422}
    assert counted(sqlite_database, MatchEvent) == before


def test_second_click_changes_nothing_and_is_no_fault(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database
) -> None:
    client, before = browse("guest"), counted(sqlite_database, MatchEvent)
    yes = {"moment": str(ids["moments"][0]), "seq": "1"}
    answers = [client.post(f"/matches/{ids['match']}/accept", data=yes) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(302, f"/matches/{ids['match']}")] * 2
    assert counted(sqlite_database, MatchEvent) == before + 1


def test_stale_form_is_refused_and_shows_what_was_typed(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database
) -> None:
    guest, coordinator = browse("guest"), browse("coordinator")
    guest.post(f"/matches/{ids['match']}/accept", data={"moment": str(ids["moments"][0]), "seq": "1"})
    stale = {"reason": "duplicate", "note": "Ik heb gebeld met <b>Tom</b>", "seq": "1"}
    answer = coordinator.post(f"/matches/{ids['match']}/reject", data=stale)
    assert answer.status_code == 409
    assert "Ik heb gebeld met &lt;b&gt;Tom&lt;/b&gt;" in answer.text
    with sqlite_database.read() as session:
        assert session.get_one(Match, ids["match"]).state == "accepted"


def test_tick_of_somebody_who_cannot_be_asked_asks_nobody(
    browse: Browse, ids: dict[str, Any], sqlite_database: Database
) -> None:
    client, before = browse("teacher"), counted(sqlite_database, Match)
    for ticked in ([], ["x"], ["999999"], ["99999999999999999999"], [str(ids["closed offer"])]):
        answer = client.post(f"/requests/{ids['request']}/invite", data={"offers": ticked})
        assert answer.status_code in {302, 404, 409, 422}, ticked
    assert counted(sqlite_database, Match) == before


WRONG_COMMANDS: dict[str, tuple[list[str], str]] = {
    "request number beyond every row": (["suggest", "9" * 30], "There is no request"),
    "request number below one": (["suggest", "--", "-3"], "x>=1"),
    "file that is not there": (["import", "schools", "{var}/none.csv"], "does not exist"),
    "folder for a file": (["import", "schools", "{var}"], "is a directory"),
    "picture for a register": (["import", "schools", "{var}/picture.png"], ""),
    "empty file": (["import", "schools", "{var}/empty.csv"], "empty"),
    "organisation beyond every row": (
        ["user", "add", "--email", "a@x.example", "--name", "A", "--role", "teacher", "--organisation", "9" * 30],
        "organisation",
    ),
}


@pytest.mark.parametrize("case", WRONG_COMMANDS)
def test_wrong_command_ends_with_two_and_a_sentence(sqlite_database: Database, tmp_path: Path, case: str) -> None:
    words, sentence = WRONG_COMMANDS[case]
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "empty.csv").write_bytes(b"")
    done = run(sqlite_database, tmp_path, [word.replace("{var}", str(tmp_path)) for word in words])
    assert done.exit_code == 2, done.output
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert counted(sqlite_database, Organisation) == 0


def run(database: Database, var: Path, words: list[str]) -> Result:
    settings = {"MATCHER_DATABASE_URL": str(database.engine.url), "MATCHER_VAR": str(var)}
    return CliRunner().invoke(main, words, env=settings)
