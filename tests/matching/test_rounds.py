"""A round built from real requests and offers, solved, and read back."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from matcher.matching.round_queries import gather_round
from matcher.matching.rounds import build_round
from matcher.offers.search_services import refresh_all
from matcher.ranking.assignment import solve
from matcher.ranking.baseline import Baseline
from tests.factories import NOW
from tests.factories.matching import THURSDAY, make_class, make_match, make_offer, make_request, make_topic
from tests.factories.people import make_company, make_professional, make_school

ONE_MOMENT = [(THURSDAY + timedelta(weeks=2), "10:15", "11:05")]


def test_round_two_requests_and_one_person_with_one_free_place_serves_one(session: Session) -> None:
    first, second = make_request(session), make_request(session)
    offer = make_offer(session, company=make_company(session, pc4="5211"), open_cap=1)
    refresh_all(session, now=NOW)
    table = build_round(gather_round(session, [first.id, second.id], ranker=Baseline(), now=NOW))
    assert table.requests == (first.id, second.id)
    assert table.guests == (("person", offer.person_id),)
    assert table.round.capacity.tolist() == [1]
    taken = table.taken(solve(table.round))
    assert len(taken) == 1
    assert taken[0].offer_id == offer.id


def test_round_two_offers_of_one_person_at_one_moment_are_one_visit(session: Session) -> None:
    person = make_professional(session, company=make_company(session, pc4="5211"))
    topics = [make_topic(session, "eerste"), make_topic(session, "tweede")]
    for topic in topics:
        make_offer(session, person=person, topics=[topic], open_cap=3)
    asked = [make_request(session, topics=[topic], moments=ONE_MOMENT) for topic in topics]
    refresh_all(session, now=NOW)
    table = build_round(gather_round(session, [each.id for each in asked], ranker=Baseline(), now=NOW))
    assert len(table.guests) == 1
    assert len(table.taken(solve(table.round))) == 1


def test_round_one_class_never_has_two_visits_at_once(session: Session) -> None:
    school = make_school(session)
    group = make_class(session, school=school)
    asked = [make_request(session, school=school, school_class=group, moments=ONE_MOMENT) for _number in range(2)]
    for _number in range(2):
        make_offer(session, company=make_company(session, pc4="5211"))
    refresh_all(session, now=NOW)
    table = build_round(gather_round(session, [each.id for each in asked], ranker=Baseline(), now=NOW))
    assert len(table.round) == 4
    assert len(table.taken(solve(table.round))) == 1


def test_round_leaves_out_who_is_served_and_weighs_schools_without_visits(session: Session) -> None:
    served, waiting = make_request(session), make_request(session)
    make_offer(session, company=make_company(session, pc4="5211"))
    make_match(session, request=served, offer=make_offer(session))
    refresh_all(session, now=NOW)
    gathered = gather_round(session, [served.id, waiting.id], ranker=Baseline(), now=NOW)
    assert [asking.request.id for asking in gathered] == [waiting.id]
    assert build_round(gathered, equity=0.2).round.weight.tolist() == [1.2]
    visited = [replace(each, request=replace(each.request, school_visits=3)) for each in gathered]
    assert build_round(visited, equity=0.2).round.weight.tolist() == [1.0]


def test_round_of_nothing_is_empty(session: Session) -> None:
    request = make_request(session)
    table = build_round(gather_round(session, [request.id], ranker=Baseline(), now=NOW))
    assert table.taken(solve(table.round)) == []
    assert build_round([]).round.weight.dtype == np.float64
    assert table.options == ()
