"""Facts keep their shape: packed and unpacked, one and many, and a wrong shape fails loudly."""

import re
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.facts import NAMES, WIDTH, FactsBatch, PairFacts, WrongShape, fingerprint, pack, unpack

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
