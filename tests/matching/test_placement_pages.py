"""The pages of vacancies and placements: who may open them, what a refused form keeps, and what no stranger does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.services import open_session
from matcher.availability.models import WeeklyPattern
from matcher.availability.states import Kind
from matcher.db import Database
from matcher.matching.bridge_queries import asked_bridge
from matcher.matching.models import HybridStepTaken, Match
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.requests.models import Request, RequestMoment
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.matching import make_class, make_topic
from tests.factories.people import make_professional
from tests.matching.terms import THURSDAY, TUESDAY, Term, make_term

As = Callable[[str], FlaskClient]


class Place:
    """Ids of one school's vacancy, and people on both sides and outside."""

    def __init__(self, session: Session) -> None:
        term = make_term(session)
        self.term_id, self.school = term.request.id, term.school.id
        self.topic = make_topic(session).id
        self.group = make_class(session, school=term.school, name="4H9").id
        self.offers = [term.person(TUESDAY).id, term.person(THURSDAY).id]
        self.match = self._other(session)
        stranger = make_professional(session)
        self.people = {
            "lead": term.lead.id,
            "teacher": term.teacher.id,
            "coordinator": term.coordinator.id,
            "stranger": stranger.id,
            "guest": self._guest(session),
        }

    def _other(self, session: Session) -> int:
        """An introduction at another school."""
        self.other: Term = make_term(session)
        self.other_group = make_class(session, school=self.other.school, name="5H1").id
        match = self.other.introduced()
        self.other_lead = self.other.lead.id
        return match.id

    def _guest(self, session: Session) -> int:
        guest = session.get_one(Match, self.match).professional_id
        assert guest is not None
        return guest


@pytest.fixture
def place(sqlite_database: Database) -> Place:
    with sqlite_database.write() as session:
        found = Place(session)
        found.people["other_lead"] = found.other_lead
    return found


@pytest.fixture
def as_(client: FlaskClient, sqlite_database: Database, place: Place) -> As:
    def signed_in(who: str) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=place.people[who], agent="test", now=NOW)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


@pytest.fixture(autouse=True)
def at_now() -> object:
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        yield


def typed(place: Place, **fields: object) -> dict[str, object]:
    return {
        "topic_text": "natuurkunde",
        "topics": [place.topic],
        "level": "havo",
        "half_days": "2",
        "half_days_possible": [TUESDAY.bit, THURSDAY.bit],
        "first": "2027-02-01",
        "last": "2027-07-02",
        "own_words": "Wie komt bij ons?",
        "shared": "y",
        "licence": "second_degree",
        "contracts": ["employment", "secondment"],
        "language": "nl",
        "how": "phone",
        **fields,
    }


def test_leader_keeps_changes_and_sends_a_vacancy(as_: As, place: Place, sqlite_database: Database) -> None:
    lead = as_("lead")
    kept = lead.post("/requests/new/vacancy", data=typed(place, keep="1", pays="schaal LB"))
    assert kept.status_code == 302
    page = lead.get(kept.location).text
    assert "2 dagdelen per week, 20 weken, ongeveer 160 uur" in page
    assert "schaal LB" in page
    sent = lead.post(kept.location, data=typed(place, go="1"))
    assert sent.status_code == 307
    assert lead.post(sent.location, data=typed(place)).status_code == 302
    with sqlite_database.read() as session:
        made = session.scalars(select(Request).order_by(Request.id.desc()).limit(1)).one()
        moments = session.scalars(select(RequestMoment).where(RequestMoment.request_id == made.id)).all()
    assert (made.state, made.days, made.details["licence"], len(moments)) == (RequestState.OPEN, 2, "second_degree", 2)
    assert lead.post(f"/requests/{made.id}/copy").status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"half_days_possible": []},
        {"half_days": "11"},
        {"first": "2027-07-03"},
        {"last": "9999-12-31"},
        {"first": "2020-01-01"},
        {"level": "nergens"},
        {"topics": [2**31 + 5], "topic_text": "iets dat niemand kent"},
        {"half_days_possible": [3], "own_words": "a\x00b"},
        {"hours": "1e400"},
        {"own_words": ""},
    ],
)
def test_refused_vacancy_keeps_what_was_typed(as_: As, place: Place, wrong: dict[str, object]) -> None:
    answer = as_("lead").post("/requests/new/vacancy", data=typed(place, go="1", pays="de reiskosten") | wrong)
    assert answer.status_code == 422
    assert "de reiskosten" in answer.text


