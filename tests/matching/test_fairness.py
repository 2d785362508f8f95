"""One place for somebody new, questions spread where a region wants it, and nobody asked beyond what they allow."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.coordination.services import choose_spread, undo_spread
from matcher.errors import InvalidInput, NotFound
from matcher.matching.fairness_queries import fairness_for, prices_of
from matcher.matching.serving_order import NOBODY, SHOWN, Fairness, with_newcomer
from matcher.matching.suggestion_models import Suggestion
from matcher.matching.suggestion_queries import shown
from matcher.matching.suggestion_services import Suggested, store_run, suggest
from matcher.offers.models import Offer
from matcher.ranking.facts import NAMES, WIDTH, FactsBatch
from matcher.ranking.spreading import price, spread
from matcher.regions.policy import SPREAD_MORE, SPREAD_OFF
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_region
from tests.matching.lives import make_life
from tests.matching.worlds import fill_world, make_random_request

SERVED = Fairness(weight=0.5, draws=True)


def crowded(session: Session) -> tuple[int, Suggested]:
    """A request with more than ten people who fit."""
    life = make_life(session, guests=14)
    return life.request.id, suggest(session, request_id=life.request.id, now=NOW, fairness=SERVED)


def batch_of(rows: int, **columns: list[float]) -> FactsBatch:
    values = np.zeros((rows, WIDTH))
    for name, column in columns.items():
        values[:, NAMES.index(name)] = column
    return FactsBatch(values)


def test_last_of_the_first_places_is_drawn_and_the_rest_keep_their_order() -> None:
    scores, asks = np.linspace(0.9, 0.3, 30), np.where(np.arange(30) < 15, 9.0, 0.0)
    order = list(range(30))
    new, drawn = with_newcomer(order, scores, asks, seed=71)
    assert drawn.row is not None
    assert asks[drawn.row] == 0
    assert new[: SHOWN - 1] == order[: SHOWN - 1]
    assert new[SHOWN - 1] == drawn.row
    assert [row for row in new if row != drawn.row] == [row for row in order if row != drawn.row]
    assert with_newcomer(order, scores, asks, seed=71) == (new, drawn), "the same request looks the same again"


def test_propensity_is_how_often_that_one_is_drawn() -> None:
    scores, asks = np.array([0.9] * 9 + [0.6, 0.55, 0.5, 0.2]), np.array([9.0] * 9 + [0.0, 0.0, 1.0, 0.0])
    draws = [with_newcomer(list(range(13)), scores, asks, seed=seed)[1] for seed in range(400)]
    counts = Counter(drawn.row for drawn in draws)
    said = {drawn.row: drawn.propensity for drawn in draws}
    assert counts[9] > counts[11] > counts[12]
    for row, share in said.items():
        assert share == pytest.approx(counts[row] / 400, abs=0.08)


def test_nothing_is_drawn_when_nobody_is_new() -> None:
    order = list(range(20))
    assert with_newcomer(order, np.full(20, 0.5), np.full(20, 5.0), seed=1) == (order, NOBODY)


def test_newcomer_is_marked_and_the_propensity_kept(session: Session) -> None:
    request_id, suggested = crowded(session)
    run_id = store_run(session, suggested)
    kept = session.scalars(select(Suggestion).where(Suggestion.run_id == run_id).order_by(Suggestion.position)).all()
    assert [row.propensity < 1 for row in kept] == [row.position == SHOWN for row in kept]
    assert 0 < kept[SHOWN - 1].propensity < 1
    assert [each.is_new for each in shown(session, run_id, now=NOW)] == [row.position == SHOWN for row in kept]
    again = suggest(session, request_id=request_id, now=NOW, fairness=SERVED)
    assert [one.offer_id for one in again.candidates] == [one.offer_id for one in suggested.candidates]
    plain = suggest(session, request_id=request_id, now=NOW)
    assert all(one.propensity == 1 for one in plain.candidates)


def test_nobody_over_budget_is_ever_shown(session: Session) -> None:
    """However strongly questions are spread, and whoever is drawn: who may not be asked is not there."""
    life = make_life(session, guests=16)
    closed = {
        "cap": {"yearly_cap": 0},
        "paused": {"paused_until": NOW.date() + timedelta(days=60)},
        "notice": {"notice_days": 300},
    }
    never = {}
    for number, (why, limits) in enumerate(closed.items()):
        offer = session.get_one(Offer, life.offers[number].id)
        for name, value in limits.items():
            setattr(offer, name, value)
        never[offer.id] = why
    life.asked(4)
    never[life.offers[4].id] = "asked already"
    session.flush()
    for weight in (0.0, 0.8, 50.0):
        found = suggest(session, request_id=life.request.id, now=NOW, fairness=Fairness(weight, draws=True))
        assert len(found.candidates) == 12
        assert not {one.offer_id for one in found.candidates} & set(never), weight


def test_fairness_changes_only_the_order(session: Session) -> None:
    chance = random.Random(5)
    fill_world(session, chance, offers=60)
    for _ in range(4):
        request = make_random_request(session, chance)
        plain = suggest(session, request_id=request.id, now=NOW, limit=200)
        fair = suggest(session, request_id=request.id, now=NOW, limit=200, fairness=SERVED)
        same = {one.offer_id: replace(one, position=0, propensity=1.0) for one in plain.candidates}
        assert {one.offer_id: replace(one, position=0, propensity=1.0) for one in fair.candidates} == same


def test_rarely_asked_and_small_ones_rise_only_where_visits_were() -> None:
    columns = {"asks": [8.0, 0.0, 8.0], "company_size": [5.0, 5.0, 1.0], "load_share": [0.5, 0.0, 0.5]}
    scores = np.array([0.6, 0.55, 0.58])
    served, never = batch_of(3, school_visits=[2.0] * 3, **columns), batch_of(3, **columns)
    assert np.argsort(-spread(scores, served, 0.5)).tolist() == [1, 2, 0]
    assert np.argsort(-spread(scores, never, 0.5)).tolist() == [0, 2, 1]
    lists = [(served, scores, np.array([1, 2, 3])), (served, scores, np.array([1, 4, 5]))]
    without, with_it = price(lists, 0.0), price(lists, 5.0)
    assert without.served >= with_it.served


def test_region_chooses_how_much_is_spread(session: Session) -> None:
    life = make_life(session)
    region_id = life.school.region_id or 0
    coordinator = life.actor(life.coordinator)
    assert fairness_for(session, life.request.id, now=NOW) == Fairness(0.0, draws=True)
    choose_spread(session, region_id=region_id, value=SPREAD_MORE, actor=coordinator, now=NOW)
    assert fairness_for(session, life.request.id, now=NOW).weight > 0
    undo_spread(session, region_id=region_id, actor=coordinator, now=NOW)
    assert fairness_for(session, life.request.id, now=NOW).weight == 0
    with pytest.raises(InvalidInput):
        choose_spread(session, region_id=region_id, value="everything", actor=coordinator, now=NOW)
    elsewhere = make_coordinator(session, region=make_region(session, "groningen", name="Groningen", landsdeel="noord"))
    with pytest.raises(NotFound):
        choose_spread(session, region_id=region_id, value=SPREAD_OFF, actor=actor_for(session, elsewhere.id), now=NOW)


def test_price_is_measured_on_the_lists_of_the_region(session: Session) -> None:
    life = make_life(session, guests=6)
    region_id = life.school.region_id or 0
    assert prices_of(session, region_id) == {}
    for minute in range(10):
        now = NOW + timedelta(minutes=minute)
        store_run(session, suggest(session, request_id=life.request.id, now=now))
    found = prices_of(session, region_id)
    assert set(found) == {"little", "more"}
    assert "10" in found["more"]
