"""The week as five columns of lesson periods: what is free, booked, asked, holiday. Pure; drawn by a macro."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from matcher.availability.moments import Moment, Timetable, Week, epoch
from matcher.availability.patterns import WORKING_DAYS, Availability
from matcher.availability.states import TimeState


@dataclass(frozen=True)
class StripCell:
    """One lesson period in the strip: free, maybe, never, booked, asked or holiday."""

    state: str
    first_period: int
    start: time
    end: time
    chosen: bool = False


@dataclass(frozen=True)
class StripDay:
    date: date
    weekday: int
    cells: tuple[StripCell, ...]
    holiday: str | None = None


@dataclass(frozen=True)
class WeekStrip:
    week: Week
    days: tuple[StripDay, ...]

    @property
    def periods(self) -> int:
        return max((len(day.cells) for day in self.days), default=0)


_SHOWN = {
    TimeState.USUAL: "free",
    TimeState.UNKNOWN: "maybe",
    TimeState.NEVER: "never",
    TimeState.BUSY: "booked",
}


def week_strip(
    owner: Availability,
    week: Week,
    timetable: Timetable,
    *,
    asked: Sequence[Moment] = (),
    chosen: Moment | None = None,
) -> WeekStrip:
    """Five columns of lesson periods for one week: what is free, and which periods are asked or chosen."""
    days = []
    starts = sorted(moment.start_s for moment in asked)
    for weekday in WORKING_DAYS:
        day = week.day(weekday)
        name = timetable.calendar.holidays.get(day)
        cells = []
        for period in timetable.grid_on(day).periods:
            start_s, end_s = epoch(day, period.start), epoch(day, period.end)
            state = "holiday" if name else _SHOWN[owner.state(start_s, end_s)]
            if state in ("free", "maybe") and _hit(asked, starts, start_s, end_s):
                state = "asked"
            ringed = chosen is not None and (start_s < chosen.end_s and chosen.start_s < end_s)
            cells.append(StripCell(state, period.number, period.start, period.end, ringed))
        days.append(StripDay(day, weekday, tuple(cells), name))
    return WeekStrip(week, tuple(days))


def _hit(asked: Sequence[Moment], starts: list[int], start_s: int, end_s: int) -> bool:
    # A moment lasts at most a school day, so only those that start within a day before can reach this period.
    first = bisect_left(starts, start_s - 86_400)
    return first < len(starts) and any(start_s < m.end_s and m.start_s < end_s for m in asked)
