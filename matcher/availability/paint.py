"""The week as people paint it: hours by weekdays, three values a cell. Pure.

A cell whose quarters differ is `mixed`; left alone it keeps its quarters, so that painting never coarsens a week.
"""

from collections.abc import Mapping
from datetime import time

from matcher.availability.masks import as_week, mask_of
from matcher.availability.patterns import Availability, pattern
from matcher.availability.states import TimeState

MIXED = "mixed"
MIXED_NEVER = "mixed-never"
VALUES = (TimeState.USUAL.value, TimeState.UNKNOWN.value, TimeState.NEVER.value)
ROWS: tuple[tuple[time, time], ...] = (
    *((time(hour), time(hour + 1)) for hour in range(7, 18)),
    (time(18), time(20)),
    (time(20), time(22)),
)

Cell = tuple[int, int]
"""(weekday, row), both from 0."""


def cell_value(owner: Availability, day: int, row: int) -> str:
    """`usual`, `unknown`, `never`, or when the quarters of the cell differ `mixed`, `mixed-never` if none is usual."""
    asked = mask_of(*ROWS[row])
    usual, never = owner.usual[day] & asked, owner.never[day] & asked
    if never == asked:
        return TimeState.NEVER
    if usual == asked:
        return TimeState.USUAL
    if usual:
        return MIXED
    return MIXED_NEVER if never else TimeState.UNKNOWN


def grid_of(owner: Availability) -> list[list[str]]:
    """Cell values as rows of seven days."""
    return [[cell_value(owner, day, row) for day in range(7)] for row in range(len(ROWS))]


def painted(before: Availability, values: Mapping[Cell, str]) -> Availability:
    """The week after painting; cells that are missing, mixed or nonsense stay as they were."""
    usual, never = list(before.usual), list(before.never)
    for (day, row), value in values.items():
        if value not in VALUES or not (0 <= day < 7 and 0 <= row < len(ROWS)):
            continue
        asked = mask_of(*ROWS[row])
        usual[day] = usual[day] & ~asked | (asked if value == TimeState.USUAL else 0)
        never[day] = never[day] & ~asked | (asked if value == TimeState.NEVER else 0)
    return pattern(as_week(usual), as_week(never))
