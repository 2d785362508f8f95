"""Facts keep their shape: packed and unpacked, one and many, and a wrong shape fails loudly."""

import re
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.facts import (
    CATEGORICAL,
    GROUPS,
    MONOTONE,
    NAMES,
    WIDTH,
    FactsBatch,
    PairFacts,
    WrongShape,
    fingerprint,
    pack,
    unpack,
)

values = st.lists(st.floats(0, 400, width=32), min_size=WIDTH, max_size=WIDTH)


@given(values)
def test_pack_then_unpack_gives_the_same_facts(numbers: list[float]) -> None:
    facts = PairFacts(*numbers)
    packed = pack(facts)
    assert len(packed) == 4 * WIDTH
    assert unpack(packed, fingerprint()) == facts


def test_unpack_with_another_fingerprint_is_refused() -> None:
    with pytest.raises(WrongShape):
        unpack(pack(PairFacts(*[1.0] * WIDTH)), "0" * 64)


def test_unpack_of_cut_bytes_is_refused() -> None:
    with pytest.raises(WrongShape):
        unpack(pack(PairFacts(*[1.0] * WIDTH))[:-4], fingerprint())


@given(st.lists(values, max_size=5))
def test_batch_of_many_gives_each_back(rows: list[list[float]]) -> None:
    many = [PairFacts(*row) for row in rows]
    batch = FactsBatch.of(many)
    assert batch.all() == many
    assert [batch.one(row) for row in range(len(batch))] == many


def test_batch_with_a_missing_column_is_refused() -> None:
    columns = dict.fromkeys(NAMES[1:], 0.0)
    with pytest.raises(WrongShape, match="kind"):
        FactsBatch.from_columns(columns, 3)


def test_column_has_the_values_of_its_name() -> None:
    columns = {name: np.array([float(number), 0.0]) for number, name in enumerate(NAMES)}
    batch = FactsBatch.from_columns(columns, 2)
    assert [batch.column(name)[0] for name in NAMES] == list(range(WIDTH))


def test_facts_never_hold_who_somebody_is() -> None:
    words = {word for name in NAMES for word in name.split("_")}
    assert not words & {"name", "gender", "sex", "age", "birth", "background", "origin", "nationality", "role"}
    assert all(field.type in (float, "float") for field in fields(PairFacts))
    assert re.fullmatch("[0-9a-f]{64}", fingerprint())


WHY = {
    "kind": "an internship is another question than a lecture",
    "distance_km": "who is near comes",
    "distance_share": "near the own limit is far",
    "online": "nobody travels",
    "topic_exact": "it is about what was asked",
    "topic_closeness": "how much of what was asked",
    "text_similarity": "titles say more than topics",
    "level_experience": "has taught this kind of group",
    "moments_usual": "usually free then",
    "moments_unknown": "perhaps free then",
    "moments_share": "room to choose",
    "notice_margin_days": "time to answer and to prepare",
    "earlier_visits_here": "knows the school",
    "earlier_visits_total": "knows how it is done",
    "partnership": "colleagues know the school",
    "answers_share": "answers at all",
    "answers_in_time": "answers in time",
    "yes_share": "says yes when nothing stands in the way",
    "no_time_share": "has had no time lately",
    "asks": "how much the shares are worth",
    "refused_far": "said that this is too far",
    "refused_topic": "said that this is not their topic",
    "refused_level": "said that this is not their level",
    "refused_often": "said that it is too often",
    "load_share": "room this school year",
    "open_asks": "has to answer somebody already",
    "days_since_ask": "was left in peace",
    "company_size": "who can spare somebody",
    "delivery_match": "the way both want it",
    "language_match": "the language both want",
    "group_fit": "the group is not too large",
    "named": "it is known who comes",
    "school_visits": "the school knows how to receive a guest",
    "travel_cost": "somebody has to pay the way",
    "days_ratio": "days to choose from",
    "hours_fit": "the hours asked",
    "qualification_fit": "the paper asked for",
    "contract_fit": "the form the school accepts",
}
"""Every fact and why it may count. None is who somebody is, and none was taken because it stands for that."""


def test_every_fact_has_a_reason_and_one_part() -> None:
    assert set(WHY) == set(NAMES)
    parted = [name for names in GROUPS.values() for name in names]
    assert sorted(parted) == sorted(NAMES)
    assert set(MONOTONE) <= set(NAMES)
    assert set(CATEGORICAL) <= set(NAMES) - set(MONOTONE)
