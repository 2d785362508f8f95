"""When something comes back (RFC 5545, 3.3.10), as wall times inside a window. Pure.

Days, weeks, months and years; a rule by the hour or faster is refused. A rule without a count jumps to the window at
once, and every step is counted, so that no rule can run for long: libraries that look for the next "30 February" search
until the year 9999.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product

from matcher.availability.ical_times import Odd

FASTEST = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
MOST_TIMES = 48
KNOWN = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYSETPOS", "BYHOUR",
    "BYMINUTE", "BYSECOND",
}  # fmt: skip
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class TooOften(Exception):
    """All rules of a file together took more steps than a calendar of one person needs."""


@dataclass
class Budget:
    """Steps that are left for a whole file."""

    left: int = 250_000

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooOften


@dataclass(frozen=True)
class Rule:
    """One RRULE. `until` is a wall time, or None."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()  # (which one in month or year, or 0 for each; weekday)
    month_days: tuple[int, ...] = ()
    months: frozenset[int] = frozenset()
    year_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    times: tuple[time, ...] = field(default=())


def read_rule(text: str, start: datetime) -> tuple[dict[str, str], Rule]:
    """The parts as they stand, for who must read UNTIL in a zone, and the rule without it. Raises Odd."""
    parts: dict[str, str] = {}
    for piece in text.strip().upper().strip(";").split(";"):
        name, is_set, value = piece.partition("=")
        if not is_set or name in parts or not value or len(value) > 4_000:
            raise Odd("rule")
        parts[name] = value
    if parts.get("FREQ") not in FASTEST or set(parts) - KNOWN:
        raise Odd("rule")
    hours, minutes, seconds = (
        _numbers(parts, name, 0, most) or (here,)
        for name, most, here in (
            ("BYHOUR", 23, start.hour), ("BYMINUTE", 59, start.minute), ("BYSECOND", 59, start.second)
        )
    )  # fmt: skip
    if len(hours) * len(minutes) * len(seconds) > MOST_TIMES:
        raise Odd("rule")
    return parts, Rule(
        freq=parts["FREQ"],
        interval=_number(parts, "INTERVAL", 1, 10_000) or 1,
        count=_number(parts, "COUNT", 1, 2_000_000_000),
        week_start=_weekday(parts.get("WKST", "MO")),
        weekdays=_weekdays(parts.get("BYDAY", "")),
        month_days=_signed(parts, "BYMONTHDAY", 31),
        months=frozenset(_numbers(parts, "BYMONTH", 1, 12)),
        year_days=_signed(parts, "BYYEARDAY", 366),
        positions=_signed(parts, "BYSETPOS", 366),
        times=tuple(sorted(time(*clock) for clock in product(set(hours), set(minutes), set(seconds)))),
    )


def _number(parts: dict[str, str], name: str, least: int, most: int) -> int | None:
    found = _numbers(parts, name, least, most)
    if len(found) > 1:
        raise Odd("rule")
    return found[0] if found else None


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> tuple[int, ...]:
    if name not in parts:
        return ()
    pieces = parts[name].split(",")
    if any(re.fullmatch(r"[+-]?\d{1,10}", piece, re.ASCII) is None for piece in pieces):
        raise Odd("rule")
    numbers = tuple(map(int, pieces))
    if any(not least <= number <= most for number in numbers):
        raise Odd("rule")
    return numbers


def _signed(parts: dict[str, str], name: str, most: int) -> tuple[int, ...]:
    found = _numbers(parts, name, -most, most)
    if 0 in found:
        raise Odd("rule")
    return found


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise Odd("rule")
    return WEEKDAYS[text]


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for piece in text.split(",") if text else ():
        match = _DAY.fullmatch(piece)
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise Odd("rule")
        found.append((int(match[1] or 0), WEEKDAYS[match[2]]))
    return tuple(found)


