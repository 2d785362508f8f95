"""School holidays, public holidays and working days, pure: the dates come from the `holidays` package."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

from matcher.i18n import _l
from matcher.regions.states import HolidayRegion

AUTUMN, CHRISTMAS, SPRING, MAY, SUMMER = "autumn", "christmas", "spring", "may", "summer"
NAMES = {
    "Autumn Break": AUTUMN,
    "Christmas Break": CHRISTMAS,
    "Spring Break": SPRING,
    "May Break": MAY,
    "Summer Break": SUMMER,
}
LABELS = {
    AUTUMN: _l("autumn holiday"),
    CHRISTMAS: _l("Christmas holiday"),
    SPRING: _l("spring holiday"),
    MAY: _l("May holiday"),
    SUMMER: _l("summer holiday"),
}
# Only these are fixed by the ministry; the other weeks are advice, a school may differ.
BINDING = frozenset({CHRISTMAS, MAY, SUMMER})
# Where the known dates end is searched here; the package answers unknown years with nothing.
SEARCHED_YEARS = range(2025, 2051)
WARN_DAYS = 365
SATURDAY = 5


def school_holidays(region: HolidayRegion, first: date, last: date) -> dict[date, str]:
    """Every day of school holidays from `first` to `last`, both included, with the holiday's code. Weekends count."""
    days: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        days |= {day: name for day, name in _school_year_days(region, year).items() if first <= day <= last}
    return dict(sorted(days.items()))


def public_holidays(first: date, last: date) -> dict[date, str]:
    """Every public holiday from `first` to `last`, both included, with its English name.

    Liberation Day is one in every fifth year only, as for most employers.
    """
    days: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        days |= {day: name for day, name in _public_days(year).items() if first <= day <= last}
    return dict(sorted(days.items()))


def is_working_day(day: date) -> bool:
    """Monday to Friday and no public holiday."""
    return day.weekday() < SATURDAY and day not in _public_days(day.year)


def add_working_days(day: date, count: int, skip: Collection[date] = ()) -> date:
    """The `count`-th working day after `day`, passing over the days in `skip` (a school's holidays, say).

    A count of 0 gives `day` itself. Raises ValueError when `count` is negative.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    while count:
        day += timedelta(days=1)
        if is_working_day(day) and day not in skip:
            count -= 1
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days came after `first`, up to and with `last`."""
    days = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
    return sum(is_working_day(day) for day in days)


@cache
def last_known_day() -> date:
    """The last day of the last summer holiday that is known in all three regions."""
    return min(_last_summer_day(region) for region in HolidayRegion)


def days_left(today: date) -> int:
    """Days from `today` until the known school holidays end; negative when they have ended."""
    return (last_known_day() - today).days


def ends_soon(today: date) -> bool:
    """Less than a year of school holidays is known: time to install a newer `holidays` package."""
    return days_left(today) < WARN_DAYS


def _last_summer_day(region: HolidayRegion) -> date:
    known = [day for year in SEARCHED_YEARS for day, name in _school_year_days(region, year).items() if name == SUMMER]
    return max(known)


@cache
def _school_year_days(region: HolidayRegion, year: int) -> dict[date, str]:
    # Without a subdivision the package answers with nothing at all.
    found = country_holidays(
        "NL", subdiv=region.value.capitalize(), categories=("school",), years=year, language="en_US"
    )
    return {day: NAMES[name] for day, name in found.items()}


@cache
def _public_days(year: int) -> dict[date, str]:
    return dict(country_holidays("NL", years=year, language="en_US").items())
