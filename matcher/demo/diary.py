"""A queue of things to do at moments, the earliest first; what is done may write new things in it. Pure."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Deed = Callable[[datetime], None]


class Diary:
    """Things planned for the same moment happen in the order in which they were planned."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()

    def plan(self, at: datetime, deed: Deed) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), deed))

    def live_until(self, end: datetime) -> int:
        """Do everything before the end; says how many things were done. What lies later is never done."""
        done = 0
        while self._waiting and self._waiting[0][0] < end:
            at, _number, deed = heapq.heappop(self._waiting)
            deed(at)
            done += 1
        return done
