"""Lesson grids: numbered periods with a start and an end, breaks between them; defaults per school sector.

Which grid a school location uses is data of `organisations`; here are the shapes, their checks and blocks of periods.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from matcher.availability.masks import minutes
from matcher.organisations.states import SchoolSector

MAX_PERIODS = 16
SHORTEST, LONGEST = 20, 180


class GridFault(ValueError):
    """A grid or a block of periods that cannot be; `code` names the fault, `number` the period."""

    def __init__(self, code: str, number: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.number = number


@dataclass(frozen=True, order=True)
class Period:
    number: int
    start: time
    end: time

    @property
    def minutes(self) -> int:
        return minutes(self.end) - minutes(self.start)


@dataclass(frozen=True)
class Grid:
    """Periods in order of time. Build with `grid_of`, which checks."""

    periods: tuple[Period, ...]

    def period(self, number: int) -> Period:
        for period in self.periods:
            if period.number == number:
                return period
        raise GridFault("no_such_period", number)

    def block(self, first: int, count: int = 1) -> tuple[Period, ...]:
        """`count` periods whose numbers follow each other; a break between them is part of the visit."""
        if count < 1:
            raise GridFault("no_such_period", first)
        return tuple(self.period(number) for number in range(first, first + count))

    def span(self, first: int, count: int = 1) -> tuple[time, time]:
        block = self.block(first, count)
        return block[0].start, block[-1].end

    def numbers(self) -> tuple[int, ...]:
        return tuple(period.number for period in self.periods)

    def as_rows(self) -> list[list[object]]:
        """Plain values for a JSON column: [number, "08:30", "09:20"]."""
        return [[p.number, f"{p.start:%H:%M}", f"{p.end:%H:%M}"] for p in self.periods]


def grid_of(periods: Iterable[Period]) -> Grid:
    """A checked grid: 1–16 periods, rising numbers and times, no overlap, each 20–180 minutes, inside 07:00–22:00."""
    ordered = tuple(sorted(periods))
    if not ordered:
        raise GridFault("empty")
    if len(ordered) > MAX_PERIODS:
        raise GridFault("too_many_periods")
    for period in ordered:
        _check_period(period)
    for earlier, later in pairwise(ordered):
        if earlier.number == later.number:
            raise GridFault("number_twice", later.number)
        if later.start < earlier.end:
            raise GridFault("overlap", later.number)
    return Grid(ordered)


def _check_period(period: Period) -> None:
    if not 0 <= period.number <= MAX_PERIODS:
        raise GridFault("number", period.number)
    if period.end <= period.start:
        raise GridFault("end_before_start", period.number)
    if not SHORTEST <= period.minutes <= LONGEST:
        raise GridFault("length", period.number)
    if period.start < time(7) or period.end > time(22):
        raise GridFault("outside_day", period.number)


def grid_from_rows(rows: Iterable[Sequence[object]]) -> Grid:
    """The reverse of `Grid.as_rows`."""
    try:
        return grid_of(
            Period(int(str(number)), time.fromisoformat(str(start)), time.fromisoformat(str(end)))
            for number, start, end in rows
        )
    except GridFault:
        raise
    except (TypeError, ValueError) as wrong:
        raise GridFault("unreadable") from wrong


def regular_grid(start: time, lesson: int, count: int, breaks: dict[int, int]) -> Grid:
    """`count` lessons of `lesson` minutes from `start`; `breaks`: period number → minutes of rest after it."""
    periods, at = [], minutes(start)
    for number in range(1, count + 1):
        ends = at + lesson
        if ends >= 24 * 60:
            raise GridFault("outside_day", number)
        periods.append(Period(number, time(at // 60, at % 60), time(ends // 60, ends % 60)))
        at = ends + breaks.get(number, 0)
    return grid_of(periods)


# What most schools of a sector do; a location replaces it by its own as soon as somebody enters it.
_PRIMARY = regular_grid(time(8, 30), 50, 6, {2: 15, 4: 30})
_SECONDARY = regular_grid(time(8, 30), 50, 9, {3: 20, 5: 30})
_VOCATIONAL = regular_grid(time(8, 30), 60, 9, {2: 15, 4: 30})
DEFAULTS: dict[SchoolSector, Grid] = {
    SchoolSector.PO: _PRIMARY,
    SchoolSector.SO: _PRIMARY,
    SchoolSector.VO: _SECONDARY,
    SchoolSector.MBO: _VOCATIONAL,
    SchoolSector.HBO: _VOCATIONAL,
}
_SHORT_PRIMARY = regular_grid(time(8, 30), 40, 5, {2: 15})
_SHORT_VOCATIONAL = regular_grid(time(8, 30), 45, 9, {2: 15, 4: 30})
SHORTENED: dict[SchoolSector, Grid] = {
    SchoolSector.PO: _SHORT_PRIMARY,
    SchoolSector.SO: _SHORT_PRIMARY,
    SchoolSector.VO: regular_grid(time(8, 30), 40, 9, {3: 20, 5: 20}),
    SchoolSector.MBO: _SHORT_VOCATIONAL,
    SchoolSector.HBO: _SHORT_VOCATIONAL,
}


def default_grid(sector: SchoolSector, *, shortened: bool = False) -> Grid:
    return (SHORTENED if shortened else DEFAULTS)[sector]
