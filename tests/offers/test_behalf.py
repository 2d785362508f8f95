"""A coordinator writes down what somebody offers who phoned."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.models import User
from matcher.accounts.services import open_session
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.db import Database
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from tests.factories.matching import make_offer, make_topic
from tests.factories.people import make_company, make_coordinator, make_professional, make_region


@pytest.fixture
def world(sqlite_database: Database) -> dict[str, Any]:
    with sqlite_database.write() as session:
        company = make_company(session, name="Warmte BV")
        found: dict[str, Any] = {"company": company.id, "topic": make_topic(session, "warmtepomp").id}
        found["person"] = make_professional(session, company=company, name="Iris de Wit").id
        found["stranger"] = make_professional(session).id
        found["coordinator"] = make_coordinator(session).id
        found["elsewhere"] = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord")).id
    return found


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


def typed(world: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "person": str(world["person"]),
        "how": "phone",
        "title": "De warmtepomp",
        "description": "Leerlingen meten het rendement.",
        "topics": [str(world["topic"])],
        "levels": ["havo"],
        "minutes": "50",
        "languages": ["nl"],
        "delivery": "on_site",
        "travel_km": "30",
        "notice_days": "14",
        "yearly_cap": "4",
        "open_cap": "1",
        **fields,
    }


def test_offer_is_the_persons_and_says_how_it_came(browse: Any, world: Any, sqlite_database: Database) -> None:
    client = browse(world["coordinator"])
    assert "Warmte BV" in client.get("/offers/on-behalf?q=warm").text
    address = f"/offers/on-behalf/{world['company']}"
    assert "Iris de Wit" in client.get(address).text
    answer = client.post(address, data=typed(world))
    with sqlite_database.read() as session:
        offer = session.scalars(select(Offer)).one()
        assert session.scalars(select(Outbox)).all() == []
    assert answer.location == f"/offers/{offer.id}"
    assert (offer.person_id, offer.on_behalf_by_id, offer.state) == (world["person"], world["coordinator"], "open")
    assert (offer.details["on_behalf"]["how"], offer.details["on_behalf"]["tell"]) == ("phone", False)
    assert client.get(answer.location).status_code == 200


def test_team_offer_names_nobody(browse: Any, world: Any, sqlite_database: Database) -> None:
    browse(world["coordinator"]).post(f"/offers/on-behalf/{world['company']}", data=typed(world, person="0"))
    with sqlite_database.read() as session:
        assert session.scalars(select(Offer)).one().person_id is None


def test_foreign_people_and_regions_are_refused(browse: Any, world: Any, sqlite_database: Database) -> None:
    address = f"/offers/on-behalf/{world['company']}"
    client = browse(world["coordinator"])
    assert client.post(address, data=typed(world, person=str(world["stranger"]))).status_code == 422
    assert client.post(address, data=typed(world, heard_on="2999-01-01")).status_code == 422
    assert browse(world["elsewhere"]).post(address, data=typed(world)).status_code == 404
    assert browse(world["person"]).get(address).status_code == 403
    with sqlite_database.read() as session:
        assert session.scalars(select(Offer)).all() == []


def test_employer_who_has_to_agree_needs_an_address(browse: Any, world: Any, sqlite_database: Database) -> None:
    client, address = browse(world["coordinator"]), f"/offers/on-behalf/{world['company']}"
    assert client.post(address, data=typed(world, employer_consent="y", employer_email="nobody")).status_code == 422
    client.post(address, data=typed(world, employer_consent="y", employer_email="chef@werk.example"))
    with sqlite_database.read() as session:
        assert session.scalars(select(Offer)).one().details["employer_email"] == "chef@werk.example"


TOLD = "Je noteert wat iemand je vertelde."


@pytest.mark.parametrize("page", ["", "/internship-place", "/hybrid"])
def test_form_for_somebody_names_the_company_and_not_the_readers_own_week(browse: Any, world: Any, page: str) -> None:
    text = browse(world["coordinator"]).get(f"/offers/on-behalf/{world['company']}{page}").text
    assert TOLD in text
    assert '<p class="sub">Warmte BV</p>' in text
    assert "Je gewone week begint" not in text
    assert "Je eigen week telt" not in text
    assert "Mijn les online zetten" not in text
    assert "Laat scholen mij vinden" not in text


@pytest.mark.parametrize("kind", ["guest_lecture", "teacher_internship", "hybrid_placement"])
def test_offer_of_somebody_else_is_shown_as_theirs(
    browse: Any, world: Any, sqlite_database: Database, kind: str
) -> None:
    with sqlite_database.write() as session:
        offer = make_offer(session, person=session.get_one(User, world["person"]), kind=Kind(kind)).id
    own, theirs = browse(world["person"]), browse(world["coordinator"])
    assert "Jouw grenzen" in own.get(f"/offers/{offer}").text
    assert "Jouw grenzen" not in theirs.get(f"/offers/{offer}").text
    assert TOLD not in own.get(f"/offers/{offer}/edit").text
    changed = theirs.get(f"/offers/{offer}/edit").text
    assert TOLD in changed
    head = changed[changed.index("</h1>") : changed.index("</header>", changed.index("</h1>"))]
    assert "Iris de Wit" in head
    assert "Warmte BV" in head


def test_coordinator_who_changes_a_place_does_not_become_its_guide(
    browse: Any, world: Any, sqlite_database: Database
) -> None:
    with sqlite_database.write() as session:
        person = session.get_one(User, world["person"])
        offer = make_offer(session, person=person, kind=Kind.TEACHER_INTERNSHIP).id
    given = {"title": "Een dag mee", "description": "Kijk mee.", "half_days": ["1", "2"], "places": "1"}
    given |= {"notice_days": "14", "yearly_cap": "4", "languages": ["nl"], "topics": [str(world["topic"])]}
    answer = browse(world["coordinator"]).post(f"/offers/{offer}/edit", data=given)
    assert answer.location == f"/offers/{offer}"
    with sqlite_database.read() as session:
        details = session.get_one(Offer, offer).details
    assert (details["supervisor_id"], details["supervisor"]) == (world["person"], "Iris de Wit")
