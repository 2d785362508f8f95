"""When the mail with everything together leaves: at four o'clock in the Netherlands, when lessons are over. Pure."""

from datetime import datetime, time, timedelta

from matcher.clock import AMSTERDAM, local
from matcher.notices.states import Rhythm

LEAVES_AT = time(16, 0)
DAYS = {Rhythm.DAILY: frozenset(range(5)), Rhythm.WEEKLY: frozenset({0})}
"""Monday to Friday; on Monday."""


def next_departure(rhythm: Rhythm, after: datetime) -> datetime:
    """The first departure after this moment. Wall time: it stays four o'clock when the clocks change."""
    day = local(after).date()
    while True:
        leaves = datetime.combine(day, LEAVES_AT, AMSTERDAM)
        if day.weekday() in DAYS[rhythm] and leaves > after:
            return leaves.astimezone(after.tzinfo)
        day += timedelta(days=1)
