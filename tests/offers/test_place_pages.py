"""An internship place from its form to a page that a teacher reads."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.accounts.states import Role
from matcher.availability.models import WeeklyPattern
from matcher.availability.states import OwnerType
from matcher.clock import utcnow
from matcher.db import Database
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from tests.factories.matching import make_topic
from tests.factories.people import (
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_teacher,
    make_user,
)

NEW = "/offers/new/internship-place"


@pytest.fixture(scope="module")
def place() -> dict[str, int]:
    return {}


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, place: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("places") / "seeded.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    with database.write() as session:
        make_topic(session, "warmtepomp")
        company = make_company(session, name="Labora BV")
        contact = make_user(session, name="Kees Kontakt")
        make_grant(session, contact, Role.COMPANY_CONTACT, organisation=company)
        place |= {
            "company": company.id,
            "contact": contact.id,
            "guide": make_professional(session, company=company, name="Gea Gids").id,
            "professional": make_professional(session).id,
            "teacher": make_teacher(session).id,
            "coordinator": make_coordinator(session).id,
            "new": make_user(session).id,
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


def filled(place: dict[str, int], **changes: Any) -> dict[str, Any]:
    return {
        "organisation": str(place["company"]),
        "title": "Meekijken in het lab",
        "description": "Je loopt mee met een analist.",
        "topic_text": "warmtepomp",
        "topics": ["1"],
        "department": "Laboratorium",
        "supervisor_id": str(place["guide"]),
        "half_days": ["1", "2", "16"],
        "places": "2",
        "notice_days": "21",
        "yearly_cap": "4",
        "safety": "y",
        "languages": ["nl"],
        **changes,
    }


def the_offer(database: Database) -> Offer:
    with database.read() as session:
        found = session.scalars(select(Offer).order_by(Offer.id.desc())).first()
        assert found is not None
        session.expunge(found)
        return found


def test_place_is_offered_read_changed_and_withdrawn(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    client = sign_in(place["contact"])
    assert NEW in client.get("/offers").text
    assert client.post(NEW, data=filled(place, go="1")).status_code == 302
    offer = the_offer(sqlite_database)
    assert (offer.state, offer.person_id, offer.places, offer.yearly_cap) == (OfferState.OPEN, None, 2, 4)
    assert (offer.details["supervisor"], offer.details["half_day_mask"]) == ("Gea Gids", 19)
    assert len(offer.levels) > 10
    with sqlite_database.read() as session:
        query = select(WeeklyPattern).where(
            WeeklyPattern.owner_type == OwnerType.OFFER, WeeklyPattern.owner_id == offer.id
        )
        week = session.scalars(query).one()
        assert [bool(day) for day in week.usually] == [True, False, True, False, False, False, False]
    teacher = sign_in(place["teacher"]).get(f"/offers/{offer.id}").text
    assert "Laboratorium" in teacher
    assert "Gea Gids" in teacher
    assert "Gea Gids" not in sign_in(place["new"]).get(f"/offers/{offer.id}").text
    client = sign_in(place["contact"])
    page = client.get(f"/offers/{offer.id}/edit").text
    assert 'name="safety" value="y" checked' in page
    changed = filled(place, title="Vijf dagen lab", half_days=["4"], version=str(offer.version))
    assert client.post(f"/offers/{offer.id}/edit", data=changed).status_code == 302
    assert (the_offer(sqlite_database).title, the_offer(sqlite_database).details["half_day_mask"]) == (
        "Vijf dagen lab",
        4,
    )
    client.post(f"/offers/{offer.id}/withdraw")
    assert the_offer(sqlite_database).state is OfferState.WITHDRAWN


def test_what_does_not_fit_comes_back_with_everything_typed(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int]
) -> None:
    client = sign_in(place["contact"])
    wrong: list[dict[str, Any]] = [
        {"title": ""},
        {"half_days": []},
        {"half_days": ["3"]},
        {"places": "0"},
        {"places": "x"},
        {"topics": [], "topic_text": "zzzz"},
        {"supervisor_id": "999999"},
        {"languages": []},
    ]
    for changes in wrong:
        typed = filled(place, go="1", conditions="Neem je eigen laarzen mee") | changes
        answer = client.post(NEW, data=typed)
        assert answer.status_code == 422, changes
        assert "error-summary" in answer.text
        assert "Neem je eigen laarzen mee" in answer.text


def test_somebody_self_employed_guides_in_person(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        alone = make_company(session, name="Anna Alleen", self_employed=True)
        person_id = make_professional(session, company=alone, name="Anna Alleen").id
        company_id = alone.id
    client = sign_in(person_id)
    assert 'name="supervisor"' not in client.get(NEW).text
    typed = filled(place, go="1", organisation=str(company_id), supervisor_id="0")
    assert client.post(NEW, data=typed).status_code == 302
    offer = the_offer(sqlite_database)
    assert (offer.person_id, offer.details["supervisor_id"], offer.details["supervisor"]) == (
        person_id,
        person_id,
        "Anna Alleen",
    )


def test_only_contacts_offer_and_a_coordinator_writes_down(
    sign_in: Callable[[int], FlaskClient], place: dict[str, int], sqlite_database: Database
) -> None:
    assert sign_in(place["professional"]).get(NEW).status_code == 404
    assert sign_in(place["teacher"]).get(NEW).status_code == 403
    client = sign_in(place["coordinator"])
    address = f"/offers/on-behalf/{place['company']}/internship-place"
    assert address in client.get("/offers/on-behalf?kind=place").text
    assert client.post(address, data=filled(place, go="1", how="phone")).status_code == 302
    offer = the_offer(sqlite_database)
    assert (offer.on_behalf_by_id, offer.organisation_id) == (place["coordinator"], place["company"])
    assert client.get("/offers/on-behalf/99999999999/internship-place").status_code == 404
