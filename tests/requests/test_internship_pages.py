"""The page that asks for an internship, as a teacher, a school leader, a coordinator and a stranger meet it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.db import Database
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.matching import make_topic
from tests.factories.people import make_coordinator, make_grant, make_school, make_teacher, make_user

NEW = "/requests/new/internship"


@pytest.fixture(scope="module")
def place() -> dict[str, int]:
    return {}


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, place: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database with everybody in it, copied for each test of this file."""
    file = tmp_path_factory.mktemp("internships") / "seeded.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    with database.write() as session:
        make_topic(session, "warmtepomp")
        school = make_school(session, name="Het Vaartcollege")
        lead = make_user(session, name="Lea Leider")
        make_grant(session, lead, Role.SCHOOL_LEAD, organisation=school)
        place |= {
            "school": school.id,
            "teacher": make_teacher(session, school=school, name="Tom Docent").id,
            "lead": lead.id,
            "stranger": make_teacher(session).id,
            "coordinator": make_coordinator(session).id,
        }
    database.dispose()
    return file


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Half-days of a period are counted: on another day a holiday would lie in it."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def sign_in(sqlite_database: Database, client: FlaskClient) -> Callable[[int], FlaskClient]:
    def as_person(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return as_person


def filled(**changes: Any) -> dict[str, Any]:
    year = utcnow().year + 1
    return {
        "topic_text": "warmtepomp",
        "topics": ["1"],
        "learning_goal": "Weten wat een monteur op een dag doet.",
        "product": "Een les",
        "first": f"{year}-03-01",
        "last": f"{year}-03-26",
        "amount": "3",
        "unit": "days",
        "half_days": [str(1 << number) for number in range(10)],
        "order": "either",
        "language": "nl",
        **changes,
    }


def the_request(database: Database) -> Request:
    with database.read() as session:
        found = session.scalars(select(Request).order_by(Request.id.desc())).first()
        assert found is not None
        session.expunge(found)
        return found


def half_days(database: Database, request_id: int) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(RequestMoment).where(RequestMoment.request_id == request_id)
        return session.scalar(query) or 0


def test_draft_is_kept_changed_sent_copied_and_discarded(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    client = sign_in(place["teacher"])
    assert client.post(NEW, data=filled(learning_goal="", last="", keep="1")).status_code == 302
    draft = the_request(sqlite_database)
    assert (draft.kind, draft.state, half_days(sqlite_database, draft.id)) == (
        Kind.TEACHER_INTERNSHIP,
        RequestState.DRAFT,
        0,
    )
    page = client.get(f"/requests/{draft.id}/edit")
    assert "warmtepomp" in page.text
    sent = client.post(
        f"/requests/{draft.id}/edit", data=filled(go="1", version=str(draft.version)), follow_redirects=True
    )
    assert sent.status_code == 200
    request = the_request(sqlite_database)
    assert (request.state, request.hours, request.title) == (RequestState.OPEN, 24, "Warmtepomp")
    assert half_days(sqlite_database, request.id) > 30
    assert request.teacher_id == place["teacher"]

    client.post(f"/requests/{request.id}/copy")
    copied = the_request(sqlite_database)
    assert copied.id != request.id
    assert copied.window_from == request.window_from
    discarded = client.post(f"/requests/{copied.id}/discard", follow_redirects=True)
    assert f"/requests/{copied.id}/restore" in discarded.text
    assert f'/requests/{copied.id}/edit"' not in discarded.text


def test_what_is_missing_is_said_with_everything_typed(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int]
) -> None:
    client = sign_in(place["teacher"])
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("topic_text", {"topics": [], "topic_text": ""}),
        ("topic_text", {"topics": [], "topic_text": "zzzz"}),
        ("learning_goal", {"learning_goal": ""}),
        ("first", {"first": ""}),
        ("amount", {"amount": "2"}),
        ("amount", {"amount": "90", "unit": "hours"}),
        ("half_days", {"half_days": []}),
        ("half_days", {"half_days": ["4096"]}),
        ("last", {"last": "2020-01-01"}),
        ("max_km", {"max_km": "x"}),
        ("unit", {"unit": "years"}),
    ]
    for field, changes in wrong:
        answer = client.post(NEW, data=filled(own_words="Mijn eigen zin.", go="1", **changes))
        assert answer.status_code == 422, changes
        assert f'href="#{field}"' in answer.text, changes
        assert "Mijn eigen zin." in answer.text


def test_line_says_what_the_days_come_to(sign_in: Callable[[int], FlaskClient], place: dict[str, int]) -> None:
    client = sign_in(place["teacher"])
    asked = filled() | {"school": place["school"]}
    line = client.get(f"{NEW}/days", query_string=asked).text
    assert "6" in line
    assert "wait" not in line
    assert 'class="ball wait"' in client.get(f"{NEW}/days", query_string=asked | {"last": asked["first"]}).text
    for odd in ({"first": "x", "amount": "9" * 40}, {"last": "9999-12-31"}, {"half_days": ["-1", "x"]}):
        assert client.get(f"{NEW}/days", query_string=asked | odd).status_code == 200
    assert client.get(f"{NEW}/days", query_string={"school": 2**40}).status_code == 404


def test_leave_is_given_by_the_leader_and_named_by_the_teacher(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    client = sign_in(place["teacher"])
    client.post(NEW, data=filled(go="1"), follow_redirects=True)
    request = the_request(sqlite_database)
    leave = f"/requests/{request.id}/leave"
    assert f'action="{leave}"' in client.get(f"/requests/{request.id}").text
    client.post(leave, data={"leader": ""})
    assert not the_request(sqlite_database).details["leave_given"]
    assert sign_in(place["stranger"]).post(leave).status_code == 404
    leader = sign_in(place["lead"])
    leader.post(leave)
    details = the_request(sqlite_database).details
    assert (details["leave_given"], details["leader"], details["leave_by"]) == (True, "Lea Leider", place["lead"])
    assert f'action="{leave}"' not in leader.get(f"/requests/{request.id}").text


def test_coordinator_asks_for_somebody_and_names_who(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    client = sign_in(place["coordinator"])
    assert str(place["school"]) in client.get(NEW).text
    address = f"{NEW}?school={place['school']}"
    assert client.post(address, data=filled(keep="1", how="phone")).status_code == 422
    client.post(address, data=filled(keep="1", how="phone", asked_by=str(place["teacher"])))
    request = the_request(sqlite_database)
    assert (request.asked_by_id, request.on_behalf_by_id) == (place["teacher"], place["coordinator"])
    assert sign_in(place["stranger"]).get(address).status_code == 404
