"""Measures by hand, judging on what became of it, and the rule for release."""

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from matcher.ranking import measures
from matcher.ranking.baseline import Ranked
from matcher.ranking.baselines import baselines
from matcher.ranking.judging import judge, release_verdict
from tests.ranking.made import changed, made_examples, true_chance

BOUNDS = np.array([0, 3, 5])


class Knows:
    """Ranks by the truth."""

    name = "truth"

    def rank(self, batch):
        return Ranked(true_chance(batch.values), {})


class Wrong:
    name = "wrong"

    def rank(self, batch):
        return Ranked(1 - true_chance(batch.values), {})


@pytest.fixture(scope="module")
def report():
    return judge({"truth": Knows(), **baselines(1)}, made_examples(400, seed=8), seed=1)


def test_ndcg_mrr_and_hit_are_those_of_the_books() -> None:
    scores, gains = np.array([3.0, 2, 1, 1, 2]), np.array([0.0, 1, 1, 1, 0])
    expected = (1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3))
    assert measures.ndcg(scores, gains, BOUNDS) == pytest.approx([expected, 1 / log2(3)])
    assert measures.mrr(scores, gains, BOUNDS) == pytest.approx([0.5, 0.5])
    assert measures.hit(scores, gains, BOUNDS, 1) == pytest.approx([0, 0])
    assert measures.hit(scores, gains, BOUNDS, 2) == pytest.approx([1, 1])
    assert np.isnan(measures.ndcg(scores, np.zeros(5), BOUNDS)).all()


def test_equal_scores_keep_the_order_of_the_rows() -> None:
    assert measures.places(np.zeros(5), BOUNDS).tolist() == [1, 2, 3, 1, 2]


def test_gini_and_calibration_error() -> None:
    assert measures.gini(np.ones(10)) == pytest.approx(0)
    assert measures.gini(np.array([0.0, 0, 0, 8])) == pytest.approx(0.75)
    came = np.array([1, 0, 0, 0, 0, 1, 1, 1, 1, 0.0])
    assert measures.ece(np.repeat([0.2, 0.8], 5), came, bins=2) == pytest.approx(0)
    assert measures.ece(np.full(4, 0.9), np.zeros(4)) == pytest.approx(0.9)


def test_truth_beats_every_baseline_and_may_be_released(report) -> None:
    assert all(ratio > 1 for ratio, _low, _high in report.ratios.values())
    assert release_verdict(report) == (True, [])
    figures = report.as_json()["rankers"]["truth"]
    assert set(figures) == {"ndcg@10", "mrr", "hit@1", "hit@3", "hit@5", "ece", "gini", "served"}
    assert figures["ece"][0] < 0.15
    assert all(low <= mean <= high for mean, low, high in figures.values())


def test_worse_than_the_rule_is_not_released() -> None:
    allowed, sentences = release_verdict(judge({"wrong": Wrong(), **baselines(1)}, made_examples(300, seed=8), seed=1))
    assert not allowed
    assert any("orders no better than rule" in sentence for sentence in sentences)


def test_one_group_of_requests_worse_off_is_not_released(report) -> None:
    worse = report.segments | {"never_served": {1: (200, (-0.05, -0.07, -0.03))}}
    allowed, sentences = release_verdict(replace(report, segments=worse))
    assert (allowed, len(sentences)) == (False, 1)
    assert "never_served" in sentences[0]


def test_nothing_to_judge_is_not_released() -> None:
    nothing = changed(made_examples(20), invited=np.zeros(160, dtype=bool), yes=np.full(160, np.nan))
    report = judge({"truth": Knows(), **baselines(1)}, nothing, seed=1)
    assert release_verdict(report)[0] is False
    assert report.as_json()["settled"] == 0


def test_who_was_never_asked_changes_no_ndcg(report) -> None:
    examples = made_examples(400, seed=8)
    shuffled = examples.facts.copy()
    unasked = np.flatnonzero(~examples.invited)
    shuffled[unasked] = shuffled[unasked[::-1]]
    again = judge({"truth": Knows(), **baselines(1)}, changed(examples, facts=shuffled), seed=1)
    assert again.figures["truth"]["ndcg@10"] == report.figures["truth"]["ndcg@10"]
