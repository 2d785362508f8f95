"""Several visits as one calendar event: a weekly rule, what it would add too much, and visits with other hours.

RFC 5545, 3.3.10 and 3.8.5: programs that know weekly rules and exceptions are many, those that know lists of dates few.
Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from matcher.clock import AMSTERDAM

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Visit = tuple[datetime, datetime]


@dataclass(frozen=True)
class Recurrence:
    """`start`, `end`: the first visit with the usual hours. `instead`: (moment of the rule, visit) with other hours."""

    start: datetime
    end: datetime
    weekdays: tuple[str, ...]
    until: datetime
    without: tuple[datetime, ...]
    instead: tuple[tuple[datetime, Visit], ...]


def recurrence_of(visits: Sequence[Visit]) -> Recurrence:
    """The rule behind these visits, at most one a day. Raises ValueError for two on one day, and for none."""
    local = sorted((start.astimezone(AMSTERDAM), end.astimezone(AMSTERDAM)) for start, end in visits)
    by_day = {start.date(): (start, end) for start, end in local}
    if len(by_day) != len(local) or not local:
        raise ValueError("a calendar event has one visit a day")
    (begins, ends), _count = Counter((start.time(), end.time()) for start, end in local).most_common(1)[0]
    first, last = local[0][0].date(), local[-1][0].date()
    weekdays = sorted({day.weekday() for day in by_day})
    made = [day for day in _days(first, last) if day.weekday() in weekdays]
    return Recurrence(
        start=_at(first, begins),
        end=_at(first, ends),
        weekdays=tuple(WEEKDAYS[number] for number in weekdays),
        until=_at(last, begins),
        without=tuple(_at(day, begins) for day in made if day not in by_day),
        instead=tuple(
            (_at(day, begins), visit)
            for day, visit in by_day.items()
            if (visit[0].time(), visit[1].time()) != (begins, ends)
        ),
    )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, AMSTERDAM)
