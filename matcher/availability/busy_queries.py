"""Busy time that was read from somebody's own calendar."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.orm import Session

from matcher.availability.busy import Block
from matcher.availability.models import AvailabilityException, BusyCalendar
from matcher.availability.states import CALENDAR, OwnerType


def busy_calendar_of(session: Session, user_id: int) -> BusyCalendar | None:
    """When this person's calendar was read, if it ever was."""
    return session.get(BusyCalendar, user_id)


def busy_blocks_of(session: Session, user_id: int, *, from_s: int = 0) -> list[Block]:
    """What it said, in order, as far as it is not over."""
    query = (
        select(AvailabilityException.start_s, AvailabilityException.end_s)
        .where(*of_calendar(user_id), AvailabilityException.end_s > from_s)
        .order_by(AvailabilityException.start_s)
    )
    return [(start_s, end_s) for start_s, end_s in session.execute(query)]


def of_calendar(user_id: int) -> Sequence[ColumnElement[bool]]:
    """The rows of one person's calendar."""
    return (
        AvailabilityException.owner_type == OwnerType.PERSON,
        AvailabilityException.owner_id == user_id,
        AvailabilityException.source == CALENDAR,
    )


def has_forgettable(session: Session, *, until: datetime, over_s: float) -> bool:
    """Is there a way back that is over, or busy time that has long passed?"""
    if session.scalars(select(BusyCalendar.user_id).where(*is_settled(until)).limit(1)).first() is not None:
        return True
    return session.scalars(select(AvailabilityException.id).where(*is_over(over_s)).limit(1)).first() is not None


def is_settled(until: datetime) -> Sequence[ColumnElement[bool]]:
    return BusyCalendar.before.is_not(None), BusyCalendar.read_at < until


def is_over(over_s: float) -> Sequence[ColumnElement[bool]]:
    return AvailabilityException.source == literal_column(f"'{CALENDAR}'"), AvailabilityException.end_s < over_s
