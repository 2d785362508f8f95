"""The finder as anybody meets it, and the pages of administrators."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.clock import utcnow
from matcher.db import Database
from matcher.qualifications.models import TeachingRoute
from matcher.qualifications.services import seed_routes
from matcher.qualifications.states import Education, Qualification, Sector
from tests.factories.people import make_grant, make_teacher, make_user
from tests.web.odd import ODD, encoded, forms_of

DUTCH = {"Accept-Language": "nl"}


@pytest.fixture
def enter(app: Flask, sqlite_database: Database) -> Callable[[str], FlaskClient]:
    """A browser of the administrator or of a teacher, where the shipped routes are."""
    with sqlite_database.write() as session:
        seed_routes(session, utcnow())
        administrator = make_user(session)
        make_grant(session, administrator, Role.ADMINISTRATOR)
        people = {"administrator": administrator.id, "teacher": make_teacher(session).id}
        tokens = {
            who: open_session(session, user_id=number, agent="test", now=utcnow()) for who, number in people.items()
        }

    def open_for(who: str) -> FlaskClient:
        client = app.test_client()
        if who in tokens:
            with client.session_transaction() as cookie:
                cookie["_user_id"] = tokens[who]
        return client

    return open_for


def route_id(database: Database, code: str = "six_hours") -> int:
    with database.read() as session:
        return session.scalars(select(TeachingRoute.id).where(TeachingRoute.code == code)).one()


def test_finder_says_what_fits_who_decides_and_where_it_comes_from(enter: Callable[[str], FlaskClient]) -> None:
    page = enter("nobody").get(
        "/qualifications?sector=mbo&education=bachelor&subjects=vocational&hours=8", headers=DUTCH
    )
    assert page.status_code == 200
    for text in ("Zij-instromen in het mbo met het PDG", "Wie beslist", "Wat niet mag", "opgezocht op 21 november 2026",
                 "12 tot 24 maanden", "ruwweg € 5.750 tot € 6.650", "dit zijn te veel uren"):  # fmt: skip
        assert text in page.text, text
    assert page.text.index("Instructeur in het mbo") < page.text.index("Tot zes uur per week")
    english = enter("nobody").get("/qualifications?sector=vo", headers={"Accept-Language": "en"})
    assert "Up to six hours a week as a guest teacher" in english.text


def test_finder_tells_whoever_is_qualified_that_no_route_is_needed(enter: Callable[[str], FlaskClient]) -> None:
    page = enter("nobody").get("/qualifications?sector=vo&held=second", headers=DUTCH).text
    assert "je mag dit waarschijnlijk al geven" in page
    assert "Routes die je niet nodig hebt" in page
    assert "Er lijkt niets te passen" not in page


def test_finder_without_question_or_without_routes_says_what_to_do(
    enter: Callable[[str], FlaskClient], client: FlaskClient, sqlite_database: Database
) -> None:
    assert "Kies waar je les wilt geven" in enter("nobody").get("/qualifications", headers=DUTCH).text
    with sqlite_database.write() as session:
        for row in session.scalars(select(TeachingRoute)):
            row.ended_at = utcnow()
    answer = client.get("/qualifications?sector=po", headers=DUTCH)
    assert answer.status_code == 200
    assert "Hier zijn nog geen routes" in answer.text


def test_every_answer_of_the_finder_can_be_given(enter: Callable[[str], FlaskClient]) -> None:
    client = enter("nobody")
    for number, sector in enumerate(Sector):
        for held in Qualification:
            query = {"sector": sector, "education": list(Education)[number % 5], "held": held, "hours": number + 1}
            assert client.get(f"/qualifications?{urlencode(query)}").status_code == 200


def test_odd_question_is_answered_kindly(enter: Callable[[str], FlaskClient]) -> None:
    client = enter("nobody")
    for what, value in ODD.items():
        pairs = [(name, value[:4000]) for name in ("sector", "education", "subjects", "held", "other_subject", "hours")]
        answer = client.get(f"/qualifications?{encoded(pairs).decode()}")
        assert answer.status_code in {400, 422}, what
        assert b"<script>alert" not in answer.data
    for hours, status in (("0", 422), ("41", 422), ("2.5", 422), ("40", 200), ("", 200)):
        assert client.get(f"/qualifications?sector=vo&hours={hours}").status_code == status


def test_administrator_changes_a_route_and_takes_it_back(
    enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    client, path = enter("administrator"), f"/qualifications/routes/{route_id(sqlite_database)}"
    (form,) = (form for form in forms_of(client.get(path).text) if form.action == path)
    shown = _fields(client, path)
    assert client.post(path, data={**shown, "title_nl": ""}).status_code == 422
    assert client.post(path, data={**shown, "months_from": "9", "months_to": "2"}).status_code == 422
    assert client.post(path, data={**shown, "source_url": "javascript:alert(1)"}).status_code == 422
    saved = client.post(path, data={**shown, "title_nl": "Vier uur", "title_en": "Four hours", "hours_to": "4"})
    assert saved.location == path
    page = client.get(path).text
    (undo,) = (form for form in forms_of(page) if "/said/1?version=" in form.action)
    assert client.post(path, data={**shown, "title_nl": "Te laat"}).status_code == 409
    assert "Vier uur" in enter("nobody").get("/qualifications?sector=vo&hours=2", headers=DUTCH).text
    assert client.post(undo.action).status_code == 302
    assert client.post(undo.action).status_code == 409
    assert "Tot zes uur" in enter("nobody").get("/qualifications?sector=vo&hours=2", headers=DUTCH).text
    assert form.method == "POST"


def test_administrator_ends_opens_and_adds_routes(
    enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    client, path = enter("administrator"), f"/qualifications/routes/{route_id(sqlite_database)}"
    version = _fields(client, path)["version"]
    assert client.post(f"{path}/end", data={"version": version}).location == path
    (undo,) = (form for form in forms_of(client.get(path).text) if "/reopen?version=" in form.action)
    assert client.post(f"{path}/end", data={"version": version}).status_code == 409
    assert client.post(undo.action).location == path
    new = {**_fields(client, path), "title_en": "A bridge", "title_nl": "Een brug", "steps_en": "", "cost_from": ""}
    assert client.post("/qualifications/routes/new", data={**new, "sectors": []}).status_code == 422
    assert client.post("/qualifications/routes/new", data=new).status_code == 302
    assert client.post("/qualifications/routes/new", data=new).status_code == 422
    assert "Een brug" in client.get("/qualifications/routes", headers=DUTCH).text


def test_odd_route_is_refused_kindly(enter: Callable[[str], FlaskClient], sqlite_database: Database) -> None:
    client, path = enter("administrator"), f"/qualifications/routes/{route_id(sqlite_database)}"
    shown = _fields(client, path)
    for what, value in ODD.items():
        pairs = [(name, value) for name in shown]
        answer = client.post(path, data=encoded(pairs), content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {400, 409, 413, 422}, what
    assert client.post(path, data={**shown, "version": "x"}).status_code == 409
    assert client.post(f"{path}/said/99", data={"version": shown["version"]}).status_code == 404


def test_routes_are_for_administrators_to_change(
    enter: Callable[[str], FlaskClient], sqlite_database: Database
) -> None:
    path = f"/qualifications/routes/{route_id(sqlite_database)}"
    for address in ("/qualifications/routes", "/qualifications/routes/new", path):
        assert enter("teacher").get(address).status_code == 403
        assert enter("nobody").get(address).status_code == 302
    assert enter("teacher").post(f"{path}/end").status_code == 403
    assert "/qualifications/routes" not in enter("teacher").get("/qualifications").text
    assert "/qualifications/routes" in enter("administrator").get("/qualifications").text


def test_reminder_leads_to_the_routes_of_the_school(app: Flask) -> None:
    with app.test_request_context("/", headers=DUTCH):
        text = render_template_string(
            '{% import "qualifications/_reminder.html" as r with context %}{{ r.hybrid("vo") }}'
        )
    assert "hybride docent" in text
    assert "/qualifications?sector=vo" in text


def _fields(client: FlaskClient, path: str) -> dict[str, str | list[str]]:
    """What the form of this page would send unchanged."""
    with client.application.extensions["matcher_db"].read() as session:
        row = session.get(TeachingRoute, int(path.rsplit("/", 1)[1]))
        values = {column.name: getattr(row, column.name) for column in TeachingRoute.__table__.columns}
    shown = {
        name: value for name, value in values.items() if name not in {"id", "code", "ended_at"} and value is not None
    }
    ticked = {name: "y" for name, value in shown.items() if value is True}
    plain = {
        name: value if name == "sectors" else str(value) for name, value in shown.items() if not isinstance(value, bool)
    }
    return plain | ticked
