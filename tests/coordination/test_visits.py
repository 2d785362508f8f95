"""Registering a past visit through the pages: school, company, one form."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select

from matcher.clock import local_date, utcnow
from matcher.db import Database
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match
from matcher.matching.states import MatchState
from matcher.notices.models import Outbox
from tests.factories.matching import make_topic
from tests.factories.people import make_coordinator, make_region, make_teacher
from tests.matching.lives import make_life

Browse = Callable[[int], FlaskClient]


def test_three_steps_to_a_visit_that_counts(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        topic = make_topic(session).id
        school, company = life.school, life.offers[0].organisation_id
        ids = (life.coordinator.id, school.id, life.teacher.id, life.offers[0].person_id)
        elsewhere = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord")).id
        name = school.name
        make_teacher(session, school=school)
    coordinator, school_id, teacher, guest = ids
    client = browse(coordinator)
    assert "/coordination/visits/new" in client.get("/coordination").text
    assert name in client.get("/coordination/visits/new?q=school").text
    assert f"company={company}" in client.get(f"/coordination/visits/new?school={school_id}").text
    address = f"/coordination/visits/new?school={school_id}&company={company}"
    assert "Kies iemand" in client.get(address).text
    assert browse(elsewhere).get(address).status_code == 404
    assert browse(teacher).get(address).status_code == 403
    typed = {
        "title": "Lassen in de praktijk",
        "topics": [str(topic)],
        "day": (local_date(utcnow()) - timedelta(days=20)).isoformat(),
        "starts": "9.20",
        "ends": "10:10",
        "teacher": str(teacher),
        "guest": str(guest),
        "offer": "0",
        "level": "havo",
        "pupils": "24",
        "hours": "2.5",
        "how": "mail",
    }
    refused = client.post(address, data={**typed, "title": ""})
    assert refused.status_code == 422
    assert "9.20" in refused.text
    assert client.post(address, data={**typed, "teacher": "0"}).status_code == 422
    answer = client.post(address, data=typed)
    with sqlite_database.read() as session:
        match = session.scalars(select(Match)).one()
        assert session.scalar(select(func.count()).select_from(Outbox)) == 0
    assert answer.location == f"/matches/{match.id}"
    assert match.state is MatchState.HELD
    assert client.get(answer.location).status_code == 200
    assert client.post(address, data=typed).status_code == 422


def test_internship_and_placement_have_forms_of_their_own(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        life = make_life(session)
        topic, teacher, guest = make_topic(session).id, life.teacher.id, life.offers[0].person_id
        address = f"/coordination/visits/new?school={life.school.id}&company={life.offers[0].organisation_id}&kind="
        coordinator = life.coordinator.id
    client, today = browse(coordinator), local_date(utcnow())
    monday = today - timedelta(days=today.weekday() + 35)
    typed = {
        "title": "Meelopen in het lab",
        "topics": [str(topic)],
        "day": monday.isoformat(),
        "last": (monday + timedelta(days=25)).isoformat(),
        "half_days": ["1", "2"],
        "teacher": str(teacher),
        "guest": str(guest),
        "offer": "0",
        "how": "phone",
    }
    for kind, day in (("teacher_internship", 0), ("hybrid_placement", 1)):
        page = client.get(address + kind)
        assert page.status_code == 200
        assert 'name="starts"' not in page.text
        begin = {"day": (monday + timedelta(days=day)).isoformat()}
        nothing = client.post(address + kind, data={**typed, **begin, "half_days": []})
        assert nothing.status_code == 422
        assert "half-day" in nothing.text
        answer = client.post(address + kind, data={**typed, **begin})
        assert answer.status_code == 302, kind
        assert client.get(answer.location).status_code == 200
    with sqlite_database.read() as session:
        assert {match.kind.value: match.state for match in session.scalars(select(Match))} == {
            "teacher_internship": MatchState.HELD,
            "hybrid_placement": MatchState.HELD,
        }
        assert broken_promises(session) == []
