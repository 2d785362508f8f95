"""The truth behind a generated history: chances are chances, bend where they say they do, and follow from the seed."""

from dataclasses import replace
from random import Random

import pytest

from matcher.demo import hidden_rule
from matcher.demo.hidden_rule import Temper, temper_of
from matcher.ranking.facts import NAMES, PairFacts

USUAL = PairFacts(
    **dict.fromkeys(NAMES, 0.0)
    | {
        "distance_km": 12.0,
        "distance_share": 0.4,
        "topic_exact": 1.0,
        "topic_closeness": 0.8,
        "moments_usual": 2.0,
        "moments_share": 0.5,
        "notice_margin_days": 14.0,
        "answers_share": 0.7,
        "yes_share": 0.5,
        "days_since_ask": 365.0,
        "group_fit": 1.0,
        "named": 1.0,
    }
)
EVEN = Temper(keen=0.0, prompt_hours=20.0, reachable=2.0, faithful=0.0, reach_km=20.0)


def yes(**changed: float) -> float:
    return hidden_rule.chance_of_yes(replace(USUAL, **changed), EVEN)


def test_every_chance_lies_between_zero_and_one() -> None:
    dice = Random(4)
    for _ in range(300):
        facts = PairFacts(*(dice.choice([0.0, 0.5, 1.0, 3.0, 40.0, 365.0]) for _name in NAMES))
        facts = replace(facts, kind=float(dice.randrange(3)), load_share=dice.random(), topic_closeness=dice.random())
        temper = temper_of(1, dice.randrange(1000))
        for chance in (
            hidden_rule.chance_of_yes(facts, temper),
            hidden_rule.chance_of_answer(facts, temper),
            hidden_rule.chance_of_taking_place(facts, temper),
            hidden_rule.chance_of_visit(facts, temper),
            hidden_rule.chance_of_opening(facts, dice.randrange(1, 30)),
            hidden_rule.chance_of_ticking(facts, dice.randrange(5)),
        ):
            assert 0 <= chance <= 1


def test_distance_is_flat_and_then_a_cliff() -> None:
    near = yes(distance_km=0) - yes(distance_km=8)
    edge = yes(distance_km=16) - yes(distance_km=24)
    assert edge > 3 * near > 0
    assert yes(distance_km=0, distance_share=0.8) < yes(distance_km=0), "near the own limit, never been here"
    assert yes(distance_km=0, distance_share=0.8, earlier_visits_here=1) > yes(distance_km=0)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"topic_exact": 1}, {"topic_exact": 0}),
        ({"load_share": 0.2}, {"load_share": 0.9}),
        ({"notice_margin_days": 10}, {"notice_margin_days": 1}),
        ({"earlier_visits_here": 1}, {"earlier_visits_here": 0}),
        ({"days_since_ask": 60}, {"days_since_ask": 2}),
        ({"moments_usual": 3}, {"moments_usual": 0}),
        ({"group_fit": 1}, {"group_fit": 0.5}),
    ],
)
def test_what_helps_helps(better: dict[str, float], worse: dict[str, float]) -> None:
    assert yes(**better) > yes(**worse) + 0.02


def test_second_half_of_a_load_weighs_more_than_the_first() -> None:
    first, second = yes(load_share=0) - yes(load_share=0.5), yes(load_share=0.5) - yes(load_share=1)
    assert second > 1.5 * first


def test_the_place_in_the_list_decides_what_is_looked_at() -> None:
    looked = [hidden_rule.chance_of_looking(position) for position in range(1, 12)]
    assert looked[0] == 1
    assert looked[-1] == 0
    assert looked == sorted(looked, reverse=True)
    assert hidden_rule.chance_of_opening(USUAL, 1) > 2 * hidden_rule.chance_of_opening(USUAL, 4)


def test_nobody_is_asked_with_many_others() -> None:
    chances = [hidden_rule.chance_of_ticking(USUAL, ticked) for ticked in range(hidden_rule.MOST_TICKED + 1)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] == 0


def test_temper_follows_from_seed_and_person() -> None:
    assert temper_of(1, 2) == temper_of(1, 2)
    assert temper_of(1, 2) != temper_of(1, 3)
    assert temper_of(2, 2) != temper_of(1, 2)
    assert temper_of(1, -2) != temper_of(1, 2)
