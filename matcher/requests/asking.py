"""What a school asks, as plain values: weekly periods, the wish behind a request, exam classes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, ClassVar

from matcher.availability.moments import (
    MAX_PERIODS_A_MOMENT,
    Moment,
    Plan,
    Timetable,
    Week,
    WeeklyPeriod,
    parallel_visits,
    plan_moments,
    runs,
    visits_of,
)
from matcher.availability.states import Delivery, Kind
from matcher.subjects.levels import Level

LANGUAGES = ("nl", "en", "fy", "de")
MAX_GROUP = 500
MAX_NEEDED = 20
MAX_CLASSES = 4
MAX_LESSONS = 6
# The last year of a level sits its exam and leaves school before the holidays.
EXAM_YEARS = {
    Level.VMBO_BB: 4,
    Level.VMBO_KB: 4,
    Level.VMBO_GL: 4,
    Level.VMBO_TL: 4,
    Level.HAVO: 5,
    Level.VWO: 6,
}


@dataclass(frozen=True)
class Wish:
    """Everything a teacher says about a guest lecture; what is None or empty was not filled in yet."""

    kind: ClassVar[Kind] = Kind.GUEST_LECTURE
    class_id: int | None = None
    topic_text: str = ""
    topic_ids: tuple[int, ...] = ()
    weeks: tuple[Week, ...] = ()
    group_size: int | None = None
    delivery: Delivery = Delivery.ON_SITE
    own_words: str = ""
    block: int = 1
    also_class_ids: tuple[int, ...] = ()
    language: str = "nl"
    costs: str = ""
    teacher_id: int | None = None
    needed: int = 1
    together: bool = True
    lessons: int = 1
    without: tuple[str, ...] = ()  # moments that follow and do not suit, as `mark_of` says them
    new_class: Mapping[str, Any] = field(default_factory=dict)  # a class that was typed and is not made yet

    @property
    def details(self) -> dict[str, Any]:
        """What has no column of its own, as plain values."""
        return {
            "topic_text": self.topic_text,
            "weeks": [str(week) for week in self.weeks],
            "block": self.block,
            "also_class_ids": list(self.also_class_ids),
            "lessons": self.lessons,
            "without": list(self.without),
            "new_class": dict(self.new_class),
        }

    @property
    def class_ids(self) -> tuple[int, ...]:
        first = () if self.class_id is None else (self.class_id,)
        return (*first, *(number for number in self.also_class_ids if number != self.class_id))


@dataclass(frozen=True)
class ClassPeriods:
    """One class's weekly periods, and whether it sits an exam this year."""

    weekly: tuple[WeeklyPeriod, ...]
    exam: bool = field(default=False)


def class_ids_of(class_id: int | None, details: Mapping[str, Any]) -> tuple[int, ...]:
    """Every class of a stored request, the first one first."""
    first = () if class_id is None else (class_id,)
    return tuple(dict.fromkeys((*first, *(int(number) for number in details.get("also_class_ids", ())))))


def weekly_from_rows(rows: Iterable[Sequence[int]]) -> tuple[WeeklyPeriod, ...]:
    """From [[weekday 0–6, first period, how many], …]; raises ValueError for rows that cannot be."""
    found = tuple(WeeklyPeriod(int(day), int(first), int(count)) for day, first, count in rows)
    if any(not (0 <= p.weekday < 7 and 0 <= p.first <= 16 and 1 <= p.count <= 16) for p in found):
        raise ValueError("weekly periods outside the week")
    return found


def weekly_to_rows(weekly: Iterable[WeeklyPeriod]) -> list[list[int]]:
    """Joined and in order of time."""
    return [[day, first, count] for day, found in runs(weekly).items() for first, count in found]


def is_exam_class(level: str | None, year: int | None) -> bool:
    return year is not None and any(known == level and last == year for known, last in EXAM_YEARS.items())


def plan_for(
    classes: Sequence[ClassPeriods], weeks: Iterable[Week], timetable: Timetable, *, block: int, now_s: int
) -> Plan:
    """The moments of one class, or of parallel classes on the days when all of them can be visited."""
    if not classes:
        return Plan((), ())
    if len(classes) == 1:
        visits = visits_of(classes[0].weekly, max(1, min(block, MAX_PERIODS_A_MOMENT)))
    else:
        visits = parallel_visits([found.weekly for found in classes])
    return plan_moments(visits, weeks, timetable, now_s=now_s, exam_class=any(found.exam for found in classes))


def share_weeks(weeks: Iterable[Week], lessons: int) -> list[tuple[Week, ...]]:
    """Weeks in order of time, dealt out to lessons as evenly as can be; every lesson needs one of its own."""
    rising = sorted(set(weeks))
    if len(rising) < lessons:
        return []
    edges = [round(number * len(rising) / lessons) for number in range(lessons + 1)]
    return [tuple(rising[first:last]) for first, last in pairwise(edges)]


def mark_of(moment: Moment) -> str:
    """A moment as a form says it: its day and its first period."""
    return f"{moment.date.isoformat()}:{moment.periods[0]}"


def without_moments(plan: Plan, marks: Iterable[str]) -> Plan:
    """What is left when these do not suit."""
    left_out = set(marks)
    return replace(plan, moments=tuple(moment for moment in plan.moments if mark_of(moment) not in left_out))


def wish_weeks(details: Mapping[str, Any]) -> tuple[Week, ...]:
    """The weeks kept in the details; what cannot be read is left out."""
    found = []
    for text in details.get("weeks", ()):
        try:
            found.append(Week.parse(str(text)))
        except ValueError:
            continue
    return tuple(found)
