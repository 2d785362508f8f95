"""Classes of a school: entered once with their weekly periods, used by every request."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.grids import GridFault
from matcher.availability.moments import WeeklyPeriod
from matcher.availability.queries import timetable_of
from matcher.clock import local_date
from matcher.errors import InvalidInput
from matcher.i18n import _l
from matcher.organisations.models import Organisation
from matcher.requests import queries
from matcher.requests.asking import MAX_GROUP, weekly_to_rows
from matcher.requests.models import SchoolClass
from matcher.subjects.levels import FACTS, Level


def create_class(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: int,
    name: str,
    level: str,
    year: int | None,
    size: int,
    weekly: Iterable[WeeklyPeriod],
) -> SchoolClass:
    """A new class; raises InvalidInput with the field for what cannot be."""
    school = queries.school_for(session, actor, organisation_id)
    found = SchoolClass(organisation_id=school.id, created_by_id=actor.user_id, created_at=now)
    _write(session, school, found, actor=actor, now=now, name=name, level=level, year=year, size=size, weekly=weekly)
    session.add(found)
    session.flush()
    return found


def update_class(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    class_id: int,
    name: str,
    level: str,
    year: int | None,
    size: int,
    weekly: Iterable[WeeklyPeriod],
) -> SchoolClass:
    """Change a class; requests that were saved keep their moments until they are saved again."""
    found = queries.class_for(session, actor, class_id)
    school = session.get_one(Organisation, found.organisation_id)
    _write(session, school, found, actor=actor, now=now, name=name, level=level, year=year, size=size, weekly=weekly)
    session.flush()
    return found


def end_class(session: Session, *, actor: Actor, now: datetime, class_id: int) -> SchoolClass:
    """The class is not offered any more; earlier requests keep it."""
    found = queries.class_for(session, actor, class_id)
    found.ended_at = now
    session.flush()
    return found


def restore_class(session: Session, *, actor: Actor, class_id: int) -> SchoolClass:
    """Take back `end_class`."""
    found = queries.class_for(session, actor, class_id, ended=True)
    found.ended_at = None
    session.flush()
    return found


def _write(
    session: Session,
    school: Organisation,
    found: SchoolClass,
    *,
    actor: Actor,
    now: datetime,
    name: str,
    level: str,
    year: int | None,
    size: int,
    weekly: Iterable[WeeklyPeriod],
) -> None:
    if not name.strip():
        raise InvalidInput(_l("Give the class a name."), "new_name")
    known = queries.classes_for(session, actor, school)
    twins = {other.name.casefold() for other in known if other.id != found.id}
    if name.strip().casefold() in twins:
        raise InvalidInput(_l("There is already a class with this name. Choose it above."), "new_name")
    found.name, found.level, found.year = name.strip()[:60], _level(level), _year(level, year)
    found.size = _size(size)
    found.weekly_periods = _weekly(session, school, weekly, now)


def _level(level: str) -> str:
    if level not in set(Level):
        raise InvalidInput(_l("Choose a level."), "new_level")
    return level


def _year(level: str, year: int | None) -> int | None:
    if year is not None and year not in FACTS[Level(level)].years:
        raise InvalidInput(_l("This level does not have that year."), "new_year")
    return year


def _size(size: int | None) -> int:
    if size is None or not 1 <= size <= MAX_GROUP:
        raise InvalidInput(_l("A group has 1 to 500 pupils."), "new_size")
    return size


def _weekly(session: Session, school: Organisation, weekly: Iterable[WeeklyPeriod], now: datetime) -> list[list[int]]:
    """Checked against the lesson times of the school; at least one lesson a week."""
    rows = weekly_to_rows(weekly)
    if not rows:
        raise InvalidInput(_l("Tick when this class has lessons with you."), "new_periods")
    today = local_date(now)
    grid = timetable_of(session, school, first=today, last=today).grid
    try:
        for day, first, count in rows:
            if not 0 <= day < 7:
                raise InvalidInput(_l("Tick when this class has lessons with you."), "new_periods")
            grid.block(first, count)
    except GridFault as fault:
        message = _l("The lesson times of your school have no period %(number)s.", number=fault.number)
        raise InvalidInput(message, "new_periods") from fault
    return rows
