"""Lesson grids: defaults, blocks over breaks, and the faults a typed grid can have."""

from datetime import time

import pytest

from matcher.availability.grids import (
    DEFAULTS,
    SHORTENED,
    GridFault,
    Period,
    default_grid,
    grid_from_rows,
    grid_of,
    regular_grid,
)
from matcher.organisations.states import SchoolSector


def test_default_vo_grid_third_period_ends_at_eleven() -> None:
    assert default_grid(SchoolSector.VO).span(3) == (time(10, 10), time(11))


def test_block_over_a_break_contains_the_break() -> None:
    assert default_grid(SchoolSector.VO).span(3, 2) == (time(10, 10), time(12, 10))


@pytest.mark.parametrize("sector", list(SchoolSector))
def test_shortened_day_ends_earlier(sector: SchoolSector) -> None:
    assert SHORTENED[sector].periods[-1].end < DEFAULTS[sector].periods[-1].end
    assert set(SHORTENED[sector].numbers()) <= set(DEFAULTS[sector].numbers())


@pytest.mark.parametrize("sector", list(SchoolSector))
def test_rows_give_the_grid_back(sector: SchoolSector) -> None:
    assert grid_from_rows(default_grid(sector).as_rows()) == default_grid(sector)


def test_block_past_the_last_period_raises() -> None:
    with pytest.raises(GridFault) as fault:
        default_grid(SchoolSector.PO).block(6, 2)
    assert (fault.value.code, fault.value.number) == ("no_such_period", 7)


FAULTS = [
    ([], "empty"),
    ([(1, "09:00", "09:00")], "end_before_start"),
    ([(1, "10:00", "09:00")], "end_before_start"),
    ([(1, "09:00", "09:10")], "length"),
    ([(1, "06:50", "07:40")], "outside_day"),
    ([(1, "21:30", "22:10")], "outside_day"),
    ([(1, "09:00", "09:50"), (2, "09:45", "10:30")], "overlap"),
    ([(1, "09:00", "09:50"), (1, "09:50", "10:40")], "number_twice"),
    ([(2, "09:00", "09:50"), (1, "09:50", "10:40")], "overlap"),
    ([(99, "09:00", "09:50")], "number"),
    ([(1, "9 uur", "10 uur")], "unreadable"),
    ([(1, "09:00")], "unreadable"),
    ([(n, "09:00", "09:50") for n in range(1, 20)], "too_many_periods"),
]


@pytest.mark.parametrize(("rows", "code"), FAULTS)
def test_grid_from_faulty_rows_names_the_fault(rows: list[tuple[object, ...]], code: str) -> None:
    with pytest.raises(GridFault) as fault:
        grid_from_rows(rows)
    assert fault.value.code == code


def test_regular_grid_past_midnight_is_refused() -> None:
    with pytest.raises(GridFault):
        regular_grid(time(20), 60, 6, {})


def test_grid_of_sorts_by_number() -> None:
    grid = grid_of([Period(2, time(10), time(11)), Period(1, time(9), time(10))])
    assert grid.numbers() == (1, 2)
