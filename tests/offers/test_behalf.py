"""A coordinator writes down what somebody offers who phoned."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.notices.models import Outbox
from matcher.offers.models import Offer
from tests.factories.matching import make_topic
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
