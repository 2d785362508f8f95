"""What a room offers as regular work, and when it is due again. Wrong clocks are reckoned with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from matcher.clock import AMSTERDAM, local_date

ROUND = timedelta(seconds=5)
FIRST_RETRY = timedelta(minutes=5)
LAST_RETRY = timedelta(hours=1)
Verb = Callable[[Any, Any, datetime], dict[str, int]]
"""(database, app, now) → how often each thing was done. Starts from rows and may be run twice or side by side."""


@dataclass(frozen=True)
class Every:
    """As long after the last start as this says."""

    period: timedelta = ROUND

    @property
    def longest(self) -> timedelta:
        return self.period

    def first(self, now: datetime) -> datetime:
        return now

    def after(self, now: datetime) -> datetime:
        return now + self.period


@dataclass(frozen=True)
class At:
    """At this hour on Dutch clocks, every night or, with a weekday (Monday is 0), once a week."""

    hour: int
    weekday: int | None = None

    @property
    def longest(self) -> timedelta:
        return timedelta(days=1 if self.weekday is None else 7)

    def first(self, now: datetime) -> datetime:
        """A new installation does not begin with last week's work."""
        return self.after(now)

    def after(self, now: datetime) -> datetime:
        """The next such hour, also over a change of the clocks."""
        for ahead in range(9):
            day = local_date(now) + timedelta(days=ahead)
            moment = datetime.combine(day, time(self.hour), AMSTERDAM)
            if (self.weekday is None or day.weekday() == self.weekday) and moment > now:
                return moment
        raise AssertionError("a weekday comes within eight days")


@dataclass(frozen=True)
class Periodic:
    """One piece of regular work. `label` is what the administrator reads; `beside` lets every worker do it at once,
    for work whose rows have leases of their own."""

    name: str
    verb: Verb
    when: Every | At = Every()
    label: Any = ""
    beside: bool = False


def is_absurd(when: Every | At, next_due: datetime, now: datetime) -> bool:
    """Further ahead than a wrong hour explains: the clock was years ahead when this was written."""
    return next_due > now + 2 * when.longest


def next_after(when: Every | At, now: datetime, failures: int) -> datetime:
    """After a failure sooner than planned: a weekly letter does not wait a week for a server that was away."""
    planned = when.after(now)
    if not failures:
        return planned
    patience: timedelta = min(FIRST_RETRY * 2 ** min(failures - 1, 5), LAST_RETRY)
    return min(planned, now + patience)
