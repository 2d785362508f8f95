"""Half-days: the time shape of an internship (some of them inside a window) and of a placement (some in every week).

A morning is 08:30–12:30 and an afternoon 13:00–17:00, four hours each. A mask has one bit per half-day of the working
week: weekday × 2, plus one for the afternoon. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from hashlib import blake2s
from itertools import groupby
from typing import NamedTuple

from matcher.availability.moments import Moment, epoch_range, local

HOURS = 4
WEEK_BITS = 10
FULL_WEEK = (1 << WEEK_BITS) - 1
LONGEST_WINDOW = timedelta(weeks=26)
LONGEST_TERM = timedelta(days=366)
LEAST_HOURS, MOST_HOURS = 24, 80
MOST_PLANS = 3
_CLOCK = ((time(8, 30), time(12, 30)), (time(13, 0), time(17, 0)))

Part = tuple[int, int]


class HalfDay(NamedTuple):
    """`weekday` 0 is Monday, 4 Friday; `half` 0 is the morning, 1 the afternoon."""

    weekday: int
    half: int

    @property
    def bit(self) -> int:
        return 1 << (self.weekday * 2 + self.half)

    @property
    def clock(self) -> tuple[time, time]:
        """From when until when."""
        return _CLOCK[self.half]

    def on(self, day: date) -> Moment:
        """This half of that day, whatever its weekday."""
        start, end = self.clock
        return Moment(*epoch_range(day, start, end), day, start, end, ())


WEEK = tuple(HalfDay(weekday, half) for weekday in range(5) for half in range(2))


def half_days_of(mask: int) -> list[HalfDay]:
    """The half-days of a mask in order of the week."""
    return [each for each in WEEK if mask & each.bit]


def mask_of_half_days(found: Iterable[HalfDay]) -> int:
    mask = 0
    for each in found:
        mask |= each.bit
    return mask


def half_day_at(start_s: int) -> HalfDay:
    """Which half-day of the week begins, or goes on, at this second."""
    begin = local(start_s)
    return HalfDay(begin.weekday(), int(begin.time() >= _CLOCK[1][0]))


def window_half_days(first: date, last: date, mask: int, closed: Collection[date]) -> list[Moment]:
    """Every half-day of the mask between two days, both included, without closed days, in order of time."""
    wanted = half_days_of(mask)
    return [
        each.on(day)
        for day in _days(first, last)
        if day not in closed
        for each in wanted
        if each.weekday == day.weekday()
    ]


def term_visits(first: date, last: date, each: HalfDay, closed: Collection[date]) -> list[Moment]:
    """One half-day of every week between two days, both included, without closed days."""
    return [each.on(day) for day in _days(first, last) if day.weekday() == each.weekday and day not in closed]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@dataclass(frozen=True)
class Asked:
    """How many half-days an internship takes, whether in whole days, and one after the other, spread or either."""

    half_days: int
    whole_days: bool = False
    order: str = "either"  # consecutive, spread, either


def units(parts: Iterable[Part], *, whole_days: bool) -> list[tuple[Part, ...]]:
    """What can be taken at once: each half-day, or each day of which both halves are there."""
    ordered = sorted(parts)
    if not whole_days:
        return [(part,) for part in ordered]
    days = [tuple(found) for _day, found in groupby(ordered, key=lambda part: local(part[0]).date())]
    return [day for day in days if len(day) == 2]


def fits(parts: Iterable[Part], asked: Asked) -> bool:
    """Do these half-days hold as many as are asked?"""
    return sum(map(len, units(parts, whole_days=asked.whole_days))) >= asked.half_days


def plans(calendar: Sequence[Part], free: Collection[Part], asked: Asked) -> list[tuple[Part, ...]]:
    """At most three ways to lay the asked half-days on the free ones, the earliest first.

    `calendar` are all half-days that could be asked; one after the other means without passing over one of those.
    """
    possible = units(calendar, whole_days=asked.whole_days)
    length = 2 if asked.whole_days else 1
    wanted = -(-asked.half_days // length)
    usable = [unit for unit in possible if set(unit) <= set(free)]
    found = []
    if asked.order != "spread":
        found += list(_runs(possible, set(usable), wanted))
    if asked.order != "consecutive":
        found += list(_weekly(usable, wanted))
        if len(usable) >= wanted:
            found.append(tuple(usable[:wanted]))
    laid = [tuple(part for unit in plan for part in unit) for plan in found]
    return list(dict.fromkeys(laid))[:MOST_PLANS]


def _runs(
    possible: Sequence[tuple[Part, ...]], usable: Collection[tuple[Part, ...]], wanted: int
) -> Iterator[tuple[tuple[Part, ...], ...]]:
    """Uninterrupted stretches: the earliest, and the first that begins after it ended."""
    start, given = 0, 0
    while start + wanted <= len(possible) and given < 2:
        window = possible[start : start + wanted]
        broken = [number for number, unit in enumerate(window) if unit not in usable]
        if broken:
            start += broken[-1] + 1
            continue
        yield tuple(window)
        given += 1
        start += wanted


def _weekly(usable: Sequence[tuple[Part, ...]], wanted: int) -> Iterator[tuple[tuple[Part, ...], ...]]:
    """The same half-day of the week each time, for every half-day that comes round often enough."""
    by_week: dict[HalfDay, list[tuple[Part, ...]]] = {}
    for unit in usable:
        by_week.setdefault(half_day_at(unit[0][0]), []).append(unit)
    for series in sorted(by_week.values(), key=lambda found: (-len(found), found[0])):
        if len(series) >= wanted:
            yield tuple(series[:wanted])
            return


def days_of(parts: Iterable[Part]) -> list[Part]:
    """Morning and afternoon of one day as one visit, in order of time."""
    days = groupby(sorted(parts), key=lambda part: local(part[0]).date())
    return [(found[0][0], found[-1][1]) for _day, group in days for found in [list(group)]]


def shape_key(parts: Iterable[Part]) -> str:
    """Tells two plans with the same begin and end apart; empty for a single visit."""
    ordered = sorted(parts)
    if len(ordered) < 2:
        return ""
    return blake2s(repr(ordered).encode(), digest_size=8).hexdigest()


def hours_of(parts: Iterable[Part]) -> float:
    return round(sum(end_s - start_s for start_s, end_s in parts) / 3600, 2)