def test_vacancy_is_asked_by_a_leader_or_for_one(as_: As, place: Place, sqlite_database: Database) -> None:
    assert as_("teacher").get("/requests/new/vacancy").status_code == 403
    coordinator = as_("coordinator")
    path = f"/requests/new/vacancy?school={place.school}"
    assert coordinator.post(path, data=typed(place, keep="1")).status_code == 422
    noted = coordinator.post(path, data=typed(place, keep="1", asked_by=place.people["lead"]))
    assert noted.status_code == 302
    with sqlite_database.read() as session:
        made = session.scalars(select(Request).order_by(Request.id.desc()).limit(1)).one()
    assert (made.asked_by_id, made.on_behalf_by_id) == (place.people["lead"], place.people["coordinator"])


def offered(place: Place, **fields: object) -> dict[str, object]:
    return {
        "topic_text": "natuurkunde",
        "topics": [place.topic],
        "description": "Ik meet aan windmolens.",
        "levels": ["havo"],
        "half_days_possible": [TUESDAY.bit],
        "half_days": "1",
        "licence": "none",
        "route": "perhaps",
        "employer_view": "informed",
        "languages": ["nl"],
        "travel_km": "30",
        **fields,
    }


def test_professional_offers_to_teach_part_of_the_week(as_: As, place: Place, sqlite_database: Database) -> None:
    person = as_("stranger")
    assert person.post("/offers/new/hybrid", data=offered(place, half_days_possible=[])).status_code == 422
    lent = offered(place, employer_view="seconded", employer_email="")
    assert person.post("/offers/new/hybrid", data=lent).status_code == 422
    made = person.post("/offers/new/hybrid", data=offered(place, go="1"))
    assert made.status_code == 302
    assert "windmolens" in person.get(made.location).text
    with sqlite_database.read() as session:
        offer = session.scalars(select(Offer).order_by(Offer.id.desc()).limit(1)).one()
        week = session.scalars(select(WeeklyPattern).where(WeeklyPattern.owner_id == offer.person_id)).one()
    assert (offer.kind, offer.details["half_day_mask"]) == (Kind.HYBRID_PLACEMENT, TUESDAY.bit)
    assert week.usually[1] != week.usually[2]
    changed = person.post(f"/offers/{offer.id}/edit", data=offered(place, half_days="3", version=str(offer.version)))
    assert changed.status_code == 302
    assert as_("lead").post(f"/offers/{offer.id}/edit", data=offered(place)).status_code in {403, 404}


def test_two_people_are_asked_with_one_press_and_not_by_strangers(
    as_: As, place: Place, sqlite_database: Database
) -> None:
    path = f"/requests/{place.term_id}"
    for stranger, status in (("other_lead", 404), ("teacher", 404), ("stranger", 403)):
        assert as_(stranger).post(f"{path}/bridge", data={"offers": place.offers}).status_code == status
    lead = as_("lead")
    lead.post(f"{path}/search")
    page = lead.get(path).text
    assert page.count('/bridge"') >= 2
    assert "bridges-title" not in page, "where nobody can do it alone, one heading says so"
    assert "met 1 dagdeel per week passen er 2 mensen" in page
    assert lead.post(f"{path}/bridge", data={"offers": ["9" * 9, "x"]}).status_code == 409
    assert lead.post(f"{path}/bridge", data={"offers": place.offers}).status_code == 302
    with sqlite_database.read() as session:
        asked = asked_bridge(session, session.get_one(Request, place.term_id))
        assert asked is not None
        assert [match.state for match in asked.matches] == [MatchState.PROPOSED] * 2
    assert lead.post(f"{path}/bridge/keep").status_code == 409
    assert lead.post(f"{path}/bridge/undo").status_code == 302


