"""Changing one's week and dated exceptions. Search keys made from them are renewed by the rooms that own them."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.clock_changes import require_clear
from matcher.availability.masks import WeekMask
from matcher.availability.models import AvailabilityException, WeeklyPattern
from matcher.availability.moments import HORIZON_DAYS, day_range, epoch_range
from matcher.availability.patterns import Availability, pattern
from matcher.availability.queries import Owner, exception_by_id
from matcher.availability.states import CALENDAR, ExceptionKind, OwnerType
from matcher.clock import local_date
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _l

MAX_EXCEPTIONS = 100
OWN = "own"


def require_own(actor: Actor, owner: Owner) -> None:
    """Only the person themself; an offer's own week is guarded by the room that knows the offer."""
    if owner[0] is OwnerType.PERSON and owner[1] != actor.user_id:
        raise NotFound()


def save_week(
    session: Session, *, actor: Actor, now: datetime, owner: Owner, usual: WeekMask, never: WeekMask
) -> Availability:
    """Keep a weekly pattern from today on; earlier ones stay, so that what was known then can be told later."""
    require_own(actor, owner)
    cleaned = pattern(usual, never)
    today = local_date(now)
    query = select(WeeklyPattern).where(
        WeeklyPattern.owner_type == owner[0], WeeklyPattern.owner_id == owner[1], WeeklyPattern.valid_from == today
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        row = WeeklyPattern(owner_type=owner[0], owner_id=owner[1], valid_from=today)
        session.add(row)
    row.usually, row.never, row.changed_at = list(cleaned.usual), list(cleaned.never), now
    session.flush()
    return cleaned


def add_exception(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    owner: Owner,
    kind: ExceptionKind,
    first: date,
    last: date | None = None,
    start: time | None = None,
    end: time | None = None,
    note: str = "",
    source: str = OWN,
) -> AvailabilityException:
    """Free or away: whole days from `first` to `last`, or between two times on one day. Raises InvalidInput."""
    require_own(actor, owner)
    start_s, end_s = exception_range(first, last, start, end, now=now)
    count = select(func.count()).where(
        AvailabilityException.owner_type == owner[0],
        AvailabilityException.owner_id == owner[1],
        AvailabilityException.source != CALENDAR,
        AvailabilityException.end_s > now.timestamp(),
    )
    if (session.scalar(count.select_from(AvailabilityException)) or 0) >= MAX_EXCEPTIONS:
        raise InvalidInput(_l("That is a lot of exceptions. Remove some, or change your week instead."), "first")
    row = AvailabilityException(
        owner_type=owner[0],
        owner_id=owner[1],
        start_s=start_s,
        end_s=end_s,
        kind=kind,
        source=source,
        note=note or None,
    )
    session.add(row)
    session.flush()
    return row


def exception_range(
    first: date, last: date | None, start: time | None, end: time | None, *, now: datetime
) -> tuple[int, int]:
    """The seconds of an exception; raises InvalidInput with the field for every order that cannot be."""
    last, today = last or first, local_date(now)
    _check_span(first, last, today)
    if start is None and end is None:
        return day_range(first, last)
    if start is None or end is None:
        raise InvalidInput(_l("Fill in both times, or leave both empty for whole days."), "end" if start else "start")
    if first != last:
        raise InvalidInput(_l("Times go with one day. Leave them empty for several days."), "start")
    if end <= start:
        raise InvalidInput(_l("The end is before the start."), "end")
    require_clear(first, start, "start")
    require_clear(first, end, "end")
    return epoch_range(first, start, end)


def _check_span(first: date, last: date, today: date) -> None:
    """Raises InvalidInput: in order, not over, and near enough on both sides."""
    if last < first:
        raise InvalidInput(_l("The last day is before the first day."), "last")
    if last < today:
        raise InvalidInput(_l("This is in the past."), "last" if last != first else "first")
    if last > today + timedelta(days=2 * HORIZON_DAYS):
        raise InvalidInput(_l("Choose a date within two years."), "last" if last != first else "first")
    if first < today - timedelta(days=2 * HORIZON_DAYS):
        raise InvalidInput(_l("Choose a date within two years."), "first")


def remove_exception(session: Session, *, actor: Actor, owner: Owner, exception_id: int) -> AvailabilityException:
    """Take an exception away; hands it back so that undo can offer it again."""
    require_own(actor, owner)
    row = exception_by_id(session, exception_id, owner)
    session.delete(row)
    session.flush()
    return row


def restore_exception(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    owner: Owner,
    start_s: int,
    end_s: int,
    kind: ExceptionKind,
    note: str = "",
) -> AvailabilityException:
    """Put back what was just removed; the seconds come from an address, so they are checked like typed ones."""
    if not 0 < start_s < end_s < now.timestamp() + 3 * HORIZON_DAYS * 86_400:
        raise InvalidInput(_l("This cannot be put back any more."))
    require_own(actor, owner)
    row = AvailabilityException(
        owner_type=owner[0], owner_id=owner[1], start_s=start_s, end_s=end_s, kind=kind, source=OWN, note=note or None
    )
    session.add(row)
    session.flush()
    return row
