"""Quarter-hour masks: one 60-bit integer per weekday for 07:00–22:00 local wall time, seven per week.

Made for search: sets of quarters united and intersected quickly. Dates and seconds live in `patterns` and `moments`.
"""

from collections.abc import Iterable, Iterator
from datetime import time

QUARTER = 15
DAY_START = 7 * 60
DAY_END = 22 * 60
QUARTERS = (DAY_END - DAY_START) // QUARTER
FULL = (1 << QUARTERS) - 1

WeekMask = tuple[int, int, int, int, int, int, int]
EMPTY_WEEK: WeekMask = (0,) * 7
FULL_WEEK: WeekMask = (FULL,) * 7


def minutes(value: time) -> int:
    """Minutes after midnight, seconds dropped."""
    return value.hour * 60 + value.minute


def _outward(start: time, end: time) -> tuple[int, int]:
    """First quarter and the one after the last, clipped to the day; seconds count as a started minute."""
    started, ended = minutes(start), minutes(end) + bool(end.second or end.microsecond)
    if ended <= started:
        raise ValueError("the end must be after the start")
    first = max(0, (started - DAY_START) // QUARTER)
    last = min(QUARTERS, -((DAY_START - ended) // QUARTER))
    return min(first, QUARTERS), max(last, 0)


def mask_of(start: time, end: time) -> int:
    """The quarters that [start, end) touches, rounded outward; what lies outside 07:00–22:00 is cut off."""
    first, last = _outward(start, end)
    return ((1 << (last - first)) - 1) << first if last > first else 0


def within_day(start: time, end: time) -> bool:
    """Whether a mask can hold the whole of [start, end)."""
    return minutes(start) >= DAY_START and (end <= time(22) and end > start)


def fits(mask: int, start: time, end: time) -> bool:
    """Every quarter that [start, end) touches is in the mask, and none lies outside the day."""
    asked = mask_of(start, end)
    return within_day(start, end) and asked & mask == asked


def touches(mask: int, start: time, end: time) -> bool:
    """At least one quarter of [start, end) is in the mask."""
    return bool(mask_of(start, end) & mask)


def union(*weeks: WeekMask) -> WeekMask:
    result = [0] * 7
    for week in weeks:
        result = [a | b for a, b in zip(result, week, strict=True)]
    return as_week(result)


def intersection(*weeks: WeekMask) -> WeekMask:
    result = [FULL] * 7
    for week in weeks:
        result = [a & b for a, b in zip(result, week, strict=True)]
    return as_week(result)


def without(week: WeekMask, taken: WeekMask) -> WeekMask:
    return as_week(a & ~b for a, b in zip(week, taken, strict=True))


def as_week(days: Iterable[int]) -> WeekMask:
    """Seven masks, Monday first; refuses bits outside the day and any other number of days."""
    week = tuple(days)
    if len(week) != 7 or any(not 0 <= day <= FULL for day in week):
        raise ValueError("a week is seven masks of sixty quarters")
    return week


def week_of(weekdays: Iterable[int], start: time, end: time) -> WeekMask:
    """The same hours on each of the given weekdays (0 is Monday)."""
    chosen = set(weekdays)
    mask = mask_of(start, end)
    return as_week(mask if day in chosen else 0 for day in range(7))


def quarter_start(index: int) -> time:
    """Wall time at which quarter `index` begins; `QUARTERS` gives 22:00."""
    hour, minute = divmod(DAY_START + index * QUARTER, 60)
    return time(hour, minute)


def stretches(mask: int) -> Iterator[tuple[time, time]]:
    """The mask as its uninterrupted stretches, in order."""
    first = None
    for index in range(QUARTERS + 1):
        inside = bool(mask >> index & 1)
        if inside and first is None:
            first = index
        elif not inside and first is not None:
            yield quarter_start(first), quarter_start(index)
            first = None
