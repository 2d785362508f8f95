"""The two nights a year in which the clock jumps: a time somebody types must exist, and only once. Pure.

The rule for times nobody typed (series, files): one that spring skips counts as an hour later, one that comes twice
in autumn as its first coming (see `moments.epoch`). Who types one is asked for another.
"""

from datetime import UTC, date, datetime, time

from matcher.clock import AMSTERDAM
from matcher.errors import InvalidInput
from matcher.i18n import _l, clock_text, format_day_month

SKIPPED = _l("In the night of %(day)s the clock goes forward: %(time)s does not exist. Choose another time.")
TWICE = _l(
    "In the night of %(day)s the clock goes back: %(time)s comes twice. Choose a time before or after that hour."
)


def comes(day: date, at: time) -> int:
    """How often this wall time comes on that day: 0, 1 or 2."""
    first, second = (datetime.combine(day, at, AMSTERDAM).replace(fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return 1
    back = first.astimezone(UTC).astimezone(AMSTERDAM)
    return 2 if back.replace(tzinfo=None) == first.replace(tzinfo=None) else 0


def odd_time(day: date, at: time) -> str | None:
    """What is odd about it, as a sentence; None for all but two hours a year."""
    times = comes(day, at)
    if times == 1:
        return None
    said = SKIPPED if times == 0 else TWICE
    return str(said) % {"day": format_day_month(day), "time": clock_text(f"{at:%H:%M}")}


def require_clear(day: date, at: time, field: str) -> None:
    """Raises InvalidInput for a typed time that does not exist or comes twice."""
    sentence = odd_time(day, at)
    if sentence is not None:
        raise InvalidInput(sentence, field)
