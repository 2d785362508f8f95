"""The safety pages as a school's leader, a teacher and a coordinator meet them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.safeguarding.models import Block, Proof, ReportOfConcern
from tests.factories.people import make_coordinator, make_grant, make_professional, make_school, make_teacher, make_user


@pytest.fixture
def ids(sqlite_database: Database) -> dict[str, int]:
    with sqlite_database.write() as session:
        school = make_school(session, name="Het Vaartcollege")
        lead = make_user(session)
        make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
        return {
            "school": school.id,
            "lead": lead.id,
            "teacher": make_teacher(session, school=school).id,
            "guest": make_professional(session, name="Gijs Gast").id,
            "coordinator": make_coordinator(session).id,
        }


@pytest.fixture
def enter(app: Flask, sqlite_database: Database, ids: dict[str, int]) -> Callable[[str], FlaskClient]:
    def open_for(who: str) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=ids[who], agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return open_for


def test_leader_says_what_the_board_asks_and_what_was_seen(
    ids: dict[str, int], enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    lead, path = enter("lead"), f"/safeguarding/schools/{ids['school']}"
    assert lead.get(path).status_code == 200
    assert lead.post(path, data={"asks_vog": "y", "max_age_weeks": "999"}).status_code == 422
    assert lead.post(path, data={"asks_vog": "y", "max_age_weeks": "20"}).status_code == 302
    assert 'value="20"' in lead.get(path).text
    person = f"{path}/people/{ids['guest']}"
    assert "Gijs Gast" in lead.get(person).text
    assert lead.post(person, data={"issued_on": "2999-01-01", "valid_until": "2999-02-01"}).status_code == 422
    today = local_date(utcnow())
    dates = {"issued_on": today.isoformat(), "valid_until": (today + timedelta(days=365)).isoformat()}
    seen = lead.post(person, data={**dates, "seen_by_id": "1"})
    assert seen.location == path
    with sqlite_database.read() as session:
        assert session.scalars(select(Proof)).one().seen_by_id == ids["lead"]
    assert "Gijs Gast" in lead.get(path).text
    assert lead.post(path, data={"max_age_weeks": "20"}).status_code == 302
    for who, status in (("teacher", 403), ("coordinator", 404), ("guest", 404)):
        assert enter(who).get(path).status_code == status
        assert enter(who).get(person).status_code == status


def test_block_is_seen_and_taken_back_by_its_maker_only(
    ids: dict[str, int], enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    teacher = enter("teacher")
    assert teacher.post("/safeguarding/blocks", data={"user": str(ids["guest"])}).status_code == 302
    for wrong in ({}, {"user": "x"}, {"user": "999999"}, {"user": str(ids["guest"]), "for": str(ids["school"])}):
        assert teacher.post("/safeguarding/blocks", data=wrong).status_code == 404
    with sqlite_database.read() as session:
        block_id = session.scalars(select(Block)).one().id
    # The list would tell the name of anybody: only of people one may know.
    assert enter("guest").post("/safeguarding/blocks", data={"user": str(ids["teacher"])}).status_code == 404
    assert "Gijs Gast" in teacher.get("/safeguarding/blocks").text
    assert enter("guest").post(f"/safeguarding/blocks/{block_id}/end").status_code == 404
    assert teacher.post(f"/safeguarding/blocks/{block_id}/end").status_code == 302
    assert "Gijs Gast" not in teacher.get("/safeguarding/blocks").text


def test_report_reaches_the_coordinator_only(
    ids: dict[str, int], enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    teacher, coordinator = enter("teacher"), enter("coordinator")
    assert teacher.get(f"/safeguarding/report?user={ids['guest']}").status_code == 200
    assert teacher.post("/safeguarding/report", data={"body": "kort"}).status_code == 422
    data = {"body": "Er gebeurde iets <b>vreemds</b>.", "user": str(ids["guest"]), "handled_at": "2020-01-01"}
    assert teacher.post("/safeguarding/report", data=data).status_code == 302
    page = coordinator.get("/safeguarding/reports").text
    assert "&lt;b&gt;vreemds" in page
    assert "Gijs Gast" in page
    assert teacher.get("/safeguarding/reports").status_code == 403
    with sqlite_database.read() as session:
        report_id = session.scalars(select(ReportOfConcern.id)).one()
    assert coordinator.post(f"/safeguarding/reports/{report_id}/handle").status_code == 302
    assert coordinator.post(f"/safeguarding/reports/{report_id}/handle").status_code == 409
