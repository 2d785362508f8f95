"""The written rule: between 0 and 1, and no improvement ever lowers a score."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.ranking.baseline import WEIGHTS, Baseline
from matcher.ranking.facts import FactsBatch, PairFacts

share = st.floats(0, 1)
count = st.integers(0, 9).map(float)
weight = st.floats(0, 4)


@st.composite
def any_facts(draw: st.DrawFn) -> PairFacts:
    asks = draw(st.integers(0, 12))
    return PairFacts(
        kind=0.0,
        distance_km=draw(st.floats(0, 300)),
        distance_share=draw(share),
        online=draw(st.sampled_from([0.0, 1.0])),
        topic_exact=0.0,
        topic_closeness=draw(share),
        level_experience=draw(count),
        moments_usual=draw(count),
        moments_unknown=draw(count),
        moments_share=draw(share),
        notice_margin_days=draw(st.floats(0, 90)),
        earlier_visits_here=draw(count),
        earlier_visits_total=draw(count),
        partnership=draw(count),
        answers_share=draw(share),
        answers_in_time=draw(share),
        yes_share=draw(share),
        asks=float(asks),
        load_share=draw(share),
        open_asks=draw(count),
        days_since_ask=draw(st.floats(0, 365)),
        company_size=draw(st.integers(0, 5).map(float)),
        delivery_match=draw(st.sampled_from([0.5, 1.0])),
        language_match=draw(st.sampled_from([0.5, 1.0])),
        group_fit=draw(share),
        named=draw(st.sampled_from([0.0, 1.0])),
        school_visits=draw(count),
        text_similarity=draw(share),
        no_time_share=draw(share),
        refused_far=draw(weight),
        refused_topic=draw(weight),
        refused_level=draw(weight),
        refused_often=draw(weight),
        travel_cost=draw(st.floats(0, 80)),
        days_ratio=draw(st.floats(0, 4)),
        hours_fit=draw(share),
        qualification_fit=draw(share),
        contract_fit=draw(share),
    )


def score(facts: PairFacts) -> float:
    return float(Baseline().rank(FactsBatch.of([facts])).scores[0])


MORE = ["topic_closeness", "level_experience", "moments_usual", "moments_unknown", "notice_margin_days",
        "earlier_visits_here", "partnership", "answers_share", "answers_in_time", "yes_share", "days_since_ask",
        "delivery_match", "language_match", "group_fit"]  # fmt: skip
LESS = ["distance_km", "distance_share", "load_share", "open_asks",
        "refused_far", "refused_topic", "refused_level", "refused_often"]  # fmt: skip


@settings(max_examples=25)
@given(any_facts(), st.floats(0, 5))
@pytest.mark.parametrize("name", MORE)
def test_more_of_a_good_thing_never_lowers_a_score(name: str, facts: PairFacts, more: float) -> None:
    assert score(replace(facts, **{name: getattr(facts, name) + more})) >= score(facts) - 1e-12


@settings(max_examples=25)
@given(any_facts(), st.floats(0, 50))
@pytest.mark.parametrize("name", LESS)
def test_more_of_a_bad_thing_never_raises_a_score(name: str, facts: PairFacts, more: float) -> None:
    assert score(replace(facts, **{name: getattr(facts, name) + more})) <= score(facts) + 1e-12


@given(any_facts())
def test_knowing_that_it_suits_is_better_than_not_knowing(facts: PairFacts) -> None:
    known = replace(facts, moments_usual=facts.moments_usual + 1, moments_unknown=facts.moments_unknown)
    unknown = replace(facts, moments_unknown=facts.moments_unknown + 1)
    assert score(known) >= score(unknown)


@given(st.lists(any_facts(), min_size=1, max_size=6))
def test_scores_lie_between_nothing_and_one_and_do_not_depend_on_the_others(many: list[PairFacts]) -> None:
    ranked = Baseline().rank(FactsBatch.of(many))
    assert all(0 <= value <= 1 for value in ranked.scores)
    assert np.allclose(ranked.scores, [score(facts) for facts in many])


@given(any_facts())
def test_contributions_add_up_to_the_difference_from_a_typical_candidate(facts: PairFacts) -> None:
    ranked = Baseline().rank(FactsBatch.of([facts]))
    parts = ranked.of_row(0)
    assert set(parts) == set(WEIGHTS)
    other = Baseline().rank(FactsBatch.of([replace(facts, distance_km=0.0, distance_share=0.0, online=0.0)]))
    gain = float(other.scores[0] - ranked.scores[0])
    assert gain == pytest.approx(other.of_row(0)["near"] - parts["near"], abs=1e-9)


def test_weights_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_nobody_at_all_gives_no_scores() -> None:
    assert len(Baseline().rank(FactsBatch.of([])).scores) == 0
