"""Facts of one pair and of many are the same, and each is what the views say."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from matcher.availability.states import Delivery, Kind
from matcher.matching.eligibility import judge
from matcher.matching.pairs import facts_batch, pair_facts, reason_detail
from matcher.matching.views import History, OfferView, RequestView
from tests.matching.views import moment, offer_view, request_view

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

PAST = History(
    visits_here=2, visits_total=5, level_visits=3, partnership=4, asks_due=8, answered=6, answered_in_time=3, yes=5,
    days_since_ask=12.5, open_asks=0, taken=3, due_weight=8, answered_weight=6, in_time_weight=3, yes_weight=4,
    plain_no_weight=1, no_time_weight=1, refused_often=0.5,
)  # fmt: skip


def facts_of(request: RequestView, offer: OfferView) -> Any:
    return pair_facts(request, offer, judge(request, offer, now=NOW), as_of=NOW)


def test_one_pair_and_many_give_the_same_facts() -> None:
    request = request_view(delivery=Delivery.EITHER)
    offers = [
        offer_view(),
        offer_view(id=2, delivery=Delivery.EITHER, travel_km=5, languages=("en", "nl"), group_most=20),
        offer_view(id=3, person_id=None, history=PAST, yearly_cap=None, topics=frozenset({8})),
    ]
    verdicts = [judge(request, offer, now=NOW) for offer in offers]
    batch = facts_batch(request, offers, verdicts, as_of=NOW)
    assert batch.all() == [
        pair_facts(request, offer, verdict, as_of=NOW) for offer, verdict in zip(offers, verdicts, strict=True)
    ]


def test_facts_say_what_the_views_say() -> None:
    facts = facts_of(request_view(), offer_view(history=PAST, group_most=14, company_size=3))
    assert facts.distance_share == pytest.approx(facts.distance_km / 40)
    assert (facts.online, facts.topic_exact, facts.topic_closeness) == (0, 1, 1)
    assert (facts.moments_usual, facts.moments_unknown, facts.moments_share) == (2, 0, 1)
    assert facts.notice_margin_days == (date(2026, 12, 17) - date(2026, 11, 16)).days - 14
    assert (facts.earlier_visits_here, facts.earlier_visits_total, facts.partnership) == (2, 5, 4)
    assert facts.answers_share == pytest.approx((6 + 1.4) / 10)
    assert facts.answers_in_time == pytest.approx((3 + 1.6) / 8)
    assert facts.yes_share == pytest.approx((4 + 1) / 7)
    assert facts.no_time_share == pytest.approx((1 + 0.4) / 8)
    assert (facts.asks, facts.refused_often, facts.refused_far) == (8, 0.5, 0)
    assert facts.load_share == pytest.approx(0.5)
    assert facts.days_since_ask == 12.5
    assert facts.group_fit == pytest.approx(0.5)
    assert facts.company_size == 3


def test_lesson_on_all_topics_is_closer_than_on_a_part() -> None:
    request = request_view(topics=frozenset({7, 9}), closeness={7: 1.0, 9: 1.0}, around=({7: 1.0}, {9: 1.0}))
    both = facts_of(request, offer_view(topics=frozenset({7, 9})))
    part = facts_of(request, offer_view(topics=frozenset({9})))
    assert (both.topic_closeness, part.topic_closeness) == (1.0, 0.75)
    assert both.topic_exact == part.topic_exact == 1


def test_online_ignores_distance() -> None:
    facts = facts_of(request_view(delivery=Delivery.ONLINE), offer_view(delivery=Delivery.ONLINE, lat=53.2))
    assert (facts.online, facts.distance_km, facts.distance_share) == (1, 0, 0)


def test_somebody_nobody_asked_gets_the_prior_and_long_ago() -> None:
    facts = facts_of(request_view(), offer_view())
    assert (facts.answers_share, facts.answers_in_time, facts.yes_share) == pytest.approx((0.7, 0.8, 0.5))
    assert facts.days_since_ask == 365


def test_school_that_pays_makes_the_way_free() -> None:
    facts = facts_of(request_view(), offer_view())
    assert facts.travel_cost == pytest.approx(facts.distance_km * 2 * 1.25 * 0.23)
    assert facts.distance_km > 20
    assert facts_of(request_view(pays_travel=True), offer_view()).travel_cost == 0


def test_placement_compares_hours_paper_and_contract() -> None:
    vacancy = request_view(
        kind=Kind.HYBRID_PLACEMENT, weekly=1, weekly_hours=8.0, licence="second_degree", contracts=frozenset({"hire"})
    )
    person = offer_view(kind=Kind.HYBRID_PLACEMENT, weekly_hours=4.0, licence="first_degree", seconded=True)
    facts = facts_of(vacancy, person)
    assert (facts.hours_fit, facts.qualification_fit, facts.contract_fit, facts.days_ratio) == (0.5, 1, 0, 2)


def test_request_without_moments_has_no_share_to_divide() -> None:
    facts = facts_of(request_view(moments=()), offer_view())
    assert (facts.moments_usual, facts.moments_share, facts.notice_margin_days) == (0, 0, 0)


def test_detail_names_the_closest_topic_and_the_first_possible_moment() -> None:
    request = request_view(moments=(moment(5), moment(6, date(2026, 12, 17))))
    offer = offer_view(topics=frozenset({8, 7}), history=PAST)
    detail = reason_detail(request, offer, judge(request, offer, now=NOW))
    assert (detail.topic, detail.moment, detail.taken, detail.cap, detail.asked) == (7, 5, 3, 6, 8)
