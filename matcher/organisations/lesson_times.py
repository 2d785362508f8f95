"""Lesson times as a school types them, pure: rows in, checked rows for the column out.

What moments are made of them is for `availability`, which checks what it reads once more.
"""

from collections.abc import Sequence
from datetime import date, time
from itertools import pairwise
from typing import NamedTuple

from matcher.errors import InvalidInput
from matcher.i18n import _l

MOST_PERIODS = 16
SHORTEST, LONGEST = 20, 180
EARLIEST, LATEST = time(7), time(22)

NO_PERIODS = _l("Fill in at least one lesson.")
INCOMPLETE = _l("Lesson %(number)s: fill in both the start and the end.")


class Lesson(NamedTuple):
    """The number of a lesson period with its start and end on the clock."""

    number: int
    start: time
    end: time


def checked_rows(lessons: Sequence[Lesson]) -> list[list[object]]:
    """[[1, "08:30", "09:20"], …]. Raises InvalidInput with the first sentence that helps."""
    if not lessons:
        raise InvalidInput(NO_PERIODS)
    for lesson in lessons:
        _check(lesson)
    for earlier, later in pairwise(lessons):
        if later.start < earlier.end:
            raise InvalidInput(_l("Lesson %(number)s begins before the one above it ends.", number=later.number))
    return [[lesson.number, f"{lesson.start:%H:%M}", f"{lesson.end:%H:%M}"] for lesson in lessons]


def lessons_of(rows: Sequence[Sequence[object]]) -> list[Lesson]:
    """The reverse, for showing what is kept."""
    return [Lesson(int(str(n)), time.fromisoformat(str(a)), time.fromisoformat(str(b))) for n, a, b in rows]


def regular(start: time, minutes: int, count: int, *, pauses: dict[int, int]) -> list[Lesson]:
    """Equal lessons after each other; `pauses` maps a lesson's number to the minutes of rest after it."""
    lessons, at = [], start.hour * 60 + start.minute
    for number in range(1, count + 1):
        end = at + minutes
        if end >= 24 * 60:
            break
        lessons.append(Lesson(number, time(at // 60, at % 60), time(end // 60, end % 60)))
        at = end + pauses.get(number, 0)
    return lessons


def school_year_span(today: date) -> tuple[date, date]:
    """What the year calendar may hold: from today's school year up to the end of the next one."""
    first = today.year if today.month >= 8 else today.year - 1
    return date(first, 8, 1), date(first + 2, 7, 31)


def _check(lesson: Lesson) -> None:
    if lesson.end <= lesson.start:
        raise InvalidInput(_l("Lesson %(number)s ends before it begins.", number=lesson.number))
    if lesson.start < EARLIEST or lesson.end > LATEST:
        raise InvalidInput(_l("Lesson %(number)s is outside the day: use 7:00 to 22:00.", number=lesson.number))
    minutes = (lesson.end.hour - lesson.start.hour) * 60 + lesson.end.minute - lesson.start.minute
    if not SHORTEST <= minutes <= LONGEST:
        raise InvalidInput(
            _l("Lesson %(number)s takes %(minutes)s minutes. Use 20 to 180.", number=lesson.number, minutes=minutes)
        )
