"""`matcher suggest` as people and programs call it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from matcher.availability.states import Kind
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.i18n import in_locale
from matcher.matching.wording import never_sentence
from matcher.offers.search_services import refresh_all
from tests.factories.kinds import make_internship, make_place
from tests.factories.matching import make_offer, make_request
from tests.factories.people import make_company, make_professional


@pytest.fixture
def request_id(sqlite_database: Database) -> int:
    with sqlite_database.write() as session:
        company = make_company(session, pc4="5211", name="Warmte BV")
        person = make_professional(session, company=company, name="Iris de Wit")
        make_offer(session, company=company, person=person, title="De warmtepomp", notice_days=0)
        day = local_date(utcnow()) + timedelta(days=30)
        moments = [(day - timedelta(days=day.weekday() - 3), "10:15", "11:05")]
        request = make_request(session, moments=moments)
        refresh_all(session, now=utcnow())
        return request.id


def run(database: Database, var: Path, *arguments: str) -> Result:
    from matcher.cli import main

    settings = {"MATCHER_DATABASE_URL": str(database.engine.url), "MATCHER_VAR": str(var)}
    return CliRunner().invoke(main, ["suggest", *arguments], env=settings)


def test_json_names_everything_of_the_contract(sqlite_database: Database, tmp_path: Path, request_id: int) -> None:
    done = run(sqlite_database, tmp_path, str(request_id), "--json", "--lang", "en")
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    (one,) = report["candidates"]
    assert {"offer_id", "name", "organisation", "distance_km", "score", "reasons", "against", "moments"} <= set(one)
    assert (one["name"], one["organisation"], one["distance_km"]) == ("Iris de Wit", "Warmte BV", 0.0)
    assert "less than 1 km away" in one["reasons"]
    assert 0 < one["score"] <= 1


def test_text_is_for_people(sqlite_database: Database, tmp_path: Path, request_id: int) -> None:
    done = run(sqlite_database, tmp_path, str(request_id))
    assert done.exit_code == 0, done.output
    assert "Iris de Wit, Warmte BV: De warmtepomp" in done.output


def test_without_candidates_it_says_why(sqlite_database: Database, tmp_path: Path, request_id: int) -> None:
    with sqlite_database.write() as session:
        other = make_request(session, language="de", moments=[])
    report = json.loads(run(sqlite_database, tmp_path, str(other.id), "--json").output)
    assert report["candidates"] == []
    assert report["never"] == {"language": 1}
    assert report["smallest_change"][0]["code"] == "language"


def test_text_says_why_in_the_language_asked_for(sqlite_database: Database, tmp_path: Path, request_id: int) -> None:
    with sqlite_database.write() as session:
        other = make_request(session, language="de", moments=[])
    done = run(sqlite_database, tmp_path, str(other.id), "--lang", "nl")
    assert done.exit_code == 0, done.output
    with in_locale("nl"):
        sentence = never_sentence("language")
    assert f"1 x language: {sentence}" in done.output
    assert "would help: in het Nederlands" in done.output


def test_refusal_of_a_place_is_worded_for_internships(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.write() as session:
        make_place(session)
        stay = make_internship(session, language="de", first=local_date(utcnow()) + timedelta(days=40))
    done = run(sqlite_database, tmp_path, str(stay.id))
    assert done.exit_code == 0, done.output
    with in_locale("en"):
        sentence = never_sentence("language", Kind.TEACHER_INTERNSHIP)
        assert sentence != never_sentence("language")
    assert f"1 x language: {sentence}" in done.output


@pytest.mark.parametrize("arguments", [["999"], ["0"], ["eleven"], ["1", "--lang", "fr"], ["1", "--limit", "0"], []])
def test_wrong_use_ends_with_two(sqlite_database: Database, tmp_path: Path, arguments: list[str]) -> None:
    done = run(sqlite_database, tmp_path, *arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
