"""The pages of requests as a teacher, a coordinator and a stranger meet them."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.availability.moments import Week
from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment, SchoolClass
from matcher.requests.states import RequestState
from matcher.subjects.models import Topic
from matcher.subjects.services import seed_topics
from tests.factories.matching import make_class, make_match, make_offer, make_request
from tests.factories.people import make_coordinator, make_grant, make_school, make_teacher, make_user

NEW = "/requests/new/guest-lecture"


@pytest.fixture(scope="module")
def place() -> dict[str, int]:
    """Ids of a school, its teacher, a class, another school's teacher, the coordinator; filled by the template."""
    return {}


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, place: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeding topics takes a while: one database with everything in it, copied for each test of this file."""
    file = tmp_path_factory.mktemp("asking") / "seeded.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    with database.write() as session:
        seed_topics(session)
        school = make_school(session, name="Het Vaartcollege")
        place |= {
            "school": school.id,
            "teacher": make_teacher(session, school=school).id,
            "class": make_class(session, school=school, name="4H2").id,
            "stranger": make_teacher(session).id,
            "coordinator": make_coordinator(session).id,
        }
    database.dispose()
    return file


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


def open_weeks(html: str) -> list[str]:
    """Weeks that can be ticked on the page."""
    boxes = re.findall(r'<input type="checkbox" name="weeks" value="([^"]+)"([^>]*)>', html)
    return [value for value, rest in boxes if "disabled" not in rest]


def filled(place: dict[str, int], weeks: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "school_class": str(place["class"]),
        "topic_text": "rendement van een warmtepomp",
        "weeks": weeks,
        "delivery": "on_site",
        "own_words": "Wie rekent met mijn klas?",
        "block": "1",
        "language": "nl",
        "needed": "1",
        "together": "y",
        **changes,
    }


def count(database: Database, model: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_form_page_shows_classes_weeks_and_ten_open_weeks(place: Any, sign_in: Any) -> None:
    page = sign_in(place["teacher"]).get(NEW)
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "4H2" in html
    assert "Het Vaartcollege" in html
    assert len(open_weeks(html)) == 10


def test_saving_a_draft_recognises_the_topic_and_shows_the_moments(
    place: Any, sign_in: Any, sqlite_database: Database
) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    answer = client.post(NEW, data=filled(place, weeks[:2]))
    assert answer.status_code == 302
    page = client.get(answer.location).get_data(as_text=True)
    assert "rendement van een warmtepomp" in page
    with sqlite_database.read() as session:
        draft = session.scalars(select(Request)).one()
        assert draft.state is RequestState.DRAFT
        assert draft.group_size == 28
        assert (session.scalar(select(func.count()).select_from(RequestMoment)) or 0) >= 4


def test_sending_goes_on_to_publishing_with_the_same_form(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    answer = client.post(NEW, data=filled(place, weeks[:3], go="1"))
    assert answer.status_code == 307
    assert re.search(r"/requests/\d+/publish$", answer.location)


def test_sending_an_empty_page_says_what_is_missing_and_keeps_nothing(
    place: Any, sign_in: Any, sqlite_database: Database
) -> None:
    answer = sign_in(place["teacher"]).post(
        NEW, data={"go": "1", "block": "1", "language": "nl", "delivery": "on_site"}
    )
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field in ("school_class", "topic_text", "weeks", "own_words"):
        assert f'href="#{field}"' in html
    assert count(sqlite_database, Request) == 0


def test_refused_page_loses_nothing_that_was_typed(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    typed = filled(place, weeks[:2], group_size="9000", costs="reiskosten", **{"p-2-4": "1"})
    answer = client.post(NEW, data=typed)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "9000" in html
    assert "reiskosten" in html
    assert "Wie rekent met mijn klas?" in html
    assert all(re.search(rf'value="{week}" checked', html) for week in weeks[:2])
    assert re.search(r'name="p-2-4" value="1" checked', html)
    assert count(sqlite_database, Request) == 0


def test_new_class_is_entered_in_the_same_page(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    new = {"school_class": "new", "new_name": "5V1", "new_level": "vwo", "new_year": "5", "new_size": "24"}
    answer = client.post(NEW, data=filled(place, weeks, **new, **{"p-1-4": "1", "p-1-5": "1"}))
    assert answer.status_code == 302
    with sqlite_database.read() as session:
        found = session.scalars(select(SchoolClass).where(SchoolClass.name == "5V1")).one()
        assert found.weekly_periods == [[1, 4, 2]]
        assert session.scalars(select(Request)).one().group_size == 24


def test_refused_new_class_keeps_neither_class_nor_draft(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    new = {"school_class": "new", "new_name": "5V1", "new_level": "vwo", "new_size": "24"}
    answer = client.post(NEW, data=filled(place, [], **new))
    assert answer.status_code == 422
    assert count(sqlite_database, SchoolClass) == 1
    assert count(sqlite_database, Request) == 0


def test_holiday_weeks_alone_cannot_be_sent(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    html = client.get(NEW).get_data(as_text=True)
    past = str(Week.of(local_date(utcnow()) - timedelta(days=14)))
    closed = re.findall(r'name="weeks" value="([^"]+)" disabled', html)
    answer = client.post(NEW, data=filled(place, [past, *closed, "2027-W99", "<script>"], go="1"))
    assert answer.status_code == 422
    assert count(sqlite_database, Request) == 0


ODD: list[dict[str, Any]] = [
    {"school_class": "999999"},
    {"school_class": "10000000000000000000000"},
    {"school_class": "<b>"},
    {"topics": ["999999"]},
    {"topics": ["x"]},
    {"also_classes": ["99999999999999999999999"]},
    {"teacher": "999999"},
    {"delivery": "by_balloon"},
    {"block": "40"},
    {"language": "tlh"},
    {"needed": "-1"},
    {"needed": "99999999999999999999"},
    {"group_size": "1e3"},
    {"own_words": "x" * 4001},
    {"topic_text": "x" * 301},
]


def test_odd_values_are_answered_kindly_and_never_kept(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    answers = [client.post(NEW, data=filled(place, weeks[:2], **change)).status_code for change in ODD]
    assert set(answers) <= {404, 422}, list(zip(answers, ODD, strict=True))
    assert count(sqlite_database, Request) == 0


def test_page_of_an_older_version_keeps_what_was_typed(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    address = client.post(NEW, data=filled(place, weeks[:2])).location
    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(address).get_data(as_text=True))
    assert version is not None
    stale = filled(place, weeks[:2], version=version[1])
    assert client.post(address, data={**stale, "own_words": "eerste"}).status_code == 302
    late = client.post(address, data={**stale, "own_words": "tweede"})
    assert late.status_code == 409
    assert "tweede" in late.get_data(as_text=True)


def test_strangers_and_unknown_ids_get_a_kind_404(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    address = client.post(NEW, data=filled(place, weeks[:2])).location
    sign_in(place["stranger"])
    assert client.get(address).status_code == 404
    assert client.post(address, data=filled(place, weeks)).status_code == 404
    assert client.get(f"{NEW}?school={place['school']}").status_code == 404
    assert client.get(f"/requests/classes/{place['class']}").status_code == 404
    for path in ("discard", "restore", "copy"):
        assert client.post(address.replace("edit", path)).status_code == 404
    for path in ("/requests/999999/edit", "/requests/99999999999999999999/edit", f"{NEW}?school=x"):
        assert client.get(path).status_code == 404


def test_discard_can_be_taken_back(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    address = client.post(NEW, data=filled(place, weeks[:2])).location
    client.post(address.replace("edit", "discard"))
    page = client.get("/requests").get_data(as_text=True)
    undo = re.search(r'action="(/requests/\d+/restore)"', page)
    assert undo is not None
    assert client.post(undo[1]).status_code == 302
    assert client.get(address).status_code == 200


def test_coordinator_asks_for_a_school_of_the_region(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["coordinator"])
    assert client.get(NEW).status_code == 200
    address = f"{NEW}?school={place['school']}"
    weeks = open_weeks(client.get(address).get_data(as_text=True))
    assert client.post(address, data=filled(place, weeks[:2])).status_code == 422
    answer = client.post(address, data=filled(place, weeks[:2], asked_by=str(place["teacher"])))
    assert answer.status_code == 302
    with sqlite_database.read() as session:
        request = session.scalars(select(Request)).one()
        assert (request.asked_by_id, request.on_behalf_by_id) == (place["teacher"], place["coordinator"])


def test_class_page_changes_and_hides_a_class(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    client = sign_in(place["teacher"])
    address = f"/requests/classes/{place['class']}"
    page = client.get(address).get_data(as_text=True)
    assert 'name="p-3-2" value="1" checked' in page
    assert re.search(r"<small class=\"muted\"> \d\d\.\d\d–\d\d\.\d\d</small>", page), "hours as Dutch pages write them"
    values = {"new_name": "4H3", "new_level": "havo", "new_year": "4", "new_size": "27", "p-0-1": "1"}
    assert client.post(address, data={**values, "new_year": "9"}).status_code == 422
    assert client.post(address, data=values).status_code == 302
    with sqlite_database.read() as session:
        assert session.scalars(select(SchoolClass)).one().weekly_periods == [[0, 1, 1]]
    assert client.post(f"{address}/end").status_code == 302
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/restore").status_code == 302


def test_class_that_somebody_entered_stands_in_their_list(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    new = {"school_class": "new", "new_name": "5V1", "new_level": "vwo", "new_year": "5", "new_size": "24"}
    client.post(NEW, data=filled(place, [], **new, **{"p-1-4": "1"}))
    html = client.get("/requests").get_data(as_text=True)
    assert re.search(r'href="/requests/classes/\d+">5V1<', html)


def test_list_is_empty_with_a_way_on_and_then_shows_the_draft(place: Any, sign_in: Any) -> None:
    client = sign_in(place["teacher"])
    assert NEW in client.get("/requests").get_data(as_text=True)
    weeks = open_weeks(client.get(NEW).get_data(as_text=True))
    client.post(NEW, data=filled(place, weeks[:2]))
    assert "Rendement van een warmtepomp\u00a0· 4H2" in client.get("/requests").get_data(as_text=True)


def test_done_request_stands_under_what_is_over_and_cannot_be_changed(
    place: Any, sign_in: Any, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        teacher = session.get_one(User, place["teacher"])
        asked = make_request(session, teacher=teacher, school=session.get_one(Organisation, place["school"]))
        make_match(session, request=asked, state="held")
    client = sign_in(place["teacher"])
    over = client.get("/requests").get_data(as_text=True).split("Voorbij</h2>")[1]
    assert f'href="/requests/{asked.id}"' in over
    assert "Doorgegaan" in over
    page = client.get(f"/requests/{asked.id}").get_data(as_text=True)
    assert f"/requests/{asked.id}/change" not in page
    assert f"/requests/{asked.id}/withdraw" not in page
    assert f"/requests/{asked.id}/copy" in page
    assert client.post(f"/requests/{asked.id}/change").status_code == 409


def test_classes_of_colleagues_stand_folded_behind_ones_own(
    place: Any, sign_in: Any, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        school = session.get_one(Organisation, place["school"])
        make_class(session, school=school, name="5Vz", created_by_id=place["teacher"])
        for number in range(3):
            make_class(session, school=school, name=f"2H{number}")
    page = sign_in(place["teacher"]).get(NEW).get_data(as_text=True)
    own, others = page.split("Klassen van collega")
    assert "<b>5Vz</b>" in own
    assert "<b>2H" not in own
    assert all(f"<b>2H{number}</b>" in others for number in range(3))


def test_asking_for_an_offer_fills_in_its_subject_and_puts_it_first(
    place: Any, sign_in: Any, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        topic = session.scalars(select(Topic)).first()
        offer = make_offer(session, title="Lassen zonder vonken", topics=[topic])
        gone = make_offer(session, state=OfferState.WITHDRAWN)
    client = sign_in(place["teacher"])
    button = f'href="{NEW}?offer={offer.id}"'
    assert button in client.get(f"/offers/{offer.id}").get_data(as_text=True)
    page = client.get(f"{NEW}?offer={offer.id}").get_data(as_text=True)
    assert 'value="Lassen zonder vonken"' in page
    assert re.search(rf'name="topics" value="{topic.id}" checked', page)
    for first, kept in ((offer.id, offer.id), (gone.id, None), ("x", None)):
        client.post(NEW, data=filled(place, [], first_offer=str(first)))
        with sqlite_database.read() as session:
            assert session.scalars(select(Request).order_by(Request.id.desc())).first().first_offer_id == kept
    request_id = place["class"]
    back = client.get(f"/offers/{offer.id}?request={request_id}").get_data(as_text=True)
    assert button not in back
    assert f'href="/requests/{request_id}"' in back


def test_leader_reads_which_colleague_asked(place: Any, sign_in: Any, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        school = session.get_one(Organisation, place["school"])
        colleague = make_teacher(session, school=school, name="Ilse de Groot")
        make_request(session, teacher=colleague, school=school)
        leader = make_user(session)
        make_grant(session, leader, Role.SCHOOL_LEAD, organisation=school)
    assert "Ilse de Groot" in sign_in(leader.id).get("/requests").get_data(as_text=True)
    assert "Ilse de Groot" not in sign_in(colleague.id).get("/requests").get_data(as_text=True).split("<main")[1]