def occurrences(rule: Rule, start: datetime, first: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    """The wall times of a rule between two others, in order. The start is one of them, unless UNTIL is before it.

    Raises TooOften when the budget is used up.
    """
    if rule.until is not None and rule.until < start:
        return
    until = min(last, rule.until) if rule.until is not None else last
    left = rule.count if rule.count is not None else budget.left + 1
    for moment in _moments(rule, start, first, until, budget):
        if left == 0 or moment > until:
            return
        left -= 1
        if moment >= first:
            yield moment


def _moments(rule: Rule, start: datetime, first: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
    """The start, and all that follow it in order until the periods lie beyond the end."""
    yield start
    number = 0 if rule.count is not None else _periods_before(rule, start.date(), first.date())
    while (begin := _period(rule, start.date(), number)) is not None and begin <= until.date():
        yield from (moment for moment in _set_of(rule, start, begin, budget) if moment > start)
        number += 1


def _period(rule: Rule, start: date, number: int) -> date | None:
    """The first day of the period with this number; None beyond the calendar."""
    step = rule.interval * number
    try:
        if rule.freq == "DAILY":
            return start + timedelta(days=step)
        if rule.freq == "WEEKLY":
            return start - timedelta(days=(start.weekday() - rule.week_start) % 7) + timedelta(weeks=step)
        if rule.freq == "MONTHLY":
            years, month = divmod(start.month - 1 + step, 12)
            return date(start.year + years, month + 1, 1)
        return date(start.year + step, 1, 1)
    except (ValueError, OverflowError):
        # A week may begin before the first day there is; such years were refused long before.
        return None


def _periods_before(rule: Rule, start: date, first: date) -> int:
    """How many periods end before the window, one less for what hangs over."""
    days = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[rule.freq] * rule.interval
    return max(0, (first - start).days // days - 1)


def _set_of(rule: Rule, start: datetime, begin: date, budget: Budget) -> list[datetime]:
    """The wall times of one period, in order."""
    days = _days_of(rule, start.date(), begin, budget)
    found = [datetime.combine(day, clock) for day in days for clock in rule.times]
    budget.spend(len(found))
    if not rule.positions or not found:
        return found
    places = {position - 1 if position > 0 else len(found) + position for position in rule.positions}
    return [moment for place, moment in enumerate(found) if place in places]


def _days_of(rule: Rule, start: date, begin: date, budget: Budget) -> list[date]:
    length = {"DAILY": 1, "WEEKLY": 7}.get(rule.freq)
    if rule.freq == "MONTHLY":
        length = monthrange(begin.year, begin.month)[1]
    if length is None:
        length = 366 if monthrange(begin.year, 2)[1] == 29 else 365
    if rule.months and rule.freq == "MONTHLY" and begin.month not in rule.months:
        budget.spend()
        return []
    plain = not (rule.weekdays or rule.month_days or rule.year_days)
    if plain and not rule.months and rule.freq == "YEARLY":
        budget.spend()
        return [start.replace(year=begin.year)] if _exists(begin.year, start) else []
    if plain and rule.freq == "WEEKLY":
        budget.spend()
        day = begin + timedelta(days=(start.weekday() - begin.weekday()) % 7)
        return [day] if not rule.months or day.month in rule.months else []
    budget.spend(length)
    days = (begin + timedelta(days=number) for number in range(length))
    return [day for day in days if _fits(rule, start, day, plain=plain)]


def _exists(year: int, day: date) -> bool:
    return monthrange(year, day.month)[1] >= day.day


def _fits(rule: Rule, start: date, day: date, *, plain: bool) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if plain and rule.freq != "DAILY":
        return day.day == start.day
    if rule.month_days:
        length = monthrange(day.year, day.month)[1]
        if day.day not in rule.month_days and day.day - length - 1 not in rule.month_days:
            return False
    if rule.year_days:
        number = day.timetuple().tm_yday
        length = 366 if monthrange(day.year, 2)[1] == 29 else 365
        if number not in rule.year_days and number - length - 1 not in rule.year_days:
            return False
    return not rule.weekdays or any(_is_named(rule, day, which, weekday) for which, weekday in rule.weekdays)


def _is_named(rule: Rule, day: date, which: int, weekday: int) -> bool:
    """Is it that weekday, and the asked one of its month, or of its year when the rule names no months?"""
    if day.weekday() != weekday:
        return False
    if not which or rule.freq in ("DAILY", "WEEKLY"):
        return True
    if rule.freq == "YEARLY" and not rule.months:
        number, length = day.timetuple().tm_yday, (366 if monthrange(day.year, 2)[1] == 29 else 365)
    else:
        number, length = day.day, monthrange(day.year, day.month)[1]
    return (number - 1) // 7 + 1 == which if which > 0 else (length - number) // 7 + 1 == -which
