"""A place for a newcomer with its propensity, and the equity weight."""

from collections import Counter

import numpy as np
import pytest

from matcher.ranking.equity import request_weight, with_equity
from matcher.ranking.exploration import order_with_newcomer
from tests.ranking.made import AT, batch

SCORES = np.linspace(0.9, 0.1, 30)
ASKS = np.where(np.arange(30) % 3 == 0, 0.0, 5.0)


def test_newcomer_gets_the_last_place_and_nobody_else_moves() -> None:
    order, drawn = order_with_newcomer(SCORES, ASKS, 10, seed=4)
    assert order[:9] == list(range(9))
    assert order[9] == drawn.row
    assert ASKS[drawn.row] == 0
    assert sorted(order) == list(range(30))
    assert order_with_newcomer(SCORES, ASKS, 10, seed=4) == (order, drawn)


def test_propensity_is_how_often_it_happens() -> None:
    found = [order_with_newcomer(SCORES, ASKS, 10, seed=seed)[1] for seed in range(400)]
    often = Counter(each.row for each in found)
    for row, count in often.most_common(3):
        said = np.mean([each.propensity for each in found if each.row == row])
        assert said == pytest.approx(count / 400, abs=0.08)
    assert all(0 < each.propensity <= 1 for each in found)


def test_without_newcomers_nothing_changes() -> None:
    order, drawn = order_with_newcomer(SCORES, np.full(30, 9.0), 10, seed=1)
    assert (order, drawn.row, drawn.propensity) == (list(range(30)), None, 1.0)
    assert order_with_newcomer(SCORES[:0], ASKS[:0], 10, seed=1)[0] == []


def test_equity_lifts_who_got_little_and_weight_zero_changes_nothing() -> None:
    facts = batch(2)
    facts.values[:, [AT["asks"], AT["earlier_visits_total"], AT["company_size"]]] = [[9, 9, 5], [0, 0, 1]]
    scores = np.array([0.5, 0.45])
    assert np.array_equal(with_equity(scores, facts, 0.0), scores)
    assert np.argmax(with_equity(scores, facts, 0.5)) == 1
    assert request_weight(0.0, 0.5) > request_weight(8.0, 0.5) > 1
