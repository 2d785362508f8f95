"""Statements of hours: for whom, in which words, the same bytes for the same facts, and real or not by their code."""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import NotFound
from matcher.i18n import in_locale
from matcher.matching.hours_queries import confirmed_statement, hours_statement
from matcher.matching.models import Match
from matcher.matching.queries import facts_of_match
from matcher.matching.statement_pdf import Check, statement_pdf
from matcher.matching.statements import HoursStatement, code_of, initials, match_of
from matcher.matching.visit_services import report_visit
from matcher.regions.models import Region
from tests.factories.people import make_teacher
from tests.matching.lives import Life, make_life

OVER = datetime(2026, 12, 10, 12, tzinfo=UTC)
STATIC = Path(__file__).parent.parent.parent / "static"
KEY = "a key of the tests that is long enough"


def held(session: Session) -> tuple[Life, Match]:
    life = make_life(session)
    match = life.approved()
    for who, said in ((life.actor(life.teacher), {"pupils": 27}), (life.guest(), {"hours": 3.5})):
        report_visit(session, match.id, happened=True, again=True, actor=who, now=OVER, **said)  # type: ignore[arg-type]
    return life, match


def stated(life: Life, match: Match, user_id: int) -> HoursStatement:
    facts = facts_of_match(life.session, match, OVER)
    return hours_statement(life.session, match, facts, life.actor(user_id), OVER)


def test_guest_lecture_has_a_statement_for_both_sides_only(session: Session) -> None:
    life, match = held(session)
    with in_locale("nl"):
        found = stated(life, match, life.guest().user_id or 0)
    assert found.holder == life.guest().name
    assert found.visits == [("do 10 december 2026, 10.15–11.05", "50 minuten")]
    assert [value for _what, value in found.hours] == ["50 minuten", "3,5 uur", "27"]
    assert found.signed_by == f"{life.school.name} · {session.get_one(Region, match.region_id).name}"
    stranger = make_teacher(session, school=life.school)
    with pytest.raises(NotFound):
        stated(life, match, stranger.id)
    other = make_life(session)
    with pytest.raises(NotFound):
        stated(other, other.approved(), other.teacher.id)


def test_company_is_left_out_where_somebody_came_in_their_own_name(session: Session) -> None:
    life, match = held(session)
    before = dict(stated(life, match, life.teacher.id).facts)
    life.offers[0].own_name = True
    assert before.keys() - dict(stated(life, match, life.teacher.id).facts).keys() == {"Company"}


def test_code_is_real_however_it_is_typed_and_cannot_be_guessed() -> None:
    code = code_of(KEY, 1234)
    assert match_of(KEY, f" {code.lower().replace('-', ' ').replace(' ', '-', 1)} ") == 1234
    wrong = [
        code[:-1] + ("A" if code[-1] != "A" else "B"),
        "1235" + code[4:],
        "1234",
        "1234-",
        "",
        "-",
        "²-A",
        "9" * 40,
    ]
    assert [match_of(KEY, each) for each in wrong] == [None] * len(wrong)
    assert match_of("another key", code) is None
    assert initials("Žofia  de Vries") == "Ž.d.V."


def test_stranger_with_the_code_reads_no_name(session: Session) -> None:
    life, match = held(session)
    with in_locale("en"):
        facts = dict(confirmed_statement(session, match.id, OVER).facts)
    said = " ".join(facts.values())
    assert life.guest().name not in said
    assert life.teacher.name not in said
    assert facts["Name, in initials"] == initials(life.guest().name)
    assert facts["Pupils reached"] == "27"
    with pytest.raises(NotFound):
        confirmed_statement(session, make_life(session).approved().id, OVER)


def streams(content: bytes) -> bytes:
    """Everything that is packed in a PDF, unpacked."""
    found = b""
    for part in content.split(b"stream\n")[1:]:
        try:
            found += zlib.decompress(part)
        except zlib.error:
            continue
    return found


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_same_facts_give_the_same_pdf_in_both_languages(session: Session) -> None:
    life, match = held(session)
    check = Check(code_of(KEY, match.id), "https://matcher.example/statements")
    made = {}
    for locale, lang in (("nl", b"(nl-NL)"), ("en", b"(en-GB)")):
        with in_locale(locale):
            first, second = (statement_pdf(stated(life, match, life.teacher.id), check, STATIC) for _again in range(2))
        assert first == second
        assert first.startswith(b"%PDF-")
        assert b"/Lang " + lang in first
        assert b"/Title" in first
        assert b"%%EOF" in first[-10:]
        made[locale] = first
    assert made["nl"] != made["en"]
    assert b"BT" in streams(made["nl"])


@pytest.fixture
def browse(app: Flask, sqlite_database: Database) -> Callable[[int], FlaskClient]:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


def test_pdf_comes_as_a_file_and_its_code_is_confirmed(
    browse: Callable[[int], FlaskClient], app: Flask, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        life, match = held(session)
        guest, match_id, name = life.guest().user_id or 0, match.id, life.guest().name
    client = browse(guest)
    answer = client.get(f"/matches/{match_id}/hours.pdf?lang=en")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert b"/Lang (en-GB)" in answer.data
    page = client.get(f"/matches/{match_id}/hours").text
    code = code_of(app.extensions["matcher_settings"].require_secret(), match_id)
    assert code in page
    stranger = app.test_client()
    found = stranger.get("/statements", query_string={"code": code.lower()})
    assert found.status_code == 200
    assert name not in found.text
    assert life.school.name in found.text
    assert stranger.get("/statements", query_string={"code": code[:-1]}).status_code == 404
    assert stranger.get("/statements", query_string={"code": "9" * 4000}).status_code == 404
    assert stranger.get("/statements").status_code == 200
