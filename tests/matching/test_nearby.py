"""Open requests near me: the same people as the suggestions find, ranked, and coming forward for one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.queries import actor_for
from matcher.accounts.services import open_session
from matcher.clock import utcnow
from matcher.db import Database
from matcher.errors import Conflict, NotFound
from matcher.matching.models import Match
from matcher.matching.nearby_queries import nearby, own_views
from matcher.matching.nearby_services import come_forward
from matcher.matching.nearby_views import Wanted
from matcher.matching.services import accept_match, approve_match
from matcher.matching.states import MatchState, Side
from matcher.matching.view_queries import offer_views, request_views
from matcher.offers.models import Offer
from tests.factories import NOW
from tests.factories.matching import make_request, make_topic
from tests.factories.people import make_company, make_grant, make_school, make_user
from tests.house.test_lists import counted
from tests.matching.lives import Life, another_offer, make_life

pytestmark = pytest.mark.usefixtures("on_the_day")


def fits_of(life: Life, number: int = 0, **wanted: Any) -> list[int]:
    found = nearby(life.session, life.guest(number), Wanted(**wanted), now=NOW)
    return [fit.request_id for fit in found.fits]


def test_request_that_fits_is_shown_with_its_reasons(session: Session) -> None:
    life = make_life(session)
    [fit] = nearby(session, life.guest(), Wanted(), now=NOW).fits
    assert (fit.request_id, fit.offer_id, fit.obstacles) == (life.request.id, life.offers[0].id, ())
    assert fit.reasons[0][0] == "topic_exact"
    assert 25 < fit.distance_km < 35


def test_views_are_those_the_suggestions_judge(session: Session) -> None:
    life = make_life(session)
    other = make_request(session, school=make_school(session, pc4="4811"))
    life.approved()
    offer_ids = [offer.id for offer in life.offers]
    requests = request_views(session, [life.request.id, other.id], now=NOW)
    found = own_views(session, requests, offer_ids, now=NOW)
    for request_id, request in requests.items():
        one_by_one = offer_views(session, request, offer_ids, now=NOW)
        for view in found[request_id]:
            # The week is loaded for all requests at once, so it may reach further; all else is equal.
            assert view == one_by_one[view.id] or _but_week(view) == _but_week(one_by_one[view.id])


def _but_week(view: Any) -> dict[str, Any]:
    return {**vars(view), "availability": None, "holds": sorted(view.holds, key=str)}


def test_better_fit_comes_first(session: Session) -> None:
    life = make_life(session)
    near = make_request(session, school=make_school(session, pc4="5611"))
    assert fits_of(life) == [near.id, life.request.id]


def test_filters_narrow(session: Session) -> None:
    life = make_life(session)
    make_topic(session, "zorg")
    assert fits_of(life, level="vwo") == []
    assert fits_of(life, level="havo") == [life.request.id]
    assert fits_of(life, km=5) == []
    assert fits_of(life, text="zorg") == []


def test_typed_words_find_what_the_school_wrote(session: Session) -> None:
    life = make_life(session)
    pump = make_request(session, school=make_school(session, pc4="5611"), title="Rekenen aan warmtepompen")
    assert fits_of(life, text="warmtepomp") == [pump.id]
    assert fits_of(life, text="wartmepomp Eindhoven") == [pump.id]
    assert set(fits_of(life, text="gastles")) == {pump.id, life.request.id}
    for odd in ("%", "\x00", "(" * 300, "flapdrolhuh"):
        assert fits_of(life, text=odd) == [], odd


def test_request_of_another_topic_is_counted_not_shown(session: Session) -> None:
    life = make_life(session)
    make_request(session, school=life.school, topics=[make_topic(session, "zorg")])
    found = nearby(session, life.guest(), Wanted(), now=NOW)
    assert [fit.request_id for fit in found.fits] == [life.request.id]
    assert found.never == {"topic": 1}


def test_full_closed_and_past_requests_are_gone(session: Session) -> None:
    life = make_life(session)
    life.accepted(1)
    assert fits_of(life) == []
    assert nearby(session, life.guest(), Wanted(), now=NOW + timedelta(days=60)).fits == []


def test_person_without_an_offer_has_nothing(session: Session) -> None:
    life = make_life(session)
    teacher = nearby(session, life.actor(life.teacher), Wanted(), now=NOW)
    assert (teacher.fits, teacher.offers) == ([], 0)


def test_coming_forward_asks_the_school_which_chooses_the_moment(session: Session) -> None:
    life = make_life(session)
    match = come_forward(session, request_id=life.request.id, offer_id=life.offers[0].id, actor=life.guest(), now=NOW)
    assert (match.state, match.side) == (MatchState.PROPOSED, Side.COMPANY)
    assert {address for _t, address, _c in life.notices(match)} == {life.teacher.email}
    assert fits_of(life) == []
    yes = accept_match(session, match.id, moment_id=life.moments(match)[1].id, actor=life.actor(life.teacher), now=NOW)
    assert yes.state is MatchState.ACCEPTED
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)


def test_own_offer_only_and_never_twice(session: Session) -> None:
    life = make_life(session)
    with pytest.raises(NotFound):
        come_forward(session, request_id=life.request.id, offer_id=life.offers[1].id, actor=life.guest(), now=NOW)
    with pytest.raises(NotFound):
        come_forward(session, request_id=life.request.id, offer_id=2**40, actor=life.guest(), now=NOW)
    come_forward(session, request_id=life.request.id, offer_id=life.offers[0].id, actor=life.guest(), now=NOW)
    with pytest.raises(Conflict):
        come_forward(session, request_id=life.request.id, offer_id=life.offers[0].id, actor=life.guest(), now=NOW)


def test_waiting_question_does_not_stop_who_comes_forward(session: Session) -> None:
    life = make_life(session)
    life.offers[0].open_cap = 1
    life.asked()
    other = make_request(session, school=life.school)
    assert fits_of(life) == [other.id]
    match = come_forward(session, request_id=other.id, offer_id=life.offers[0].id, actor=life.guest(), now=NOW)
    assert match.state is MatchState.PROPOSED


def test_unconfirmed_person_sees_it_with_the_obstacle(session: Session) -> None:
    life = make_life(session)
    grant = session.scalars(select(Grant).where(Grant.user_id == life.offers[0].person_id)).one()
    grant.confirmed_at = None
    session.flush()
    [fit] = nearby(session, life.guest(), Wanted(), now=NOW).fits
    assert fit.obstacles == ("not_confirmed",)
    with pytest.raises(Conflict):
        come_forward(session, request_id=life.request.id, offer_id=fit.offer_id, actor=life.guest(), now=NOW)


def test_contact_comes_forward_with_the_teams_offer(session: Session) -> None:
    life = make_life(session, guests=0)
    company = make_company(session)
    contact = make_user(session)
    make_grant(session, contact, "company_contact", organisation=company)
    offer = another_offer(session, company=company)
    offer.person_id = None
    session.flush()
    actor = actor_for(session, contact.id)
    [fit] = nearby(session, actor, Wanted(), now=NOW).fits
    match = come_forward(session, request_id=fit.request_id, offer_id=offer.id, actor=actor, now=NOW)
    assert (match.professional_id, match.name_follows) == (None, True)
    assert life.request.id == match.request_id


def test_many_requests_cost_no_more_statements_than_one(database: Database) -> None:
    with database.write() as session:
        life = make_life(session)
        person = life.offers[0].person_id
        assert person is not None
    costs = []
    for _more in (0, 8):
        with database.write() as session:
            for _ in range(_more):
                make_request(session, school=make_school(session))
        with database.read() as session:
            actor = actor_for(session, person)
            with counted(database) as sent:
                nearby(session, actor, Wanted(), now=NOW)
        costs.append(len(sent))
    assert costs[1] <= costs[0]  # the first look also loads the words for topics


@pytest.fixture
def browse(app: Any, sqlite_database: Database) -> Callable[[int], FlaskClient]:
    def signed_in(user_id: int) -> FlaskClient:
        with sqlite_database.write() as session:
            token = open_session(session, user_id=user_id, agent="test", now=utcnow())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return signed_in


def world(database: Database, *, confirmed: bool = True) -> dict[str, Any]:
    with database.write() as session:
        life = make_life(session)
        life.teacher.name = "Fenna de Vries"
        person = life.offers[0].person_id
        if not confirmed:
            session.scalars(select(Grant).where(Grant.user_id == person)).one().confirmed_at = None
        return {
            "person": person,
            "teacher": life.teacher.id,
            "request": life.request.id,
            "offer": life.offers[0].id,
            "school": life.school.name,
            "title": life.request.title,
        }


def test_page_shows_it_and_the_button_tells_the_school(browse: Any, sqlite_database: Database) -> None:
    found = world(sqlite_database)
    client = browse(found["person"])
    page = client.get("/requests/nearby")
    assert page.status_code == 200
    for text in (found["title"], found["school"], "Fenna de Vries", f"/requests/{found['request']}/come-forward"):
        assert text in page.text
    answer = client.post(f"/requests/{found['request']}/come-forward", data={"offer": found["offer"]})
    with sqlite_database.read() as session:
        match = session.scalars(select(Match)).one()
    assert answer.location == f"/matches/{match.id}"
    assert found["title"] not in client.get("/requests/nearby").text
    again = client.post(f"/requests/{found['request']}/come-forward", data={"offer": found["offer"]})
    assert again.location == "/requests/nearby"
    assert "form action" not in client.get("/requests/nearby?q=<script>&level=nonsense&km=7&page=99").text
    assert browse(found["teacher"]).get("/requests/nearby").status_code == 403


def test_unconfirmed_reader_sees_no_names(browse: Any, sqlite_database: Database) -> None:
    found = world(sqlite_database, confirmed=False)
    page = browse(found["person"]).get("/requests/nearby").text
    assert found["title"] in page
    assert found["school"] not in page
    assert "Fenna" not in page
    assert "come-forward" not in page


def test_header_leads_there(browse: Any, sqlite_database: Database) -> None:
    found = world(sqlite_database)
    assert 'href="/requests/nearby"' in browse(found["person"]).get("/matches").text


def test_empty_page_gives_advice(browse: Any, sqlite_database: Database) -> None:
    found = world(sqlite_database)
    with sqlite_database.write() as session:
        session.get_one(Offer, found["offer"]).travel_km = 1
    assert 'class="empty"' in browse(found["person"]).get("/requests/nearby").text
