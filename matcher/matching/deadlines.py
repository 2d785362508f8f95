"""Until when a company that offered "someone of our team" says who comes, and when calling off is late. Pure."""

from datetime import date, datetime, timedelta

from matcher.clock import local_date
from matcher.regions.holidays import is_working_day

NAME_DAYS = 3
REMIND_DAYS = 5
"""Working days before the visit: when the name is due, and when the contact is reminded of it."""


LATE_DAYS = 10
"""Working days before the visit: so many take asking (five) and approving (five), so that from here on it hurries."""


def is_late(visit: date, now: datetime) -> bool:
    """Called off so close to the visit that somebody else must be looked for at once."""
    return working_days_before(visit, LATE_DAYS) <= local_date(now)


def name_due(visit: date) -> date:
    """The last day on which the name is in time."""
    return working_days_before(visit, NAME_DAYS)


def remind_from(visit: date) -> date:
    return working_days_before(visit, REMIND_DAYS)


def working_days_before(day: date, count: int) -> date:
    """The day with so many working days from it to `day`."""
    while count:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day


def is_nameless(name_follows: bool, visitor_id: int | None) -> bool:
    return name_follows and visitor_id is None
