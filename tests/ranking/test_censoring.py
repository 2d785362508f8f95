"""Answers that were never heard because another said yes first: what was heard counts for them."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.ranking import measures
from matcher.ranking.censoring import MOST, weights_of_answers
from matcher.ranking.examples import Examples
from matcher.ranking.facts import FactsBatch
from matcher.ranking.learned import fit_model, rule_parts
from matcher.ranking.shapes import sigmoid
from tests.ranking.made import made_examples

DAY = 86_400.0
ASKED = 3


def side_by_side(runs: int, seed: int = 3) -> tuple[Examples, np.ndarray]:
    """Three of each list are asked at once; yeses come within two days, silence is known after seven, and the first yes
    ends the others. With the answers as they would have been."""
    whole = made_examples(runs, size=6, asked=ASKED, seed=seed)
    dice = np.random.default_rng(seed)
    for_a_no = np.where(dice.random(len(whole)) < 0.4, 2.0, 7.0)
    took = np.where(whole.yes == 1, dice.exponential(1.0, len(whole)), for_a_no)
    answered = whole.at + np.minimum(7.0, took) * DAY
    first = np.full(runs, np.inf)
    np.minimum.at(first, whole.run, np.where(whole.yes == 1, answered, np.inf))
    cut = whole.invited & (answered > first[whole.run])
    heard = whole.invited & ~cut
    log = replace(
        whole,
        yes=np.where(heard, whole.yes, np.nan),
        settled_at=np.where(heard, answered, np.nan),
        left_at=np.where(cut, first[whole.run], np.nan),
        held=np.where(heard, whole.held, np.nan),
        ended_at=np.where(heard, whole.ended_at, np.nan),
    )
    return log, whole.yes


def test_answers_heard_count_for_those_cut_off() -> None:
    log, truth = side_by_side(4_000)
    asked = log.where(log.invited)
    weights = weights_of_answers(asked)
    heard = np.isfinite(asked.yes)
    true = truth[log.invited].mean()
    assert asked.yes[heard].mean() - true > 0.05
    assert abs(np.average(asked.yes[heard], weights=weights[heard]) - true) < 0.02
    assert (weights[~heard] == 0).all()
    assert weights[heard].mean() == pytest.approx(1.0)
    assert weights[heard].max() <= MOST * weights[heard].min() + 1e-9


def test_whoever_is_asked_alone_is_cut_off_by_nobody() -> None:
    alone = made_examples(200, asked=1)
    asked = alone.where(alone.invited)
    assert weights_of_answers(asked) == pytest.approx(np.ones(len(asked)))


def test_chances_learned_from_a_log_of_first_yeses_are_true_of_everybody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.ranking.estimator.TREE_COUNTS", (10,))
    log, _truth = side_by_side(300)
    later, truth = side_by_side(2_000, seed=4)
    facts, came = later.facts[later.invited], truth[later.invited].mean()
    rule = rule_parts(FactsBatch(facts))

    def too_much() -> float:
        return float(sigmoid(fit_model(log, seed=1).yes.shapes.logits(facts, rule)).mean() - came)

    assert abs(too_much()) < 0.03
    monkeypatch.setattr("matcher.ranking.learned.weights_of_answers", lambda asked: np.ones(len(asked)))
    assert too_much() > 0.05


def test_what_lies_after_a_moment_is_not_known_at_it() -> None:
    log, _truth = side_by_side(50)
    moment = float(np.median(log.at)) + DAY
    then = log.known_by(moment)
    for times in (then.asked_at, then.left_at, then.settled_at, then.ended_at):
        assert not (times > moment).any()
    assert not np.isfinite(then.yes[~np.isfinite(then.settled_at)]).any()


def test_weights_move_the_measured_error() -> None:
    chances, came = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert measures.ece(chances, came, bins=1) == 0
    assert measures.ece(chances, came, bins=1, weights=np.array([3.0, 1.0])) == pytest.approx(0.25)
    assert measures.reliability(chances, came, bins=1, weights=np.array([3.0, 1.0])) == [(0.5, 0.75, 2)]
