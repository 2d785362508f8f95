"""Quarter-hour masks: rounding outward, set algebra, stretches."""

from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability import masks

TIMES = st.times(min_value=time(0), max_value=time(23, 59, 59))
PAIRS = st.tuples(TIMES, TIMES).filter(
    lambda pair: pair[0] < pair[1] and masks.minutes(pair[0]) < masks.minutes(pair[1])
)
MASKS = st.integers(0, masks.FULL)


def test_mask_of_one_quarter_sets_one_bit() -> None:
    assert masks.mask_of(time(7), time(7, 15)) == 1
    assert masks.mask_of(time(21, 45), time(22)) == 1 << 59
    assert masks.mask_of(time(7), time(22)) == masks.FULL


def test_mask_of_lesson_rounds_outward() -> None:
    lesson = masks.mask_of(time(9, 10), time(10, 0))
    assert list(masks.stretches(lesson)) == [(time(9), time(10))]
    assert list(masks.stretches(masks.mask_of(time(9, 15), time(10, 1)))) == [(time(9, 15), time(10, 15))]


def test_mask_of_time_outside_the_day_is_cut_off() -> None:
    assert masks.mask_of(time(22, 10), time(23)) == 0
    assert masks.mask_of(time(5), time(7)) == 0
    assert masks.mask_of(time(6, 30), time(7, 5)) == 1


def test_mask_of_end_before_start_raises() -> None:
    with pytest.raises(ValueError, match="after the start"):
        masks.mask_of(time(10), time(10))


def test_fits_outside_the_day_is_false() -> None:
    assert masks.fits(masks.FULL, time(7), time(22))
    assert not masks.fits(masks.FULL, time(6, 59), time(8))
    assert not masks.fits(masks.FULL, time(21), time(22, 0, 1))


def test_as_week_with_foreign_bits_raises() -> None:
    with pytest.raises(ValueError, match="seven masks"):
        masks.as_week([0] * 6)
    with pytest.raises(ValueError, match="seven masks"):
        masks.as_week([1 << 60, 0, 0, 0, 0, 0, 0])


@settings(max_examples=150, deadline=None)
@given(PAIRS, MASKS)
def test_fits_and_touches_agree_with_sets_of_minutes(pair: tuple[time, time], mask: int) -> None:
    start, end = pair
    ends = masks.minutes(end) + bool(end.second or end.microsecond)
    quarters = {(m - masks.DAY_START) // 15 for m in range(masks.minutes(start), ends)}
    painted = {q for q in range(masks.QUARTERS) if mask >> q & 1}
    assert masks.touches(mask, start, end) == bool(quarters & painted)
    assert masks.fits(mask, start, end) == (quarters <= painted)


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_stretches_give_the_mask_back(mask: int) -> None:
    found = 0
    for start, end in masks.stretches(mask):
        assert not found & masks.mask_of(start, end)
        found |= masks.mask_of(start, end)
    assert found == mask


@settings(max_examples=50, deadline=None)
@given(st.lists(MASKS, min_size=7, max_size=7), st.lists(MASKS, min_size=7, max_size=7))
def test_without_is_union_minus_the_other(left: list[int], right: list[int]) -> None:
    one, two = masks.as_week(left), masks.as_week(right)
    rest = masks.without(one, two)
    assert masks.intersection(rest, two) == masks.EMPTY_WEEK
    assert masks.union(rest, masks.intersection(one, two)) == one
