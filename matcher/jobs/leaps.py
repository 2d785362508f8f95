"""A clock that leaps by more than a day is not believed at once: nothing may run out because of a wrong battery."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)
BELIEVED_AFTER = timedelta(minutes=15)
log = logging.getLogger(__name__)


def steady_seconds() -> float:
    """Seconds that nobody sets; where the machine tells, also those in which it slept."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass
class LeapWatch:
    """Compares the clock of the wall with one that nobody sets."""

    steady: Callable[[], float] = steady_seconds
    _last: tuple[datetime, float] | None = None
    _leapt_at: float | None = field(default=None)

    def believes(self, now: datetime) -> bool:
        """False for a quarter of an hour after the clock leapt, so that a time server can set it right."""
        steady = self.steady()
        if self._last is not None:
            before, then = self._last
            if abs(now - before - timedelta(seconds=steady - then)) > DAY:
                log.error("the clock leapt from %s to %s; work waits until it is right or stays so", before, now)
                self._leapt_at = None if self._leapt_at is not None else steady
        self._last = (now, steady)
        if self._leapt_at is not None and steady - self._leapt_at >= BELIEVED_AFTER.total_seconds():
            self._leapt_at = None
        return self._leapt_at is None
