"""Stored patterns, exceptions and bookings read back as `Availability`. Limits of an offer are the caller's to add."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.availability.grids import Grid, default_grid, grid_from_rows
from matcher.availability.masks import as_week
from matcher.availability.models import AvailabilityException, Booking, WeeklyPattern
from matcher.availability.moments import Calendar, Timetable
from matcher.availability.patterns import Availability, DatedException, default_availability
from matcher.availability.states import CALENDAR, ExceptionKind, OwnerType, Party
from matcher.db import BIGGEST_ID
from matcher.errors import NotFound
from matcher.organisations.models import CalendarDay, DayKind, LessonGrid, Organisation
from matcher.organisations.states import SchoolSector
from matcher.regions.holidays import public_holidays, school_holidays

Owner = tuple[OwnerType, int]


def owner_of(*, person_id: int | None, offer_id: int) -> Owner:
    """Whose week counts for an offer: its person's, or its own when it names nobody ("someone of our team")."""
    return (OwnerType.PERSON, person_id) if person_id is not None else (OwnerType.OFFER, offer_id)


def availability_of(session: Session, owner: Owner, *, on: date, from_s: int, to_s: int) -> Availability:
    """One owner's time as known on a day; exceptions and bookings between the two seconds are included."""
    return availabilities(session, [owner], on=on, from_s=from_s, to_s=to_s)[owner]


def availabilities(
    session: Session, owners: Collection[Owner], *, on: date, from_s: int, to_s: int
) -> dict[Owner, Availability]:
    """The same for many owners, in at most five queries; who painted nothing has the default week."""
    found = dict.fromkeys(owners, default_availability())
    for owner_type in OwnerType:
        ids = {owner_id for kind, owner_id in owners if kind is owner_type}
        if ids:
            _add_patterns(session, found, owner_type, ids, on)
            _add_exceptions(session, found, owner_type, ids, from_s, to_s)
    people = {owner_id for kind, owner_id in owners if kind is OwnerType.PERSON}
    for person_id, spans in bookings_of(session, people, from_s=from_s, to_s=to_s).items():
        owner = (OwnerType.PERSON, person_id)
        found[owner] = replace(found[owner], bookings=tuple(spans))
    return found


def _add_patterns(
    session: Session, found: dict[Owner, Availability], owner_type: OwnerType, ids: set[int], on: date
) -> None:
    query = (
        select(WeeklyPattern)
        .where(WeeklyPattern.owner_type == owner_type, WeeklyPattern.owner_id.in_(ids), WeeklyPattern.valid_from <= on)
        .order_by(WeeklyPattern.owner_id, WeeklyPattern.valid_from)
    )
    for row in session.scalars(query):
        owner = (owner_type, row.owner_id)
        found[owner] = replace(found[owner], usual=as_week(row.usually), never=as_week(row.never))


def _add_exceptions(
    session: Session, found: dict[Owner, Availability], owner_type: OwnerType, ids: set[int], from_s: int, to_s: int
) -> None:
    query = (
        select(AvailabilityException)
        .where(
            AvailabilityException.owner_type == owner_type,
            AvailabilityException.owner_id.in_(ids),
            AvailabilityException.start_s < to_s,
            AvailabilityException.end_s > from_s,
        )
        .order_by(AvailabilityException.start_s)
    )
    dated: dict[int, list[DatedException]] = {}
    for row in session.scalars(query):
        free = row.kind is ExceptionKind.FREE
        dated.setdefault(row.owner_id, []).append(DatedException(row.start_s, row.end_s, free))
    for owner_id, exceptions in dated.items():
        found[owner_type, owner_id] = replace(found[owner_type, owner_id], exceptions=tuple(exceptions))


def bookings_of(
    session: Session, person_ids: Collection[int], *, from_s: int, to_s: int
) -> dict[int, list[tuple[int, int]]]:
    """Live bookings, pads included, per person in order of time."""
    query = (
        select(Booking.party_id, Booking.start_s, Booking.end_s)
        .where(
            Booking.party == Party.PERSON,
            Booking.party_id.in_(person_ids),
            Booking.live.is_(True),
            Booking.start_s < to_s,
            Booking.end_s > from_s,
        )
        .order_by(Booking.start_s)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for person_id, start_s, end_s in session.execute(query):
        found.setdefault(person_id, []).append((start_s, end_s))
    return found


def has_painted(session: Session, owner: Owner) -> bool:
    """Whether somebody ever said something about this week, or the default still stands."""
    query = select(func.count()).where(WeeklyPattern.owner_type == owner[0], WeeklyPattern.owner_id == owner[1])
    return bool(session.scalar(query.select_from(WeeklyPattern)))


def exceptions_of(session: Session, owner: Owner, *, from_s: int) -> Sequence[AvailabilityException]:
    """Dated exceptions that somebody wrote themself and that have not ended, the nearest first."""
    query = (
        select(AvailabilityException)
        .where(
            AvailabilityException.owner_type == owner[0],
            AvailabilityException.owner_id == owner[1],
            AvailabilityException.source != CALENDAR,
            AvailabilityException.end_s > from_s,
        )
        .order_by(AvailabilityException.start_s, AvailabilityException.id)
    )
    return session.scalars(query).all()


def exception_by_id(session: Session, exception_id: int, owner: Owner) -> AvailabilityException:
    """One exception this owner wrote; raises NotFound for an unknown id, somebody else's, and a calendar's."""
    row = session.get(AvailabilityException, exception_id) if 0 < exception_id <= BIGGEST_ID else None
    if row is None or (row.owner_type, row.owner_id) != owner or row.source == CALENDAR:
        raise NotFound()
    return row


def timetable_of(session: Session, school: Organisation, *, first: date, last: date) -> Timetable:
    """Lesson times and year calendar of one school location between two days, both included."""
    region = school.holiday_region
    days = school_holidays(region, first, last) if region else {}
    holidays = {**days, **public_holidays(first, last)}
    found: dict[DayKind, set[date]] = {kind: set() for kind in DayKind}
    query = select(CalendarDay.day, CalendarDay.kind).where(
        CalendarDay.organisation_id == school.id, CalendarDay.day.between(first, last)
    )
    for day, kind in session.execute(query):
        found[kind].add(day)
    for day in found[DayKind.LESSON_DAY]:
        holidays.pop(day, None)
    calendar = Calendar(
        holidays=holidays,
        test_days=frozenset(found[DayKind.TEST_WEEK]),
        study_days=frozenset(found[DayKind.STUDY_DAY]),
        free_days=frozenset(found[DayKind.FREE_DAY]),
        exam_classes_gone=frozenset(found[DayKind.EXAM_CLASSES_GONE]),
    )
    sector = school.school_sector or SchoolSector.VO
    grid = _stored_grid(session, school.id, on=last, shortened=False) or default_grid(sector)
    return Timetable(grid, calendar, _stored_grid(session, school.id, on=last, shortened=True))


def _stored_grid(session: Session, school_id: int, *, on: date, shortened: bool) -> Grid | None:
    """The newest lesson times of the location as a whole; those of a department only when there is nothing else."""
    query = (
        select(LessonGrid.periods)
        .where(
            LessonGrid.organisation_id == school_id, LessonGrid.shortened.is_(shortened), LessonGrid.valid_from <= on
        )
        .order_by(LessonGrid.department.is_not(None), LessonGrid.valid_from.desc(), LessonGrid.id.desc())
        .limit(1)
    )
    rows = session.scalar(query)
    return grid_from_rows(rows) if rows else None
