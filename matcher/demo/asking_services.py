"""Classes of the teachers of a generated world, and requests written with them. Flushes only."""

from datetime import datetime
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from matcher.availability.grids import default_grid
from matcher.availability.moments import Week, WeeklyPeriod, coming_weeks
from matcher.availability.queries import timetable_of
from matcher.availability.states import Delivery
from matcher.clock import local_date
from matcher.demo import catalogue
from matcher.demo.catalogue import Lesson
from matcher.demo.world import Teacher, World
from matcher.matching.request_services import publish_request
from matcher.organisations.states import SchoolSector
from matcher.regions.holidays import school_holidays
from matcher.requests.asking import Wish
from matcher.requests.class_services import create_class
from matcher.requests.models import Request, SchoolClass
from matcher.requests.services import save_draft
from matcher.subjects.levels import Level, sector_of, years_of

SHORT = {
    Level.VMBO_BB: "B",
    Level.VMBO_KB: "K",
    Level.VMBO_GL: "G",
    Level.VMBO_TL: "M",
    Level.HAVO: "H",
    Level.VWO: "V",
    Level.PRO: "PR",
    Level.VSO: "VS",
    Level.SO: "S",
    Level.ISK: "I",
}
SIZES = {SchoolSector.PO: (18, 30), SchoolSector.SO: (6, 12), SchoolSector.VO: (16, 31), SchoolSector.MBO: (14, 28)}
SMALL = (Level.PRO, Level.VSO, Level.SO)


def make_classes(session: Session, world: World) -> None:
    """One or two classes a teacher, with weekly lessons on the default lesson times of the school."""
    numbers: dict[int, count[int]] = {}
    for teacher in world.teachers:
        told = teacher.actor is world.accounts["teacher"]
        for _ in range(2 if told else world.chance.choice([1, 1, 2])):
            number = next(numbers.setdefault(teacher.school.id, count()))
            teacher.classes.append(make_class(session, world, teacher, number, told=told))


def make_class(session: Session, world: World, teacher: Teacher, number: int, *, told: bool = False) -> SchoolClass:
    """The next class of a teacher; `number` gives its letter."""
    taught = [Level(code) for code in teacher.school.levels if is_taught(Level(code))] or [Level.HAVO]
    level = (Level.HAVO, Level.VWO)[len(teacher.classes) % 2] if told else world.chance.choice(taught)
    year = (4, 5)[len(teacher.classes) % 2] if told else world.chance.choice(years_of(level)[-4:])
    sector = teacher.school.school_sector or SchoolSector(sector_of(level).value)
    few, many = (8, 15) if level in SMALL else SIZES.get(sector, (16, 28))
    return create_class(
        session,
        actor=teacher.actor,
        now=world.began,
        organisation_id=teacher.school.id,
        name=class_name(level, year, number),
        level=level.value,
        year=year,
        size=28 if told else world.chance.randint(few, many),
        weekly=_TOLD_WEEK if told else weekly_of(world.chance, sector),
    )


_TOLD_WEEK = (WeeklyPeriod(0, 3), WeeklyPeriod(1, 5, 2), WeeklyPeriod(3, 2, 2))


def is_taught(level: Level) -> bool:
    """Levels for which somebody in this world has a lesson."""
    return sum(level in lesson.levels for lesson in catalogue.lessons().values()) > 2


def class_name(level: Level, year: int, number: int) -> str:
    """A letter for each next class of the school, so that no two have one name."""
    letter = "abcdefghijklmnopqrstuvwxyz"[number % 26]
    if level in (Level.PO_ONDER, Level.PO_BOVEN):
        return f"Groep {year}{letter}"
    if level.value.startswith("mbo"):
        return f"Mbo {level.value[-1]}, {year}{letter}"
    return f"{year}{SHORT.get(level, level.value)}{letter}"


def weekly_of(chance: Random, sector: SchoolSector) -> list[WeeklyPeriod]:
    """Three to five lessons a week, some of them two in a row."""
    last = len(default_grid(sector).periods)
    days = sorted(chance.sample(range(5), chance.choice([3, 3, 4])))
    found = []
    for day in days:
        length = 2 if chance.random() < 0.45 else 1
        found.append(WeeklyPeriod(day, chance.randint(1, last - length), length))
    return found


def fitting_lessons(school_class: SchoolClass) -> list[Lesson]:
    return [lesson for lesson in catalogue.lessons().values() if Level(school_class.level) in lesson.levels]


def write_request(
    session: Session, world: World, teacher: Teacher, school_class: SchoolClass, lesson: Lesson, *, now: datetime
) -> Request | None:
    """A draft for lessons four to eight weeks ahead; none when the school has no lessons then."""
    weeks = _weeks(session, world, teacher, now)
    if not weeks:
        return None
    chance = world.chance
    draft = save_draft(
        session,
        actor=teacher.actor,
        now=now,
        organisation_id=teacher.school.id,
        data=Wish(
            class_id=school_class.id,
            topic_text=lesson.subject,
            topic_ids=tuple(world.topics[code] for code in lesson.topics[: chance.choice([1, 2, 2])]),
            weeks=weeks,
            group_size=school_class.size,
            delivery=chance.choice([Delivery.ON_SITE] * 5 + [Delivery.EITHER] * 2),
            own_words=chance.choice(lesson.asks),
            block=2 if lesson.minutes > 60 and _has_block(school_class) else 1,
            language="en" if chance.random() < 0.03 else "nl",
            costs=chance.choice(["", "", "", "Reiskosten", "Een lunch en reiskosten"]),
        ),
    )
    draft.generated = True
    session.flush()
    return draft


def ask(
    session: Session, world: World, teacher: Teacher, school_class: SchoolClass, lesson: Lesson, *, now: datetime
) -> Request | None:
    """The same, sent."""
    draft = write_request(session, world, teacher, school_class, lesson, now=now)
    return publish_request(session, draft.id, actor=teacher.actor, now=now) if draft is not None else None


def _has_block(school_class: SchoolClass) -> bool:
    return any(length > 1 for _day, _first, length in school_class.weekly_periods)


def _weeks(session: Session, world: World, teacher: Teacher, now: datetime) -> tuple[Week, ...]:
    today = local_date(now)
    timetable = timetable_of(session, teacher.school, first=today, last=today.replace(year=today.year + 1))
    lesson_weeks = [found.week for found in coming_weeks(today, timetable.calendar) if found.holiday is None]
    first = world.chance.choice([2, 3, 3, 4])
    return tuple(lesson_weeks[first : first + world.chance.choice([2, 3, 4])])


def is_school_day(teacher: Teacher, now: datetime) -> bool:
    day = local_date(now)
    closed = school_holidays(teacher.school.holiday_region, day, day) if teacher.school.holiday_region else {}
    return day.weekday() < 5 and day not in closed
