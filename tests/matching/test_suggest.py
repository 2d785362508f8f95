"""From rows to suggestions: who is shown, why, what is kept, and how it is read back."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.states import Delivery, Kind
from matcher.errors import NotFound
from matcher.i18n import in_locale
from matcher.matching.eligibility import MomentState, judge
from matcher.matching.models import Match
from matcher.matching.pairs import pair_facts
from matcher.matching.states import MatchState
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_queries import changes_shown, latest_run, never_shown, shown, verdicts
from matcher.matching.suggestion_services import (
    Suggested,
    mark_opened,
    mark_shown,
    still_eligible,
    store_run,
    suggest,
    unshown_ids,
)
from matcher.matching.view_queries import offer_views, request_view
from matcher.offers.models import Offer, OfferTopic
from matcher.offers.search_services import refresh_all, refresh_search_key
from matcher.ranking.facts import fingerprint, unpack
from matcher.regions.geo import distance_km
from matcher.requests.models import Request
from tests.factories import NOW
from tests.factories.matching import make_match, make_offer, make_request, make_topic
from tests.factories.people import make_company, make_grant, make_professional, make_school, make_user
from tests.matching.worlds import fill_world, make_random_request


def near_company(session: Session, **fields: Any) -> Any:
    return make_company(session, pc4="5211", **fields)


def offer_of(session: Session, **fields: Any) -> Offer:
    """An offer that wants two weeks' notice: both moments that requests usually ask are in time."""
    return make_offer(session, **{"notice_days": 14, **fields})


def suggested_ids(found: Suggested) -> list[int]:
    return [candidate.offer_id for candidate in found.candidates]


def search_and_suggest(session: Session, request: Request) -> Suggested:
    refresh_all(session, now=NOW)
    return suggest(session, request_id=request.id, now=NOW)


