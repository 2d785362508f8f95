"""From a class's weekly periods and chosen weeks to lesson moments: dates, wall times and epoch seconds.

Pure: the calendar and the lesson grids arrive as values; what cannot be is refused with a code (see `wording`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product

from matcher.availability.grids import Grid, GridFault
from matcher.clock import AMSTERDAM

MAX_MOMENTS = 20
MAX_PERIODS_A_MOMENT = 4
HORIZON_DAYS = 400


@dataclass(frozen=True, order=True)
class WeeklyPeriod:
    """`count` periods in a row on a weekday (0 is Monday), the first numbered `first`."""

    weekday: int
    first: int
    count: int = 1


@dataclass(frozen=True, order=True)
class Week:
    """An ISO week; 2026 has a week 53, 2027 has not."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Reads "2026-W53"; raises ValueError on anything else and on weeks that do not exist."""
        year, separator, number = text.partition("-W")
        if not separator or len(year) != 4 or len(number) != 2 or not (year + number).isascii():
            raise ValueError(text)
        week = cls(int(year), int(number))
        week.day(0)
        return week

    def day(self, weekday: int) -> date:
        return date.fromisocalendar(self.year, self.number, weekday + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


@dataclass(frozen=True)
class Calendar:
    """One school location's days without a visit, by date; `holidays` carries the name that pages show."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    test_days: frozenset[date] = frozenset()
    study_days: frozenset[date] = frozenset()
    free_days: frozenset[date] = frozenset()
    exam_classes_gone: frozenset[date] = frozenset()
    shortened: frozenset[date] = frozenset()

    def closed(self, day: date, *, exam_class: bool = False) -> str | None:
        """The code of what stands in the way on that day, if anything does."""
        if day in self.holidays:
            return "holiday"
        if day in self.free_days:
            return "free_day"
        if day in self.study_days:
            return "study_day"
        if day in self.test_days:
            return "test_week"
        if exam_class and day in self.exam_classes_gone:
            return "exam_classes_gone"
        return None


@dataclass(frozen=True, order=True)
class Moment:
    """One visit: wall times in Amsterdam, the same as half-open epoch seconds, and its period numbers."""

    start_s: int
    end_s: int
    date: date
    start: time
    end: time
    periods: tuple[int, ...]


@dataclass(frozen=True)
class Refusal:
    """A moment that cannot be. `detail` is the holiday's name where there is one."""

    date: date
    first: int
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Plan:
    moments: tuple[Moment, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Timetable:
    """All that a school location knows about its time."""

    grid: Grid
    calendar: Calendar = Calendar()
    shortened_grid: Grid | None = None

    def grid_on(self, day: date) -> Grid:
        if day in self.calendar.shortened and self.shortened_grid is not None:
            return self.shortened_grid
        return self.grid


def epoch(day: date, at: time) -> int:
    """Seconds since 1970 of a wall time in Amsterdam; an hour that comes twice means its first coming."""
    return int(datetime.combine(day, at, AMSTERDAM).timestamp())


def epoch_range(day: date, start: time, end: time) -> tuple[int, int]:
    """[start, end) in epoch seconds; raises ValueError when nothing is left, as inside the hour that spring skips."""
    start_s, end_s = epoch(day, start), epoch(day, end)
    if end <= start or end_s <= start_s:
        raise ValueError("the end must be after the start")
    return start_s, end_s


def day_range(first: date, last: date | None = None) -> tuple[int, int]:
    """Whole local days, `last` included: 23, 24 or 25 hours each."""
    last = last or first
    if last < first:
        raise ValueError("the end must be after the start")
    return epoch(first, time()), epoch(last + timedelta(days=1), time())


def local(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, AMSTERDAM)


def moment_on(timetable: Timetable, day: date, numbers: Sequence[int]) -> Moment:
    """The visit that spans the given periods on a day; raises GridFault for a period that the day has not."""
    periods = sorted(timetable.grid_on(day).period(number) for number in set(numbers))
    start, end = periods[0].start, periods[-1].end
    start_s, end_s = epoch_range(day, start, end)
    return Moment(start_s, end_s, day, start, end, tuple(period.number for period in periods))


def runs(weekly: Iterable[WeeklyPeriod]) -> dict[int, list[tuple[int, int]]]:
    """Per weekday the uninterrupted runs of periods as (first, count); entries that touch or overlap are joined."""
    numbers: dict[int, set[int]] = {}
    for entry in weekly:
        numbers.setdefault(entry.weekday, set()).update(range(entry.first, entry.first + entry.count))
    result: dict[int, list[tuple[int, int]]] = {}
    for weekday, found in sorted(numbers.items()):
        joined: list[tuple[int, int]] = []
        for number in sorted(found):
            if joined and sum(joined[-1]) == number:
                joined[-1] = (joined[-1][0], joined[-1][1] + 1)
            else:
                joined.append((number, 1))
        result[weekday] = joined
    return result


def visits_of(weekly: Iterable[WeeklyPeriod], length: int) -> list[tuple[int, tuple[int, ...]]]:
    """Every (weekday, periods) at which the class has `length` periods in a row: a block in 3, 4, 5 is 3–4 or 4–5."""
    return [
        (weekday, tuple(range(start, start + length)))
        for weekday, day_runs in runs(weekly).items()
        for first, count in day_runs
        for start in range(first, first + count - length + 1)
    ]


def parallel_visits(classes: Sequence[Sequence[WeeklyPeriod]]) -> list[tuple[int, tuple[int, ...]]]:
    """Per weekday on which every class has a lesson: one period of each, chosen so that the visit is shortest."""
    per_class = [
        {day: [n for first, count in found for n in range(first, first + count)] for day, found in runs(c).items()}
        for c in classes
    ]
    shared = sorted(set.intersection(*(set(days) for days in per_class))) if per_class else []
    visits = []
    for weekday in shared:
        choices = [sorted(set(pick)) for pick in product(*(days[weekday] for days in per_class))]
        best = min(choices, key=lambda pick: (pick[-1] - pick[0], -len(pick), pick))
        if best[-1] - best[0] < MAX_PERIODS_A_MOMENT:
            visits.append((weekday, tuple(best)))
    return visits


def own_periods(classes: Sequence[Sequence[WeeklyPeriod]], weekday: int, periods: Sequence[int]) -> list[int] | None:
    """Which period of a visit is whose, in the order of the classes; None when the visit does not follow from them."""
    per_class = [
        [n for first, count in runs(each).get(weekday, []) for n in range(first, first + count) if n in periods]
        for each in classes
    ]
    return next((list(pick) for pick in product(*per_class) if set(pick) == set(periods)), None)


def plan_moments(
    visits: Iterable[tuple[int, tuple[int, ...]]],
    weeks: Iterable[Week],
    timetable: Timetable,
    *,
    now_s: int,
    exam_class: bool = False,
) -> Plan:
    """Visits × weeks minus calendar, in order of time; at most 20 are kept, what cannot be is refused with a code."""
    shapes = sorted(set(visits))
    days = sorted({(week.day(weekday), numbers) for week in set(weeks) for weekday, numbers in shapes})
    kept: list[Moment] = []
    refused: list[Refusal] = []
    for day, numbers in days:
        found = _moment_or_refusal(timetable, day, numbers, now_s=now_s, exam_class=exam_class)
        if isinstance(found, Refusal):
            refused.append(found)
        elif len(kept) == MAX_MOMENTS:
            refused.append(Refusal(day, numbers[0], "too_many"))
        else:
            kept.append(found)
    return Plan(tuple(kept), tuple(refused))


def _moment_or_refusal(
    timetable: Timetable, day: date, numbers: tuple[int, ...], *, now_s: int, exam_class: bool
) -> Moment | Refusal:
    try:
        moment = moment_on(timetable, day, numbers)
    except GridFault:
        return Refusal(day, numbers[0], "no_such_period")
    if moment.start_s <= now_s:
        return Refusal(day, numbers[0], "past")
    if day > local(now_s).date() + timedelta(days=HORIZON_DAYS):
        return Refusal(day, numbers[0], "too_far")
    code = timetable.calendar.closed(day, exam_class=exam_class)
    if code is not None:
        return Refusal(day, numbers[0], code, timetable.calendar.holidays.get(day, ""))
    return moment


@dataclass(frozen=True)
class SchoolWeek:
    """A week to choose from; `holiday` is the name when no working day is left."""

    week: Week
    monday: date
    holiday: str | None
    closed_days: int


def coming_weeks(today: date, calendar: Calendar, *, school_weeks: int = 10) -> list[SchoolWeek]:
    """From next week on until `school_weeks` weeks with lessons; holiday weeks between them are listed too."""
    result: list[SchoolWeek] = []
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
    open_weeks = 0
    while open_weeks < school_weeks and len(result) < school_weeks + 12:
        working = [monday + timedelta(days=offset) for offset in range(5)]
        names = [calendar.holidays[day] for day in working if day in calendar.holidays]
        whole = names[0] if len(names) == 5 else None
        result.append(SchoolWeek(Week.of(monday), monday, whole, sum(map(bool, map(calendar.closed, working)))))
        open_weeks += whole is None
        monday += timedelta(days=7)
    return result
