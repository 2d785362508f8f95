"""When people are reminded of a visit that comes: a week ahead, and two working days ahead. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from matcher.clock import AMSTERDAM, local, local_date
from matcher.matching.deadlines import working_days_before

FROM_HOUR = 7
"""Nobody is reminded in the middle of the night."""
WEEK_DAYS, WEEK_GRACE = 7, 2
"""The first reminder may be two days late; after that it would say nothing that the second does not say in time."""
SOON_DAYS = 2
NUDGE_DAYS = 3
"""Working days before a visit; and after the question how it was, when a side that said nothing is asked once more."""


class Reminder(StrEnum):
    """The value is the name of its letter."""

    WEEK = "reminder_week"
    SOON = "reminder_soon"


def reminder_due(visit: date, now: datetime) -> Reminder | None:
    """Which one goes out today for a visit on that day; a day that was missed is made good while it still helps."""
    today = local_date(now)
    if local(now).hour < FROM_HOUR or today >= visit:
        return None
    if today >= working_days_before(visit, SOON_DAYS):
        return Reminder.SOON
    early = visit - timedelta(days=WEEK_DAYS)
    return Reminder.WEEK if early <= today <= early + timedelta(days=WEEK_GRACE) else None


def asked_before(now: datetime) -> datetime:
    """Who was asked before this moment and said nothing is asked once more."""
    day = working_days_before(local_date(now), NUDGE_DAYS) + timedelta(days=1)
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)


def days_due(now: datetime) -> dict[Reminder, list[date]]:
    """The days whose visits are reminded of today."""
    today = local_date(now)
    found: dict[Reminder, list[date]] = {each: [] for each in Reminder}
    # Around long weekends two working days are more than a week.
    for day in (today + timedelta(days=number) for number in range(1, 15)):
        due = reminder_due(day, now)
        if due is not None:
            found[due].append(day)
    return found