def test_suggest_gives_the_fitting_offer_with_its_facts(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    request = make_request(session)
    found = search_and_suggest(session, request)
    assert suggested_ids(found) == [offer.id]
    (one,) = found.candidates
    assert (one.position, one.offer_revision, found.eligible, found.model) == (1, 1, 1, "baseline-2")
    assert set(one.moments.values()) == {"usual"}
    assert {code for code, _params in one.reasons} >= {"topic_exact", "near", "free_at"}


def test_suggest_for_an_unknown_request_is_not_found(session: Session) -> None:
    for number in (0, -4, 10**9, 2**40):
        with pytest.raises(NotFound):
            suggest(session, request_id=number, now=NOW)


EXCLUDED: dict[str, Any] = {
    "withdrawn": {"offer": {"state": "withdrawn"}},
    "another kind": {"offer": {"kind": Kind.TEACHER_INTERNSHIP}},
    "level": {"offer": {"levels": ["mbo_4"]}},
    "language": {"offer": {"languages": ["en"]}},
    "online only": {"offer": {"delivery": Delivery.ONLINE}},
    "far": {"company": {"pc4": "9711"}},
    "late notice": {"offer": {"notice_days": 90}},
    "paused": {"offer": {"paused_until": date(2027, 1, 1)}},
    "month off": {"offer": {"months_off": [12]}},
    "at the cap": {"offer": {"yearly_cap": 0}},
    "company not checked": {"company": {"verified": False}},
    "company stopped": {"company": {"stopped_at": NOW}},
    "company ended": {"company": {"ended_at": NOW}},
    "through the contact": {"company": {"via_contact": True}},
    "person stopped": {"person": {"stopped_at": NOW}},
    "person erased": {"person": {"erased_at": NOW}},
    "address not confirmed": {"person": {"email_confirmed_at": None}},
    "no hours left": {"company": {"hours_budget": 0}},
}


@pytest.mark.parametrize("case", EXCLUDED)
def test_excluded_offers_are_never_suggested(session: Session, case: str) -> None:
    given = EXCLUDED[case]
    company = make_company(session, **{"pc4": "5211", **given.get("company", {})})
    person = make_professional(session, company=company, **given.get("person", {}))
    offer_of(session, company=company, person=person, **given.get("offer", {}))
    assert suggested_ids(search_and_suggest(session, make_request(session))) == []


def test_person_without_a_confirmed_role_there_is_not_suggested(session: Session) -> None:
    company = near_company(session)
    stranger = make_user(session)
    make_grant(session, stranger, "professional", organisation=company, confirmed=False)
    offer = offer_of(session, company=company, person=stranger)
    request = make_request(session)
    assert suggested_ids(search_and_suggest(session, request)) == []
    make_grant(session, stranger, "company_contact", organisation=company)
    assert suggested_ids(search_and_suggest(session, request)) == [offer.id]


def test_own_name_and_release_go_round_the_contact(session: Session) -> None:
    company = near_company(session, via_contact=True)
    own = offer_of(session, company=company, own_name=True)
    released = offer_of(session, company=company, details={"released_at": NOW.isoformat()})
    offer_of(session, company=company)
    found = search_and_suggest(session, make_request(session))
    assert sorted(suggested_ids(found)) == sorted([own.id, released.id])


def test_whoever_was_asked_for_this_request_is_not_suggested_again(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    request = make_request(session)
    make_match(session, request=request, offer=offer, state=MatchState.DECLINED)
    assert suggested_ids(search_and_suggest(session, request)) == []


def test_open_ask_elsewhere_excludes_until_there_is_room(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    make_match(session, offer=offer)
    request = make_request(session)
    assert suggested_ids(search_and_suggest(session, request)) == []
    offer.open_cap = 2
    assert suggested_ids(search_and_suggest(session, request)) == [offer.id]


def test_earlier_visits_are_counted_and_named(session: Session) -> None:
    company = near_company(session)
    offer = offer_of(session, company=company, yearly_cap=6)
    school = make_school(session)
    last_year = NOW - timedelta(days=300)
    for _ in range(2):
        earlier = make_request(session, school=school, moments=[])
        make_match(session, request=earlier, offer=offer, state=MatchState.HELD, at=last_year)
    request = make_request(session, school=school)
    (one,) = search_and_suggest(session, request).candidates
    assert (one.facts.earlier_visits_here, one.facts.partnership, one.facts.level_experience) == (2, 2, 2)
    assert ["been_before", {"times": 2}] in one.reasons
    assert one.facts.load_share == 0, "the visits were in the school year before"


def test_facts_do_not_know_what_came_after(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    school = make_school(session)
    request = make_request(session, school=school)

    def facts() -> Any:
        view = request_view(session, request.id, now=NOW)
        offered = offer_views(session, view, [offer.id], now=NOW)[offer.id]
        return pair_facts(view, offered, judge(view, offered, now=NOW), as_of=NOW)

    before = facts()
    later = make_request(session, school=school, moments=[])
    make_match(session, request=later, offer=offer, state=MatchState.HELD, at=NOW + timedelta(days=1))
    assert facts() == before


def test_same_world_gives_the_same_answer_and_ties_go_by_offer(session: Session) -> None:
    company = near_company(session)
    twins = [offer_of(session, company=company).id for _ in range(4)]
    request = make_request(session)
    first = search_and_suggest(session, request)
    assert suggested_ids(first) == sorted(twins)
    assert suggest(session, request_id=request.id, now=NOW) == first


def test_limit_keeps_the_best(session: Session) -> None:
    company = near_company(session)
    for _ in range(4):
        offer_of(session, company=company)
    request = make_request(session)
    refresh_all(session, now=NOW)
    found = suggest(session, request_id=request.id, now=NOW, limit=2)
    everybody = suggest(session, request_id=request.id, now=NOW)
    assert found.candidates == everybody.candidates[:2]
    assert found.eligible == 4


def test_closer_scores_higher_and_fewer_moments_never_more(session: Session) -> None:
    near = offer_of(session, company=near_company(session), travel_km=60)
    far = offer_of(session, company=make_company(session, pc4="5611"), travel_km=60)
    busy = offer_of(session, company=near_company(session), travel_km=60, months_off=[12])
    topic = make_topic(session)
    assert topic is not None
    moments = [(date(2026, 12, 10), "10:15", "11:05"), (date(2027, 1, 14), "10:15", "11:05")]
    found = search_and_suggest(session, make_request(session, moments=moments))
    scores = {candidate.offer_id: candidate.score for candidate in found.candidates}
    assert scores[near.id] > scores[far.id]
    assert scores[near.id] >= scores[busy.id]


def test_every_reason_is_true_of_the_rows(session: Session) -> None:
    chance = random.Random(99)
    fill_world(session, chance, offers=80)
    seen: set[str] = set()
    for _ in range(12):
        request = make_random_request(session, chance)
        found = suggest(session, request_id=request.id, now=NOW)
        for candidate in found.candidates:
            for reason in (*candidate.reasons, *candidate.against):
                seen.add(reason[0])
                assert_true(session, request, candidate, *reason)
    assert {"topic_exact", "near", "free_at", "first_visit"} <= seen


def assert_true(session: Session, request: Request, candidate: Any, code: str, params: dict[str, Any]) -> None:
    offer = session.get_one(Offer, candidate.offer_id)
    view = request_view(session, request.id, now=NOW)
    km = distance_km(view.lat, view.lon, offer.lat, offer.lon)
    topics = set(session.scalars(select(OfferTopic.topic_id).where(OfferTopic.offer_id == offer.id)))
    states = list(candidate.moments.values())
    truths = {
        "topic_exact": lambda: params["topic"] in view.topics & topics,
        "topic_near": lambda: params["topic"] in topics and not view.topics & topics,
        "near": lambda: params["km"] == round(km) and (km <= 15 or km <= offer.travel_km / 2),
        "far_edge": lambda: params == {"km": round(km), "limit": offer.travel_km} and km >= 0.8 * offer.travel_km,
        "online": lambda: request.delivery in ("online", "either") and offer.delivery in ("online", "either"),
        "free_at": lambda: (
            params["count"] == states.count("usual") and candidate.moments[str(params["moment"])] == "usual"
        ),
        "unknown_times": lambda: states.count("usual") == 0 < states.count("unknown") == params["count"],
        "few_days": lambda: params == {
            "count": sum(state in ("usual", "unknown") for state in states), "asked": len(states)
        },
        "load": lambda: params == {"taken": 0, "cap": offer.yearly_cap},
        "first_visit": lambda: session.scalar(select(Match.id).where(Match.offer_id == offer.id)) is None,
        "short_notice": lambda: params["days"] <= 3,
        "travel_unpaid": lambda: not request.costs and abs(params["euros"] - 2 * 1.25 * 0.23 * km) <= 0.5,
        "travel_paid": lambda: bool(request.costs),
        "alike": lambda: candidate.facts.text_similarity >= 0.6,
    }  # fmt: skip
    assert truths[code](), (code, params)


def test_without_candidates_the_codes_and_the_smallest_change_are_named(session: Session) -> None:
    company = near_company(session)
    topic = make_topic(session)
    for _ in range(2):
        offer_of(session, company=company, topics=[topic])
    offer_of(session, company=company, topics=[topic], levels=["vwo"])
    offer_of(session, company=make_company(session, pc4="5611"), topics=[topic], delivery=Delivery.ONLINE)
    offer_of(session, company=company, topics=[make_topic(session, "iets-anders")])
    saturday = [(date(2026, 12, 12), "10:15", "11:05")]
    found = search_and_suggest(session, make_request(session, topics=[topic], moments=saturday))
    assert found.candidates == ()
    assert found.never == {"moments": 4, "delivery": 1, "level": 1, "topic": 1}
    assert [change["code"] for change in found.smallest_change] == ["weekday"] * 3
    assert found.smallest_change[0] == {"code": "weekday", "params": {"weekday": 0}, "count": 2}


@pytest.mark.parametrize(
    ("request_fields", "offer_fields", "code", "params", "sentence"),
    [
        ({}, {"delivery": Delivery.ONLINE}, "online", {}, "online 1 person fits"),
        (
            {"max_km": 10},
            {"lat": 51.55, "lon": 5.3},
            "wider",
            {"from": 10, "to": 20},
            "within 20 instead of 10 km 1 person",
        ),
        ({}, {"notice_days": 35}, "later", {"weeks": 4}, "also 4 weeks later 1 person fits"),
        ({}, {"languages": ["en"]}, "language", {"language": "en"}, "in English 1 person fits"),
        ({}, {"levels": ["vwo"]}, "level", {"level": "vwo"}, "for vwo 1 person fits"),
    ],
)
def test_each_change_is_found_and_worded(
    session: Session, request_fields: Any, offer_fields: Any, code: str, params: Any, sentence: str
) -> None:
    offer_of(session, company=near_company(session), **offer_fields)
    request = make_request(session, moments=[(date(2026, 12, 10), "10:15", "11:05")], **request_fields)
    found = search_and_suggest(session, request)
    assert found.candidates == ()
    assert {"code": code, "params": params, "count": 1} in found.smallest_change
    run = session.get_one(SuggestionRun, store_run(session, found))
    assert any(line.startswith(sentence) for line in changes_shown(run))
    assert never_shown(run)


def test_changes_skip_days_without_school(session: Session) -> None:
    offer_of(session, company=near_company(session), notice_days=35)
    # Two weeks after Thursday 17 December would be in time, and in the Christmas holidays.
    request = make_request(session, moments=[(date(2026, 12, 17), "10:15", "11:05")])
    found = search_and_suggest(session, request)
    assert found.smallest_change == ({"code": "later", "params": {"weeks": 3}, "count": 1},)


def test_blocked_offers_are_counted_nowhere(session: Session) -> None:
    from matcher.safeguarding.models import Block

    offer = offer_of(session, company=near_company(session))
    request = make_request(session)
    session.add(Block(by_user_id=offer.person_id, of_organisation_id=request.organisation_id, at=NOW))
    found = search_and_suggest(session, request)
    assert (found.candidates, found.never) == ((), {})


def test_stored_run_keeps_facts_and_reasons_and_reads_back(session: Session) -> None:
    company = near_company(session, name="Warmte BV")
    person = make_professional(session, company=company, name="Iris de Wit", function="installateur")
    offer_of(session, company=company, person=person)
    request = make_request(session)
    found = search_and_suggest(session, request)
    run_id = store_run(session, found)
    row = session.scalars(select(Suggestion).where(Suggestion.run_id == run_id)).one()
    run = latest_run(session, request.id)
    assert run is not None
    assert (run.id, run.eligible, run.fingerprint) == (run_id, 1, fingerprint())
    assert unpack(row.facts, run.fingerprint).distance_km == pytest.approx(found.candidates[0].facts.distance_km)
    with in_locale("en"):
        (one,) = shown(session, run_id, now=NOW)
        (hidden,) = shown(session, run_id, now=NOW, names=False)
    assert (one.person, one.organisation, one.function, one.still_ok) == (
        "Iris de Wit",
        "Warmte BV",
        "installateur",
        True,
    )
    assert (hidden.person, hidden.organisation, hidden.function) == (None, None, "installateur")
    assert "less than 1 km away" in one.reasons
    assert "teaches about Natuurkunde" in one.reasons
    assert [moment.possible for moment in one.moments] == [True, True]


def test_stored_run_of_an_earlier_text_is_not_the_latest(session: Session) -> None:
    offer_of(session, company=near_company(session))
    request = make_request(session)
    store_run(session, search_and_suggest(session, request))
    request.revision = 2
    session.flush()
    assert latest_run(session, request.id) is None
    assert latest_run(session, request.id, any_revision=True) is not None


def test_page_checks_again_who_still_fits(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    request = make_request(session)
    run_id = store_run(session, search_and_suggest(session, request))
    offer.paused_until = date(2027, 1, 1)
    session.flush()
    (one,) = shown(session, run_id, now=NOW)
    assert (one.still_ok, one.never) == (False, ["They do not want to be asked for a while."])
    assert not still_eligible(session, request.id, [offer.id], NOW)[offer.id].ok


def test_marks_keep_the_first_time(session: Session) -> None:
    offer_of(session, company=near_company(session))
    request = make_request(session)
    run_id = store_run(session, search_and_suggest(session, request))
    ids = unshown_ids(session, run_id)
    mark_shown(session, ids, now=NOW)
    mark_shown(session, ids, now=NOW + timedelta(hours=1))
    mark_opened(session, ids[0], now=NOW + timedelta(minutes=1))
    row = session.get_one(Suggestion, ids[0], populate_existing=True)
    assert (row.shown_at, row.opened_at) == (NOW, NOW + timedelta(minutes=1))
    assert unshown_ids(session, run_id) == []


def test_verdicts_leave_out_offers_that_do_not_exist(session: Session) -> None:
    request = make_request(session)
    assert verdicts(session, request.id, [10**6], now=NOW) == {}


def test_withdrawing_takes_an_offer_out_of_the_key(session: Session) -> None:
    offer = offer_of(session, company=near_company(session))
    request = make_request(session)
    assert suggested_ids(search_and_suggest(session, request)) == [offer.id]
    offer.state = "withdrawn"
    refresh_search_key(session, offer.id, now=NOW)
    assert suggested_ids(suggest(session, request_id=request.id, now=NOW)) == []


def test_booked_moment_is_busy_for_the_others(session: Session) -> None:
    from matcher.availability.states import Party
    from tests.factories.matching import epoch, make_booking

    offer = offer_of(session, company=near_company(session))
    elsewhere = make_match(session, offer=offer, state=MatchState.ACCEPTED)
    day = date(2026, 12, 10)
    assert offer.person_id is not None
    make_booking(session, elsewhere, party=Party.PERSON, party_id=offer.person_id, start_s=epoch(day, "10:30"))
    (one,) = search_and_suggest(session, make_request(session)).candidates
    assert sorted(one.moments.values()) == [MomentState.BUSY.value, MomentState.USUAL.value]