def test_who_chooses_no_half_days_is_asked_for_days(as_: As, place: Place, sqlite_database: Database) -> None:
    path = f"/requests/{place.term_id}"
    lead = as_("lead")
    lead.post(f"{path}/search")
    assert lead.post(f"{path}/bridge", data={"offers": place.offers}).status_code == 302
    with sqlite_database.read() as session:
        asked = asked_bridge(session, session.get_one(Request, place.term_id))
        assert asked is not None
        match_id, guest_id = asked.matches[0].id, asked.matches[0].professional_id
    assert guest_id is not None
    place.people["asked"] = guest_id
    guest = as_("asked")
    guest.post("/language", data={"lang": "en"})
    refused = guest.post(f"/matches/{match_id}/accept")
    assert (refused.status_code, "Choose a moment." in refused.text) == (422, False)
    assert "Choose the days that suit you." in refused.text


def test_steps_belong_to_the_two_sides(as_: As, place: Place, sqlite_database: Database) -> None:
    path = f"/matches/{place.match}/steps"
    for stranger in ("lead", "stranger"):
        assert as_(stranger).post(f"{path}/introduction", data={"on_day": "2026-11-23"}).status_code == 404
    guest = as_("guest")
    assert guest.post(f"{path}/introduction", data={"on_day": "2026-02-30"}).status_code == 422
    assert guest.post(f"{path}/nonsense", data={"on_day": "2026-11-23"}).status_code == 404
    assert guest.post(f"{path}/started", data={"on_day": "2027-01-05"}).status_code == 409
    assert guest.post(f"{path}/introduction", data={"on_day": "2026-11-23"}).status_code == 302
    leader = as_("other_lead")
    refused = leader.post(f"{path}/started", data={"on_day": "2027-01-05", "hours": "8"})
    assert (refused.status_code, "VOG" in refused.text) == (422, True)
    assert leader.post(f"{path}/introduction/take-back").status_code == 302
    with sqlite_database.read() as session:
        rows = session.scalars(select(HybridStepTaken).where(HybridStepTaken.match_id == place.match)).all()
    assert [row.taken_back_by_id for row in rows] == [place.people["other_lead"]]


def test_trial_lesson_is_asked_from_both_sides(as_: As, place: Place, sqlite_database: Database) -> None:
    path = f"/matches/{place.match}/trial-lesson"
    for stranger in ("lead", "stranger"):
        assert as_(stranger).get(path).status_code == 404
    guest = as_("guest")
    assert "5H1" not in guest.get(path).text
    assert guest.post(path, data={"school_class": str(place.other_group)}).status_code == 422
    wrong = {"school_class": str(place.group), "weeks": ["2026-W50"], "own_words": "Over krachten."}
    refused = guest.post(path, data=wrong)
    assert (refused.status_code, "Over krachten." in refused.text) == (422, True)
    weeks = ["2026-W50", "2027-W02"]
    asked = guest.post(path, data={"school_class": str(place.other_group), "weeks": weeks})
    assert asked.status_code == 302
    assert as_("other_lead").get(asked.location).status_code == 200
    assert (
        as_("other_lead").post(path, data={"school_class": str(place.other_group), "weeks": weeks}).status_code == 409
    )
    with sqlite_database.read() as session:
        lesson = session.scalars(select(Match).order_by(Match.id.desc()).limit(1)).one()
        assert (lesson.kind, lesson.professional_id) == (Kind.GUEST_LECTURE, place.people["guest"])
    first = f"/requests/{place.term_id}/trial-lesson"
    lead = as_("lead")
    assert lead.get(first).status_code == 404
    assert "4H9" in lead.get(f"{first}?offer={place.offers[0]}").text
    begun = lead.post(f"{first}?offer={place.offers[0]}", data={"school_class": str(place.group), "weeks": weeks})
    assert begun.status_code == 302
