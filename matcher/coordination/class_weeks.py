"""A class's own lessons in one week, drawn on the lesson times of its school. Pure."""

from collections.abc import Sequence
from typing import Any

from matcher.availability.moments import Moment, Timetable, Week, epoch
from matcher.availability.patterns import WORKING_DAYS
from matcher.availability.strips import StripCell, StripDay, WeekStrip


def class_strip(weekly: Sequence[Sequence[Any]], week: Week, timetable: Timetable, chosen: Moment) -> WeekStrip:
    """Five columns: `free` where the class has this lesson, `never` elsewhere, the chosen periods ringed."""
    lessons = {(day, first + step) for day, first, count in weekly for step in range(count)}
    days = []
    for weekday in WORKING_DAYS:
        day = week.day(weekday)
        name = timetable.calendar.holidays.get(day)
        cells = []
        for period in timetable.grid_on(day).periods:
            ringed = epoch(day, period.start) < chosen.end_s and chosen.start_s < epoch(day, period.end)
            state = "holiday" if name else "free" if (weekday, period.number) in lessons else "never"
            cells.append(StripCell(state, period.number, period.start, period.end, ringed))
        days.append(StripDay(day, weekday, tuple(cells), name))
    return WeekStrip(week, tuple(days))
