"""Painting hours: what is shown comes back, what is mixed keeps its quarters, nonsense changes nothing."""

from datetime import time

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.availability.masks import EMPTY_WEEK, FULL, as_week, mask_of
from matcher.availability.paint import MIXED, ROWS, cell_value, grid_of, painted
from matcher.availability.patterns import default_availability, pattern

WEEKS = st.lists(st.integers(0, FULL), min_size=7, max_size=7).map(as_week)


def test_rows_cover_the_day_once() -> None:
    whole = 0
    for start, end in ROWS:
        assert not whole & mask_of(start, end)
        whole |= mask_of(start, end)
    assert whole == FULL


def test_default_week_has_no_mixed_cell() -> None:
    grid = grid_of(default_availability())
    assert {value for row in grid for value in row} == {"usual", "unknown", "never"}
    assert grid[2] == ["usual"] * 5 + ["never"] * 2


def test_painting_one_hour_changes_only_that_hour() -> None:
    after = painted(default_availability(), {(5, 3): "usual", (0, 2): "never"})
    assert cell_value(after, 5, 3) == "usual"
    assert cell_value(after, 0, 2) == "never"
    assert after.usual[1:5] == default_availability().usual[1:5]


def test_nonsense_and_mixed_change_nothing() -> None:
    before = pattern(as_week([mask_of(time(9), time(9, 15)), 0, 0, 0, 0, 0, 0]), EMPTY_WEEK)
    assert cell_value(before, 0, 2) == MIXED
    values = {(0, 2): MIXED, (9, 0): "usual", (0, 99): "never", (1, 1): "<script>"}
    assert painted(before, values) == before


@settings(max_examples=60, deadline=None)
@given(WEEKS, WEEKS)
def test_sending_the_shown_grid_back_changes_nothing(usual, never) -> None:  # type: ignore[no-untyped-def]
    before = pattern(usual, never)
    shown = {(day, row): value for row, days in enumerate(grid_of(before)) for day, value in enumerate(days)}
    assert painted(before, shown) == before
