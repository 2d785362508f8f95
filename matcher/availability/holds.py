"""How long a visit keeps somebody: half-open intervals in epoch seconds with travel pads around them.

The database refuses overlapping intervals of one party; this file decides what those intervals are. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

PAD_STEP = 5 * 60
LONGEST_PAD = 4 * 60 * 60


@dataclass(frozen=True, order=True)
class Hold:
    """A visit [start_s, end_s) at a place, with the seconds of travel before and after; `place` None is online."""

    start_s: int
    end_s: int
    pad_before_s: int = 0
    pad_after_s: int = 0
    place: str | None = None
    key: int | None = None

    def __post_init__(self) -> None:
        if self.end_s <= self.start_s or self.pad_before_s < 0 or self.pad_after_s < 0:
            raise ValueError("a hold ends after it starts and its pads are not negative")

    @property
    def from_s(self) -> int:
        return self.start_s - self.pad_before_s

    @property
    def until_s(self) -> int:
        return self.end_s + self.pad_after_s

    def overlaps(self, other: "Hold") -> bool:
        return self.from_s < other.until_s and other.from_s < self.until_s

    @property
    def span(self) -> tuple[int, int]:
        return self.from_s, self.until_s


@dataclass(frozen=True)
class Placement:
    """The hold as it may be booked, the neighbours whose pads become shorter, and what still stands in the way."""

    hold: Hold
    trimmed: tuple[Hold, ...]
    conflicts: tuple[Hold, ...]

    @property
    def possible(self) -> bool:
        return not self.conflicts


def pad_seconds(travel_minutes: float) -> int:
    """Travel rounded up to five minutes, four hours at most."""
    if travel_minutes <= 0:
        return 0
    return min(ceil(travel_minutes * 60 / PAD_STEP) * PAD_STEP, LONGEST_PAD)


def visit_hold(
    start_s: int, end_s: int, *, travel_minutes: float = 0.0, place: str | None = None, key: int | None = None
) -> Hold:
    """A visit with travel on both sides; online (`place` None) nobody travels."""
    pad = pad_seconds(travel_minutes) if place is not None else 0
    return Hold(start_s, end_s, pad, pad, place, key)


def place_hold(new: Hold, existing: Iterable[Hold]) -> Placement:
    """Fit a new visit between one party's bookings.

    Two visits in a row at the same place need no travel between them: where their pads meet, both become zero. When
    there is time to go home in between, the pads stay, so that nobody books that travel away.
    """
    others = sorted(existing)
    before = max((o for o in others if o.end_s <= new.start_s), key=lambda o: o.end_s, default=None)
    after = min((o for o in others if o.start_s >= new.end_s), key=lambda o: o.start_s, default=None)
    trimmed: dict[Hold, Hold] = {}
    hold = new
    if before is not None and _together(before, hold):
        trimmed[before] = replace(before, pad_after_s=0)
        hold = replace(hold, pad_before_s=0)
    if after is not None and _together(hold, after):
        trimmed[after] = replace(after, pad_before_s=0)
        hold = replace(hold, pad_after_s=0)
    now = [trimmed.get(other, other) for other in others]
    changed = tuple(new_one for old, new_one in trimmed.items() if old != new_one)
    return Placement(hold, changed, tuple(other for other in now if other.overlaps(hold)))


def _together(earlier: Hold, later: Hold) -> bool:
    return earlier.place is not None and earlier.place == later.place and earlier.overlaps(later)
