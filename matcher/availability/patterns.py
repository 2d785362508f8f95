"""When somebody can: usual and never masks, dated exceptions and bookings, asked for one time range.

Three values for a weekly pattern, of which only `never` excludes; `busy` is a booking or a dated absence. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from matcher.availability.masks import (
    EMPTY_WEEK,
    FULL_WEEK,
    WeekMask,
    as_week,
    mask_of,
    union,
    week_of,
    without,
)
from matcher.availability.moments import Moment, day_range, local
from matcher.availability.states import TimeState
from matcher.clock import AMSTERDAM

WORKING_DAYS = range(5)
DEFAULT_NOTICE_DAYS = 21


@dataclass(frozen=True, order=True)
class DatedException:
    """Free or away during [start_s, end_s), whatever the weekly pattern says."""

    start_s: int
    end_s: int
    free: bool


@dataclass(frozen=True)
class Availability:
    """Everything about one owner's time. Bookings are padded intervals (see `holds`), all seconds since 1970."""

    usual: WeekMask
    never: WeekMask
    exceptions: tuple[DatedException, ...] = ()
    bookings: tuple[tuple[int, int], ...] = ()
    notice_days: int = DEFAULT_NOTICE_DAYS
    months_off: frozenset[int] = frozenset()
    paused_until: date | None = None

    def state(self, start_s: int, end_s: int) -> TimeState:
        """The worst thing that is true of [start_s, end_s): busy, then never, then unknown, then usual."""
        if end_s <= start_s:
            raise ValueError("the end must be after the start")
        if any(_overlap(start_s, end_s, *booking) for booking in self.bookings):
            return TimeState.BUSY
        if any(not e.free and _overlap(start_s, end_s, e.start_s, e.end_s) for e in self.exceptions):
            return TimeState.BUSY
        states = {self._weekly(first, last) for first, last in self._without_free(start_s, end_s)}
        for worst in (TimeState.NEVER, TimeState.UNKNOWN):
            if worst in states:
                return worst
        return TimeState.USUAL

    def states(self, moments: Iterable[Moment]) -> tuple[TimeState, ...]:
        return tuple(self.state(moment.start_s, moment.end_s) for moment in moments)

    def paused(self, now: datetime) -> bool:
        return self.paused_until is not None and now.astimezone(AMSTERDAM).date() < self.paused_until

    def too_soon(self, start_s: int, now: datetime) -> bool:
        """Less notice than asked for, counted in whole local days."""
        return local(start_s).date() < now.astimezone(AMSTERDAM).date() + timedelta(days=self.notice_days)

    def _without_free(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """What is left of the range once the dated free times are taken out of it."""
        left = [(start_s, end_s)]
        for given in (e for e in self.exceptions if e.free):
            left = [
                piece
                for first, last in left
                for piece in ((first, min(last, given.start_s)), (max(first, given.end_s), last))
                if piece[0] < piece[1]
            ]
        return left

    def _weekly(self, start_s: int, end_s: int) -> TimeState:
        """The weekly pattern's word on a range, day by day; hours outside 07:00–22:00 are never."""
        first, last = local(start_s), local(end_s)
        if (
            first.date() != last.date()
            or first.time() < time(7)
            or last.time() > time(22)
            or first.time() >= last.time()
        ):
            return TimeState.NEVER
        if first.month in self.months_off:
            return TimeState.NEVER
        asked = mask_of(first.time(), last.time())
        day = first.weekday()
        if asked & self.never[day]:
            return TimeState.NEVER
        return TimeState.USUAL if asked & self.usual[day] == asked else TimeState.UNKNOWN


def _overlap(a_start: int, a_end: int, b_start: int, b_end: int) -> bool:
    return a_start < b_end and b_start < a_end


def pattern(usual: WeekMask, never: WeekMask) -> Availability:
    """A bare weekly pattern; where both are painted, never wins."""
    return Availability(usual=without(usual, never), never=never)


def default_availability() -> Availability:
    """What a new person starts with: working days 9–16, the rest of the working day unknown, nothing else."""
    usual = week_of(WORKING_DAYS, time(9), time(16))
    maybe = week_of(WORKING_DAYS, time(7), time(18))
    return pattern(usual, without(FULL_WEEK, maybe))


PRESETS: dict[str, WeekMask] = {
    "office": week_of(WORKING_DAYS, time(9), time(16)),
    "mornings": week_of(WORKING_DAYS, time(8), time(12)),
    "afternoons": week_of(WORKING_DAYS, time(12), time(17)),
    "evenings": union(week_of(WORKING_DAYS, time(19), time(22)), week_of(WORKING_DAYS, time(9), time(16))),
}


def preset(name: str) -> Availability:
    """One of the ready-made weeks; outside its hours the working day stays unknown, evenings and weekends never."""
    usual = PRESETS[name]
    maybe = union(usual, week_of(WORKING_DAYS, time(7), time(18)))
    return pattern(usual, without(FULL_WEEK, maybe))


def search_never(owner: Availability, *, now_s: int) -> WeekMask:
    """The never mask as search may use it: a quarter that some coming free date opens is left out of it."""
    opened = EMPTY_WEEK
    for given in owner.exceptions:
        if given.free and given.end_s > now_s:
            opened = union(opened, touched_quarters(given.start_s, given.end_s))
    return without(owner.never, opened)


def touched_quarters(start_s: int, end_s: int) -> WeekMask:
    """The week mask of every quarter that a range touches; six days or more touch all of them."""
    if end_s - start_s >= 6 * 86_400:
        return FULL_WEEK
    days = [0] * 7
    day, last = local(start_s).date(), local(end_s - 1).date()
    while day <= last:
        midnight, next_midnight = day_range(day)
        begin, finish = local(max(start_s, midnight)), local(min(end_s, next_midnight))
        until = finish.time() if finish.date() == day else time(23, 59)
        days[day.weekday()] |= mask_of(begin.time(), until) if begin.time() < until else 0
        day += timedelta(days=1)
    return as_week(days)


def moment_masks(moments: Sequence[Moment]) -> tuple[tuple[int, int], ...]:
    """For search: (weekday index, mask rounded outward) of each moment, Monday is 0."""
    return tuple((moment.date.weekday(), mask_of(moment.start, moment.end)) for moment in moments)


def may_fit(never: WeekMask, asked: Iterable[tuple[int, int]]) -> bool:
    """Whether any asked moment is free of never quarters; search keeps a row only then."""
    return any(not never[day] & mask for day, mask in asked)


def with_day_copied(owner: Availability, source: int, targets: Iterable[int]) -> Availability:
    """One weekday's pattern put on other weekdays (0 is Monday)."""
    chosen = set(targets)
    usual = as_week(owner.usual[source] if day in chosen else mask for day, mask in enumerate(owner.usual))
    never = as_week(owner.never[source] if day in chosen else mask for day, mask in enumerate(owner.never))
    return replace(owner, usual=usual, never=never)
