"""Until when a company that offered "someone of our team" says who comes. Pure."""

from datetime import date, timedelta

from matcher.regions.holidays import is_working_day

NAME_DAYS = 3
REMIND_DAYS = 5
"""Working days before the visit: when the name is due, and when the contact is reminded of it."""


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
