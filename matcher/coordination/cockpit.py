"""What the approval screen shows, as plain values; and when a decision is late. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from matcher.clock import local_date
from matcher.regions.holidays import add_working_days

DECIDE_WITHIN, BEFORE_VISIT = 2, 5
"""Working days: after the second yes, and before the visit."""


@dataclass(frozen=True)
class QueueItem:
    """One line of the queue; `waits` says how long in words, `sent_on` where it went when nobody touched it. `is_mine`:
    it went to whoever looks."""

    id: int
    title: str
    who: str
    when: str
    waits: str
    late: bool
    sent_on: str = ""
    is_mine: bool = False


@dataclass(frozen=True)
class Card:
    """One side of the match: who, the week, and facts as (term, value, tone or none)."""

    title: str
    sub: str
    strip: dict[str, Any] | None
    facts: list[tuple[str, str, str | None]]
    load: tuple[int, int | None, str] | None = None


@dataclass(frozen=True)
class Why:
    """What the stored suggestion said when it was shown; nothing when people found each other without one."""

    blocks: int | None = None
    sentence: str = ""
    reasons: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    others: int = 0


def is_late(waiting_since: datetime, starts: datetime | None, now: datetime) -> bool:
    """Longer than two working days, or closer than five working days to the visit."""
    if local_date(now) > add_working_days(local_date(waiting_since), DECIDE_WITHIN):
        return True
    return starts is not None and local_date(starts) <= add_working_days(local_date(now), BEFORE_VISIT)


def waited(since: datetime, now: datetime) -> tuple[str, int]:
    """The largest fitting unit (day, hour, minute) and how many of it."""
    passed = max(now - since, timedelta(0))
    if passed >= timedelta(days=1):
        return "day", passed.days
    if passed >= timedelta(hours=1):
        return "hour", passed.seconds // 3600
    return "minute", passed.seconds // 60
