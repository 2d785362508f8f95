"""What time it is, and the calendar facts that need no data. Only routes, tasks and commands ask for the time here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SCHOOL_YEAR_MONTH = 8


def utcnow() -> datetime:
    """The present as an aware UTC moment."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment as people in the Netherlands read it on the clock."""
    return moment.astimezone(AMSTERDAM)


def local_date(moment: datetime) -> date:
    """The date in the Netherlands at this moment."""
    return local(moment).date()


def school_year(day: date) -> int:
    """The year in which the school year of this day began: 1 August 2026 up to 31 July 2027 is 2026."""
    return day.year if day.month >= SCHOOL_YEAR_MONTH else day.year - 1


def school_year_dates(start_year: int) -> tuple[date, date]:
    """First and last day of a school year, both included."""
    return date(start_year, SCHOOL_YEAR_MONTH, 1), date(start_year + 1, SCHOOL_YEAR_MONTH - 1, 31)


def year_bounds(start_year: int) -> tuple[datetime, datetime]:
    """The moments at which a school year begins and the next one does."""
    first, _last = school_year_dates(start_year)
    begins, ends = datetime(first.year, 8, 1, tzinfo=AMSTERDAM), datetime(first.year + 1, 8, 1, tzinfo=AMSTERDAM)
    return begins.astimezone(UTC), ends.astimezone(UTC)
