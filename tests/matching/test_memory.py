"""What is remembered fades, and a coded no changes only what it names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.matching.memory import HALF_LIFE_DAYS, Asked, Memory, Place, growing, remembered
from matcher.matching.said import contract_fit, grams, licence_fit, likeness
from matcher.matching.states import DeclineReason
from tests.matching.views import request_view

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
HOME = Place(51.44, 5.48)  # 29 km from the school of the views
NAMES = ("refused_far", "refused_topic", "refused_level", "refused_often", "no_time_weight", "plain_no_weight")


def asked(no: DeclineReason | None = None, days_ago: float = 0, **about: Any) -> Asked:
    said: dict[str, Any] = {"lat": 51.69, "lon": 5.30, "level": "havo", "topics": frozenset({7})} | about
    return Asked(growing(NOW - timedelta(days=days_ago)), no=no, **said)


def told(*asks: Asked, **request: object) -> dict[str, float]:
    memory = Memory()
    for each in asks:
        memory.add(each, answered=True, in_time=True, yes=each.no is None)
    return remembered(memory, request_view(**request), HOME, NOW)


def test_answer_of_a_year_ago_counts_half() -> None:
    found = told(asked(days_ago=HALF_LIFE_DAYS), asked())
    assert found["yes_weight"] == pytest.approx(1.5)
    assert found["due_weight"] == found["answered_weight"] == found["in_time_weight"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("no", "changed"),
    [
        (DeclineReason.TOO_FAR, "refused_far"),
        (DeclineReason.NOT_MY_TOPIC, "refused_topic"),
        (DeclineReason.LEVEL, "refused_level"),
        (DeclineReason.ASKED_TOO_OFTEN, "refused_often"),
        (DeclineReason.NO_TIME, "no_time_weight"),
        (DeclineReason.NONE_GIVEN, "plain_no_weight"),
        (DeclineReason.OTHER, "plain_no_weight"),
    ],
)
def test_coded_no_changes_only_what_it_names(no: DeclineReason, changed: str) -> None:
    found = told(asked(no))
    assert {name: found[name] for name in NAMES} == pytest.approx(dict.fromkeys(NAMES, 0.0) | {changed: 1.0})
    assert found["yes_weight"] == 0


def test_too_far_says_nothing_about_nearer() -> None:
    near_home = {"lat": 51.45, "lon": 5.47}
    assert told(asked(DeclineReason.TOO_FAR), **near_home)["refused_far"] == 0
    assert told(asked(DeclineReason.TOO_FAR, **near_home))["refused_far"] == pytest.approx(1)


def test_other_topic_and_other_level_are_not_refused() -> None:
    assert told(asked(DeclineReason.NOT_MY_TOPIC, topics=frozenset({9})))["refused_topic"] == 0
    assert told(asked(DeclineReason.LEVEL, level="vmbo_bb"))["refused_level"] == 0


@given(st.lists(st.floats(0, 1000), max_size=6))
def test_sums_do_not_depend_on_the_order(days: list[float]) -> None:
    forth = told(*(asked(days_ago=each) for each in days))
    back = told(*(asked(days_ago=each) for each in reversed(days)))
    assert forth == pytest.approx(back)


def test_titles_are_alike_by_their_letters() -> None:
    solar = grams("Zonnepanelen op het dak · 3HV")
    assert solar == grams("Zonnepanelen op het dak · M2C")
    assert likeness(solar, solar) == pytest.approx(1)
    assert likeness(solar, grams("Zonnepaneel en omvormer")) > likeness(solar, grams("Zorgen voor ouderen")) > -1
    assert likeness(solar, grams("")) == 0


def test_paper_and_contract_of_a_placement() -> None:
    assert licence_fit(None, None) == licence_fit("second_degree", "first_degree") == 1
    assert licence_fit("first_degree", "training") == licence_fit("first_degree", None) == 0.5
    assert licence_fit("first_degree", "primary") == 0
    assert contract_fit(frozenset(), None) == contract_fit(frozenset({"secondment"}), True) == 1
    assert contract_fit(frozenset({"secondment"}), False) == contract_fit(frozenset({"hire"}), True) == 0
    assert contract_fit(frozenset({"hire"}), None) == 0.5
